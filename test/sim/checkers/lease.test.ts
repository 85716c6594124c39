import test from 'ava'
import type { Observation } from '../observation.js'
import { Lease } from './lease.js'
import { isGreen, isRed } from './verdict.js'

const make = (): Lease => new Lease()
const believes = (alive: boolean): Observation => ({ kind: 'lease', session: 1, alive })

test('a session that is alive for its owner and ended for everybody else is found', (t) => {
  isGreen(t, make, believes(false))
  isRed(t, make, believes(true))
})
