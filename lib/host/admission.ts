/**
 * Who may be linked with this replica: the host's policy at each handshake, and what it remembers of those whom
 * it turned away, so that a replica that waits can say why.
 */
import type { Member } from '../protocol/member.js'
import type { Refusal } from '../transport/transport.js'

interface Objection {
  readonly reason: string
  /** Both belong to a cluster, and not to the same. */
  readonly isForeign: boolean
}

/** What a wrong configuration looks like, as opposed to what strangers send. */
const CONFIGURATION: ReadonlySet<Refusal> = new Set([
  'BAD_PROOF',
  'PROTOCOL_VERSION',
  'UNKNOWN_PEER',
])

export class Admission {
  readonly #objections = new Map<number, Objection>()
  #lastRefusal: string | undefined

  /** @returns Why the peer is refused, or nothing. */
  objectionTo(own: Member, peer: Member): string | undefined {
    const objection = judge(own, peer)
    if (objection === undefined) this.#objections.delete(peer.replicaId)
    else this.#objections.set(peer.replicaId, objection)
    return objection?.reason
  }

  /** A connection was refused before anybody was proved to be behind it. */
  refused(refusal: Refusal, detail: string): void {
    if (CONFIGURATION.has(refusal)) this.#lastRefusal = detail
  }

  /** There is a link: whatever was wrong between the two is not any more. */
  linked(peer: Member): void {
    this.#objections.delete(peer.replicaId)
    this.#lastRefusal = undefined
  }

  /** Why no quorum can ever be found here: too many of the voters belong to another cluster. */
  foreignMajority(voterIds: readonly number[]): string | undefined {
    const foreign = [...this.#objections].filter(([, { isForeign }]) => isForeign)
    const quorum = Math.floor(voterIds.length / 2) + 1
    if (foreign.length === 0 || voterIds.length - foreign.length >= quorum) return undefined
    return foreign.map(([id, { reason }]) => `replica ${id} was refused: ${reason}`).join('; ')
  }

  /** For whoever asks why nothing goes on; '' if nobody was turned away. */
  describe(): string {
    const reasons = [...this.#objections].map(([id, { reason }]) => `replica ${id}: ${reason}`)
    if (this.#lastRefusal !== undefined) reasons.push(this.#lastRefusal)
    return reasons.length === 0 ? '' : `; refused: ${reasons.join('; ')}`
  }
}

/**
 * Two clusters never mix. A replica that holds nothing yet is let through whatever cluster an unfinished
 * formation left it with: the leader's NEWLEADER overwrites it.
 */
function judge(own: Member, peer: Member): Objection | undefined {
  if (peer.replicaId === own.replicaId) {
    return {
      reason: `it claims to be replica ${own.replicaId}, which is this one`,
      isForeign: false,
    }
  }
  if (!isSame(own.voterIds, peer.voterIds)) {
    const [theirs, ours] = [peer.voterIds.join(', '), own.voterIds.join(', ')]
    return { reason: `its voters are ${theirs}; here they are ${ours}`, isForeign: false }
  }
  const isForeign =
    own.clusterId !== '' && peer.clusterId !== '' && own.clusterId !== peer.clusterId
  if (!isForeign || own.empty || peer.empty) return undefined
  return {
    reason: `it belongs to cluster ${peer.clusterId}, this one to ${own.clusterId}`,
    isForeign,
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, index) => id === b[index])
}
