/**
 * The first formation: the only time at which a cluster starts from nothing.
 *
 * Every voter is here, on a link that is up, empty, and has promised the epoch. Their databases become the ones
 * that vote; each gets its vote in the transaction that stores NEWLEADER. If that stops half-way, all that did
 * store it are still empty and may form again; cluster id and registry are then overwritten.
 */
import { assert } from '../base/assert.js'
import type { RegistryRow } from './entry.js'
import type { Learner } from './learner.js'
import type { Peer } from './peer.js'

export function formCluster<T>(peer: Peer<T>, learners: readonly Learner[]): void {
  const { history, options, random } = peer
  assert(history.isEmpty, 'only the empty form a cluster')
  const own = { ...peer.incarnation(), replicaId: options.id }
  const voters = [own, ...learners.map((learner) => learner.link.member)]
    .filter((member) => options.voterIds.includes(member.replicaId))
    .map(({ replicaId, databaseId, incarnation, incarnationKey }): RegistryRow => {
      return { replica: replicaId, databaseId, incarnation, incarnationKey }
    })
    .sort((a, b) => a.replica - b.replica)
  assert(voters.length === options.voterIds.length, 'the first formation has every voter')
  const clusterId = [0, 0, 0, 0].map(() => random.uint32().toString(16).padStart(8, '0')).join('')
  history.setMeta({ clusterId, voter: true, registry: { asOf: history.lastZxid, voters } })
  peer.count('formations')
}
