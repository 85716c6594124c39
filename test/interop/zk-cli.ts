/** Debian's zkCli.sh, unmodified, fed with commands on its standard input. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zkCliPath } from './apache-zookeeper.js'
import { endWithThisProcess } from './guard.js'

const TIMEOUT_MS = 60_000

export interface CliOutput {
  /** What it printed for the commands, without what Java and its logging say. */
  readonly lines: readonly string[]
  /** The watch events that it printed, in their order: they come on a thread of their own. */
  readonly events: readonly string[]
}

/** Runs the commands one after the other in one session; rejects if it does not end by itself. */
export async function runZkCli(servers: string, commands: readonly string[]): Promise<CliOutput> {
  const cli = new ZkCli(servers)
  try {
    for (const command of commands) cli.command(command)
    cli.command('quit')
    await cli.ended()
    return cli.output
  } finally {
    await cli.stop()
  }
}

/** One zkCli.sh that runs until it is told to quit, or is stopped. */
export class ZkCli {
  readonly #directory = mkdtempSync(join(tmpdir(), 'vivarium-zkcli-'))
  readonly #path: string
  readonly #child: ChildProcess
  readonly #gone: Promise<NodeJS.Signals | null>

  constructor(servers: string) {
    // One file for both outputs, so that what is said stays in its order.
    this.#path = join(this.#directory, 'output')
    const file = openSync(this.#path, 'a')
    this.#child = spawn(zkCliPath() ?? 'zkCli.sh', ['-server', servers], {
      stdio: ['pipe', file, file],
      env: { ...process.env, JVMFLAGS: '-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1' },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    closeSync(file)
    endWithThisProcess(this.#child)
    this.#child.stdin?.on('error', () => {})
    this.#gone = new Promise((resolve) => {
      this.#child.once('exit', (_, signal) => resolve(signal))
      this.#child.once('error', () => resolve('SIGKILL'))
    })
  }

  get output(): CliOutput {
    return readOutput(readFileSync(this.#path, 'utf8'))
  }

  command(text: string): void {
    this.#child.stdin?.write(`${text}\n`)
  }

  /** Resolves when the output is so. */
  async until(what: string, isSo: (output: CliOutput) => boolean): Promise<CliOutput> {
    const end = performance.now() + TIMEOUT_MS / 2
    for (;;) {
      const { output } = this
      if (isSo(output)) return output
      if (performance.now() > end) {
        throw new Error(`zkCli.sh: not in time: ${what}: ${JSON.stringify(output)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async ended(): Promise<void> {
    const signal = await this.#gone
    if (signal !== null) throw new Error(`zkCli.sh did not end by itself: ${signal}`)
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

function readOutput(text: string): CliOutput {
  const lines: string[] = []
  const events: string[] = []
  for (const line of text.split('\n')) {
    const event = /^WatchedEvent state:(\S+) type:(\S+) path:(.*)$/.exec(line)
    // Whether it still prints that it has closed is a race with its own end.
    if (event?.[1] === 'Closed') continue
    if (event !== null) events.push(`${event[1]} ${event[2]} ${event[3]}`)
    else if (!NOISE.test(line)) lines.push(line.trim())
  }
  return { lines, events }
}

const NOISE = /^(SLF4J:|Connecting to |Welcome to |JLine |WATCHER::|\s*$)/

/** Zxids by their order, times as such: what two servers may say differently. */
export function comparable(lines: readonly string[]): string[] {
  const zxids = new Set<number>()
  for (const line of lines) for (const [, zxid] of line.matchAll(ZXID)) zxids.add(Number(zxid))
  const order = [...zxids].toSorted((a, b) => a - b)
  return lines.map((line) =>
    line
      .replace(ZXID, (_, zxid: string) => `zxid ${order.indexOf(Number(zxid))}`)
      .replace(/^([cm]time) = (?!Thu Jan 01 00:00:00).*$/, '$1 = a time'),
  )
}

const ZXID = /(?<=^[cmp]Zxid = )(0x[0-9a-f]+)/g
