import test from 'ava'
import { makeZxid } from '../../../lib/protocol/zxid.js'
import type { Observation } from '../observation.js'
import { opens } from './history.js'
import { PrimaryIntegrity } from './primary-integrity.js'
import { decided, isGreen, isRed } from './verdict.js'

const leads = (epoch: number, holdsAllDecided = true): Observation => {
  return { kind: 'established', replica: 1, epoch, incarnationKey: 1, holdsAllDecided }
}
const make = (): PrimaryIntegrity => new PrimaryIntegrity()

test('a leader that lacks what was delivered in an earlier epoch is found', (t) => {
  isGreen(t, make, leads(1), decided(opens(makeZxid(1, 1))), leads(2))
  isRed(t, make, leads(1), decided(opens(makeZxid(1, 1))), leads(2, false))
})

test('a txn of an earlier epoch that is delivered only when a later leader is established is found', (t) => {
  isGreen(t, make, leads(1), leads(2), decided(opens(makeZxid(2, 1))))
  isRed(t, make, leads(1), leads(2), decided(opens(makeZxid(1, 1))))
})
