/** `vivarium serve` in processes of its own, as its users start it: one replica, or several that share a directory. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configurationText, fourLetterWord, freePort, SUPER_DIGEST } from './apache-zookeeper.js'
import type { Server } from './apache-zookeeper.js'
import { endWithThisProcess } from './guard.js'

const COMMAND = fileURLToPath(new URL('../../lib/cli/index.js', import.meta.url))
const START_TIMEOUT_MS = 20_000

/** A replica alone, by a zoo.cfg that is ZooKeeper's too. */
export async function startVivarium(): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'vivarium-interop-'))
  const port = await freePort()
  const configuration = join(directory, 'zoo.cfg')
  mkdirSync(join(directory, 'data'))
  writeFileSync(configuration, configurationText(directory, port))
  const process = new ServeProcess(['serve', configuration], port)
  await process.serving()
  const stop = async (): Promise<void> => {
    await process.kill()
    rmSync(directory, { recursive: true, force: true })
  }
  return { name: 'vivarium', port, stop }
}

/** Three replicas, as one server with three ports. */
export async function startThree(): Promise<Server> {
  const ensemble = await VivariumEnsemble.start(3)
  const { ports } = ensemble
  return { name: 'vivarium', port: ports[0] ?? 0, ports, stop: () => ensemble.stop() }
}

/** Replicas that share a directory, each with a gateway. */
export class VivariumEnsemble {
  readonly ports: readonly number[]
  readonly #directory = mkdtempSync(join(tmpdir(), 'vivarium-interop-'))
  readonly #processes: ServeProcess[] = []

  private constructor(ports: readonly number[]) {
    this.ports = ports
  }

  static async start(size: number): Promise<VivariumEnsemble> {
    const ports = await Promise.all(Array.from({ length: size }, freePort))
    const ensemble = new VivariumEnsemble(ports)
    for (const index of ports.keys()) ensemble.#start(index)
    await Promise.all(ensemble.#processes.map((process) => process.serving()))
    return ensemble
  }

  /** `host:port,host:port`, for clients. */
  get servers(): string {
    return this.ports.map((port) => `127.0.0.1:${port}`).join(',')
  }

  /** Kills the process that serves this port, as a crash would. */
  async kill(index: number): Promise<void> {
    await this.#processes[index]?.kill()
  }

  /** Starts it again with what it had, and resolves when it serves. */
  async restart(index: number): Promise<void> {
    this.#start(index)
    await this.#processes[index]?.serving()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()))
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #start(index: number): void {
    const port = this.ports[index] ?? 0
    const flags = ['--dir', this.#directory, '--size', `${this.ports.length}`]
    flags.push('--client-port', `${port}`, '--session-timeout', '1000-600000')
    flags.push('--four-letter-words', '*', '--super-digest', SUPER_DIGEST)
    this.#processes[index] = new ServeProcess(['serve', ...flags], port)
  }
}

/** One process; it ends with this one at the latest. */
class ServeProcess {
  readonly #child: ChildProcess
  readonly #port: number
  readonly #gone: Promise<void>
  #output = ''

  constructor(args: readonly string[], port: number) {
    this.#port = port
    this.#child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.on('data', (text) => (this.#output += String(text)))
    this.#child.stderr?.on('data', (text) => (this.#output += String(text)))
    endWithThisProcess(this.#child)
    this.#gone = new Promise((resolve) => {
      this.#child.once('exit', () => resolve())
      this.#child.once('error', () => resolve())
    })
  }

  /** Resolves when clients are served; rejects, with what it printed, if it ends or takes too long. */
  async serving(): Promise<void> {
    const end = performance.now() + START_TIMEOUT_MS
    for (;;) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`vivarium ended with ${this.#child.exitCode}: ${this.#output}`)
      }
      const answer = await fourLetterWord(this.#port, 'srvr').catch(() => '')
      if (answer.includes('Mode: ')) return
      if (performance.now() > end) throw new Error(`vivarium does not serve: ${this.#output}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#gone
  }
}
