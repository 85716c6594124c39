import test from 'ava'
import type { Observation } from '../observation.js'
import { Bounds } from './bounds.js'
import { isGreen, isRed } from './verdict.js'

const make = (): Bounds => new Bounds()
const filled = (size: number): Observation => {
  return { kind: 'filled', where: 'replica 1', what: 'a queue', size, max: 4 }
}

test('a queue that holds more than its bound is found', (t) => {
  isGreen(t, make, filled(0), filled(4))
  isRed(t, make, filled(5))
})
