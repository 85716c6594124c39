/**
 * One life of one replica of an ensemble for tests, as the application holds it: what `open-replica-handle.ts` is in
 * production, over a simulated process instead of a thread.
 */
import type { Zxid } from '../protocol/zxid.js'
import type { ReplicaStatus, ViewOutput } from '../replica/view-message.js'
import type { ReplicaEvents, ReplicaHandle, SessionOptions, Status } from '../session/handle.js'
import { bindView } from '../session/remote-sessions.js'
import { ReplicaReports } from '../session/replica-reports.js'
import type { Session } from '../session/session.js'
import { metricsOf } from '../session/status.js'
import type { View } from '../session/view.js'
import type { Process } from './process.js'
import type { ViewHost, ViewOwner } from './view-host.js'

const CLOSE_TIMEOUT_MS = 2000

/** What a replica needs of its ensemble. */
export interface ReplicaHost {
  /** Somebody asks for something: time must pass. */
  wake(): void
  /** A session of that timeout was asked for. */
  opening(timeoutMs: number): void
  /** The replica was closed: its process ends. */
  closed(replica: InMemoryReplica): void
  /** As an event of its own, now. */
  later(run: () => void): void
}

export class InMemoryReplica implements ReplicaHandle, ViewOwner {
  readonly process: Process
  /** `join` gives one session per replica; the others are opened by `openSession`. */
  isJoined = false
  isPaused = false
  readonly #host: ReplicaHost
  readonly #viewHost: ViewHost
  readonly #reports = new ReplicaReports()
  /** Sessions whose heartbeats do not leave. */
  readonly #muted = new Set<number>()
  /** How many blocks of the View's thread are not over. */
  #blocks = 0
  #isWakingUp = false
  #closing: Promise<void> | undefined

  constructor(process: Process, viewHost: ViewHost, host: ReplicaHost) {
    this.process = process
    this.#viewHost = viewHost
    this.#host = host
    viewHost.owner = this
    bindView(this, viewHost.view)
  }

  get id(): number {
    return this.process.id
  }

  get view(): View {
    return this.#viewHost.view
  }

  status(): Status {
    return this.view.status()
  }

  metrics(): Readonly<Record<string, number>> {
    return metricsOf(this.view, this.#reports.last?.counters)
  }

  openSession(options?: SessionOptions): Promise<Session> {
    return this.#open(this.view.openSession(options, { replica: this }))
  }

  /** The session that `join` gives: closing it closes the replica and all its sessions. */
  async openOwningSession(options: SessionOptions): Promise<Session> {
    this.isJoined = true
    const onClose = (timeoutMs: number): Promise<void> => this.#close(timeoutMs)
    try {
      return await this.#open(this.view.openSession(options, { replica: this, onClose }))
    } catch (error) {
      await this.close()
      throw error
    }
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

  /** Both threads stand still, as after SIGSTOP. */
  pause(): void {
    this.isPaused = true
    this.process.actor.pause()
    this.#viewHost.actor.pause()
  }

  resume(): void {
    this.isPaused = false
    this.process.resume()
    this.#wakeUp()
  }

  /** The View's thread stands still until `unblock`. */
  block(): void {
    this.#blocks += 1
    this.#viewHost.actor.pause()
  }

  unblock(): void {
    this.#blocks -= 1
    this.#wakeUp()
  }

  /** The ensemble does not hear of the session any more. */
  mute(session: number): void {
    this.#muted.add(session)
  }

  /** The process is gone: its sessions are `failed`, what they waited for has no known outcome. */
  failed(error: Error): void {
    this.view.fail(error)
  }

  /** The world is closed. */
  ended(): void {
    this.view.close()
  }

  onStatus(status: ReplicaStatus): void {
    this.#reports.onStatus(status)
  }

  onDivergence(zxid: Zxid): void {
    this.#reports.onDivergence(zxid)
  }

  onFailure(): void {
    this.#reports.onFailure()
  }

  onOutputs(outputs: readonly ViewOutput[]): readonly ViewOutput[] {
    if (outputs.some(({ kind }) => kind === 'requests')) this.#host.wake()
    if (this.#muted.size === 0) return outputs
    return outputs.map((output) => {
      if (output.kind !== 'heartbeat') return output
      return { ...output, sessions: output.sessions.filter((id) => !this.#muted.has(id)) }
    })
  }

  #open(opening: Promise<Session>): Promise<Session> {
    this.#host.wake()
    opening.then(
      ({ timeout }) => this.#host.opening(timeout),
      () => undefined,
    )
    return opening
  }

  get #isHeld(): boolean {
    return this.isPaused || this.#blocks > 0
  }

  #wakeUp(): void {
    if (this.#isHeld || this.#isWakingUp) return
    this.#isWakingUp = true
    this.#host.later(() => this.#takeTurn())
  }

  /** What came while the View's thread stood still is handled as by an event loop: each in a turn of its own. */
  #takeTurn(): void {
    const { actor } = this.#viewHost
    if (!this.#isHeld && actor.handleOldest()) return this.#host.later(() => this.#takeTurn())
    this.#isWakingUp = false
    if (!this.#isHeld) actor.resume()
  }

  #close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#end(timeoutMs)
    return this.#closing
  }

  async #end(timeoutMs: number): Promise<void> {
    await this.view.closeSessions(timeoutMs)
    this.view.close()
    this.#host.closed(this)
  }
}
