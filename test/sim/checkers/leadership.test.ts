import test from 'ava'
import type { Observation } from '../observation.js'
import { Leadership } from './leadership.js'
import { isGreen, isRed } from './verdict.js'

const leads = (replica: number, epoch: number, incarnationKey = replica): Observation => {
  return { kind: 'established', replica, epoch, incarnationKey, holdsAllDecided: true }
}
const make = (): Leadership => new Leadership()

test('a second leader of an epoch is found, also if it is another life of the same replica', (t) => {
  isGreen(t, make, leads(1, 1), leads(2, 2), leads(2, 2), leads(1, 3))
  isRed(t, make, leads(1, 1), leads(2, 1))
  isRed(t, make, leads(1, 1), leads(1, 1, 77))
})
