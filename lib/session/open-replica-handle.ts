/** The handle of a replica that this process opened: its thread, its View, and their common end. */
import { systemClock } from '../host/clock.js'
import { ReplicaThread } from '../host/thread.js'
import type { ThreadOptions } from '../host/thread-options.js'
import type { ReplicaStatus, ViewInput, ViewOutput } from '../replica/view-message.js'
import type { ReplicaEvents, ReplicaHandle, SessionOptions, Status } from './handle.js'
import type { ViewPort } from './port.js'
import { bindView } from './remote-sessions.js'
import { ReplicaReports } from './replica-reports.js'
import type { Session } from './session.js'
import { metricsOf } from './status.js'
import { View } from './view.js'
import type { ViewOptions } from './view.js'

const CLOSE_TIMEOUT_MS = 2000

/** What `join` was asked for that the View has to know. */
export type ReplicaViewOptions = Pick<ViewOptions, 'readOnly' | 'superDigest'>

export class OpenReplica implements ReplicaHandle {
  readonly #reports = new ReplicaReports()
  readonly #onEnd: () => void
  readonly #thread: ReplicaThread
  readonly #view: View
  #closing: Promise<void> | undefined

  private constructor(
    thread: ReplicaThread,
    port: ThreadPort,
    options: ReplicaViewOptions,
    onEnd: () => void,
  ) {
    this.#thread = thread
    this.#onEnd = onEnd
    this.#view = new View({
      port,
      clock: systemClock,
      gone: thread.gone,
      ...options,
      onStatus: (status) => this.#reports.onStatus(status),
      onDivergence: (zxid) => this.#reports.onDivergence(zxid),
      onFailure: () => this.#reports.onFailure(),
    })
    bindView(this, this.#view)
  }

  /**
   * @param onEnd  Called once, when the replica holds nothing any more, whatever ended it.
   * @throws ZooKeeperError when it cannot start; nothing is held then.
   */
  static async open(
    options: ThreadOptions,
    viewOptions: ReplicaViewOptions,
    onEnd: () => void,
  ): Promise<OpenReplica> {
    const port = new ThreadPort()
    const thread = await ReplicaThread.start(options, port)
    port.thread = thread
    const replica = new OpenReplica(thread, port, viewOptions, onEnd)
    port.onFailure = (error) => replica.#view.fail(error)
    void thread.ended.then(onEnd)
    return replica
  }

  /** What the replica last reported, in its own words. */
  get reported(): ReplicaStatus | undefined {
    return this.#reports.last
  }

  status(): Status {
    return this.#view.status()
  }

  metrics(): Readonly<Record<string, number>> {
    return metricsOf(this.#view, this.#reports.last?.counters)
  }

  openSession(options?: SessionOptions): Promise<Session> {
    return this.#view.openSession(options, { replica: this })
  }

  /** The session that `join` returns: closing it closes the replica and all its sessions. */
  openOwningSession(options: SessionOptions): Promise<Session> {
    const onClose = (timeoutMs: number): Promise<void> => this.#close(timeoutMs)
    return this.#view.openSession(options, { replica: this, onClose })
  }

  close(): Promise<void> {
    return this.#close(CLOSE_TIMEOUT_MS)
  }

  on<Name extends keyof ReplicaEvents>(name: Name, listener: ReplicaEvents[Name]): this {
    this.#reports.on(name, listener)
    return this
  }

  off<Name extends keyof ReplicaEvents>(name: Name, listener: ReplicaEvents[Name]): this {
    this.#reports.off(name, listener)
    return this
  }

  #close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#end(timeoutMs)
    return this.#closing
  }

  async #end(timeoutMs: number): Promise<void> {
    await this.#view.closeSessions(timeoutMs)
    this.#view.close()
    await this.#thread.close()
    this.#onEnd()
  }
}

/** A View's port over the thread's messages. */
class ThreadPort implements ViewPort {
  thread: ReplicaThread | undefined
  onFailure: ((error: Error) => void) | undefined
  #handler: ((inputs: readonly ViewInput[]) => void) | undefined
  #early: ViewInput[] = []
  #isClosed = false

  send(outputs: readonly ViewOutput[]): void {
    if (!this.#isClosed) this.thread?.send(outputs)
  }

  receive(handler: (inputs: readonly ViewInput[]) => void): void {
    this.#handler = handler
    const early = this.#early
    this.#early = []
    if (early.length > 0) handler(early)
  }

  close(): void {
    this.#isClosed = true
  }

  inputs(inputs: readonly ViewInput[]): void {
    if (this.#isClosed) return
    if (this.#handler === undefined) this.#early.push(...inputs)
    else this.#handler(inputs)
  }

  failed(error: Error): void {
    this.onFailure?.(error)
  }
}
