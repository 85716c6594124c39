/** What the application sees of the replica behind its sessions. The interface only: who opens a replica implements it. */
import type { PeerStatus, ReplicaRole } from '../replica/view-message.js'
import type { Digest } from '../tree/txn.js'
import type { Epoch, Zxid } from '../protocol/zxid.js'
import type { Session } from './session.js'

export type { PeerStatus, ReplicaRole } from '../replica/view-message.js'

/**
 * `lastZxid`, `digest` and everything from `sessions` to `bytes` are of this View's own state, at this moment, and
 * belong together; the rest is what the replica last reported, at `at`.
 */
export interface Status {
  /** 0 until the replica has said who it is. */
  readonly id: number
  readonly role: ReplicaRole
  readonly epoch: Epoch
  /** Id of the leader that the replica is up to date with (or is). */
  readonly leader: number | undefined
  /** A leader serves: writes are accepted and reads are current. */
  readonly established: boolean
  readonly voter: boolean
  /** Ids of all voters, ascending. */
  readonly voters: readonly number[]
  /** Members with a link that is up, ascending, this one not included. */
  readonly connected: readonly number[]
  /**
   * Every voter and every other member with a link, this one included, ascending by id. Only on the leader are `state`,
   * `acked` and lag known of all; a follower knows them of itself (not its lag), and of its leader that it leads.
   */
  readonly peers: readonly PeerStatus[]
  readonly clusterId: string
  /** Newest txn in the replica's log, committed or not. */
  readonly lastLogged: Zxid
  readonly lastCommitted: Zxid
  /** Whom it waits for, in words, while there is no leader. */
  readonly waitingFor: string | undefined
  /** Newest txn applied to this View's tree. */
  readonly lastZxid: Zxid
  readonly digest: Digest
  /** Sessions of the whole ensemble. */
  readonly sessions: number
  /** Those that belong to this View. */
  readonly ownSessions: number
  /** Watches in this View: pairs of a path and a listener. */
  readonly watches: number
  /** Znodes, the root and the system nodes included. */
  readonly znodes: number
  readonly ephemerals: number
  /** Memory that the View's copy of the state takes, about. The replica's thread has another of the same size. */
  readonly bytes: number
  /** Why the replica has stopped for good; it then has no role, no leader and no links any more. */
  readonly error?: Error
  /** Wall clock, ms, when the replica last reported; 0 before. */
  readonly at: number
}

export interface SessionOptions {
  /** ms; 10,000 unless told. Raised or lowered into 500 ms … a day: `session.timeout` tells. */
  readonly timeout?: number | undefined
  /** Ends the waiting for the session; means nothing afterwards. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Each fires when what it tells has changed, never twice for the same, and after `status()` says so too. They are not
 * told of what `close` does. As with every listener here, a throw is rethrown from a microtask of its own.
 */
export type ReplicaEvents = {
  /** Another leader, or the same in another epoch; `undefined`: none any more (the epoch is then the last one known). */
  leader: (leader: number | undefined, epoch: Epoch) => void
  /**
   * `true`: a leader serves this replica, so a quorum follows it; `false`: none does any more. Comes after `leader`. A
   * replica that stops for good loses both.
   */
  quorum: (established: boolean) => void
  /**
   * The state in this process differed from the leader's at that zxid (this View's copy, or the replica's own) and is
   * being replaced. Once for each time that it is found; nothing wrong is served meanwhile.
   */
  divergence: (zxid: Zxid) => void
}

export interface ReplicaHandle {
  status(): Status
  /** Counters and gauges by name, each there from the start. docs/metrics.md says what each means. */
  metrics(): Readonly<Record<string, number>>
  openSession(options?: SessionOptions): Promise<Session>
  close(): Promise<void>
  on<Name extends keyof ReplicaEvents>(name: Name, listener: ReplicaEvents[Name]): this
  off<Name extends keyof ReplicaEvents>(name: Name, listener: ReplicaEvents[Name]): this
}
