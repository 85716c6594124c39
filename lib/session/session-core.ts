/**
 * One session as its View sees it: identity, lease, unsettled requests, waiting reads, how it ends. The class that
 * the application holds (session.ts) checks arguments and shapes results around it.
 */
import { assert } from '../base/assert.js'
import { REQUEST_BYTES_IN_FLIGHT_MAX, REQUESTS_PER_SESSION_MAX } from '../base/limits.js'
import { NO_AUTH } from '../protocol/acl.js'
import type { Identity } from '../protocol/acl.js'
import type {
  Outcome,
  OutcomeResult,
  RequestBody,
  SessionId,
  SessionRequest,
} from '../protocol/request.js'
import type { WatchEvent } from '../protocol/watch-event.js'
import type { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Zxid } from '../protocol/zxid.js'
import type { SessionRecord } from '../tree/record.js'
import { Answer, attempt, rejection } from './answer.js'
import { contextOf, isTracing, traced } from './diagnostics.js'
import type { RequestTrace } from './diagnostics.js'
import { Lease } from './lease.js'
import type { Moment } from './lease.js'
import { Listeners } from './listeners.js'
import type { Memory } from './memory.js'
import { requestError } from './outcome.js'
import type { TimerHandle } from './port.js'
import {
  CLOSED,
  DIVERGED,
  LEADERLESS,
  outcomeUnknown,
  overloaded,
  refusalError,
} from './refusal.js'
import type { Refusal } from './refusal.js'
import { RequestQueue } from './request-queue.js'
import type { PendingRequest } from './request-queue.js'
import { SessionWatches } from './session-watches.js'
import type { Audience } from './session-watches.js'
import { SESSION_EVENTS } from './session-events.js'
import type { SessionEvents, SessionState } from './session-events.js'
import type { SessionEnd, SessionHost, ViewSession } from './view-session.js'

interface Rejectable {
  reject(error: unknown): void
}

export class SessionCore implements ViewSession, Audience {
  readonly timeoutMs: number
  readonly memory: Memory
  readonly lease: Lease
  readonly listeners: Listeners<SessionEvents> = new Listeners<SessionEvents>(SESSION_EVENTS)
  readonly watches: SessionWatches
  /** Who the session has said it is: what every later request and read is checked for. Replaced, never changed. */
  auth: readonly Identity[] = NO_AUTH
  /** Why the Sync forms refuse; the one thing they check before they look into memory. */
  syncRefusal: Refusal | undefined
  readonly #host: SessionHost
  readonly #queue = new RequestQueue()
  #id: SessionId = 0
  /** Why every call is refused: closing, or ended. */
  #refusal: Refusal | undefined
  #ended: 'expired' | 'closed' | 'failed' | undefined
  #shown: SessionState = 'suspended'
  #wasAlive = false
  #readsWaiting = 0
  #closing: Promise<void> | undefined
  #closed: (() => void) | undefined
  #closeTimer: TimerHandle

  constructor(host: SessionHost, timeoutMs: number) {
    this.#host = host
    this.timeoutMs = timeoutMs
    this.memory = host.memory
    this.lease = new Lease(timeoutMs)
    this.watches = new SessionWatches(host.memory.watches, this)
    this.syncRefusal = host.isDiverged ? DIVERGED : undefined
  }

  /** Who proves to know its password may do everything. */
  get superDigest(): string | undefined {
    return this.#host.superDigest
  }

  /** The application knows every path by its name here; a namespace tells it others. */
  leave(path: string): string {
    return path
  }

  hear(event: WatchEvent): void {
    this.listeners.emit('watch', event)
  }

  /** 0 until the txn that creates it is applied. */
  get id(): SessionId {
    return this.#id
  }

  /** Requests that are not settled. */
  get pending(): number {
    return this.#queue.length
  }

  get refusal(): Refusal | undefined {
    return this.#refusal
  }

  /**
   * This thread may believe that nobody else was given what the session owns. False from the call of `close` on: the
   * session may end at any moment after it.
   */
  get alive(): boolean {
    return this.#refusal === undefined && this.#hasLease
  }

  get state(): SessionState {
    // A thread that was blocked reads this before its timer could say that the lease has lapsed.
    return this.#shown === 'connected' && !this.#isConnected ? 'suspended' : this.#shown
  }

