/** What applying a txn did, for whoever fires watches and settles promises. */
import { OPEN_ACL } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import type { Outcome, SessionId } from '../protocol/request.js'
import type { Znode } from './znode.js'

/**
 * One change of one znode, in the order it was made. A change of the parent's children follows from
 * it.
 */
export interface Change {
  readonly kind: 'created' | 'deleted' | 'data'
  readonly path: string
  /** Path of the parent; the root's own for the root. */
  readonly parent: string
  /** Who may read the znode, as of just before a deletion or just after anything else. Absent: everybody. */
  readonly acl?: readonly Acl[] | undefined
  /** Who may read its parent. Absent: everybody. */
  readonly parentAcl?: readonly Acl[] | undefined
}

/** `znode` and `parent` as of just before a deletion, just after anything else. */
export function changeOf(
  kind: Change['kind'],
  path: string,
  { acl }: Znode,
  parentPath: string,
  parent: Znode | undefined,
): Change {
  const parentAcl = parent?.acl ?? OPEN_ACL
  if (acl === OPEN_ACL && parentAcl === OPEN_ACL) return { kind, path, parent: parentPath }
  return {
    kind,
    path,
    parent: parentPath,
    acl: acl === OPEN_ACL ? undefined : acl,
    parentAcl: parentAcl === OPEN_ACL ? undefined : parentAcl,
  }
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
