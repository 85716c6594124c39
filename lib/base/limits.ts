/**
 * Every bound of the system, by name. Past a bound the caller gets a coded error or back-pressure;
 * memory does not grow.
 */
import { assert } from './assert.js'

const KIB = 1024
const MIB = 1024 * KIB

/** Bytes of one znode's data. */
export const DATA_BYTES_MAX: number = MIB
/** Bytes (UTF-8) of one path. */
export const PATH_BYTES_MAX: number = 4 * KIB
/** Length of the paths of all ephemerals of one session: the txn that closes it lists them. */
export const EPHEMERAL_BYTES_MAX: number = 4 * MIB
/** Operations of one multi. */
export const MULTI_OPERATIONS_MAX = 1000
/** Bytes of data and paths in one request, a multi's operations together. */
export const REQUEST_BYTES_MAX: number = 4 * MIB
/** Entries of one access control list, `auth` expanded. */
export const ACL_ENTRIES_MAX = 128
/** Bytes of one access control list, `auth` expanded: every create of a multi may have one. */
export const ACL_BYTES_MAX: number = 8 * KIB
/** UTF-16 units of one identity. */
export const IDENTITY_UNITS_MAX = 256
/** A container that never had a child is deleted after this time: five minutes, as in ZooKeeper. */
export const CONTAINER_NEVER_USED_MS: number = 5 * 60 * 1000
/** Between two looks of a leader at containers and times to live. */
export const CLEANER_INTERVAL_MS = 1000
/** Znodes that a leader deletes at one look: 10,000 a minute. */
export const CLEANED_MAX = 166
/** Containers and times to live that it looks at each time. */
export const CLEANER_LOOKS_MAX = 20_000
/** Identities of one session: what `addAuth` may add up to. */
export const IDENTITIES_MAX = 64
/** Bytes of a remote session's password, ZooKeeper's. */
export const PASSWORD_BYTES = 16
/** Requests in flight of one session; also the outcomes kept for it. */
export const REQUESTS_PER_SESSION_MAX = 16_384
/** Bytes of requests in flight of one View. */
export const REQUEST_BYTES_IN_FLIGHT_MAX: number = 64 * MIB
/** Longest session timeout: a day. */
export const SESSION_TIMEOUT_MS_LIMIT: number = 24 * 60 * 60 * 1000
/** Sessions of one View. */
export const SESSIONS_PER_VIEW_MAX = 10_000
/** Bytes of one frame between members. */
export const FRAME_BYTES_MAX: number = 16 * MIB
/** Bytes of proposals in one message; a single txn may be larger. */
export const PROPOSAL_BYTES_MAX: number = MIB
/** Bytes of proposals on their way to one learner, not acknowledged yet. */
export const LEARNER_WINDOW_BYTES: number = 16 * MIB
/** Bytes queued on one link before it is dropped. */
export const LINK_QUEUE_BYTES_MAX: number = 512 * MIB
/** Bytes on their way to one View before it is fed from the log instead. */
export const VIEW_CREDIT_BYTES: number = 8 * MIB
/** Proposals that a leader lets wait for a quorum; further requests wait in its intake. */
export const OUTSTANDING_PROPOSALS_MAX = 8192
/** Bytes of one slice of a snapshot. */
export const SNAPSHOT_SLICE_BYTES: number = 256 * KIB
/** Bytes of log after which a snapshot is taken (a fraction of the tree may ask for more). */
export const LOG_BYTES_BEFORE_SNAPSHOT: number = 16 * MIB
/** The share of the tree that may ask for more log than that ends here. */
export const LOG_BYTES_BEFORE_SNAPSHOT_MAX: number = 32 * MIB
/** Bytes of log at which a leader proposes no more until a snapshot lets it be trimmed. */
export const LOG_BYTES_MAX: number = 128 * MIB
/** Bytes of log that one slow reader of a snapshot may hold back; past it, the reader begins again. */
export const LOG_BYTES_PINNED_MAX: number = 96 * MIB
/** Bytes of log kept behind a snapshot, so that a member shortly away catches up by DIFF. */
export const LOG_BYTES_RETAINED: number = 4 * MIB
/** Ends of epochs that a learner lists to find the point it shares with its leader. */
export const EPOCH_ENDS_MAX = 1024
/** Bytes of the paths that one remote session watches. */
export const REMOTE_WATCH_BYTES_MAX: number = 16 * MIB
/** Sessions of one View that remote clients leave to its own process. */
export const SESSIONS_RESERVED = 1000
/** Events buffered by one watch iterator. */
export const WATCH_EVENTS_BUFFERED_MAX = 10_000

assert(EPHEMERAL_BYTES_MAX * 3 < FRAME_BYTES_MAX, 'the end of a session fits in a frame')
assert(DATA_BYTES_MAX < REQUEST_BYTES_MAX, 'one znode fits in a request')
assert(REQUEST_BYTES_MAX * 2 < FRAME_BYTES_MAX, 'a request fits in a frame')
assert(
  MULTI_OPERATIONS_MAX * ACL_BYTES_MAX + REQUEST_BYTES_MAX + PROPOSAL_BYTES_MAX < FRAME_BYTES_MAX,
  'a multi fits in a frame with all its access control lists',
)
assert(LOG_BYTES_PINNED_MAX < LOG_BYTES_MAX, 'no reader of a snapshot stops the writers')
assert(LOG_BYTES_MAX * 2 < LINK_QUEUE_BYTES_MAX, 'a whole log fits in the queue of a link')
assert(FRAME_BYTES_MAX < LINK_QUEUE_BYTES_MAX, 'a frame fits in the queue of a link')
assert(PROPOSAL_BYTES_MAX + REQUEST_BYTES_MAX < FRAME_BYTES_MAX, 'a proposal fits in a frame')
assert(LEARNER_WINDOW_BYTES + FRAME_BYTES_MAX < LINK_QUEUE_BYTES_MAX, 'a window fits in the queue')
assert(SNAPSHOT_SLICE_BYTES + DATA_BYTES_MAX < FRAME_BYTES_MAX, 'a slice fits in a frame')
