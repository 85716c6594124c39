/** What a replica says of itself in handshakes. */
import { PROTOCOL_VERSION } from '../protocol/member.js'
import type { Member } from '../protocol/member.js'
import type { ReplicaOptions } from '../replica/options.js'
import type { Recovered } from '../storage/storage.js'

/** The part of it that a replica may find to have changed while it runs. */
export type DatabaseIdentity = Pick<Member, 'clusterId' | 'databaseId' | 'empty'>

export function identityOf(
  { id, voterIds, process }: ReplicaOptions,
  recovered: Recovered,
): Member {
  const { meta, incarnation, incarnationKey } = recovered
  return {
    protocol: PROTOCOL_VERSION,
    clusterId: meta.clusterId,
    replicaId: id,
    voterIds,
    databaseId: meta.databaseId,
    incarnation,
    incarnationKey,
    role: voterIds.includes(id) ? 'voter' : 'observer',
    // The replica says so itself in its first step; until then no cluster is let through that is not its own.
    empty: false,
    process,
  }
}

/** Of whatever carries it, that and nothing else. */
export function databaseIdentityOf(source: DatabaseIdentity): DatabaseIdentity {
  const { clusterId, databaseId, empty } = source
  return { clusterId, databaseId, empty }
}
