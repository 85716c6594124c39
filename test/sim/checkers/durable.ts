/**
 * Decided means durable: when a txn is first applied anywhere, it is on the disks of so many voters that no majority
 * can be found without one of them; and so it stays. Looks at the disks, not at what anybody claims.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Durable implements Checker {
  readonly name = 'durable'
  readonly sees = ['decided', 'takenBack'] as const

  observe(observation: Observation): void {
    if (observation.kind !== 'decided' && observation.kind !== 'takenBack') return
    const zxid = observation.kind === 'decided' ? observation.entry.zxid : observation.zxid
    const { lacking, majority } = observation
    demand(lacking < majority, this.name, () => {
      return `${formatZxid(zxid)} is decided, and ${lacking} voting databases lack it (${majority} could elect a leader)`
    })
  }
}
