/** What the application sees of the replica behind its sessions. The interface only: who opens a replica implements it. */
import type { ReplicaRole } from '../replica/view-message.js'
import type { Digest } from '../tree/txn.js'
import type { Epoch, Zxid } from '../protocol/zxid.js'
import type { Session } from './session.js'

/** `lastZxid` and `digest` are this View's own and belong together; the rest is what the replica last reported. */
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
  readonly clusterId: string
  /** Newest txn in the replica's log, committed or not. */
  readonly lastLogged: Zxid
  readonly lastCommitted: Zxid
  /** Whom it waits for, in words, while there is no leader. */
  readonly waitingFor: string | undefined
  /** Newest txn applied to this View's tree. */
  readonly lastZxid: Zxid
  readonly digest: Digest
  /** Why the replica has stopped for good. */
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

export type ReplicaEvents = {
  /** Another leader, or none. */
  leader: (leader: number | undefined, epoch: Epoch) => void
  /** Whether a leader serves. */
  quorum: (established: boolean) => void
  /** The state in memory differed from the leader's at that zxid and is being repaired. */
  divergence: (zxid: Zxid) => void
}

export interface ReplicaHandle {
  status(): Status
  metrics(): Readonly<Record<string, number>>
  openSession(options?: SessionOptions): Promise<Session>
  close(): Promise<void>
  on<Name extends keyof ReplicaEvents>(name: Name, listener: ReplicaEvents[Name]): this
  off<Name extends keyof ReplicaEvents>(name: Name, listener: ReplicaEvents[Name]): this
}
