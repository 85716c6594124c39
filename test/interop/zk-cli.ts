/** Debian's zkCli.sh, unmodified, fed with commands on its standard input. */
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zkCliPath } from './apache-zookeeper.js'

const TIMEOUT_MS = 60_000

export interface CliOutput {
  /** What it printed for the commands, without what Java and its logging say. */
  readonly lines: readonly string[]
  /** The watch events that it printed, in their order: they come on a thread of their own. */
  readonly events: readonly string[]
}

/** Runs the commands one after the other in one session; rejects if it does not end by itself. */
export async function runZkCli(
  servers: string,
  commands: readonly string[],
  options: readonly string[] = [],
): Promise<CliOutput> {
  const directory = mkdtempSync(join(tmpdir(), 'vivarium-zkcli-'))
  // One file for both outputs, so that what is said stays in its order.
  const path = join(directory, 'output')
  const file = openSync(path, 'a')
  try {
    await run(['-server', servers, ...options], `${commands.join('\n')}\nquit\n`, file)
    return readOutput(readFileSync(path, 'utf8'))
  } finally {
    closeSync(file)
    rmSync(directory, { recursive: true, force: true })
  }
}

function run(args: readonly string[], input: string, output: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(zkCliPath() ?? 'zkCli.sh', args, {
      stdio: ['pipe', output, output],
      env: { ...process.env, JVMFLAGS: '-Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1' },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (signal === null) resolve()
      else reject(new Error(`zkCli.sh did not end: ${code} ${signal}`))
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

function readOutput(text: string): CliOutput {
  const lines: string[] = []
  const events: string[] = []
  for (const line of text.split('\n')) {
    const event = /^WatchedEvent state:(\S+) type:(\S+) path:(.*)$/.exec(line)
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
