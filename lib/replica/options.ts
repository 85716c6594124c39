/** What a replica is told at birth. */
import {
  LEARNER_WINDOW_BYTES,
  LOG_BYTES_BEFORE_SNAPSHOT,
  LOG_BYTES_RETAINED,
  OUTSTANDING_PROPOSALS_MAX,
  SNAPSHOT_SLICE_BYTES,
  VIEW_CREDIT_BYTES,
} from '../base/limits.js'
import type { ProcessIdentity } from '../protocol/member.js'
import { COUNTER_MAX } from '../protocol/zxid.js'
import { DEFAULT_TIMING } from '../zab/options.js'
import type { ZabTiming } from '../zab/options.js'

export interface ReplicaOptions {
  readonly id: number
  /** Ids of all voters, ascending. */
  readonly voterIds: readonly number[]
  /** `undefined` where the platform cannot tell processes apart: then no death is ever known at once. */
  readonly process: ProcessIdentity | undefined
  readonly timing: ReplicaTiming
  readonly bounds: ReplicaBounds
}

/** Bounds that tests make tiny, so that what is rare happens all the time. */
export interface ReplicaBounds {
  readonly logBytesBeforeSnapshot: number
  readonly logBytesRetained: number
  readonly snapshotSliceBytes: number
  readonly viewCreditBytes: number
  readonly outstandingProposalsMax: number
  readonly learnerWindowBytes: number
  readonly counterMax: number
}

export const DEFAULT_BOUNDS: ReplicaBounds = {
  logBytesBeforeSnapshot: LOG_BYTES_BEFORE_SNAPSHOT,
  logBytesRetained: LOG_BYTES_RETAINED,
  snapshotSliceBytes: SNAPSHOT_SLICE_BYTES,
  viewCreditBytes: VIEW_CREDIT_BYTES,
  outstandingProposalsMax: OUTSTANDING_PROPOSALS_MAX,
  learnerWindowBytes: LEARNER_WINDOW_BYTES,
  counterMax: COUNTER_MAX,
}

/** Times of elections, pings and synchronization. */
export type ReplicaTiming = ZabTiming

export const DEFAULT_REPLICA_TIMING: ReplicaTiming = DEFAULT_TIMING
