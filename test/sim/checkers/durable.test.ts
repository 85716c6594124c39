import test from 'ava'
import type { Observation } from '../observation.js'
import { Durable } from './durable.js'
import { opens } from './history.js'
import { isGreen, isRed } from './verdict.js'

const make = (): Durable => new Durable()
const decided = (lacking: number): Observation => {
  return { kind: 'decided', entry: opens(1), lacking, majority: 2 }
}
const takenBack = (lacking: number): Observation => {
  return { kind: 'takenBack', zxid: 1, lacking, majority: 2 }
}

test('a decided txn that a majority lacks, or comes to lack, is found', (t) => {
  isGreen(t, make, decided(0), decided(1), takenBack(1))
  isRed(t, make, decided(2))
  isRed(t, make, decided(1), takenBack(2))
})
