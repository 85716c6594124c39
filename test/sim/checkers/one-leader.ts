/** At most one leader is ever established in an epoch, and it holds all that was decided in earlier ones. */
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class OneLeader implements Checker {
  readonly name = 'one leader'
  readonly #leaders = new Map<number, string>()

  observe(observation: Observation): void {
    if (observation.kind !== 'established') return
    const { replica, epoch, incarnationKey, holdsAllDecided } = observation
    const leader = `${replica} (${incarnationKey})`
    const known = this.#leaders.get(epoch) ?? leader
    demand(known === leader, this.name, () => `${leader} and ${known} both lead epoch ${epoch}`)
    demand(
      holdsAllDecided,
      this.name,
      () => `${leader} leads epoch ${epoch} and lacks a txn that was decided before`,
    )
    this.#leaders.set(epoch, leader)
  }
}
