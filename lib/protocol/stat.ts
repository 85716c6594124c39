/** What is known of a znode besides its data and children. ZooKeeper's Stat, field for field. */
import type { Zxid } from './zxid.js'

/**
 * State of one znode. Frozen; one object per state of the znode, shared by all its readers.
 *
 * Times are the leader's wall clock in ms since 1970, the same on every replica but not monotone.
 */
export interface Stat {
  /** zxid of the txn that created the znode. */
  readonly czxid: Zxid
  /** zxid of the txn that last set its data (or created it). */
  readonly mzxid: Zxid
  /** zxid of the txn that last created or deleted a child (or created the znode). */
  readonly pzxid: Zxid
  readonly ctime: number
  readonly mtime: number
  /** Number of times the data was set. */
  readonly version: number
  /** Number of child creations plus child deletions. */
  readonly cversion: number
  /** Number of times the ACL was set. */
  readonly aversion: number
  /** Session that owns an ephemeral; 0 for any other znode. */
  readonly ephemeralOwner: number
  /** Bytes of data. */
  readonly dataLength: number
  readonly numChildren: number
}
