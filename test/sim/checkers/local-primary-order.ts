/**
 * Local primary order: the txns of one leader are delivered in the order in which it proposed them, and none without
 * those before it.
 */
import type { Epoch, Zxid } from '../../../lib/protocol/zxid.js'
import { counterOf, epochOf, formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

interface Reign {
  /** What was proposed, in that order. */
  readonly proposed: Zxid[]
  readonly seen: Set<Zxid>
  delivered: number
}

export class LocalPrimaryOrder implements Checker {
  readonly name = 'local primary order'
  readonly sees = ['appended', 'decided'] as const
  readonly #reigns = new Map<Epoch, Reign>()

  observe(observation: Observation): void {
    if (observation.kind === 'appended') {
      for (const { zxid } of observation.entries) this.#onProposed(zxid)
    }
    if (observation.kind === 'decided') this.#onDelivered(observation.entry.zxid)
  }

  #onProposed(zxid: Zxid): void {
    const reign = this.#reignOf(epochOf(zxid))
    if (reign.seen.has(zxid)) return
    reign.seen.add(zxid)
    reign.proposed.push(zxid)
    demand(
      counterOf(zxid) === reign.proposed.length,
      this.name,
      () => `${formatZxid(zxid)} is proposal ${reign.proposed.length} of its epoch`,
    )
  }

  #onDelivered(zxid: Zxid): void {
    const reign = this.#reignOf(epochOf(zxid))
    const expected = reign.proposed[reign.delivered]
    reign.delivered += 1
    demand(expected === zxid, this.name, () => {
      return `${formatZxid(zxid)} is delivered where its leader proposed ${formatZxid(expected ?? 0)}`
    })
  }

  #reignOf(epoch: Epoch): Reign {
    const known = this.#reigns.get(epoch)
    if (known !== undefined) return known
    const reign = { proposed: [], seen: new Set<Zxid>(), delivered: 0 }
    this.#reigns.set(epoch, reign)
    return reign
  }
}
