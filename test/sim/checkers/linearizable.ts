/** Writes respect real time: one that was asked for after another had been answered comes later in the order. */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Decided } from '../decided.js'
import { demand } from '../observation.js'
import type { Asked, Checker, Observation } from '../observation.js'

export class Linearizable implements Checker {
  readonly name = 'linearizable'
  readonly #decided: Decided
  readonly #asked = new Map<number, { readonly asked: Asked; readonly floor: Zxid }>()
  /** Newest txn that anybody was told of. */
  #told: Zxid = 0

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    if (observation.kind === 'asked') {
      this.#asked.set(observation.request, { asked: observation, floor: this.#told })
    }
    if (observation.kind !== 'settled') return
    const known = this.#asked.get(observation.request)
    if (known === undefined) return
    this.#asked.delete(observation.request)
    const { session, cxid, attached } = known.asked
    const zxid = this.#decided.answer(session, cxid, attached)?.zxid
    if (zxid === undefined) return
    demand(zxid > known.floor, this.name, () => {
      return `request ${observation.request} became ${formatZxid(zxid)}, and ${formatZxid(known.floor)} was answered before it was asked`
    })
    this.#told = Math.max(this.#told, zxid)
  }
}
