/**
 * The rows of a snapshot: znodes, sessions and members as plain data, independent of the classes in memory.
 *
 * Znode rows come parents first, in the order of creation, so that a reader never meets an orphan.
 */
import type { Outcome, SessionId, SessionOrigin } from '../protocol/request.js'
import type { Acl } from '../protocol/acl.js'
import type { Retention } from '../protocol/retention.js'
import type { Incarnation, ProcessIdentity } from '../protocol/member.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Digest } from './txn.js'

export interface ZnodeRecord {
  readonly path: string
  readonly data: Uint8Array | undefined
  readonly czxid: Zxid
  readonly ctime: number
  readonly mzxid: Zxid
  readonly mtime: number
  readonly pzxid: Zxid
  readonly version: number
  /** Children ever created. */
  readonly created: number
  readonly owner: SessionId
  /** Absent: everybody may do everything. */
  readonly acl?: readonly Acl[] | undefined
  /** Absent: 0. */
  readonly aversion?: number | undefined
  /** Absent: until it is deleted. */
  readonly retention?: Retention | undefined
}

/** An outcome that its View has not confirmed yet. */
export interface KeptOutcome {
  readonly cxid: number
  readonly outcome: Outcome
}

export interface SessionRecord {
  readonly id: SessionId
  readonly timeoutMs: number
  readonly origin: SessionOrigin
  readonly lastCxid: number
  /** Of a remote session. */
  readonly password?: Uint8Array | undefined
  /** zxid of the txn that gave it to its present View; absent: the one that created it. */
  readonly attached?: Zxid | undefined
  readonly outcomes: readonly KeptOutcome[]
}

export interface MemberRecord {
  readonly replica: number
  readonly incarnation: Incarnation
  readonly process: ProcessIdentity | undefined
}

/** All of the replicated state that is not znodes: small, so copied in one piece at the snapshot's end. */
export interface SnapshotTail {
  /** Znode rows hold states between these two; the log (start, end] makes them exact. */
  readonly start: Zxid
  readonly end: Zxid
  /** Digest of the whole state at `end`. */
  readonly digest: Digest
  readonly sessions: readonly SessionRecord[]
  readonly members: readonly MemberRecord[]
}

/** Newest complete snapshot found on disk. */
export interface RecoveredSnapshot {
  readonly tail: SnapshotTail
  /** Batches of znodes, parents first; read once. */
  readonly nodes: Iterable<readonly ZnodeRecord[]>
}
