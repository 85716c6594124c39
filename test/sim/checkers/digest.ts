/** Every state, in a replica, a View or a snapshot, has at its position the digest that the decided txn carries. */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { Decided } from '../decided.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Digests implements Checker {
  readonly name = 'digest'
  readonly sees = ['state'] as const
  readonly #decided: Decided

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    if (observation.kind !== 'state' || observation.zxid === 0) return
    const { where, zxid, digest } = observation
    const expected = this.#decided.at(zxid)?.txn.digest
    demand(
      expected !== undefined,
      this.name,
      () => `${where} stands at ${formatZxid(zxid)}, which is not decided`,
    )
    demand(expected === digest, this.name, () => {
      return `${where} has digest ${digest} at ${formatZxid(zxid)}; decided is ${String(expected)}`
    })
  }
}
