/// <reference types="node" preserve="true" />
/** The public door of vivarium: `join`, the session it gives, and the words they speak. */
export { join } from './session/join.js'
export type { JoinOptions } from './session/join-options.js'
export { Session } from './session/session.js'
export type { CreateOptions, CreatePathOptions, Data } from './session/session.js'
export type {
  RemoveWatchesOptions,
  RequestOptions,
  WatchOptions,
} from './session/readable-session.js'
export type { CloseOptions } from './session/session-life.js'
export type { SessionEvents, SessionState } from './session/session-events.js'
export type { ReadOptions, ReadResult, ReadResults } from './session/read.js'
export type { WatchMode, WatchType } from './session/session-watches.js'
export type {
  PeerStatus,
  ReplicaEvents,
  ReplicaHandle,
  ReplicaRole,
  SessionOptions,
  Status,
} from './session/handle.js'
export type { RequestContext } from './session/diagnostics.js'
export type { ElectionMessage, FsyncMessage, SnapshotMessage } from './session/replica-traces.js'
export { op } from './session/op.js'
export type { Op, ReadOp } from './session/op.js'
export type { Transaction } from './session/transaction.js'
export { acl } from './session/acl.js'
export type { Quota, QuotaLimits } from './session/quota.js'
export { PERMS } from './protocol/acl.js'
export { OPEN_ACL } from './protocol/acl.js'
export type { Acl, Identity } from './protocol/acl.js'
export { ZooKeeperError } from './protocol/zookeeper-error.js'
export type { ErrorCode } from './protocol/error-code.js'
export type { OperationResult as OpResult } from './protocol/request.js'
export type { Stat } from './protocol/stat.js'
export type { WatchEvent, WatchEventType } from './protocol/watch-event.js'
