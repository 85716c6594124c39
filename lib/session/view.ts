/**
 * The application's copy of the state: fed by its replica with committed txns, it applies them one by one, fires
 * watches, settles requests and evaluates the reads that waited for them, in that order (promises P4, P5).
 *
 * It never resubmits, never decides and never waits: whatever depends on a leader is the replica's. It may not
 * throw into whoever calls it; a broken invariant here ends its sessions as `failed`.
 */
import { unreachable } from '../base/assert.js'
import { SESSIONS_PER_VIEW_MAX, SESSIONS_RESERVED } from '../base/limits.js'
import type { Attachment } from '../protocol/request.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Zxid } from '../protocol/zxid.js'
import type { ReplicaStatus, ViewInput } from '../replica/view-message.js'
import type { SnapshotTail } from '../tree/record.js'
import type { Positioned } from '../tree/tree.js'
import { Answer } from './answer.js'
import { checkDuration, checkOptions, checkSignal } from './arguments.js'
import type { ReplicaHandle, SessionOptions, Status } from './handle.js'
import {
  SESSION_TIMEOUT_MS_DEFAULT,
  SESSION_TIMEOUT_MS_MAX,
  SESSION_TIMEOUT_MS_MIN,
} from './lease.js'
import { Memory } from './memory.js'
import type { Asker } from './openings.js'
import { Outbox } from './outbox.js'
import type { Clock, ViewPort } from './port.js'
import { Pulse } from './pulse.js'
import { CLOSED, LEADERLESS, outcomeUnknown, refusalError, replicaFailed } from './refusal.js'
import type { Refusal } from './refusal.js'
import type { RemoteCore } from './remote-core.js'
import { SessionCore } from './session-core.js'
import { tell } from './session-watches.js'
import { ReplicaTraces } from './replica-traces.js'
import { Session } from './session.js'
import type { OnClose } from './session-life.js'
import { failureCause, statusOf } from './status.js'
import type { SessionHost, ViewSession } from './view-session.js'
import { ViewSessions } from './view-sessions.js'

export interface ViewOptions {
  readonly port: ViewPort
  readonly clock: Clock
  /** Over shared memory: element 0 is not 0 once the replica has let go of its database. */
  readonly gone?: Int32Array | undefined
  /** Asynchronous reads are answered, and sessions handed out, without a leader too. */
  readonly readOnly?: boolean | undefined
  /** `user:hash` of the superuser: who adds that user with its password may do everything. */
  readonly superDigest?: string | undefined
  /** The replica said how it is. Must not throw, like the others. */
  readonly onStatus?: ((status: ReplicaStatus) => void) | undefined
  /** The state in memory differed from the leader's; a snapshot has been asked for. */
  readonly onDivergence?: ((zxid: Zxid) => void) | undefined
  /** The replica has stopped for good, or this View cannot go on. All sessions are `failed` already. */
  readonly onFailure?: ((error: Error) => void) | undefined
}

/** Whose session it is. */
export interface SessionOwner {
  readonly replica: ReplicaHandle
  /** Called by the session's `close`, once; that resolves when both have ended. */
  readonly onClose?: OnClose | undefined
}

