/**
 * Requests of this replica's Views that are not settled yet, in the order of each session.
 *
 * They are kept until the txn that answers them is applied here, and sent again to every leader that gets
 * established meanwhile: the replica, never the View, resubmits. The replicated session table makes that
 * exactly-once (P3): a leader ignores what it has seen, and what the table answers is not sent at all.
 */
import { assert } from '../base/assert.js'
import type {
  CreateSessionRequest,
  Request,
  SessionId,
  SessionRequest,
} from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import { originKey } from '../tree/session-state.js'

interface Birth {
  readonly zxid: Zxid
  readonly request: CreateSessionRequest
}

export class Pipeline {
  /** Sessions asked for, by origin. */
  readonly #creations = new Map<string, CreateSessionRequest>()
  readonly #requests = new Map<SessionId, SessionRequest[]>()
  /** Sessions that were created and whose View has not applied that yet, by View, ascending. */
  readonly #births = new Map<number, Birth[]>()
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
      if (!this.#addRequest(request)) return
    }
    this.#fresh.push(request)
  }

  /** False if the session has been attached since: that request is of the past. */
  #addRequest(request: SessionRequest): boolean {
    const requests = this.#requests.get(request.session)
    const newest = requests?.at(-1)
    if (requests === undefined || newest === undefined || ownerOf(newest) < ownerOf(request)) {
      this.#requests.set(request.session, [request])
      return true
    }
    if (ownerOf(newest) > ownerOf(request)) return false
    assert(newest.cxid < request.cxid, 'a session counts its requests')
    requests.push(request)
    return true
  }

  /**
   * A txn was applied to `tree`: what it answers is settled. After a reload these are txns of the past again, of former
   * owners too, whose counts say nothing of what the present one has asked for since.
   */
  applied(zxid: Zxid, txn: Txn, tree: Tree): void {
    const { body, origin } = txn
    if (origin !== undefined) this.#answered(origin.session, origin.cxid, tree)
    if (body.kind === 'createSession') this.#born(zxid, originKey(body.origin))
    if (body.kind === 'attachSession') {
      this.#born(zxid, originKey(body.origin))
      // What a former owner asked for is ignored by every leader from here on, and so is whoever else wanted it.
      this.#ended(body.session, zxid)
    }
    if (body.kind === 'closeSession') this.#ended(body.session, Infinity)
    if (body.kind === 'register')
      for (const { session } of body.closed) this.#ended(session, Infinity)
    assert(zxid > 0, 'a txn has a zxid')
  }

  /** That View has applied everything up to `zxid`. */
  confirm(view: number, zxid: Zxid): void {
    const births = this.#births.get(view)
    if (births === undefined) return
    const rest = births.filter((birth) => birth.zxid > zxid)
    if (rest.length > 0) this.#births.set(view, rest)
    else this.#births.delete(view)
  }

  /**
   * That View is caught up by a snapshot of `tree`. A session which was created and ended within what the View does
   * not see has left no trace there: it is asked for again, or whoever opens it would wait for ever.
   */
  reopen(view: number, tree: Tree): void {
    for (const { zxid, request } of this.#births.get(view) ?? []) {
      // One that was to be attached cannot be asked for again: who wanted it learns from the state what became of it.
      if (request.attach !== undefined) continue
      if (zxid <= tree.lastZxid && !tree.sessions.has(zxid)) this.add(request)
    }
    this.confirm(view, tree.lastZxid)
  }

  /** The View is gone. */
  detach(view: number): void {
    this.#births.delete(view)
  }

  /**
   * A leader is established, and all that was decided before is applied: what the session table answers is settled.
   * Not earlier: after a reload the state may be older than sessions of mine.
   */
  reconcile(tree: Tree): void {
    for (const [session, [oldest]] of this.#requests) {
      const known = tree.sessions.get(session)
      // A session that is gone, or another's, has taken its requests with it; its View learns that from the state.
      if (known === undefined || known.attached !== (oldest && ownerOf(oldest)))
        this.#requests.delete(session)
      else this.#settle(session, known.lastCxid)
    }
    for (const [key, { origin, attach }] of this.#creations) {
      const known = tree.sessionByOrigin(origin)
      if (known !== undefined) this.#born(known.attached, key)
      else if (attach !== undefined && tree.sessions.get(attach.session)?.attached !== attach.from)
        this.#creations.delete(key)
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

  /** Nothing is asked any more for the session by those who owned it, or saw it owned, before `attached`. */
  #ended(session: SessionId, attached: Zxid): void {
    const oldest = this.#requests.get(session)?.[0]
    if (oldest !== undefined && ownerOf(oldest) < attached) this.#requests.delete(session)
    if (this.#creations.size === 0) return
    for (const [key, { attach }] of this.#creations) {
      if (attach?.session === session && attach.from < attached) this.#creations.delete(key)
    }
  }

  #answered(session: SessionId, cxid: number, tree: Tree): void {
    const oldest = this.#requests.get(session)?.[0]
    if (oldest === undefined) return
    if (tree.sessions.get(session)?.attached === ownerOf(oldest)) this.#settle(session, cxid)
  }

  #born(zxid: Zxid, key: string): void {
    const request = this.#creations.get(key)
    if (request === undefined) return
    this.#creations.delete(key)
    const births = this.#births.get(request.origin.view)
    if (births === undefined) this.#births.set(request.origin.view, [{ zxid, request }])
    else births.push({ zxid, request })
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

/** zxid of the txn that gave the session to the View that asks. */
function ownerOf({ session, attached }: SessionRequest): Zxid {
  return attached ?? session
}
