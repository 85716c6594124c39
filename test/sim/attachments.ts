/**
 * Whose request a txn answers. A session's requests are counted anew by each View that it is attached to; the txn names
 * session and cxid, and the View is whoever had the session when the txn was decided.
 */
import type { SessionId } from '../../lib/protocol/request.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'

export class Attachments {
  readonly #attached = new Map<SessionId, Zxid>()

  /** zxid of the txn that gave the session to the View that has it. */
  of(session: SessionId): Zxid {
    return this.#attached.get(session) ?? session
  }

  /** The next decided txn. @returns the name of the request that it answers, if it answers one. */
  decided({ zxid, txn: { origin, body } }: Entry<Txn>): string | undefined {
    if (body.kind === 'attachSession') this.#attached.set(body.session, zxid)
    if (origin === undefined) return undefined
    const { session, cxid } = origin
    return requestKey(session, cxid, this.of(session))
  }
}

/** @param attached  Absent: the session is still with the View that opened it. */
export function requestKey(session: SessionId, cxid: number, attached: Zxid = session): string {
  return `${session} ${attached} ${cxid}`
}

/** One View's time with a session. */
export function ownerKey(session: SessionId, attached: Zxid = session): string {
  return `${session} ${attached}`
}
