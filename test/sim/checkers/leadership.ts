/** Leadership: in an epoch at most one leader is ever established, in one life of one replica. */
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Leadership implements Checker {
  readonly name = 'leadership'
  readonly sees = ['established'] as const
  readonly #leaders = new Map<number, string>()

  observe(observation: Observation): void {
    if (observation.kind !== 'established') return
    const { replica, epoch, incarnationKey } = observation
    const leader = `${replica} (${incarnationKey})`
    const known = this.#leaders.get(epoch) ?? leader
    demand(known === leader, this.name, () => `${leader} and ${known} both lead epoch ${epoch}`)
    this.#leaders.set(epoch, leader)
  }
}
