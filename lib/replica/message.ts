/** Messages between members beside Zab's own: forwarded requests, leases, and the slices of a snapshot. */
import type { Incarnation } from '../protocol/member.js'
import type { Request, SessionId } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import type { SessionRecord, SnapshotTail, ZnodeRecord } from '../tree/record.js'
import type { Txn } from '../tree/txn.js'
import type { ZabMessage } from '../zab/message.js'

/** Requests of the sender's Views, in order. Only while the leader has told it that it is up to date. */
export interface ForwardMessage {
  readonly kind: 'forward'
  readonly requests: readonly Request[]
}

/** [session, number of its newest heartbeat], of sessions with a fresh heartbeat. */
export type SessionReport = readonly (readonly [SessionId, number])[]

/** Learner → leader, on each ping: the sessions whose View has sent a heartbeat since the last report. */
export interface ReportMessage {
  readonly kind: 'report'
  readonly sessions: SessionReport
}

/** Leader → learner: these heartbeats are confirmed by a quorum. */
export interface LeaseMessage {
  readonly kind: 'lease'
  readonly sessions: SessionReport
}

/**
 * Leader → learner: a slice of a snapshot. Znodes in the order of their creation, then sessions as of its end; one
 * with many outcomes comes as several records in a row, each with some of them.
 */
export interface SnapNodesMessage {
  readonly kind: 'snapNodes'
  /** 0, 1, 2 … within one snapshot. */
  readonly slice: number
  readonly nodes: readonly ZnodeRecord[]
  readonly sessions: readonly SessionRecord[]
}

/** Learner → leader: slices up to this one are durable; the next may come. */
export interface SnapAckMessage {
  readonly kind: 'snapAck'
  readonly slice: number
}

/** Leader → learner: the rest of the snapshot, its sessions left out. Proposals after `tail.start` follow. */
export interface SnapEndMessage {
  readonly kind: 'snapEnd'
  readonly tail: SnapshotTail
}

/** Learner → leader: my state differs from yours at this zxid. */
export interface DivergenceMessage {
  readonly kind: 'divergence'
  readonly zxid: Zxid
}

/** To a member whose database is an old copy: this is the newest opening of it that I know. It has no vote to give. */
export interface OldCopyMessage {
  readonly kind: 'oldCopy'
  readonly newest: Incarnation
}

export type Message =
  | ZabMessage<Txn>
  | ForwardMessage
  | ReportMessage
  | LeaseMessage
  | SnapNodesMessage
  | SnapAckMessage
  | SnapEndMessage
  | DivergenceMessage
  | OldCopyMessage
