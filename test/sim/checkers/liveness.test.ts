import test from 'ava'
import { Violation } from '../observation.js'
import type { Observation } from '../observation.js'
import { Liveness } from './liveness.js'
import { isGreen, isRed } from './verdict.js'

const make = (): Liveness => new Liveness()
const rest = (...pending: (string | undefined)[]): Observation => {
  const standings = pending.map((each, index) => ({ who: `replica ${index}`, pending: each }))
  return { kind: 'rest', afterMs: 1000, standings }
}

test('whoever still waits for something is found, and named with what it waits for', (t) => {
  isGreen(t, make, rest(), rest(undefined, undefined))
  isRed(t, make, rest(undefined, 'is behind'))
  const error = t.throws(() => make().observe(rest(undefined, 'is behind', 'has no vote')), {
    instanceOf: Violation,
  })
  t.is(
    error?.message,
    'liveness: 1000 ms after the last fault replica 1 is behind; replica 2 has no vote',
  )
})