  get #hasLease(): boolean {
    const { clock, isGone } = this.#host
    return this.#id !== 0 && !isGone && this.lease.alive(clock.mono(), clock.wall())
  }

  get #isConnected(): boolean {
    return this.#host.isEstablished && !this.#host.isDiverged && this.#hasLease
  }

  /** The ensemble has created it; `sent` is when this View asked for it, from which the first lease counts. */
  born(id: SessionId, attached: Zxid, sent: Moment): void {
    assert(this.#id === 0 && id > 0, 'a session is born once')
    assert(attached === id, 'the session of a process stays with it')
    assert(this.#ended === undefined, 'a session that ended is not born')
    this.#id = id
    // The leader counts the timeout from the txn's application at the earliest, which is after it was asked for.
    this.lease.confirm(sent)
    if (this.#queue.hasUnsent) this.#host.flushLater(this)
    this.refresh()
  }

  get attached(): Zxid {
    return this.#id
  }

  get leaseUntil(): number {
    return this.lease.until
  }

  /** If the lease had lapsed meanwhile, its owner is told so before it is told that all is well again. */
  confirm(sent: Moment): void {
    this.refresh()
    this.lease.confirm(sent)
    this.refresh()
  }

  /** A process that beats is alive, and with it all that it owns. */
  takeBeat(): boolean {
    return true
  }

  /** The View stopped or began to trust its memory. Says nothing to anybody. */
  refreshRefusal(): void {
    this.syncRefusal = this.#refusal ?? (this.#host.isDiverged ? DIVERGED : undefined)
  }

  /** Says so if the state is not what was last said. */
  refresh(): void {
    if (this.#ended !== undefined) return
    this.#tellLapse()
    this.#show(this.#isConnected ? 'connected' : 'suspended')
  }

  /**
   * Queues a request; it leaves before this turn of the event loop ends.
   *
   * @param audience By whose names errors tell paths.
   * @param trace Hears how it is settled; absent: somebody may want to.
   */
  submit<T>(
    body: RequestBody,
    bytes: number,
    signal: AbortSignal | undefined,
    convert: (result: OutcomeResult) => T,
    audience: Pick<Audience, 'leave'> = this,
    trace?: RequestTrace,
  ): Promise<T> {
    if (trace === undefined && isTracing())
      return traced(contextOf(body, this.#id), (started) =>
        this.submit(body, bytes, signal, convert, audience, started),
      )
    if (this.#refusal !== undefined) return rejection(refusalError(this.#refusal), trace)
    if (signal?.aborted === true) return rejection(signal.reason, trace)
    if (this.#queue.length >= REQUESTS_PER_SESSION_MAX)
      return rejection(overloaded('requests'), trace)
    if (this.#host.bytesInFlight + bytes > REQUEST_BYTES_IN_FLIGHT_MAX)
      return rejection(overloaded('bytes'), trace)
    return this.#enqueue(body, bytes, signal, convert, audience, trace)
  }

  /**
   * Evaluates now, or right after the newest unsettled request is settled.
   *
   * @param operation The session's method, for those who trace requests, like the path.
   */
  read<T>(
    operation: string,
    path: string | undefined,
    evaluate: () => T,
    signal: AbortSignal | undefined,
    trace?: RequestTrace,
  ): Promise<T> {
    if (trace === undefined && isTracing())
      return traced({ operation, path, session: this.#id }, (started) =>
        this.read(operation, path, evaluate, signal, started),
      )
    if (this.#refusal !== undefined) return rejection(refusalError(this.#refusal), trace)
    if (signal?.aborted === true) return rejection(signal.reason, trace)
    const refusal = this.#readRefusal()
    if (refusal !== undefined) return rejection(refusalError(refusal), trace)
    if (this.#queue.length > 0) return this.#wait(evaluate, signal, trace)
    trace?.at(this.memory.tree.lastZxid)
    return attempt(evaluate, trace)
  }

  /** What has not left yet, with its cxids; from here on it has left. */
  takeRequests(): SessionRequest[] {
    return this.#id === 0 ? [] : this.#queue.take(this.#id, this.#id)
  }

  /** The txn that answers the request is applied and its watches have fired. */
  onOutcome(cxid: number, outcome: Outcome): void {
    const entry = this.#queue.settle(cxid)
    if (entry === undefined) return
    this.#host.bytesInFlight -= entry.request.bytes
    entry.request.settle(outcome)
    for (const read of entry.reads) read.evaluate()
  }

  /** The View was caught up by a snapshot: the session table knows what came of the requests. */
  onRecord(record: Pick<SessionRecord, 'id' | 'lastCxid' | 'outcomes'>): void {
    assert(record.id === this.#id, 'the record is of this session')
    for (const kept of record.outcomes) this.onOutcome(kept.cxid, kept.outcome)
    assert(record.lastCxid <= this.#queue.lastSettledCxid, 'the table keeps what is not settled')
  }

  /** Waiting reads are not answered any more: no leader, or a state that cannot be trusted. */
  failReads(): void {
    const refusal = this.#readRefusal()
    if (refusal === undefined) return
    for (const read of this.#queue.takeReads()) read.fail(refusalError(refusal))
  }

  /**
   * It is over, whoever ended it. A session that its owner is closing ends as `closed` in any case.
   *
   * @param refusal What every call gets from now on.
   * @param pendingError What the unsettled requests get.
   */
  end(why: SessionEnd, refusal: Refusal, pendingError: ZooKeeperError): void {
    if (this.#ended !== undefined) return
    assert(why !== 'moved', 'the session of a process stays with it')
    this.#ended = this.#closing === undefined ? why : 'closed'
    this.#refusal = this.#ended === 'closed' ? CLOSED : refusal
    this.syncRefusal = this.#refusal
    this.#tellLapse()
    const error = this.#ended === 'closed' ? undefined : refusalError(refusal)
    for (const entry of this.#queue.drain()) {
      this.#host.bytesInFlight -= entry.request.bytes
      entry.request.fail(pendingError)
      for (const read of entry.reads) read.fail(refusalError(this.#refusal))
    }
    if (this.#closeTimer !== undefined) this.#host.clock.clearTimer(this.#closeTimer)
    this.#host.forget(this)
    this.watches.end(error)
    this.#show(this.#ended, error)
    this.#closed?.()
  }

  /** Asks for the session's end and waits until it is applied, at most `timeoutMs`. Never rejects. */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs)
    return this.#closing
  }

  #close(timeoutMs: number): Promise<void> {
    if (this.#ended !== undefined) {
      this.#refusal = CLOSED
      this.syncRefusal = CLOSED
      this.#show('closed')
      return Promise.resolve()
    }
    this.#refusal = CLOSED
    this.syncRefusal = CLOSED
    this.#tellLapse()
    return new Promise((resolve) => {
      this.#closed = resolve
      if (this.#id === 0) {
        this.#endClosed()
        return
      }
      void this.#enqueue({ kind: 'closeSession' }, 0, undefined, () => undefined)
      this.#closeTimer = this.#host.clock.setTimer(timeoutMs, () => this.#endClosed())
    })
  }

  #endClosed(): void {
    this.end('closed', CLOSED, outcomeUnknown('the session was closed before it was settled'))
  }

  #enqueue<T>(
    body: RequestBody,
    bytes: number,
    signal: AbortSignal | undefined,
    convert: (result: OutcomeResult) => T,
    audience: Pick<Audience, 'leave'> = this,
    trace?: RequestTrace,
  ): Promise<T> {
    const answer = new Answer<T>(signal, (reason) => this.#abort(request, answer, reason), trace)
    const request: PendingRequest = {
      body,
      bytes,
      auth: this.auth.length === 0 ? undefined : this.auth,
      settle: (outcome) => {
        trace?.at(outcome.zxid)
        if (outcome.kind === 'ok') answer.resolve(convert(outcome.result))
        else answer.reject(requestError(body, outcome, (path) => audience.leave(path)))
      },
      fail: (error) => answer.rejectQuietly(error),
    }
    this.#queue.push(request)
    this.#host.bytesInFlight += bytes
    this.#host.flushLater(this)
    return answer.promise
  }

  #abort(request: PendingRequest, answer: Rejectable, reason: unknown): void {
    const freed = this.#queue.withdraw(request)
    if (freed === undefined) {
      // Nothing depends on whether a sync was done; of a write only the ensemble knows.
      const unknown = request.body.kind !== 'sync'
      answer.reject(unknown ? outcomeUnknown('aborted after it had left', reason) : reason)
      return
    }
    this.#host.bytesInFlight -= request.bytes
    answer.reject(reason)
    for (const read of freed) read.evaluate()
  }

  #wait<T>(evaluate: () => T, signal: AbortSignal | undefined, trace?: RequestTrace): Promise<T> {
    if (this.#readsWaiting >= REQUESTS_PER_SESSION_MAX) return rejection(overloaded('reads'), trace)
    const answer = new Answer<T>(signal, (reason) => answer.reject(reason), trace)
    this.#readsWaiting += 1
    this.#queue.wait({
      evaluate: () => {
        this.#readsWaiting -= 1
        if (!answer.isOpen) return
        trace?.at(this.memory.tree.lastZxid)
        try {
          answer.resolve(evaluate())
        } catch (error) {
          answer.reject(error)
        }
      },
      fail: (error) => {
        this.#readsWaiting -= 1
        answer.rejectQuietly(error)
      },
    })
    return answer.promise
  }

  #readRefusal(): Refusal | undefined {
    if (this.#host.isDiverged) return DIVERGED
    return this.#host.isEstablished || this.#host.isReadOnly ? undefined : LEADERLESS
  }

  #tellLapse(): void {
    const was = this.#wasAlive
    this.#wasAlive = this.alive
    if (was && !this.#wasAlive) this.listeners.emit('lapse')
  }

  #show(state: SessionState, error?: ZooKeeperError): void {
    if (state === this.#shown) return
    this.#shown = state
    if (error === undefined) this.listeners.emit('state', state)
    else this.listeners.emit('state', state, error)
  }
}
