/// <reference types="node" preserve="true" />
/** The public door of vivarium: `join`, the session it gives, and the words they speak. */
export { join } from './session/join.js'
export type { JoinOptions } from './session/join-options.js'
export { Session } from './session/session.js'
export type {
  CloseOptions,
  CreateOptions,
  Data,
  RequestOptions,
  WatchOptions,
} from './session/session.js'
export type { SessionEvents, SessionState } from './session/session-core.js'
export type { ReadOptions } from './session/read.js'
export type { WatchMode } from './session/session-watches.js'
export type { ReplicaEvents, ReplicaHandle, SessionOptions, Status } from './session/handle.js'
export { op } from './session/op.js'
export type { Op } from './session/op.js'
export { ZooKeeperError } from './protocol/zookeeper-error.js'
export type { ErrorCode } from './protocol/error-code.js'
export type { OperationResult as OpResult } from './protocol/request.js'
export type { Stat } from './protocol/stat.js'
export type { WatchEvent, WatchEventType } from './protocol/watch-event.js'
