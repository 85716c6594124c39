/**
 * Primary integrity: a leader is established with everything that any replica has delivered, or ever will deliver, of
 * earlier epochs. What it has it has delivered itself by then, so nothing of them may be new to anybody afterwards.
 */
import type { Epoch } from '../../../lib/protocol/zxid.js'
import { epochOf, formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class PrimaryIntegrity implements Checker {
  readonly name = 'primary integrity'
  readonly sees = ['established', 'decided'] as const
  #newest: Epoch = 0

  observe(observation: Observation): void {
    if (observation.kind === 'established') {
      const { replica, epoch, holdsAllDecided } = observation
      demand(
        holdsAllDecided,
        this.name,
        () => `${replica} leads epoch ${epoch} and lacks a txn that was decided before`,
      )
      this.#newest = Math.max(this.#newest, epoch)
    }
    if (observation.kind !== 'decided') return
    const { zxid } = observation.entry
    demand(
      epochOf(zxid) >= this.#newest,
      this.name,
      () =>
        `${formatZxid(zxid)} is delivered for the first time when the leader of epoch ${this.#newest} is established without it`,
    )
  }
}
