/** What a replica counts: every name, so that each is there from the start, at 0. docs/metrics.md says what each means. */
import type { ZabCounter } from '../zab/peer.js'

export type ReplicaCounter =
  | 'commits'
  | 'containersDeleted'
  | 'expiries'
  | 'forwardsReceived'
  | 'forwardsSent'
  | 'knownDeaths'
  | 'learnerDivergences'
  | 'oldCopies'
  | 'proposals'
  | 'reloads'
  | 'requests'
  | 'resubmissions'
  | 'rollovers'
  | 'snapshotsRefused'
  | 'ttlDeleted'
  | 'viewDivergences'

const ZAB_COUNTERS: Readonly<Record<ZabCounter, 0>> = {
  elections: 0,
  establishments: 0,
  formations: 0,
  resignations: 0,
  diffs: 0,
  truncations: 0,
  snapshotsSent: 0,
  snapshotsReceived: 0,
  commitsBeforeOwnDisk: 0,
  votesRegained: 0,
}

const REPLICA_COUNTERS: Readonly<Record<ReplicaCounter, 0>> = {
  commits: 0,
  containersDeleted: 0,
  expiries: 0,
  forwardsReceived: 0,
  forwardsSent: 0,
  knownDeaths: 0,
  learnerDivergences: 0,
  oldCopies: 0,
  proposals: 0,
  reloads: 0,
  requests: 0,
  resubmissions: 0,
  rollovers: 0,
  snapshotsRefused: 0,
  ttlDeleted: 0,
  viewDivergences: 0,
}

/** All of them, not counted yet. */
export const COUNTERS: Readonly<Record<string, number>> = { ...ZAB_COUNTERS, ...REPLICA_COUNTERS }
