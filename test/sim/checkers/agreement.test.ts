import test from 'ava'
import type { Observation } from '../observation.js'
import { Agreement } from './agreement.js'
import { entry, opens } from './history.js'
import { applied, isGreen, isRed } from './verdict.js'

const make = (): Agreement => new Agreement()
const stands = (where: string, position: number): Observation => {
  return { kind: 'census', where, position, sessions: [], ephemerals: [], listed: [] }
}
const quiet: Observation = { kind: 'quiet', liveSessions: [] }

test('a replica that delivers something else is found', (t) => {
  const other = { ...opens(1), txn: { ...entry(1, { kind: 'sync' }).txn, digest: 99 } }
  isGreen(t, make, applied(1, 0, opens(1)), applied(2, 0, opens(1)))
  isRed(t, make, applied(1, 0, opens(1)), applied(2, 0, other))
})

test('a state that is behind when everything is at rest is found', (t) => {
  const delivered = [applied(1, 0, opens(1)), applied(1, 1, opens(2))]
  isGreen(t, make, ...delivered, stands('a', 1), stands('a', 2), stands('b', 2), quiet)
  isRed(t, make, ...delivered, stands('a', 2), stands('b', 1), quiet)
})
