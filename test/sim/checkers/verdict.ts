/** For the checkers' own tests: a history with a fault is red at the very observation that shows it, and green before. */
import type { ExecutionContext } from 'ava'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Violation } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export function isGreen(
  t: ExecutionContext,
  make: () => Checker,
  ...observations: readonly Observation[]
): void {
  const checker = make()
  t.notThrows(() => {
    for (const observation of observations) tell(checker, observation)
  })
}

/** Everything but the last observation is in order. */
export function isRed(
  t: ExecutionContext,
  make: () => Checker,
  ...observations: readonly Observation[]
): void {
  const checker = make()
  const last = observations.at(-1)
  if (last === undefined) return t.fail('a fault is shown by something')
  t.notThrows(() => {
    for (const observation of observations.slice(0, -1)) tell(checker, observation)
  })
  const error = t.throws(() => tell(checker, last), { instanceOf: Violation })
  t.is(error?.checker, checker.name)
}

/** One that must know what others have been told before. */
export function after(first: Checker, checker: Checker): Checker {
  return {
    name: checker.name,
    observe(observation) {
      tell(first, observation)
      tell(checker, observation)
    },
  }
}

/** The txn is applied for the first time anywhere. */
export function decided(entry: Entry<Txn>): Observation {
  return { kind: 'decided', entry, lacking: 0, majority: 2 }
}

export function applied(replica: number, before: number, entry: Entry<Txn>): Observation {
  return { kind: 'applied', replica, after: before, entry }
}

/** Like a run, it tells a checker only what that wants to see. */
function tell(checker: Checker, observation: Observation): void {
  const { sees } = checker
  if (sees === undefined || sees.includes(observation.kind)) checker.observe(observation)
}
