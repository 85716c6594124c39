/**
 * The application's end of the replica's thread: starts it, carries batches both ways, and sees to its end.
 *
 * It never terminates the thread: a native database that is open then takes the process down with it. When the
 * process exits it asks the thread to let go of the database, and waits for that (shortly).
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ErrorCode } from '../protocol/error-code.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { ViewInput, ViewOutput } from '../replica/view-message.js'
import { decodeViewInputs, encodeViewOutputs } from '../wire/port.js'
import { openingFailureOf } from './opening-failure.js'
import { FLAGS, FLAG_GONE, FLAG_RELEASED } from './thread-options.js'
import type { FromThread, ThreadOptions, ToThread } from './thread-options.js'

/** How long an exiting process waits for its replica's disk. */
const RELEASE_MS_MAX = 2000

export interface ThreadEvents {
  inputs(inputs: readonly ViewInput[]): void
  /** It stopped for good, by itself. */
  failed(error: ZooKeeperError): void
}

export class ReplicaThread {
  /** Element 0 is not 0 once the replica has let go of its database, or its thread is dead. */
  readonly gone: Int32Array
  readonly #worker: Worker
  readonly #events: ThreadEvents
  readonly #ended: Promise<void>
  #id = 0
  #isClosing = false
  #settle: ((error: ZooKeeperError | undefined) => void) | undefined

  private constructor(options: ThreadOptions, events: ThreadEvents) {
    this.#events = events
    this.gone = new Int32Array(new SharedArrayBuffer(FLAGS * Int32Array.BYTES_PER_ELEMENT))
    const { NODE_OPTIONS: _, ...env } = process.env
    this.#worker = new Worker(entry(), {
      name: 'vivarium replica',
      workerData: { options, flags: this.gone },
      // Flags of the application (a loader, a debugger, a heap limit) are not meant for this thread.
      execArgv: [],
      env,
    })
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message))
    this.#worker.on('error', (error) => {
      const { code, reason } = openingFailureOf(error)
      this.#fail(code, reason, error)
    })
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        exitHook.delete(this)
        this.#fail('REPLICA_FAILED', 'the thread of the replica has ended')
        resolve()
      })
    })
    exitHook.add(this)
  }

  /**
   * Resolves when the replica has its slot and listens.
   *
   * @throws ZooKeeperError NO_SLOT, SLOT_TAKEN, FOREIGN_REPLICA, NEWER_FORMAT, OLDER_FORMAT, DAMAGED, STORAGE, INSTALLATION …
   */
  static async start(options: ThreadOptions, events: ThreadEvents): Promise<ReplicaThread> {
    const thread = new ReplicaThread(options, events)
    const error = await new Promise<ZooKeeperError | undefined>((resolve) => {
      thread.#settle = resolve
    })
    if (error === undefined) return thread
    await thread.#ended
    throw error
  }

  get id(): number {
    return this.#id
  }

  /** Resolves when the thread is gone and holds nothing any more, whatever ended it. */
  get ended(): Promise<void> {
    return this.#ended
  }

  send(outputs: readonly ViewOutput[]): void {
    if (this.#isClosing || this.#isGone) return
    const buffer = encodeViewOutputs(outputs)
    this.#post(buffer)
  }

  /** Idempotent; resolves when the thread is gone and holds nothing any more. */
  close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      this.#post({ kind: 'close' })
    }
    return this.#ended
  }

  get #isGone(): boolean {
    return Atomics.load(this.gone, FLAG_GONE) !== 0
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message, message instanceof ArrayBuffer ? [message] : [])
  }

  #onMessage(message: FromThread): void {
    if (message instanceof ArrayBuffer) return this.#onInputs(message)
    if (message.kind === 'ready') {
      this.#id = message.id
      return this.#settled(undefined)
    }
    if (message.kind === 'closed') return
    this.#fail(message.code, message.reason)
  }

  /** What does not decode is a defect of ours, and must not be thrown at the application. */
  #onInputs(buffer: ArrayBuffer): void {
    let inputs: readonly ViewInput[]
    try {
      inputs = decodeViewInputs(buffer)
    } catch (error) {
      return this.#fail('REPLICA_FAILED', 'what the thread of the replica said is unknown', error)
    }
    this.#events.inputs(inputs)
  }

  #settled(error: ZooKeeperError | undefined): void {
    this.#settle?.(error)
    this.#settle = undefined
  }

  /** Before it was ready: the reason why it never will be. Later: its end, unless that was asked for. */
  #fail(code: ErrorCode, reason: string, cause?: unknown): void {
    Atomics.store(this.gone, FLAG_GONE, 1)
    const error = new ZooKeeperError(code, reason, { cause })
    const isAsked = this.#isClosing
    this.#isClosing = true
    // Also one that never was ready: it may listen already, and would not end by itself.
    if (!isAsked) this.#post({ kind: 'close' })
    if (this.#settle !== undefined) return this.#settled(error)
    if (!isAsked) this.#events.failed(error)
  }

  /** For the exit of the process: asks the thread to let go of its database. */
  askRelease(): void {
    this.#post({ kind: 'exit' })
  }

  /** Blocks until the thread has done so, or until `end` (monotonic ms). */
  awaitRelease(end: number): void {
    // One that is released already does not wait: its flag is not 0.
    Atomics.wait(this.gone, FLAG_RELEASED, 0, Math.max(0, end - performance.now()))
  }
}

/** One listener of the process's exit, however many replicas there are, and none without any. */
class ExitHook {
  readonly #threads = new Set<ReplicaThread>()
  readonly #onExit = (): void => {
    // All are asked before the first is waited for: their disks work at the same time.
    for (const thread of this.#threads) thread.askRelease()
    const end = performance.now() + RELEASE_MS_MAX
    for (const thread of this.#threads) thread.awaitRelease(end)
  }

  add(thread: ReplicaThread): void {
    if (this.#threads.size === 0) process.on('exit', this.#onExit)
    this.#threads.add(thread)
  }

  delete(thread: ReplicaThread): void {
    this.#threads.delete(thread)
    if (this.#threads.size === 0) process.off('exit', this.#onExit)
  }
}

const exitHook = new ExitHook()

function entry(): URL {
  const url = new URL('./replica-thread.js', import.meta.url)
  if (url.protocol === 'file:' && !existsSync(fileURLToPath(url))) {
    throw new ZooKeeperError(
      'INSTALLATION',
      `${fileURLToPath(url)} is missing: a bundler must leave vivarium out (mark it as external)`,
    )
  }
  return url
}
