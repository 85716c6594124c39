import test from 'ava'
import type { Census } from '../inside.js'
import type { Checker, Observation } from '../observation.js'
import { ZnodeHistory } from '../znode-history.js'
import { CloseSession } from './close-session.js'
import { closes, creates, entry, opens } from './history.js'
import { after, decided, isGreen, isRed } from './verdict.js'

function make(): Checker {
  const history = new ZnodeHistory()
  return after(history, new CloseSession(history))
}

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

test('a state whose sessions or ephemerals are not those of its position is found', (t) => {
  const of = [['/e', 1]] as const
  const state = (change: Partial<Census>): Observation => {
    const rest = { position: 2, sessions: [1], ephemerals: of, listed: of }
    return { kind: 'census', where: 'here', ...rest, ...change }
  }
  isGreen(t, make, ...born, state({}))
  isRed(t, make, ...born, state({ sessions: [] }))
  isRed(t, make, ...born, state({ sessions: [1, 2] }))
  isRed(t, make, ...born, state({ listed: [] }))
  isRed(t, make, ...born, state({ ephemerals: [] }))
  isRed(t, make, ...born, state({ ephemerals: [['/e', 2]], listed: [['/e', 2]] }))
  const ended = [...born, decided(closes(3, 1, '/e'))]
  isGreen(t, make, ...ended, state({ position: 3, sessions: [], ephemerals: [], listed: [] }))
  isRed(t, make, ...ended, state({ position: 3 }))
})
