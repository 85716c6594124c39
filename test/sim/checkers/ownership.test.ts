import test from 'ava'
import type { Observation } from '../observation.js'
import { Ownership } from './ownership.js'
import { isGreen, isRed } from './verdict.js'

const make = (): Ownership => new Ownership()
const handed = (isEarlierAlive: boolean): Observation => {
  return { kind: 'handed', path: '/lock', owner: 2, earlier: 1, isEarlierAlive }
}

test('a former owner that believes in its session when another owns the path is found', (t) => {
  isGreen(t, make, handed(false))
  isRed(t, make, handed(true))
})
