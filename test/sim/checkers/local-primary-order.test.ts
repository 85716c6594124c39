import test from 'ava'
import { makeZxid } from '../../../lib/protocol/zxid.js'
import type { Observation } from '../observation.js'
import { opens } from './history.js'
import { LocalPrimaryOrder } from './local-primary-order.js'
import { decided, isGreen, isRed } from './verdict.js'

const make = (): LocalPrimaryOrder => new LocalPrimaryOrder()
const logs = (...counters: number[]): Observation => {
  const entries = counters.map((counter) => opens(makeZxid(1, counter)))
  return { kind: 'appended', replica: 1, incarnationKey: 1, entries }
}
const delivered = (counter: number): Observation => decided(opens(makeZxid(1, counter)))

test('a leader whose txns are delivered in another order, or with one left out, is found', (t) => {
  isGreen(t, make, logs(1, 2), logs(1), delivered(1), logs(3), delivered(2))
  isRed(t, make, logs(1, 2, 3), delivered(2))
  isRed(t, make, logs(1, 2, 3), delivered(1), delivered(3))
  isRed(t, make, delivered(1))
})

test('a leader that leaves a number out, or gives them in another order, is found', (t) => {
  isRed(t, make, logs(2))
  isRed(t, make, logs(1, 3))
})