export class View implements SessionHost {
  readonly clock: Clock
  readonly memory: Memory = new Memory()
  readonly isReadOnly: boolean
  readonly superDigest: string | undefined
  bytesInFlight = 0
  readonly #options: ViewOptions
  readonly #sessions = new ViewSessions(
    () => this.#pulse.hasten(),
    (requests) => this.#outbox.request(requests),
  )
  /** Sessions with requests that have not left. */
  readonly #unsent = new Set<ViewSession>()
  readonly #pulse: Pulse
  readonly #outbox: Outbox
  readonly #traces = new ReplicaTraces()
  #status: ReplicaStatus | undefined
  #statusAt = 0
  #isDiverged = false
  /** Why there are no sessions any more. */
  #refusal: Refusal | undefined
  #error: Error | undefined

  constructor(options: ViewOptions) {
    this.#options = options
    this.clock = options.clock
    this.isReadOnly = options.readOnly === true
    this.superDigest = options.superDigest
    this.#outbox = new Outbox(
      options.port,
      (outbox) => this.#collect(outbox),
      (error) => this.#failWith(error),
    )
    this.#pulse = new Pulse(options.clock, this.#sessions.own, (heartbeat, sessions) => {
      this.#outbox.push({ kind: 'heartbeat', heartbeat, sessions })
    })
    options.port.receive((inputs) => this.#onInputs(inputs))
  }

  get isEstablished(): boolean {
    return this.#status?.established === true
  }

  get isDiverged(): boolean {
    return this.#isDiverged
  }

  get isGone(): boolean {
    const { gone } = this.#options
    return gone !== undefined && Atomics.load(gone, 0) !== 0
  }

  /** Sessions that exist and have not ended. */
  get sessionCount(): number {
    return this.#sessions.own.size
  }

  /** What somebody waits for: sessions that were asked for, and requests that are not settled. */
  get pending(): number {
    return this.#sessions.pending
  }

  get isOver(): boolean {
    return this.#refusal !== undefined
  }

  status(): Status {
    return statusOf(this, this.#status, this.#statusAt, this.#error)
  }

  /**
   * Asks for a session, and resolves once the txn that creates it is applied here (with `readOnly`: once the
   * replica has recovered its local state). Waits without limit; the signal ends the waiting.
   */
  openSession(options: SessionOptions | undefined, owner: SessionOwner): Promise<Session> {
    try {
      checkOptions(options, ['timeout', 'signal'])
      checkSignal(options?.signal)
      const asked = options?.timeout ?? SESSION_TIMEOUT_MS_DEFAULT
      checkDuration('timeout', asked, 1, Number.MAX_SAFE_INTEGER)
      const timeoutMs = Math.min(Math.max(asked, SESSION_TIMEOUT_MS_MIN), SESSION_TIMEOUT_MS_MAX)
      if (this.#refusal !== undefined) throw refusalError(this.#refusal)
      options?.signal?.throwIfAborted()
      this.#checkRoom(SESSIONS_PER_VIEW_MAX)
      return this.#open(timeoutMs, options?.signal, owner)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Closes every session; resolves when all have ended, at the latest after the timeout. */
  async closeSessions(timeoutMs: number): Promise<void> {
    const closing = [...this.#sessions.own.values()].map((core) => core.close(timeoutMs))
    await Promise.all(closing)
  }

  /** Ends everything here at once. Nothing is sent any more, no timer is left. Idempotent. */
  close(): void {
    this.#endAll('closed', CLOSED, outcomeUnknown('the replica was closed'))
  }

  /** The replica has stopped for good. Idempotent; after `close` it means nothing. */
  fail(error: Error): void {
    if (this.#refusal !== undefined) return
    this.#error = error
    const pending = outcomeUnknown('the replica has stopped', error)
    this.#endAll('failed', replicaFailed(error), pending)
    this.#options.onFailure?.(error)
  }

  /** Sends what waits, without waiting for this turn's end. */
  flush(): void {
    this.#outbox.flush()
  }

  flushLater(core?: ViewSession): void {
    if (core !== undefined) this.#unsent.add(core)
    this.#outbox.flushLater()
  }

  forget(core: ViewSession): void {
    this.#sessions.forget(core)
    this.#pulse.rest()
  }

  /**
   * A session of a client elsewhere, new or (`attach`) taken over from whoever has it. It stays when this View goes.
   *
   * @throws ZooKeeperError `CONNECTION_LOSS` without a leader, `OVERLOADED`; of one to attach, `SESSION_EXPIRED` (it
   *   ended), `SESSION_MOVED` (somebody else was faster).
   */
  async openRemote(core: RemoteCore, attach?: Attachment): Promise<RemoteCore> {
    if (this.#refusal !== undefined) throw refusalError(this.#refusal)
    if (!this.isEstablished || this.#isDiverged) throw refusalError(LEADERLESS)
    // However many clients leave sessions behind, this process can open its own.
    this.#checkRoom(SESSIONS_PER_VIEW_MAX - SESSIONS_RESERVED)
    const answer = new Answer<RemoteCore>()
    const asker = askerOf(answer, core)
    this.#sessions.openings.add({ core, asker, password: core.password, attach })
    this.flushLater()
    return answer.promise
  }

  #checkRoom(max: number): void {
    if (this.#sessions.size < max) return
    throw new ZooKeeperError('OVERLOADED', `more than ${max} sessions`)
  }

  #open(timeoutMs: number, signal: AbortSignal | undefined, owner: SessionOwner): Promise<Session> {
    const core = new SessionCore(this, timeoutMs)
    const session = new Session(core, owner.replica, owner.onClose)
    const answer = new Answer<Session>(signal, (reason) => {
      this.#sessions.openings.abandon(core)
      answer.reject(reason)
    })
    this.#sessions.openings.add({ core, asker: askerOf(answer, session) })
    if (this.isReadOnly && this.memory.isLoaded) answer.resolve(session)
    this.flushLater()
    return answer.promise
  }

  /** What there is to send now. */
  #collect(outbox: Outbox): void {
    const { lastZxid, digest } = this.memory.tree
    outbox.giveCredit(lastZxid, digest)
    this.#listen()
    for (const core of this.#unsent) outbox.request(core.takeRequests())
    this.#unsent.clear()
    // Held back until a leader serves, so that the first lease counts from close to the session's creation.
    const { identity, openings } = this.#sessions
    if (identity === undefined || !this.isEstablished) return
    outbox.request(openings.take(identity, this.#pulse.now()))
  }

  /** The replica reports what takes time there only while somebody listens. */
  #listen(): void {
    const on = this.#traces.change()
    if (on !== undefined) this.#outbox.push({ kind: 'trace', on })
  }

  #onInputs(inputs: readonly ViewInput[]): void {
    try {
      for (const input of inputs) {
        if (this.#refusal !== undefined) return
        this.#onInput(input)
      }
      this.#pulse.tickIfDue()
    } catch (error) {
      this.#failWith(error)
    }
  }

  #failWith(error: unknown): void {
    this.fail(error instanceof Error ? error : new Error(String(error)))
  }

  #onInput(input: ViewInput): void {
    switch (input.kind) {
      case 'attached':
        this.#sessions.identify(input)
        return this.flushLater()
      case 'snapshotBegin':
        this.memory.beginSnapshot()
        return this.#outbox.countInput()
      case 'snapshotNodes':
        this.memory.loadSnapshot(input.nodes)
        return this.#outbox.countInput()
      case 'snapshotEnd':
        this.#onSnapshotEnd(input.tail, input.entries)
        return this.#outbox.countInput()
      case 'txns':
        for (const entry of input.entries) this.#onTxn(entry)
        return this.#outbox.countInput()
      case 'lease':
        return this.#pulse.confirm(input.sessions)
      case 'status':
        return this.#onStatus(input.status)
      case 'divergence':
        return this.#options.onDivergence?.(input.zxid)
      case 'trace':
        return this.#traces.publish(this.#status?.id ?? 0, input.traces)
      case 'failed':
        return this.fail(failureCause(input.code, input.reason))
      default:
        return unreachable(input)
    }
  }

  #onTxn(entry: Positioned): void {
    // Until the repairing snapshot comes, what is on its way is for a state that this View does not have.
    // A listener may have closed everything while the batch was under way.
    if (this.#isDiverged || this.#refusal !== undefined) return
    // A replica that loaded its disk again tells again what it told before.
    if (entry.zxid <= this.memory.tree.lastZxid) return
    const applied = this.memory.apply(entry)
    if (applied === undefined) {
      this.#onDivergence(entry)
      return
    }
    this.memory.fire(applied.changes, entry.zxid)
    this.#sessions.onTxn(entry, applied)
  }

  /** The txn is committed, so its watches fire; but what it came to is known only from the snapshot. */
  #onDivergence(entry: Positioned): void {
    this.#outbox.push({ kind: 'diverged', zxid: entry.zxid })
    this.#distrust()
    this.memory.fireTxn(entry)
    for (const core of this.#sessions.own.values()) core.refresh()
    this.#options.onDivergence?.(entry.zxid)
  }

  #distrust(): void {
    this.#isDiverged = true
    for (const core of this.#sessions.own.values()) {
      core.refreshRefusal()
      core.failReads()
    }
  }

  #onSnapshotEnd(tail: SnapshotTail, entries: readonly Positioned[]): void {
    const firings = this.memory.endSnapshot(tail, entries)
    if (firings === undefined) {
      this.#outbox.push({ kind: 'diverged', zxid: tail.end })
      this.#distrust()
      for (const core of this.#sessions.own.values()) core.refresh()
      this.#options.onDivergence?.(tail.end)
      return
    }
    this.#isDiverged = false
    for (const core of this.#sessions.own.values()) core.refreshRefusal()
    tell(firings)
    this.#sessions.onSnapshot(this.memory.tree)
    if (this.isReadOnly) this.#sessions.openings.answerAll()
    for (const core of this.#sessions.own.values()) core.refresh()
  }

  #onStatus(status: ReplicaStatus): void {
    const before = this.#status
    this.#status = status
    this.#statusAt = this.clock.wall()
    if (status.established !== (before?.established === true)) {
      if (!status.established) for (const core of this.#sessions.own.values()) core.failReads()
      for (const core of this.#sessions.own.values()) core.refresh()
      this.flushLater()
    }
    this.#options.onStatus?.(status)
    this.#listen()
  }

  #endAll(state: 'closed' | 'failed', refusal: Refusal, pending: ZooKeeperError): void {
    if (this.#refusal?.code === 'SESSION_CLOSED') return
    this.#refusal = refusal
    this.#pulse.stop()
    this.#outbox.stop()
    const waiting = this.#sessions.openings.drain(refusalError(refusal))
    for (const core of [...this.#sessions.own.values(), ...waiting])
      core.end(state, refusal, pending)
    this.#options.port.close()
  }
}

function askerOf<T>(answer: Answer<T>, value: T): Asker {
  return {
    get isOpen() {
      return answer.isOpen
    },
    resolve: () => answer.resolve(value),
    rejectQuietly: (error) => answer.rejectQuietly(error),
  }
}
