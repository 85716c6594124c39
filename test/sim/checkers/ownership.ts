/**
 * Two sessions never both believe, at one instant of true time, that they own one ephemeral path: when a session comes
 * to own it, whoever lost it by the end of its session knows that it is over.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Ownership implements Checker {
  readonly name = 'ownership'
  readonly sees = ['handed'] as const

  observe(observation: Observation): void {
    if (observation.kind !== 'handed') return
    const { path, owner, earlier, isEarlierAlive } = observation
    demand(!isEarlierAlive, this.name, () => {
      return `${path} belongs to session ${formatZxid(owner)}, and session ${formatZxid(earlier)} believes that it still lives`
    })
  }
}
