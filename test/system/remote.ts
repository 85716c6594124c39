/** The test's end of a process with one replica (remote-program.ts). */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import type { JoinInternals } from '../../lib/session/join.js'
import type { JoinOptions } from '../../lib/session/join-options.js'
import type { Actions, Call, Reply } from './actions.js'
import { eventually, programPath } from './support.js'
import type { Scope } from './support.js'

/** What the other process's call was rejected with. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export interface RemoteOptions {
  readonly internals?: JoinInternals
  readonly execArgv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Everything the ensemble's processes print is kept for the message of a failing test. */
export class Remote {
  readonly process: ChildProcess
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #waiting = new Map<number, Waiting>()
  #calls = 0
  #output = ''
  #isEnded = false
  #id = 0

  /** A process without a replica yet. Killed when the test ends. */
  static start(scope: Scope, { execArgv = [], env = {} }: RemoteOptions = {}): Remote {
    const child = fork(programPath('remote-program.js'), [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      execArgv: [...execArgv],
      env: { ...process.env, ...env },
    })
    const remote = new Remote(child)
    scope.teardown(() => remote.kill())
    return remote
  }

  /** A process that has joined. */
  static async join(
    scope: Scope,
    options: JoinOptions,
    remoteOptions: RemoteOptions = {},
  ): Promise<Remote> {
    const remote = Remote.start(scope, remoteOptions)
    await remote.join(options, remoteOptions.internals)
    return remote
  }

  private constructor(child: ChildProcess) {
    this.process = child
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()))
    child.on('message', (reply: Reply) => this.#onReply(reply))
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#isEnded = true
        for (const { reject } of this.#waiting.values()) {
          reject(new RemoteError('ENDED', `it ended (${code ?? signal}): ${this.#output}`))
        }
        this.#waiting.clear()
        resolve({ code, signal })
      })
    })
  }

  /** Of its replica; 0 before it has joined. */
  get id(): number {
    return this.#id
  }

  get pid(): number {
    return this.process.pid ?? 0
  }

  get output(): string {
    return this.#output
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  async join(options: JoinOptions, internals: JoinInternals = {}): Promise<void> {
    const { id } = await this.call('join', options, internals)
    this.#id = id
  }

  call<Name extends keyof Actions>(
    action: Name,
    ...args: Parameters<Actions[Name]>
  ): Promise<ReturnType<Actions[Name]>> {
    if (this.#isEnded) {
      return Promise.reject(new RemoteError('ENDED', `it has ended: ${this.#output}`))
    }
    this.#calls += 1
    const number = this.#calls
    return new Promise((resolve, reject) => {
      const settle = (value: unknown): void => resolve(value as ReturnType<Actions[Name]>)
      this.#waiting.set(number, { resolve: settle, reject })
      const call: Call = { number, action, args }
      this.process.send(call, (error) => {
        if (error !== null && error !== undefined) this.#waiting.get(number)?.reject(error)
      })
    })
  }

  /** Closes the replica, lets go of the process, and waits until that ends by itself. */
  async close(): Promise<number | null> {
    await this.call('close')
    return this.release()
  }

  async release(): Promise<number | null> {
    this.process.disconnect()
    await eventually(`process ${this.pid} ends by itself ${this.#output}`, () => this.#isEnded)
    return (await this.ended).code
  }

  async kill(): Promise<void> {
    if (this.#isEnded) return
    this.process.kill('SIGKILL')
    await this.ended
  }

  stop(): void {
    this.process.kill('SIGSTOP')
  }

  continue(): void {
    this.process.kill('SIGCONT')
  }

  #onReply(reply: Reply): void {
    const waiting = this.#waiting.get(reply.number)
    this.#waiting.delete(reply.number)
    if ('error' in reply) waiting?.reject(new RemoteError(reply.error.code, reply.error.message))
    else waiting?.resolve(reply.value)
  }
}

/** As many processes as there are slots, joined at the same time. */
export function ensemble(
  scope: Scope,
  dir: string,
  {
    size = 3,
    ...options
  }: RemoteOptions & { readonly size?: number; readonly timeout?: number } = {},
): Promise<Remote[]> {
  const sessionTimeout = options.timeout
  const joinOne = (): Promise<Remote> => Remote.join(scope, { dir, size, sessionTimeout }, options)
  return Promise.all(Array.from({ length: size }, joinOne))
}

/** The one that leads, and the others. */
export async function sorted(remotes: readonly Remote[]): Promise<[Remote, ...Remote[]]> {
  for (;;) {
    const statuses = await Promise.all(remotes.map((remote) => remote.call('status')))
    const index = statuses.findIndex(({ role, established }) => role === 'leading' && established)
    const leader = remotes[index]
    if (leader !== undefined) return [leader, ...remotes.filter((remote) => remote !== leader)]
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}

/** Waits until all have applied the same, and gives it. */
export async function agreed(
  remotes: readonly Remote[],
): Promise<{ readonly lastZxid: number; readonly digest: number }> {
  let found: { readonly lastZxid: number; readonly digest: number } = { lastZxid: 0, digest: 0 }
  await eventually('all replicas show the same state', async () => {
    const statuses = await Promise.all(remotes.map((remote) => remote.call('status')))
    const [first] = statuses
    if (first === undefined) return false
    found = first
    return statuses.every(({ lastZxid }) => lastZxid === first.lastZxid)
  })
  const statuses = await Promise.all(remotes.map((remote) => remote.call('status')))
  const digests = new Set(statuses.map(({ digest }) => digest))
  if (digests.size !== 1) throw new Error(`digests differ: ${[...digests].join(', ')}`)
  return found
}
