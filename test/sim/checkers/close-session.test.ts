import test from 'ava'
import type { Observation } from '../observation.js'
import { CloseSession } from './close-session.js'
import { closes, creates, entry, opens } from './history.js'
import { decided, isGreen, isRed } from './verdict.js'

const make = (): CloseSession => new CloseSession()
const born = [decided(opens(1)), decided(entry(2, creates('/e', '', 1)))]

test('a session that leaves an ephemeral behind, or takes what is not its own, is found', (t) => {
  isGreen(t, make, ...born, decided(closes(3, 1, '/e')))
  isRed(t, make, ...born, decided(closes(3, 1)))
  isRed(t, make, ...born, decided(closes(3, 1, '/e', '/f')))
  const deleted = decided(entry(3, { kind: 'delete', path: '/e' }))
  isGreen(t, make, ...born, deleted, decided(closes(4, 1)))
  isRed(t, make, ...born, deleted, decided(closes(4, 1, '/e')))
})

test('a session that ends twice, and an ephemeral made after its end, are found', (t) => {
  isRed(t, make, ...born, decided(closes(3, 1, '/e')), decided(closes(4, 1)))
  isRed(t, make, ...born, decided(closes(3, 1, '/e')), decided(entry(4, creates('/f', '', 1))))
})

test('an ephemeral without its session in some state is found', (t) => {
  const state = (...sessions: number[]): Observation => {
    return { kind: 'census', where: 'here', position: 2, sessions, ephemerals: [['/e', 1]] }
  }
  isGreen(t, make, state(1))
  isRed(t, make, state(2))
})
