/**
 * The sessions of one View: those that are its own, and those that it asked for. Tells them what committed txns and
 * snapshots say of them: births, answers, attachments and ends, in that order within a txn.
 */
import { assert } from '../base/assert.js'
import type { Request, SessionId, SessionOrigin } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Applied } from '../tree/change.js'
import type { Positioned, Tree } from '../tree/tree.js'
import { Openings } from './openings.js'
import type { ViewIdentity } from './openings.js'
import { EXPIRED, MOVED, outcomeUnknown, refusalError } from './refusal.js'
import type { ViewSession } from './view-session.js'

export class ViewSessions {
  /** This View's own, by id. */
  readonly own: Map<SessionId, ViewSession> = new Map()
  readonly openings: Openings = new Openings()
  readonly #onBirth: () => void
  readonly #send: (requests: readonly Request[]) => void
  #identity: ViewIdentity | undefined

  /**
   * @param onBirth A session began: it wants to be heard of.
   * @param send What is to be asked without anybody waiting for it.
   */
  constructor(onBirth: () => void, send: (requests: readonly Request[]) => void) {
    this.#onBirth = onBirth
    this.#send = send
  }

  get identity(): ViewIdentity | undefined {
    return this.#identity
  }

  /** Sessions that this View has or has asked for. */
  get size(): number {
    return this.own.size + this.openings.size
  }

  /** What somebody waits for: sessions that were asked for, and requests that are not settled. */
  get pending(): number {
    let pending = this.openings.awaited
    for (const core of this.own.values()) pending += core.pending
    return pending
  }

  identify({ replica, incarnationKey, view }: ViewIdentity): void {
    // Another incarnation knows nothing of what was asked for under the name of the one before.
    if (this.#identity !== undefined && this.#identity.incarnationKey !== incarnationKey) {
      this.openings.askAgain()
    }
    this.#identity = { replica, incarnationKey, view }
  }

  forget(core: ViewSession): void {
    if (core.id === 0) this.openings.abandon(core)
    else if (this.own.get(core.id) === core) this.own.delete(core.id)
  }

  /** The txn is applied and its watches have fired. */
  onTxn({ zxid, txn: { origin, body } }: Positioned, applied: Applied): void {
    if (origin !== undefined && applied.outcome !== undefined) {
      this.own.get(origin.session)?.onOutcome(origin.cxid, applied.outcome)
    }
    if (body.kind === 'createSession') this.#born(zxid, body.origin, zxid)
    if (body.kind === 'attachSession') this.#attached(body.session, body.origin, zxid)
    for (const id of applied.closed) {
      // Definite: what was sent and not applied before this txn finds no session any more.
      this.own.get(id)?.end('expired', EXPIRED, refusalError(EXPIRED))
      this.openings.lost(id, refusalError(EXPIRED))
    }
  }

  /** What became of this View's sessions, and of those it asked for, while it could not see it. */
  onSnapshot({ sessions }: Tree): void {
    for (const core of this.own.values()) {
      const record = sessions.get(core.id)
      if (record === undefined) {
        const unknown = outcomeUnknown('the session expired before it could be learnt')
        core.end('expired', EXPIRED, unknown)
      } else if (record.attached === core.attached) {
        core.onRecord(record)
      } else {
        core.end('moved', MOVED, refusalError(MOVED))
      }
    }
    if (this.openings.size === 0) return
    for (const { id, origin, attached } of sessions.values()) this.#born(id, origin, attached)
    for (const { session, from } of this.openings.wanted()) {
      const found = sessions.get(session)
      if (found === undefined) this.openings.lost(session, refusalError(EXPIRED))
      else if (found.attached !== from) this.openings.lost(session, refusalError(MOVED))
    }
  }

  #attached(session: SessionId, origin: SessionOrigin, zxid: Zxid): void {
    this.own.get(session)?.end('moved', MOVED, refusalError(MOVED))
    this.#born(session, origin, zxid)
    this.openings.lost(session, refusalError(MOVED))
  }

  #born(id: SessionId, origin: SessionOrigin, attached: Zxid): void {
    const identity = this.#identity
    if (identity === undefined || origin.replica !== identity.replica) return
    if (origin.incarnationKey !== identity.incarnationKey || origin.view !== identity.view) return
    const birth = this.openings.born(origin.number)
    if (birth === undefined) return
    if (birth.abandoned) {
      const body = { kind: 'closeSession' } as const
      this.#send([{ kind: 'request', session: id, cxid: 1, settled: 0, body }])
      return
    }
    assert(!this.own.has(id), 'an id names one session')
    this.own.set(id, birth.core)
    birth.core.born(id, attached, birth.sent)
    birth.asker.resolve()
    this.#onBirth()
  }
}
