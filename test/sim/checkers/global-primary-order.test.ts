import test from 'ava'
import { makeZxid } from '../../../lib/protocol/zxid.js'
import type { Observation } from '../observation.js'
import { GlobalPrimaryOrder } from './global-primary-order.js'
import { opens } from './history.js'
import { applied, isGreen, isRed } from './verdict.js'

const make = (): GlobalPrimaryOrder => new GlobalPrimaryOrder()
const [old, young] = [makeZxid(1, 1), makeZxid(2, 1)]
const delivers = (before: number, zxid: number): Observation => applied(1, before, opens(zxid))

test('a txn of an earlier leader that is delivered after one of a later leader is found', (t) => {
  isGreen(t, make, delivers(0, old), delivers(old, young))
  isRed(t, make, delivers(0, young), delivers(0, old))
  isRed(t, make, { kind: 'loaded', replica: 1, position: young }, delivers(0, old))
  isRed(t, make, delivers(young, old))
})
