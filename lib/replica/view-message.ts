/**
 * The port between a replica and its Views: plain data both ways, FIFO. In production it crosses threads as
 * bytes; in the simulator and in memory it is a direct call.
 */
import type { Request, SessionId } from '../protocol/request.js'
import type { Epoch, Zxid } from '../protocol/zxid.js'
import type { SnapshotTail, ZnodeRecord } from '../tree/record.js'
import type { Digest, Txn } from '../tree/txn.js'
import type { Entry } from '../zab/entry.js'
import type { SessionReport } from './message.js'

export type ReplicaRole = 'looking' | 'following' | 'leading' | 'observing'

/**
 * What a replica knows of one member, itself included. Only a leader knows how far others are; a follower knows that
 * of itself, and that its leader is up to date. `undefined` is "not known here".
 */
export interface PeerStatus {
  readonly id: number
  /** One of the configured voters; others only listen. */
  readonly voter: boolean
  /** Its link is up. Of the replica itself: always. */
  readonly connected: boolean
  /** `upToDate` has everything that is decided and follows (or leads); `synchronizing` is on its way there. */
  readonly state: 'synchronizing' | 'upToDate' | undefined
  /** Newest zxid that is on its disk, as far as it was acknowledged here. */
  readonly acked: Zxid | undefined
  /** Txns of the leader's log, decided or not, that it has not acknowledged; at least so many, if the log begins later. */
  readonly lagTxns: number | undefined
  /** About how many bytes those are. */
  readonly lagBytes: number | undefined
}

/** What the replica last knew of itself and its ensemble; plain data for `status()`. */
export interface ReplicaStatus {
  readonly id: number
  readonly role: ReplicaRole
  readonly epoch: Epoch
  /** Id of the leader that this replica is up to date with (or is); `undefined` while there is none. */
  readonly leader: number | undefined
  /** Everything committed is applied and a leader serves: writes are accepted and reads are current. */
  readonly established: boolean
  readonly voter: boolean
  readonly lastLogged: Zxid
  readonly lastCommitted: Zxid
  /** Members with a link that is up, ascending, this one not included. */
  readonly connected: readonly number[]
  /** Every voter and every other member with a link, ascending by id. */
  readonly peers: readonly PeerStatus[]
  /** Ids of all voters, ascending. */
  readonly voters: readonly number[]
  readonly clusterId: string
  /** Whom it waits for, in words, while it is looking. */
  readonly waitingFor: string | undefined
  /** Counters for metrics and tests, by name; docs/metrics.md says what each counts. */
  readonly counters: Readonly<Record<string, number>>
}

/** When something began, ms since 1970, and how long it took. */
export interface Timed {
  readonly start: number
  readonly durationMs: number
}

/** From the moment without a leader (or the start) until one served this replica, however many rounds that took. */
export interface ElectionTrace extends Timed {
  readonly kind: 'election'
  readonly epoch: Epoch
  readonly leader: number
  /** What this replica is from now on. */
  readonly role: ReplicaRole
}

/** A whole snapshot; one that was given up is not reported. */
export interface SnapshotTrace extends Timed {
  readonly kind: 'snapshot'
  /** `taken` of its own state onto its own disk; `sent` is all on the link; `received` is installed. */
  readonly action: 'taken' | 'sent' | 'received'
  /** The other member; `undefined` if it was taken. */
  readonly peer: number | undefined
  /** Of the state at its end, in memory, about. */
  readonly bytes: number
  readonly znodes: number
  /** Newest txn in it. */
  readonly zxid: Zxid
}

/** One transaction on the disk of the replica, from begin to durable. */
export interface FsyncTrace extends Timed {
  readonly kind: 'fsync'
  /** Things written in it: appends, epochs, slices of snapshots … */
  readonly writes: number
  /** Of log entries and snapshots, about. */
  readonly bytes: number
}

/** What takes time in a replica, for those who want to hear of it. */
export type Trace = ElectionTrace | SnapshotTrace | FsyncTrace
export type TraceKind = Trace['kind']

/** Replica → View. */
export type ViewInput =
  /** First message: which replica this is. */
  | {
      readonly kind: 'attached'
      readonly replica: number
      readonly incarnationKey: number
      readonly view: number
    }
  /** A snapshot begins: what follows replaces the View's state at `snapshotEnd` at once, as one difference. */
  | { readonly kind: 'snapshotBegin' }
  | { readonly kind: 'snapshotNodes'; readonly nodes: readonly ZnodeRecord[] }
  /** The log (tail.start, tail.end] follows in `entries`; only then may the state be shown. */
  | {
      readonly kind: 'snapshotEnd'
      readonly tail: SnapshotTail
      readonly entries: readonly Entry<Txn>[]
    }
  /** Committed txns, ascending, each right after the last. */
  | { readonly kind: 'txns'; readonly entries: readonly Entry<Txn>[] }
  /** Heartbeats confirmed by a quorum. */
  | { readonly kind: 'lease'; readonly sessions: SessionReport }
  | { readonly kind: 'status'; readonly status: ReplicaStatus }
  /** The replica's own state differed from the leader's at that zxid; it loads its disk again. The View's did not. */
  | { readonly kind: 'divergence'; readonly zxid: Zxid }
  /** Only of the kinds that the View asked for, in the order in which they ended. */
  | { readonly kind: 'trace'; readonly traces: readonly Trace[] }
  /** The replica has stopped for good. */
  | { readonly kind: 'failed'; readonly reason: string; readonly code: string }

/** View → replica. */
export type ViewOutput =
  | { readonly kind: 'requests'; readonly requests: readonly Request[] }
  /** Number `heartbeat` of this View; these sessions are alive. */
  | {
      readonly kind: 'heartbeat'
      readonly heartbeat: number
      readonly sessions: readonly SessionId[]
    }
  /** Everything sent up to this point is applied: gives the credit back. `messages` counts ViewInputs with txns or snapshot parts. */
  | {
      readonly kind: 'credit'
      readonly messages: number
      readonly lastZxid: Zxid
      readonly digest: Digest
    }
  /** The View found its state differing from the digest in a txn: send it a snapshot. */
  | { readonly kind: 'diverged'; readonly zxid: Zxid }
  /** Report these kinds from now on, and no others. */
  | { readonly kind: 'trace'; readonly on: readonly TraceKind[] }
