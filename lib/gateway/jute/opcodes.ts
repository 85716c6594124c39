/** Numbers of ZooKeeper's client protocol and their names: what is asked, what is answered, what is told. */

/** What a client may ask of a server. `check` is legal only inside a multi, `error` only in its results. */
export const OPCODE = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  closeSession: -11,
  error: -1,
} as const

export type OpcodeName = keyof typeof OPCODE

/** xids that are no client's counter. A server answers with the xid it was sent, whatever it is. */
export const XID = {
  notification: -1,
  ping: -2,
  auth: -4,
  setWatches: -8,
} as const

/** Numbers of `KeeperException.Code`, named as the codes of ZooKeeperError where there is one. */
export const WIRE_ERROR = {
  OK: 0,
  SYSTEM_ERROR: -1,
  RUNTIME_INCONSISTENCY: -2,
  DATA_INCONSISTENCY: -3,
  CONNECTION_LOSS: -4,
  MARSHALLING_ERROR: -5,
  UNIMPLEMENTED: -6,
  OPERATION_TIMEOUT: -7,
  BAD_ARGUMENTS: -8,
  UNKNOWN_SESSION: -12,
  NEW_CONFIG_NO_QUORUM: -13,
  RECONFIG_IN_PROGRESS: -14,
  API_ERROR: -100,
  NO_NODE: -101,
  NO_AUTH: -102,
  BAD_VERSION: -103,
  NO_CHILDREN_FOR_EPHEMERALS: -108,
  NODE_EXISTS: -110,
  NOT_EMPTY: -111,
  SESSION_EXPIRED: -112,
  INVALID_CALLBACK: -113,
  INVALID_ACL: -114,
  AUTH_FAILED: -115,
  SESSION_MOVED: -118,
  NOT_READ_ONLY: -119,
  EPHEMERAL_ON_LOCAL_SESSION: -120,
  NO_WATCHER: -121,
  REQUEST_TIMEOUT: -122,
  RECONFIG_DISABLED: -123,
  SESSION_CLOSED_REQUIRE_SASL_AUTH: -124,
  QUOTA_EXCEEDED: -125,
  THROTTLED_OP: -127,
} as const

export type WireErrorName = keyof typeof WIRE_ERROR

/** Flags of a create request. */
export const CREATE_FLAGS = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
  container: 4,
  persistentTTL: 5,
  persistentSequentialTTL: 6,
} as const

/** Types of a watch event. `None` tells of the connection, not of a znode. */
export const EVENT_TYPE = {
  None: -1,
  NodeCreated: 1,
  NodeDeleted: 2,
  NodeDataChanged: 3,
  NodeChildrenChanged: 4,
  DataWatchRemoved: 5,
  ChildWatchRemoved: 6,
  PersistentWatchRemoved: 7,
} as const

export type EventTypeName = keyof typeof EVENT_TYPE

/** States that a watch event tells of; that of a znode's event is `SyncConnected`. */
export const EVENT_STATE = {
  Disconnected: 0,
  SyncConnected: 3,
  AuthFailed: 4,
  ConnectedReadOnly: 5,
  SaslAuthenticated: 6,
  Expired: -112,
  Closed: 7,
} as const

/** Which watches of a path checkWatches and removeWatches mean. */
export const WATCHER_TYPE = {
  Children: 1,
  Data: 2,
  Any: 3,
  Persistent: 4,
  PersistentRecursive: 5,
} as const

/** Modes of addWatch. */
export const ADD_WATCH_MODE = {
  persistent: 0,
  persistentRecursive: 1,
} as const

const OPCODE_NAMES = namesOf(OPCODE)
const ERROR_NAMES = namesOf(WIRE_ERROR)
const EVENT_TYPE_NAMES = namesOf(EVENT_TYPE)

/** @returns `undefined` for a number that a client may not send, in a multi or outside. */
export function opcodeName(opcode: number): OpcodeName | undefined {
  return OPCODE_NAMES.get(opcode)
}

/** @returns `undefined` for a number ZooKeeper does not have. */
export function errorName(err: number): WireErrorName | undefined {
  return ERROR_NAMES.get(err)
}

export function eventTypeName(type: number): EventTypeName | undefined {
  return EVENT_TYPE_NAMES.get(type)
}

function namesOf<Name extends string>(
  numbers: Readonly<Record<Name, number>>,
): ReadonlyMap<number, Name> {
  return new Map((Object.keys(numbers) as Name[]).map((name) => [numbers[name], name]))
}
