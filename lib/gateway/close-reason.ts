/** Why the gateway ended a connection, beside the ends that clients choose themselves. Counted and logged. */
import type { JuteErrorCode } from './jute/jute-error.js'

export type CloseReason =
  | JuteErrorCode
  /** More connections of one address than there may be. */
  | 'TOO_MANY_CONNECTIONS'
  /** It did not say in time what it wants. */
  | 'GREETING_TIMEOUT'
  /** This replica has no leader, or repairs itself. */
  | 'NOT_SERVING'
  /** The client has seen more than this replica has. */
  | 'CLIENT_AHEAD'
  /** No such session, or another password. */
  | 'SESSION_REFUSED'
  /** The session could not be opened: the leader went meanwhile, or there are too many. */
  | 'SESSION_UNAVAILABLE'
  | 'SESSION_EXPIRED'
  /** Another connection has the session now. */
  | 'SESSION_MOVED'
  | 'REPLICA_FAILED'
  /** A path, data or list over its bound. */
  | 'REQUEST_TOO_LARGE'
  | 'UNKNOWN_REQUEST'
  | 'AUTH_FAILED'
  /** It takes nothing of what waits for it. */
  | 'STALLED'
  /** More waits for it than there may. */
  | 'OUTPUT_OVERFLOW'
  /** A defect of ours; the other connections go on. */
  | 'INTERNAL_ERROR'
