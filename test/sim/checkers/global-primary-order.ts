/** Global primary order: whoever delivers txns of two leaders delivers those of the earlier epoch first. */
import type { Epoch, Zxid } from '../../../lib/protocol/zxid.js'
import { epochOf, formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class GlobalPrimaryOrder implements Checker {
  readonly name = 'global primary order'
  readonly sees = ['loaded', 'applied'] as const
  /** Newest epoch of which each replica holds something. */
  readonly #epochs = new Map<number, Epoch>()

  observe(observation: Observation): void {
    if (observation.kind === 'loaded') {
      this.#epochs.set(observation.replica, epochOf(observation.position))
    }
    if (observation.kind !== 'applied') return
    const { replica, after, entry } = observation
    this.#check(replica, after, entry.zxid)
  }

  #check(replica: number, after: Zxid, zxid: Zxid): void {
    const newest = Math.max(this.#epochs.get(replica) ?? 0, epochOf(after))
    demand(epochOf(zxid) >= newest, this.name, () => {
      return `replica ${replica} delivers ${formatZxid(zxid)} after txns of epoch ${newest}`
    })
    this.#epochs.set(replica, epochOf(zxid))
  }
}
