/**
 * Messages of Zab between members, named as in the paper and ZooKeeper. One union member per message.
 *
 * A link between two members is FIFO and may break, losing any suffix. All phases share it.
 */
import type { Epoch, Zxid } from '../protocol/zxid.js'
import type { Entry, Registry } from './entry.js'

/** A vote: the candidate and how recent its history is. Compared by epoch, then zxid, then id. */
export interface Vote {
  readonly leader: number
  /** The candidate's currentEpoch. */
  readonly epoch: Epoch
  /** The candidate's last logged zxid. */
  readonly zxid: Zxid
}

export type MemberState = 'looking' | 'following' | 'leading' | 'observing'

/** Fast leader election: my state and vote. Sent on change, on link up while looking, and as an answer to a looking member. */
export interface NotificationMessage {
  readonly kind: 'notification'
  readonly state: MemberState
  /** Logical clock of elections; in the states after an election, the round that was decided. */
  readonly round: number
  readonly vote: Vote
  /** The sender's database may vote. */
  readonly voter: boolean
  /** The sender holds no txn and no snapshot: it may take part in a first formation. */
  readonly empty: boolean
  /** Of a leading sender: a quorum has acknowledged its NEWLEADER. */
  readonly established: boolean
}

/** Discovery: a learner asks to be led (FOLLOWERINFO, CEPOCH). */
export interface FollowerInfoMessage {
  readonly kind: 'followerInfo'
  readonly acceptedEpoch: Epoch
  readonly voter: boolean
  readonly empty: boolean
  readonly role: 'voter' | 'observer'
}

/** Discovery: the leader proposes its epoch (LEADERINFO, NEWEPOCH). */
export interface LeaderInfoMessage {
  readonly kind: 'leaderInfo'
  readonly epoch: Epoch
}

/** Discovery: the epoch is durable here; this is my history (ACKEPOCH). */
export interface AckEpochMessage {
  readonly kind: 'ackEpoch'
  readonly epoch: Epoch
  /** False when this epoch had been accepted before (perhaps from another leader): does not count. */
  readonly fresh: boolean
  readonly currentEpoch: Epoch
  readonly lastZxid: Zxid
  readonly voter: boolean
  readonly empty: boolean
  /** Last zxid of each epoch in the learner's log, ascending, the base of its log first. */
  readonly epochEnds: readonly Zxid[]
  /** The learner's own snapshot and log cannot be trusted: only SNAP will do. */
  readonly needsSnapshot: boolean
}

/** Synchronization: cut your log after this zxid (it equals mine up to there). Followed by proposals. */
export interface DiffMessage {
  readonly kind: 'diff'
  /** The shared point; the learner truncates what it has beyond it. */
  readonly from: Zxid
}

/** Synchronization: a snapshot follows in slices (replica/message.ts), then proposals after `start`. */
export interface SnapMessage {
  readonly kind: 'snap'
  readonly start: Zxid
}

/** Synchronization: the history of the new epoch is complete (NEWLEADER). */
export interface NewLeaderMessage {
  readonly kind: 'newLeader'
  readonly epoch: Epoch
  readonly clusterId: string
  /** Last zxid of the leader's log; the learner's must be the same. */
  readonly lastZxid: Zxid
  readonly registry: Registry
  /** The first formation: storing this gives every voter its vote. */
  readonly formation: boolean
}

/** The learner's log, up to `lastZxid`, and the epoch are durable. */
export interface AckNewLeaderMessage {
  readonly kind: 'ackNewLeader'
  readonly epoch: Epoch
  /** Newest durable zxid: acknowledges the leader's log up to it. */
  readonly lastZxid: Zxid
  readonly voter: boolean
}

/** The leader is established and this learner may serve: everything up to `committed` is decided. */
export interface UpToDateMessage {
  readonly kind: 'upToDate'
  readonly epoch: Epoch
  readonly committed: Zxid
}

export interface ProposalMessage<T> {
  readonly kind: 'proposal'
  /** One or more, ascending, without a gap. */
  readonly entries: readonly Entry<T>[]
}

/** Everything up to `zxid` is durable here. Cumulative. */
export interface AckMessage {
  readonly kind: 'ack'
  readonly zxid: Zxid
  /** The sender's database may vote (turns true while it follows, when its grant is committed and durable). */
  readonly voter: boolean
}

/** Everything up to `zxid` is decided. Cumulative. */
export interface CommitMessage {
  readonly kind: 'commit'
  readonly zxid: Zxid
}

export interface PingMessage {
  readonly kind: 'ping'
  readonly epoch: Epoch
  readonly number: number
}

/** Answers the ping of that number, sent after it arrived. */
export interface PongMessage {
  readonly kind: 'pong'
  readonly epoch: Epoch
  readonly number: number
}

export type ZabMessage<T> =
  | NotificationMessage
  | FollowerInfoMessage
  | LeaderInfoMessage
  | AckEpochMessage
  | DiffMessage
  | SnapMessage
  | NewLeaderMessage
  | AckNewLeaderMessage
  | UpToDateMessage
  | ProposalMessage<T>
  | AckMessage
  | CommitMessage
  | PingMessage
  | PongMessage
