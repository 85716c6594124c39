/**
 * Agreement: what one replica delivers all deliver. Whoever delivers a txn delivers the same one, and when everything
 * is at rest every state that there is, in replicas and in Views, stands where the furthest stands.
 */
import type { Zxid } from '../../../lib/protocol/zxid.js'
import { formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Agreement implements Checker {
  readonly name = 'agreement'
  readonly sees = ['applied', 'census', 'quiet'] as const
  readonly #digests = new Map<Zxid, number>()
  #furthest: Zxid = 0
  readonly #positions = new Map<string, Zxid>()

  observe(observation: Observation): void {
    if (observation.kind === 'applied') {
      const { replica, entry } = observation
      const known = this.#digests.get(entry.zxid) ?? entry.txn.digest
      demand(
        known === entry.txn.digest,
        this.name,
        () => `replica ${replica} delivers another txn at ${formatZxid(entry.zxid)}`,
      )
      this.#digests.set(entry.zxid, known)
      this.#furthest = Math.max(this.#furthest, entry.zxid)
    }
    if (observation.kind === 'census') this.#positions.set(observation.where, observation.position)
    if (observation.kind !== 'quiet') return
    for (const [where, position] of this.#positions) {
      demand(position === this.#furthest, this.name, () => {
        return `${where} stands at ${formatZxid(position)}, and ${formatZxid(this.#furthest)} was delivered`
      })
    }
  }
}
