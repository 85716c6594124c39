/**
 * Requests: what a session asks of the ensemble, and what it hears. Data only.
 *
 * A request is relative ("append a sequence number", "if the version is 3"); the leader turns it into an
 * absolute txn (tree/txn.ts). Reads are no requests: they never leave the process.
 */
import type { Acl, Identity } from './acl.js'
import type { TxnErrorCode } from './error-code.js'
import type { Retention } from './retention.js'
import type { Stat } from './stat.js'
import type { Zxid } from './zxid.js'

/** zxid of the txn that created the session: unique for ever. 0 is "none". */
export type SessionId = Zxid

export interface CreateOperation {
  readonly kind: 'create'
  readonly path: string
  /** `undefined` is ZooKeeper's null data, distinct from empty. */
  readonly data: Uint8Array | undefined
  readonly ephemeral: boolean
  readonly sequential: boolean
  /** Absent: everybody may do everything. */
  readonly acl?: readonly Acl[] | undefined
  /** Absent: until it is deleted. Not of an ephemeral. */
  readonly retention?: Retention | undefined
}

export interface DeleteOperation {
  readonly kind: 'delete'
  readonly path: string
  /** −1 is "any". */
  readonly version: number
}

export interface SetDataOperation {
  readonly kind: 'setData'
  readonly path: string
  readonly data: Uint8Array | undefined
  /** −1 is "any". */
  readonly version: number
}

/** Legal inside a multi only (ZOOKEEPER-2623). */
export interface CheckOperation {
  readonly kind: 'check'
  readonly path: string
  /** −1 is "any": the znode must exist. */
  readonly version: number
}

export type Operation = CreateOperation | DeleteOperation | SetDataOperation | CheckOperation

export interface MultiOperation {
  readonly kind: 'multi'
  readonly operations: readonly Operation[]
}

/** Not part of a multi. Compared with the version of the ACL, which counts up on its own. */
export interface SetAclOperation {
  readonly kind: 'setAcl'
  readonly path: string
  readonly acl: readonly Acl[]
  /** −1 is "any". */
  readonly version: number
}

/** Goes through the broadcast like a write and changes nothing. */
export interface SyncOperation {
  readonly kind: 'sync'
}

export interface CloseSessionOperation {
  readonly kind: 'closeSession'
}

export type RequestBody =
  | CreateOperation
  | DeleteOperation
  | SetDataOperation
  | SetAclOperation
  | MultiOperation
  | SyncOperation
  | CloseSessionOperation

/** A request of an existing session. */
export interface SessionRequest {
  readonly kind: 'request'
  readonly session: SessionId
  /** The session's own count of its requests, 1, 2, 3 … without a gap. */
  readonly cxid: number
  /** Newest cxid up to which the View has settled everything: older outcomes need not be kept. */
  readonly settled: number
  readonly body: RequestBody
  /** Who asks, beside everybody; absent: nobody in particular. */
  readonly auth?: readonly Identity[] | undefined
  /**
   * zxid of the txn that gave the session to the View that asks. Absent: the one that created it. A request of an
   * earlier owner is ignored (zookeeper: SESSIONMOVED).
   */
  readonly attached?: Zxid | undefined
}

/** Who asked for a session that does not exist yet: makes its creation exactly-once. */
export interface SessionOrigin {
  readonly replica: number
  /** The random key of the replica's incarnation. */
  readonly incarnationKey: number
  readonly view: number
  /** The View's own count of the sessions it asked for, from 1. */
  readonly number: number
}

export interface CreateSessionRequest {
  readonly kind: 'createSession'
  readonly origin: SessionOrigin
  readonly timeoutMs: number
  /**
   * Of a session that belongs to a client elsewhere: whoever knows it may attach the session to another View, and
   * the session outlives the process of its View. Absent: the session lives and dies with its process.
   */
  readonly password?: Uint8Array | undefined
  /** Present: no new session is asked for, but one that exists. */
  readonly attach?: Attachment | undefined
}

/** A remote session, and who owned it as far as the View that wants it knows: a later owner keeps it. */
export interface Attachment {
  readonly session: SessionId
  /** zxid of the txn that gave the session to that owner. */
  readonly from: Zxid
}

export type Request = SessionRequest | CreateSessionRequest

/** The result of one operation of a multi, as the public API shows it. */
export type OperationResult =
  | { readonly kind: 'create'; readonly path: string; readonly stat: Stat }
  | { readonly kind: 'delete' }
  | { readonly kind: 'setData'; readonly stat: Stat }
  | { readonly kind: 'check' }
  | { readonly kind: 'error'; readonly code: TxnErrorCode | 'OK'; readonly errno: number }

/** What a request came to. */
export type Outcome =
  | { readonly kind: 'ok'; readonly zxid: Zxid; readonly result: OutcomeResult }
  | {
      readonly kind: 'error'
      readonly zxid: Zxid
      readonly code: TxnErrorCode
      /** Of a multi: index of the failing operation and number of operations. */
      readonly index?: number | undefined
      readonly count?: number | undefined
    }

export type OutcomeResult =
  | { readonly kind: 'create'; readonly path: string; readonly stat: Stat }
  | { readonly kind: 'setData'; readonly stat: Stat }
  | { readonly kind: 'setAcl'; readonly stat: Stat }
  | { readonly kind: 'multi'; readonly results: readonly OperationResult[] }
  | { readonly kind: 'none' }
