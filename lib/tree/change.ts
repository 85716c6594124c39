/** What applying a txn did, for whoever fires watches and settles promises. Data only. */
import type { Outcome, SessionId } from '../protocol/request.js'

/**
 * One change of one znode, in the order it was made. A change of the parent's children follows from
 * it.
 */
export interface Change {
  readonly kind: 'created' | 'deleted' | 'data'
  readonly path: string
  /** Path of the parent; the root's own for the root. */
  readonly parent: string
}

export interface Applied {
  /** Empty in fuzzy replay: nobody may see a snapshot's state before its end. */
  readonly changes: readonly Change[]
  /** Of the request that the txn answers; `undefined` if it answers none, and in fuzzy replay. */
  readonly outcome: Outcome | undefined
  /** The session that a createSession or closeSession is about. */
  readonly session: SessionId | undefined
  /** Every session that ended, by a closeSession or a register. */
  readonly closed: readonly SessionId[]
}
