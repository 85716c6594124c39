/** Nobody believes in a session that the ensemble has ended, at any moment of true time. */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Lease implements Checker {
  readonly name = 'lease'
  readonly sees = ['lease'] as const

  observe(observation: Observation): void {
    if (observation.kind !== 'lease') return
    const { session, alive } = observation
    demand(
      !alive,
      this.name,
      () => `session ${formatZxid(session)} is alive for its owner and ended for everybody else`,
    )
  }
}
