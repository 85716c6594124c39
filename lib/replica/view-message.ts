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
  /** Ids of all voters, ascending. */
  readonly voters: readonly number[]
  readonly clusterId: string
  /** Whom it waits for, in words, while it is looking. */
  readonly waitingFor: string | undefined
  /** Counters for metrics and tests, by name. */
  readonly counters: Readonly<Record<string, number>>
}

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
