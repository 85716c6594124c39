/**
 * Liveness: so long after the last fault a leader is established, every replica has its vote and the same state, every
 * request is settled, every session that has an owner is connected and every other one is over. Names what is not.
 */
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

/** What is told of, at most: the rest follows from it. */
const TOLD_MAX = 6

export class Liveness implements Checker {
  readonly name = 'liveness'
  readonly sees = ['rest'] as const

  observe(observation: Observation): void {
    if (observation.kind !== 'rest') return
    const { afterMs, standings } = observation
    const pending = standings.filter((each) => each.pending !== undefined)
    demand(pending.length === 0, this.name, () => {
      const told = pending.slice(0, TOLD_MAX).map((each) => `${each.who} ${each.pending ?? ''}`)
      const more = pending.length > TOLD_MAX ? ` and ${pending.length - TOLD_MAX} more` : ''
      return `${afterMs} ms after the last fault ${told.join('; ')}${more}`
    })
  }
}
