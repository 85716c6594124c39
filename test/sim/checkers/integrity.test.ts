import test from 'ava'
import { makeZxid } from '../../../lib/protocol/zxid.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import type { Observation } from '../observation.js'
import { entry, opens } from './history.js'
import { Integrity } from './integrity.js'
import { applied, decided, isGreen, isRed } from './verdict.js'

const make = (): Integrity => new Integrity()
const [first, second] = [opens(makeZxid(1, 1)), opens(makeZxid(1, 2))]
const logs = (replica: number, ...entries: Entry<Txn>[]): Observation => {
  return { kind: 'appended', replica, incarnationKey: replica, entries }
}
const leads: Observation = {
  kind: 'established',
  replica: 1,
  epoch: 1,
  incarnationKey: 1,
  holdsAllDecided: true,
}

test('what is delivered as it was proposed by the leader is in order', (t) => {
  isGreen(t, make, logs(1, first, second), leads, logs(2, first, second))
  isGreen(t, make, leads, logs(1, first), logs(2, first), applied(2, 0, first), decided(first))
})

test('a txn that nobody proposed, or proposed otherwise, is found', (t) => {
  const other = entry(first.zxid, { kind: 'sync' })
  isRed(t, make, applied(2, 0, first))
  isRed(t, make, logs(1, first), logs(2, other))
  isRed(t, make, logs(1, first), applied(2, 0, other))
})

test('a txn that another than the leader of its epoch proposed is found', (t) => {
  isRed(t, make, logs(1, first), logs(2, second))
  isRed(t, make, logs(2, first), leads, decided(first))
})

test('a txn that is delivered twice is found, unless the replica has loaded again', (t) => {
  const loads: Observation = { kind: 'loaded', replica: 2, position: 0 }
  isRed(t, make, logs(1, first), applied(2, 0, first), applied(2, 0, first))
  isGreen(t, make, logs(1, first), applied(2, 0, first), loads, applied(2, 0, first))
})
