/**
 * Words of the model: requests, results, codes and events, as ZooKeeper defines them. Written again here on purpose:
 * what checks the library must not be built from its parts.
 */

/** `epoch × 2³² + counter`: the place of a txn in the order. */
export type Zxid = number

/** zxid of the txn that opened the session; 0 is "none". */
export type SessionId = number

/** Codes of KeeperException that a decided request can end with. */
export const ERRNO = {
  OK: 0,
  RUNTIME_INCONSISTENCY: -2,
  BAD_ARGUMENTS: -8,
  NO_NODE: -101,
  NO_AUTH: -102,
  BAD_VERSION: -103,
  NO_CHILDREN_FOR_EPHEMERALS: -108,
  NODE_EXISTS: -110,
  NOT_EMPTY: -111,
  SESSION_EXPIRED: -112,
  INVALID_ACL: -114,
  QUOTA_EXCEEDED: -125,
} as const

export type Code = keyof typeof ERRNO
export type FailureCode = Exclude<Code, 'OK'>

export interface Stat {
  readonly czxid: Zxid
  readonly mzxid: Zxid
  readonly pzxid: Zxid
  readonly ctime: number
  readonly mtime: number
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  readonly ephemeralOwner: SessionId
  readonly dataLength: number
  readonly numChildren: number
}

/** Permission bits. */
export const PERMS = { READ: 1, WRITE: 2, CREATE: 4, DELETE: 8, ADMIN: 16, ALL: 31 } as const

/** Who somebody is, by one scheme. */
export interface Identity {
  readonly scheme: string
  readonly id: string
}

/** What one identity may do. */
export interface Acl extends Identity {
  readonly perms: number
}

/** How long a znode stays that no session owns: 0 until it is deleted, −1 a container, else ms to live without children. */
export type Retention = number

export interface CreateRequest {
  readonly kind: 'create'
  readonly path: string
  /** `undefined` is null data, which is not the same as empty data. */
  readonly data: Uint8Array | undefined
  readonly ephemeral: boolean
  readonly sequential: boolean
  /** Absent: everybody may do everything. */
  readonly acl?: readonly Acl[] | undefined
  /** Absent: 0. */
  readonly retention?: Retention | undefined
}

export interface DeleteRequest {
  readonly kind: 'delete'
  readonly path: string
  /** −1 is "any". */
  readonly version: number
}

export interface SetDataRequest {
  readonly kind: 'setData'
  readonly path: string
  readonly data: Uint8Array | undefined
  /** −1 is "any". */
  readonly version: number
}

export interface CheckRequest {
  readonly kind: 'check'
  readonly path: string
  /** −1 is "any". */
  readonly version: number
}

/** Stands alone. */
export interface SetAclRequest {
  readonly kind: 'setAcl'
  readonly path: string
  readonly acl: readonly Acl[]
  /** Of the ACL; −1 is "any". */
  readonly version: number
}

/** What may stand alone (but for `check`) or in a multi. */
export type Operation = CreateRequest | DeleteRequest | SetDataRequest | CheckRequest

export type Request =
  | CreateRequest
  | DeleteRequest
  | SetDataRequest
  | SetAclRequest
  | { readonly kind: 'multi'; readonly operations: readonly Operation[] }
  | { readonly kind: 'sync' }
  | { readonly kind: 'closeSession' }

/** A request, whose it is and the how-manieth. */
export interface Asked {
  readonly session: SessionId
  readonly cxid: number
  /** Outcomes of the session up to this cxid are no longer kept. */
  readonly settled: number
  readonly request: Request
  /** Who asks, beside everybody; absent: nobody in particular. */
  readonly auth?: readonly Identity[] | undefined
}

/** What an operation did. */
export type Result =
  | { readonly kind: 'create'; readonly path: string; readonly stat: Stat }
  | { readonly kind: 'delete' }
  | { readonly kind: 'setData'; readonly stat: Stat }
  | { readonly kind: 'setAcl'; readonly stat: Stat }
  | { readonly kind: 'check' }
  | { readonly kind: 'error'; readonly code: Code; readonly errno: number }

/** How a request ends. */
export type Outcome =
  | { readonly kind: 'ok'; readonly results: readonly Result[] }
  | {
      readonly kind: 'error'
      readonly code: FailureCode
      /** Of a multi: the operation that failed, from 0, and what is told of each. */
      readonly index?: number
      readonly results?: readonly Result[]
    }

/** What a request changes, in absolute terms: what a txn has to say. */
export type Effect =
  | {
      readonly kind: 'create'
      readonly path: string
      readonly data: Uint8Array | undefined
      readonly owner: SessionId
      /** Children ever created under the parent, this one included. */
      readonly parentCreated: number
      /** `undefined`: everybody may do everything. */
      readonly acl: readonly Acl[] | undefined
      /** `undefined`: 0. */
      readonly retention: Retention | undefined
    }
  | { readonly kind: 'delete'; readonly path: string }
  | {
      readonly kind: 'setData'
      readonly path: string
      readonly data: Uint8Array | undefined
      readonly version: number
    }
  | {
      readonly kind: 'setAcl'
      readonly path: string
      readonly acl: readonly Acl[]
      readonly aversion: number
    }
  | { readonly kind: 'check' }

export type WatchKind = 'data' | 'child' | 'persistent' | 'persistentRecursive'

export interface WatchEvent {
  readonly type:
    | 'NodeCreated'
    | 'NodeDeleted'
    | 'NodeDataChanged'
    | 'NodeChildrenChanged'
    | 'DataWatchRemoved'
    | 'ChildWatchRemoved'
    | 'PersistentWatchRemoved'
  readonly path: string
  readonly zxid: Zxid
}

/** Who asked for a session before it had an id. */
export interface Origin {
  readonly replica: number
  readonly incarnationKey: number
  readonly view: number
  readonly number: number
}

/** One opening of a replica's database, and the process that did it. */
export interface Registration {
  readonly replica: number
  readonly incarnation: {
    readonly databaseId: string
    readonly incarnation: number
    readonly incarnationKey: number
  }
  readonly process:
    | {
        readonly bootId: string
        readonly pidNamespace: string
        readonly pid: number
        readonly startTime: number
      }
    | undefined
}
