/**
 * Txns: what is logged, broadcast and applied. Absolute and self-contained.
 *
 * The leader resolves all checks, versions, sequence numbers and times when it prepares a request, so
 * applying a txn cannot fail, reads no clock, and applying any suffix of the log again gives the same tree.
 * Whatever follows from the txn's own zxid (czxid, mzxid, pzxid) is not repeated in it.
 */
import type { TxnErrorCode } from '../protocol/error-code.js'
import type { Acl } from '../protocol/acl.js'
import type { Retention } from '../protocol/retention.js'
import type { Incarnation, ProcessIdentity } from '../protocol/member.js'
import type { SessionId, SessionOrigin } from '../protocol/request.js'

/** Sum over the replicated state, modulo 2^52 (see digest.ts). */
export type Digest = number

export interface CreateTxn {
  readonly kind: 'create'
  /** Final path, sequence number included. */
  readonly path: string
  readonly data: Uint8Array | undefined
  /** Session that owns it, 0 for a persistent znode. */
  readonly owner: SessionId
  /** The parent's count of children ever created, this one included. */
  readonly parentCreated: number
  /** Absent: everybody may do everything. */
  readonly acl?: readonly Acl[] | undefined
  /** Absent: until it is deleted. */
  readonly retention?: Retention | undefined
}

export interface DeleteTxn {
  readonly kind: 'delete'
  readonly path: string
}

export interface SetDataTxn {
  readonly kind: 'setData'
  readonly path: string
  readonly data: Uint8Array | undefined
  /** The resulting version. */
  readonly version: number
}

/** `acl` is complete: no scheme in it stands for another (`auth` has been expanded). */
export interface SetAclTxn {
  readonly kind: 'setAcl'
  readonly path: string
  readonly acl: readonly Acl[]
  /** The resulting version of the ACL. */
  readonly aversion: number
}

/** A check that held: changes nothing, keeps a multi's results aligned with its operations. */
export interface CheckTxn {
  readonly kind: 'check'
}

export type OperationTxn = CreateTxn | DeleteTxn | SetDataTxn | CheckTxn

export interface MultiTxn {
  readonly kind: 'multi'
  readonly operations: readonly OperationTxn[]
}

/** A request that failed: it takes a zxid all the same, so failures keep their place in the order. */
export interface ErrorTxn {
  readonly kind: 'error'
  readonly code: TxnErrorCode
  /** Of a multi: 0-based index of the failing operation, and how many there were. */
  readonly index?: number | undefined
  readonly count?: number | undefined
}

export interface SyncTxn {
  readonly kind: 'sync'
}

export interface CreateSessionTxn {
  readonly kind: 'createSession'
  readonly timeoutMs: number
  readonly origin: SessionOrigin
  /** Present in a session that may be attached elsewhere. */
  readonly password?: Uint8Array | undefined
}

/** A remote session belongs to another View from here on; what came of its requests so far is dropped. */
export interface AttachSessionTxn {
  readonly kind: 'attachSession'
  readonly session: SessionId
  readonly origin: SessionOrigin
}

/** A session ends and takes its ephemerals with it, in one zxid (ZOOKEEPER-3145: the exact list). */
export interface CloseSessionTxn {
  readonly kind: 'closeSession'
  readonly session: SessionId
  readonly paths: readonly string[]
}

/**
 * A replica's incarnation becomes known; sessions of earlier incarnations of the same database end.
 * With `vote` the database becomes the one voter of that replica id (the amnesia rule).
 */
export interface RegisterTxn {
  readonly kind: 'register'
  readonly replica: number
  readonly incarnation: Incarnation
  readonly process: ProcessIdentity | undefined
  readonly vote: boolean
  readonly closed: readonly CloseSessionTxn[]
}

export type TxnBody =
  | CreateTxn
  | DeleteTxn
  | SetDataTxn
  | SetAclTxn
  | MultiTxn
  | ErrorTxn
  | SyncTxn
  | CreateSessionTxn
  | AttachSessionTxn
  | CloseSessionTxn
  | RegisterTxn

/** The request that a txn answers. */
export interface TxnOrigin {
  readonly session: SessionId
  readonly cxid: number
  /** Outcomes up to this cxid need not be kept any longer. */
  readonly settled: number
}

export interface Txn {
  /** The leader's wall clock when it prepared the txn, ms since 1970. */
  readonly time: number
  /** `undefined` for what the leader does by itself (expiry, register) and for createSession. */
  readonly origin: TxnOrigin | undefined
  /** Digest of the whole state after this txn. */
  readonly digest: Digest
  readonly body: TxnBody
}
