/** Who may be linked with this replica: the host's policy at each handshake. */
import type { Member } from '../protocol/member.js'

/**
 * @returns Why the peer is refused, or nothing.
 *
 * Two clusters never mix. A replica that holds nothing yet is let through whatever cluster an unfinished
 * formation left it with: the leader's NEWLEADER overwrites it.
 */
export function refusalOf(own: Member, peer: Member): string | undefined {
  if (peer.replicaId === own.replicaId) return `it claims to be replica ${own.replicaId}, which is this one`
  if (!isSame(own.voterIds, peer.voterIds)) {
    return `its voters are ${peer.voterIds.join(', ')}; here they are ${own.voterIds.join(', ')}`
  }
  const isForeign = own.clusterId !== '' && peer.clusterId !== '' && own.clusterId !== peer.clusterId
  if (isForeign && !own.empty && !peer.empty) {
    return `it belongs to cluster ${peer.clusterId}, this one to ${own.clusterId}`
  }
  return undefined
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}
