import test from 'ava'
import { Decided } from '../decided.js'
import type { Observation } from '../observation.js'
import { entry, opens } from './history.js'
import { Prefix } from './prefix.js'
import { applied, isGreen, isRed } from './verdict.js'

function make(): Prefix {
  const decided = new Decided()
  for (const zxid of [1, 2, 3]) decided.append(opens(zxid))
  return new Prefix(decided)
}

const applies = (before: number, zxid: number): Observation => applied(1, before, opens(zxid))

test('a replica that leaves a txn out, or applies another one, is found', (t) => {
  isGreen(t, make, applies(0, 1), applies(1, 2), applies(2, 3))
  isRed(t, make, applies(1, 3))
  isRed(t, make, applied(1, 1, entry(2, { kind: 'sync' })))
  isRed(t, make, applies(7, 8))
})

test('a log that holds something else than what is decided, or more, is found', (t) => {
  const log = (base: number, ...zxids: number[]): Observation => {
    return { kind: 'log', where: 'a log', base, entries: zxids.map(opens) }
  }
  isGreen(t, make, log(0, 1, 2, 3), log(1, 2), log(3))
  isRed(t, make, log(0, 2))
  isRed(t, make, log(2, 3, 4))
  isRed(t, make, log(9, 3))
})
