/** Bounded queues: nothing that has a bound ever holds more. */
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Bounds implements Checker {
  readonly name = 'bounds'
  readonly sees = ['filled'] as const

  observe(observation: Observation): void {
    if (observation.kind !== 'filled') return
    const { where, what, size, max } = observation
    demand(size <= max, this.name, () => `${where}: ${what} is ${size}, at most ${max} is allowed`)
  }
}
