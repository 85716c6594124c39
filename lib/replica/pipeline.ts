/**
 * Requests of this replica's Views that are not settled yet, in the order of each session.
 *
 * They are kept until the txn that answers them is applied here, and sent again to every leader that gets
 * established meanwhile: the replica, never the View, resubmits. The replicated session table makes that
 * exactly-once (P3): a leader ignores what it has seen, and what the table answers is not sent at all.
 */
import { assert } from '../base/assert.js'
import type { CreateSessionRequest, Request, SessionId, SessionRequest } from '../protocol/request.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import { originKey } from '../tree/session-state.js'

export class Pipeline {
  /** Sessions asked for, by origin. */
  readonly #creations = new Map<string, CreateSessionRequest>()
  readonly #requests = new Map<SessionId, SessionRequest[]>()
  /** New since the last `takeNew`, in the order of arrival. */
  #fresh: Request[] = []

  get size(): number {
    let size = this.#creations.size
    for (const requests of this.#requests.values()) size += requests.length
    return size
  }

  add(request: Request): void {
    if (request.kind === 'createSession') {
      this.#creations.set(originKey(request.origin), request)
    } else {
      const requests = this.#requests.get(request.session)
      if (requests === undefined) this.#requests.set(request.session, [request])
      else {
        const newest = requests.at(-1)
        assert(newest === undefined || newest.cxid < request.cxid, 'a session counts its requests')
        requests.push(request)
      }
    }
    this.#fresh.push(request)
  }

  /** A txn was applied: what it answers is settled. */
  applied(zxid: number, txn: Txn): void {
    if (txn.origin !== undefined) this.#settle(txn.origin.session, txn.origin.cxid)
    const { body } = txn
    if (body.kind === 'createSession') this.#creations.delete(originKey(body.origin))
    if (body.kind === 'closeSession') this.#requests.delete(body.session)
    if (body.kind === 'register') for (const { session } of body.closed) this.#requests.delete(session)
    assert(zxid > 0, 'a txn has a zxid')
  }

  /** The state was replaced, or a leader is established: what the session table answers is settled. */
  reconcile(tree: Tree): void {
    for (const session of this.#requests.keys()) {
      const known = tree.sessions.get(session)
      // A session that is gone has taken its requests with it; its View learns that from the state.
      if (known === undefined) this.#requests.delete(session)
      else this.#settle(session, known.lastCxid)
    }
    for (const [key, { origin }] of this.#creations) {
      if (tree.sessionByOrigin(origin) !== undefined) this.#creations.delete(key)
    }
  }

  /** Everything unsettled, each session's in order, for a leader that has just been established. */
  takeAll(): Request[] {
    this.#fresh = []
    return [...this.#creations.values(), ...[...this.#requests.values()].flat()]
  }

  takeNew(): Request[] {
    const fresh = this.#fresh
    if (fresh.length > 0) this.#fresh = []
    return fresh
  }

  #settle(session: SessionId, cxid: number): void {
    const requests = this.#requests.get(session)
    if (requests === undefined) return
    let settled = 0
    while (settled < requests.length && (requests[settled]?.cxid ?? Infinity) <= cxid) settled += 1
    if (settled === requests.length) this.#requests.delete(session)
    else if (settled > 0) requests.splice(0, settled)
  }
}
