/**
 * What a gateway needs of a replica: sessions that belong to clients elsewhere. Such a session has a password instead
 * of a process: it outlives the gateway, the replica and the machine that it was opened through, until its timeout
 * has passed, and any replica can attach it. Interfaces and words only; remote-sessions.ts implements them.
 */
import type { Acl, Identity } from '../protocol/acl.js'
import type { Outcome, RequestBody, SessionId } from '../protocol/request.js'
import type { Stat } from '../protocol/stat.js'
import type { WatchEvent } from '../protocol/watch-event.js'
import type { Zxid } from '../protocol/zxid.js'
import type { WatchKind } from '../tree/watches.js'
import type { Status } from './handle.js'

export { NO_AUTH, OPEN_ACL, PERMS } from '../protocol/acl.js'
export type { Acl, Identity } from '../protocol/acl.js'
export { CONTAINER, KEPT, TTL_MS_MAX } from '../protocol/retention.js'
export { ERRNO } from '../protocol/error-code.js'
export type { ErrorCode } from '../protocol/error-code.js'
export type {
  CreateOperation,
  Operation,
  OperationResult,
  Outcome,
  OutcomeResult,
  RequestBody,
  SessionId,
} from '../protocol/request.js'
export type { Stat } from '../protocol/stat.js'
export type { WatchEvent } from '../protocol/watch-event.js'
export { ZooKeeperError } from '../protocol/zookeeper-error.js'
export type { Zxid } from '../protocol/zxid.js'
export type { WatchKind } from '../tree/watches.js'
export type { Status } from './handle.js'

/** Why a session is no longer this View's. `moved`: another connection attached it. */
export type RemoteEnd = 'expired' | 'closed' | 'moved' | 'failed'

/** Who is at the other end. Nothing here may throw. */
export interface RemoteClient {
  /** Who the client has proved to be by now: asked at each request, read and event. */
  readonly auth: readonly Identity[]
  /** A watch of the session fired; called before anybody can read the state that the event tells of. */
  onEvent(event: WatchEvent): void
  /** Once; nothing is called after it. Unsettled requests get no answer. */
  onEnd(reason: RemoteEnd): void
}

/** The sessions of remote clients at one replica. */
export interface RemoteSessions {
  /** Everything committed is applied here and a leader serves. */
  readonly isServing: boolean
  /** More bytes of unsettled requests than there should be: read no more until some are settled. */
  readonly isFull: boolean
  /** Where this View stands: a client that has seen more must go elsewhere. */
  readonly lastZxid: Zxid
  status(): Status
  metrics(): Readonly<Record<string, number>>
  /** Every session of the ensemble that has not ended, remote or not. */
  all(): Iterable<SessionSummary>
  /** Ephemerals of all sessions. */
  readonly ephemeralCount: number
  /** Resolves when the session is committed and applied here. @throws ZooKeeperError `CONNECTION_LOSS` without a leader. */
  open(timeoutMs: number, client: RemoteClient): Promise<RemoteSession>
  /**
   * Takes the session over, from whatever replica has it; its former connection gets `onEnd('moved')`.
   *
   * @throws ZooKeeperError `SESSION_EXPIRED` if there is no such session or the password is another; `SESSION_MOVED`
   *   if somebody else attached it meanwhile; `CONNECTION_LOSS` without a leader, or if this replica may not know it yet.
   */
  attach(id: SessionId, password: Uint8Array, client: RemoteClient): Promise<RemoteSession>
}

export interface SessionSummary {
  readonly id: SessionId
  readonly timeoutMs: number
  readonly isRemote: boolean
  readonly ephemerals: ReadonlySet<string>
}

/**
 * One remote session. Requests and reads are answered by callbacks in the order they were made, inside the apply
 * loop: after the watches of the txn that answers, and before anything of a later txn.
 */
export interface RemoteSession {
  readonly id: SessionId
  /** 16 bytes. */
  readonly password: Uint8Array
  readonly timeoutMs: number
  /** The client was heard: its timeout runs from now. */
  touch(): void
  /** Not settled at all once `onEnd` was called. `closeSession` too ends with `onEnd('closed')` after its answer. */
  request(body: RequestBody, settle: (outcome: Outcome) => void): void
  /** Calls once all earlier requests are settled. */
  read(evaluate: () => void): void

  // Reads of this instant's state, as the client may see it; to be called inside `read`. They throw ZooKeeperError
  // `NO_NODE` or `NO_AUTH`.

  /** `undefined`: no such znode. */
  stat(path: string): Stat | undefined
  /** The bytes are shared: nobody may write to them. `undefined` is ZooKeeper's null. */
  data(path: string): { readonly data: Uint8Array | undefined; readonly stat: Stat }
  children(path: string): { readonly children: string[]; readonly stat: Stat }
  /** Without ADMIN, digests are masked. */
  acl(path: string): { readonly acl: readonly Acl[]; readonly stat: Stat }
  /** Paths of this session's ephemerals that begin with `prefix`. */
  ephemerals(prefix: string): string[]
  /** Number of znodes below. */
  descendants(path: string): number

  // The session is one watcher, as a connection is ZooKeeper's: it hears of one change of one path once.

  /** @throws ZooKeeperError `OVERLOADED` past the bound of one session's watches. */
  addWatch(path: string, kind: WatchKind): void
  hasWatch(path: string, kind: WatchKind | 'any'): boolean
  /** Says nothing to the client. @returns whether there was such a watch. */
  removeWatch(path: string, kind: WatchKind | 'any'): boolean
  /** Paths with a watch of any kind, once each. */
  watchedPaths(): Iterable<string>

  /** The connection is gone, the session stays until its timeout has passed or it is attached. No more callbacks. */
  detach(): void
}
