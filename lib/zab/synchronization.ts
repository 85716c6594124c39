/** The leader's side of synchronization: the history a learner lacks, then NEWLEADER. */
import { assert } from '../base/assert.js'
import { PROPOSAL_BYTES_MAX } from '../base/limits.js'
import type { Epoch, Zxid } from '../protocol/zxid.js'
import type { Learner } from './learner.js'
import type { Peer } from './peer.js'
import { planSync } from './sync-plan.js'

export interface NewEpoch {
  readonly epoch: Epoch
  readonly formation: boolean
}

/** Only when the history of the epoch is settled: a quorum has promised it, and nobody's is more recent. */
export function startSync<T>(peer: Peer<T>, learner: Learner, epoch: NewEpoch): void {
  const { history } = peer
  const asked = learner.history
  assert(asked !== undefined, 'a learner tells its history first')
  assert(learner.stage === 'epochAcked', 'a learner is synchronized once')
  const plan = planSync(history.epochEnds(), history.base, asked.epochEnds)
  const { link } = learner.link
  if (plan.kind === 'snap' || asked.needsSnapshot) {
    learner.stage = 'snapshot'
    peer.count('snapshotsSent')
    // Of the decided state only: my log's tail is not decided before I am established, and follows as log.
    peer.send(link, { kind: 'snap', start: history.committed })
    peer.emit({ kind: 'snapshotWanted', link, start: history.committed })
    return
  }
  peer.send(link, { kind: 'diff', from: plan.from })
  sendHistory(peer, learner, plan.from, epoch)
}

/** Everything in my log after `after`, then NEWLEADER; what I propose from now on follows on the same link. */
export function sendHistory<T>(
  peer: Peer<T>,
  learner: Learner,
  after: Zxid,
  epoch: NewEpoch,
): void {
  const { history } = peer
  const { link } = learner.link
  let sent = after
  while (sent < history.lastZxid) {
    const entries = history.chunk(sent, PROPOSAL_BYTES_MAX)
    peer.send(link, { kind: 'proposal', entries })
    const last = entries.at(-1)
    assert(last !== undefined && last.zxid > sent, 'a chunk has entries')
    sent = last.zxid
  }
  peer.send(link, {
    kind: 'newLeader',
    epoch: epoch.epoch,
    formation: epoch.formation,
    clusterId: history.meta.clusterId,
    lastZxid: history.lastZxid,
    registry: history.registry.snapshot(history.lastZxid),
  })
  learner.sent = history.lastZxid
  learner.acked = after
  learner.stage = 'newLeaderSent'
}
