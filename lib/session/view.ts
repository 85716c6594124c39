/**
 * The application's copy of the state: fed by its replica with committed txns, it applies them one by one, fires
 * watches, settles requests and evaluates the reads that waited for them, in that order (promises P4, P5).
 *
 * It never resubmits, never decides and never waits: whatever depends on a leader is the replica's. It may not
 * throw into whoever calls it; a broken invariant here ends its sessions as `failed`.
 */
import { assert, unreachable } from '../base/assert.js'
import { SESSIONS_PER_VIEW_MAX } from '../base/limits.js'
import type { SessionId, SessionOrigin } from '../protocol/request.js'
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
import { Openings } from './openings.js'
import type { ViewIdentity } from './openings.js'
import { Outbox } from './outbox.js'
import type { Clock, ViewPort } from './port.js'
import { Pulse } from './pulse.js'
import { CLOSED, EXPIRED, outcomeUnknown, refusalError, replicaFailed } from './refusal.js'
import type { Refusal } from './refusal.js'
import { SessionCore } from './session-core.js'
import type { SessionHost } from './session-core.js'
import { tell } from './session-watches.js'
import { Session } from './session.js'
import type { OnClose } from './session.js'
import { failureCause, statusOf } from './status.js'

export interface ViewOptions {
  readonly port: ViewPort
  readonly clock: Clock
  /** Over shared memory: element 0 is not 0 once the replica has let go of its database. */
  readonly gone?: Int32Array | undefined
  /** Asynchronous reads are answered, and sessions handed out, without a leader too. */
  readonly readOnly?: boolean | undefined
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
  bytesInFlight = 0
  readonly #options: ViewOptions
  readonly #sessions = new Map<SessionId, SessionCore>()
  /** Sessions with requests that have not left. */
  readonly #unsent = new Set<SessionCore>()
  readonly #openings = new Openings()
  readonly #pulse: Pulse
  readonly #outbox: Outbox
  #identity: ViewIdentity | undefined
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
    this.#outbox = new Outbox(
      options.port,
      (outbox) => this.#collect(outbox),
      (error) => this.#failWith(error),
    )
    this.#pulse = new Pulse(options.clock, this.#sessions, (heartbeat, sessions) => {
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
    return this.#sessions.size
  }

  /** What somebody waits for: sessions that were asked for, and requests that are not settled. */
  get pending(): number {
    let pending = this.#openings.awaited
    for (const core of this.#sessions.values()) pending += core.pending
    return pending
  }

  status(): Status {
    return statusOf(this.memory.tree, this.#status, this.#statusAt, this.#error)
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
      if (this.#sessions.size + this.#openings.size >= SESSIONS_PER_VIEW_MAX) {
        throw new ZooKeeperError('OVERLOADED', `more than ${SESSIONS_PER_VIEW_MAX} sessions`)
      }
      return this.#open(timeoutMs, options?.signal, owner)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Closes every session; resolves when all have ended, at the latest after the timeout. */
  async closeSessions(timeoutMs: number): Promise<void> {
    const closing = [...this.#sessions.values()].map((core) => core.close(timeoutMs))
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

  flushLater(core?: SessionCore): void {
    if (core !== undefined) this.#unsent.add(core)
    this.#outbox.flushLater()
  }

  forget(core: SessionCore): void {
    if (core.id === 0) this.#openings.abandon(core)
    else this.#sessions.delete(core.id)
    this.#pulse.rest()
  }

  #open(timeoutMs: number, signal: AbortSignal | undefined, owner: SessionOwner): Promise<Session> {
    const core = new SessionCore(this, timeoutMs)
    const session = new Session(core, owner.replica, owner.onClose)
    const answer = new Answer<Session>(signal, (reason) => {
      this.#openings.abandon(core)
      answer.reject(reason)
    })
    this.#openings.add({ core, session, answer })
    if (this.isReadOnly && this.memory.isLoaded) answer.resolve(session)
    this.flushLater()
    return answer.promise
  }

  /** What there is to send now. */
  #collect(outbox: Outbox): void {
    const { lastZxid, digest } = this.memory.tree
    outbox.giveCredit(lastZxid, digest)
    for (const core of this.#unsent) outbox.request(core.takeRequests())
    this.#unsent.clear()
    // Held back until a leader serves, so that the first lease counts from close to the session's creation.
    if (this.#identity === undefined || !this.isEstablished) return
    outbox.request(this.#openings.take(this.#identity, this.#pulse.now()))
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
        return this.#onAttached(input)
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
      case 'failed':
        return this.fail(failureCause(input.code, input.reason))
      default:
        return unreachable(input)
    }
  }

  #onAttached({ replica, incarnationKey, view }: ViewIdentity): void {
    // Another incarnation knows nothing of what was asked for under the name of the one before.
    if (this.#identity !== undefined && this.#identity.incarnationKey !== incarnationKey) {
      this.#openings.askAgain()
    }
    this.#identity = { replica, incarnationKey, view }
    this.flushLater()
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
    const { origin, body } = entry.txn
    if (origin !== undefined && applied.outcome !== undefined) {
      this.#sessions.get(origin.session)?.onOutcome(origin.cxid, applied.outcome)
    }
    if (body.kind === 'createSession') this.#born(entry.zxid, body.origin)
    for (const id of applied.closed) {
      // Definite: what was sent and not applied before this txn finds no session any more.
      this.#sessions.get(id)?.end('expired', EXPIRED, refusalError(EXPIRED))
    }
  }

  /** The txn is committed, so its watches fire; but what it came to is known only from the snapshot. */
  #onDivergence(entry: Positioned): void {
    this.#outbox.push({ kind: 'diverged', zxid: entry.zxid })
    this.#distrust()
    this.memory.fireTxn(entry)
    for (const core of this.#sessions.values()) core.refresh()
    this.#options.onDivergence?.(entry.zxid)
  }

  #distrust(): void {
    this.#isDiverged = true
    for (const core of this.#sessions.values()) {
      core.refreshRefusal()
      core.failReads()
    }
  }

  #onSnapshotEnd(tail: SnapshotTail, entries: readonly Positioned[]): void {
    const firings = this.memory.endSnapshot(tail, entries)
    if (firings === undefined) {
      this.#outbox.push({ kind: 'diverged', zxid: tail.end })
      this.#distrust()
      for (const core of this.#sessions.values()) core.refresh()
      this.#options.onDivergence?.(tail.end)
      return
    }
    this.#isDiverged = false
    for (const core of this.#sessions.values()) core.refreshRefusal()
    tell(firings)
    this.#settleFromTable()
    if (this.isReadOnly) this.#openings.answerAll()
    for (const core of this.#sessions.values()) core.refresh()
  }

  /** What became of this View's sessions and their requests while it could not see it. */
  #settleFromTable(): void {
    const { sessions } = this.memory.tree
    for (const core of this.#sessions.values()) {
      const record = sessions.get(core.id)
      if (record === undefined) {
        core.end(
          'expired',
          EXPIRED,
          outcomeUnknown('the session expired before it could be learnt'),
        )
      } else {
        core.onRecord(record)
      }
    }
    if (this.#openings.size === 0) return
    for (const { id, origin } of sessions.values()) this.#born(id, origin)
  }

  #born(id: SessionId, origin: SessionOrigin): void {
    const identity = this.#identity
    if (identity === undefined || origin.replica !== identity.replica) return
    if (origin.incarnationKey !== identity.incarnationKey || origin.view !== identity.view) return
    const birth = this.#openings.born(origin.number)
    if (birth === undefined) return
    if (birth.abandoned) {
      const body = { kind: 'closeSession' } as const
      this.#outbox.request([{ kind: 'request', session: id, cxid: 1, settled: 0, body }])
      return
    }
    assert(!this.#sessions.has(id), 'an id names one session')
    this.#sessions.set(id, birth.core)
    birth.core.born(id, birth.sent)
    birth.answer.resolve(birth.session)
    this.#pulse.hasten()
  }

  #onStatus(status: ReplicaStatus): void {
    const before = this.#status
    this.#status = status
    this.#statusAt = this.clock.wall()
    if (status.established !== (before?.established === true)) {
      if (!status.established) for (const core of this.#sessions.values()) core.failReads()
      for (const core of this.#sessions.values()) core.refresh()
      this.flushLater()
    }
    this.#options.onStatus?.(status)
  }

  #endAll(state: 'closed' | 'failed', refusal: Refusal, pending: ZooKeeperError): void {
    if (this.#refusal?.code === 'SESSION_CLOSED') return
    this.#refusal = refusal
    this.#pulse.stop()
    this.#outbox.stop()
    const waiting = this.#openings.drain(refusalError(refusal))
    for (const core of [...this.#sessions.values(), ...waiting]) core.end(state, refusal, pending)
    this.#options.port.close()
  }
}
