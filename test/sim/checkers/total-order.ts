/**
 * Total order: if some replica delivers one txn before another, every replica that delivers the later one has delivered
 * the earlier one before. Orders by who delivered what first, not by zxids.
 */
import type { Zxid } from '../../../lib/protocol/zxid.js'
import { formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class TotalOrder implements Checker {
  readonly name = 'total order'
  readonly sees = ['loaded', 'applied'] as const
  /** Of each txn the how-manieth it was to be delivered anywhere. */
  readonly #ranks = new Map<Zxid, number>()
  /** Rank of the last one that each replica delivered. */
  readonly #last = new Map<number, number>()

  observe(observation: Observation): void {
    if (observation.kind === 'loaded') {
      const { replica, position } = observation
      this.#last.set(replica, this.#ranks.get(position) ?? 0)
    }
    if (observation.kind !== 'applied') return
    const { replica, after, entry } = observation
    // By a snapshot it may have come here without delivering all that it holds.
    const before = Math.max(this.#last.get(replica) ?? 0, this.#ranks.get(after) ?? 0)
    const rank = this.#ranks.get(entry.zxid) ?? this.#ranks.size + 1
    this.#ranks.set(entry.zxid, rank)
    demand(rank === before + 1, this.name, () => {
      return `replica ${replica} delivers ${formatZxid(entry.zxid)}, which came ${rank}. elsewhere, after the ${before}.`
    })
    this.#last.set(replica, rank)
  }
}
