import test from 'ava'
import type { Observation } from '../observation.js'
import { opens } from './history.js'
import { TotalOrder } from './total-order.js'
import { applied, isGreen, isRed } from './verdict.js'

const make = (): TotalOrder => new TotalOrder()
const delivers = (replica: number, before: number, zxid: number): Observation => {
  return applied(replica, before, opens(zxid))
}
const first = [delivers(1, 0, 1), delivers(1, 1, 2), delivers(1, 2, 3)]

test('two replicas that deliver in different orders, or one of which leaves a txn out, are found', (t) => {
  isGreen(t, make, ...first, delivers(2, 0, 1), delivers(2, 1, 2), delivers(2, 2, 3))
  isRed(t, make, ...first, delivers(2, 0, 2))
  isRed(t, make, ...first, delivers(2, 0, 1), delivers(2, 1, 3))
  isRed(t, make, ...first, delivers(2, 0, 4))
})

test('a replica that was loaded, or came by a snapshot, goes on from where it stands', (t) => {
  isGreen(t, make, ...first, { kind: 'loaded', replica: 1, position: 1 }, delivers(1, 1, 2))
  isGreen(t, make, ...first, delivers(2, 2, 3))
  isRed(t, make, ...first, { kind: 'loaded', replica: 1, position: 1 }, delivers(1, 1, 3))
})
