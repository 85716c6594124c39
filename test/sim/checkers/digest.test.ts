import test from 'ava'
import { Decided } from '../decided.js'
import type { Observation } from '../observation.js'
import { Digests } from './digest.js'
import { opens } from './history.js'
import { isGreen, isRed } from './verdict.js'

function make(): Digests {
  const decided = new Decided()
  decided.append(opens(1))
  return new Digests(decided)
}

const state = (zxid: number, digest: number): Observation => {
  return { kind: 'state', where: 'here', zxid, digest }
}

test('a state that differs from the decided one, or that was never decided, is found', (t) => {
  isGreen(t, make, state(1, 10))
  isRed(t, make, state(1, 11))
  isRed(t, make, state(2, 20))
})
