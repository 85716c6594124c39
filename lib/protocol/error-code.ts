/**
 * Error codes: ZooKeeper's names and numbers, and a few of our own for what only an embedded library knows.
 *
 * Numbers are those of `KeeperException.Code`; ours are outside its ranges (−900 and below).
 */
export const ERRNO = {
  RUNTIME_INCONSISTENCY: -2,
  CONNECTION_LOSS: -4,
  UNIMPLEMENTED: -6,
  BAD_ARGUMENTS: -8,
  NO_NODE: -101,
  NO_AUTH: -102,
  BAD_VERSION: -103,
  NO_CHILDREN_FOR_EPHEMERALS: -108,
  NODE_EXISTS: -110,
  NOT_EMPTY: -111,
  SESSION_EXPIRED: -112,
  INVALID_ACL: -114,
  AUTH_FAILED: -115,
  /** The session was attached elsewhere. */
  SESSION_MOVED: -118,
  /** No such watch to remove. */
  NO_WATCHER: -121,
  RECONFIG_DISABLED: -123,
  /** A quota's hard limit, or the bound of what one session may own. */
  QUOTA_EXCEEDED: -125,
  /** A write whose outcome can no longer be learnt: see promise P3 for the only cases. */
  OUTCOME_UNKNOWN: -901,
  /** Data over the limit; nothing was sent. */
  DATA_TOO_LARGE: -902,
  /** Too many requests in flight; nothing was sent. */
  OVERLOADED: -903,
  /** Data that is not what the asked-for encoding needs. */
  BAD_DATA: -904,
  /** The session was closed by its owner. */
  SESSION_CLOSED: -905,
  /** The replica stopped for good; `cause` says why. */
  REPLICA_FAILED: -906,
  /** Every slot of the directory is held by a living process. */
  NO_SLOT: -907,
  /** The slot, directory or address is held by another process or replica. */
  SLOT_TAKEN: -908,
  /** The data directory belongs to another cluster. */
  FOREIGN_CLUSTER: -909,
  /** The data directory belongs to another replica id or another set of voters. */
  FOREIGN_REPLICA: -910,
  /** The data directory was written by a newer version. */
  NEWER_FORMAT: -911,
  /** A data file is not a database of ours or cannot be read. */
  DAMAGED: -912,
  /** The disk refused: full, read-only, or an I/O error. */
  STORAGE: -913,
  /** A part of the installation is missing: the worker's entry file or the native addon. */
  INSTALLATION: -914,
  /** The address is open to the network and neither secret nor TLS protects it. */
  INSECURE: -915,
  /** The data directory was written by an older version, which this one does not read. */
  OLDER_FORMAT: -916,
} as const

export type ErrorCode = keyof typeof ERRNO

/** The outcomes that a txn can record: decided by the leader, the same on every replica. */
export type TxnErrorCode =
  | 'NO_NODE'
  | 'NO_AUTH'
  | 'INVALID_ACL'
  | 'BAD_VERSION'
  | 'NO_CHILDREN_FOR_EPHEMERALS'
  | 'NODE_EXISTS'
  | 'NOT_EMPTY'
  | 'BAD_ARGUMENTS'
  | 'SESSION_EXPIRED'
  | 'QUOTA_EXCEEDED'
  | 'RUNTIME_INCONSISTENCY'
