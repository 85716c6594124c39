/**
 * Every bound of the gateway, by name. What a client sends is refused, or waits in the client, before it could be more
 * than a replica takes: a request that leaves here fits.
 */

const KIB = 1024
const MIB = 1024 * KIB

/** Bytes of one frame unless told, ZooKeeper's `jute.maxbuffer`. */
export const FRAME_BYTES_DEFAULT = 0xf_ffff
/** Bytes of one frame at most, whatever is told: the data and paths of one request. */
export const FRAME_BYTES_LIMIT: number = 4 * MIB
/** Bytes of the frame that begins a connection: a connect request has 45 and a password. */
export const CONNECT_BYTES_MAX: number = KIB
/** Bytes of one znode's data. */
export const DATA_BYTES_MAX: number = MIB
/** Bytes (UTF-8) of one path that is written to. */
export const PATH_BYTES_MAX: number = 4 * KIB
/** Operations of one multi. */
export const OPERATIONS_MAX = 1000
/** Bytes of data and names that one multiRead may give: larger answers are for reads one by one. */
export const MULTI_READ_BYTES_MAX: number = 16 * MIB
/** Entries of one access control list. */
export const ACL_ENTRIES_MAX = 128
/** Bytes of one access control list. */
export const ACL_BYTES_MAX: number = 8 * KIB
/** UTF-16 units of one identity. */
export const IDENTITY_UNITS_MAX = 256
/** Who one connection may be at once. */
export const IDENTITIES_MAX = 64
/** Requests of one connection without an answer: past it nothing more is read. ZooKeeper's `globalOutstandingLimit`. */
export const OUTSTANDING_REQUESTS_MAX = 1000
/** Bytes of them. */
export const OUTSTANDING_BYTES_MAX: number = 4 * MIB
/** Bytes that a client has not taken yet: past it nothing more is read from it. */
export const OUTPUT_BYTES_MAX: number = 4 * MIB
/** The same, past which the connection is closed: answers and events that were on their way may exceed the other. */
export const OUTPUT_BYTES_LIMIT: number = 64 * MIB
/** So much is written at once; less waits for the turn's end. */
export const WRITE_BYTES: number = 256 * KIB
/** Znodes looked at to tell a recursive watch what happened while its client was away. */
export const CATCH_UP_NODES_MAX = 10_000
/** A connection that has not said by then what it wants is closed, ms. */
export const GREETING_MS_MAX = 10_000
/** A client that takes nothing of what waits for it for so long is dropped, ms. */
export const STALLED_MS_MAX = 30_000
/** The connections are looked after so often, ms. */
export const SWEEP_MS = 100
/** So long a connection that ends may take to take its last answers, ms. */
export const LINGER_MS_MAX = 2000
/** The same while the gateway closes, ms. */
export const CLOSE_MS_MAX = 500
/** Session timeouts that the ensemble allows, ms: 500 ms … a day. */
export const SESSION_TIMEOUT_MS_MIN = 500
export const SESSION_TIMEOUT_MS_MAX: number = 24 * 60 * 60 * 1000
