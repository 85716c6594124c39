import test from 'ava'
import type { Observation } from '../observation.js'
import { Answers } from './answers.js'
import { isGreen, isRed } from './verdict.js'

const make = (): Answers => new Answers()

const opened: Observation = { kind: 'opened', number: 7, session: 1, attached: 3 }
const where = { view: 1, session: 7, what: 'exists', path: '/a', position: 9 } as const

function asks(request: number): Observation {
  const at = { at: 0, view: 1, session: 1, attached: 3, cxid: request }
  return { kind: 'asked', ...at, request, body: { kind: 'sync' } }
}

function settles(request: number): Observation {
  return { kind: 'settled', at: 0, request, position: 9, code: 'OK' }
}

const reading: Observation = { kind: 'reading', at: 0, read: 20, ...where, afterCxid: 1 }
const read: Observation = {
  kind: 'read',
  at: 0,
  read: 20,
  ...where,
  shown: undefined,
  isInCallback: false,
}

test('an answer out of turn, or a second one, is found, of requests and reads alike', (t) => {
  const asked = [opened, asks(10), reading, asks(11)]
  isGreen(t, make, ...asked, settles(10), read, settles(11))
  isRed(t, make, ...asked, settles(11))
  isRed(t, make, ...asked, read)
  isRed(t, make, ...asked, settles(10), settles(11))
  isRed(t, make, ...asked, settles(10), settles(10))
})

test('an answer or an event after the end of a connection is found', (t) => {
  const ended: Observation = { kind: 'ended', session: 7, position: 9 }
  const gone: Observation = { kind: 'abandoned', session: 7 }
  isGreen(t, make, opened, asks(10), settles(10), ended)
  isRed(t, make, opened, asks(10), ended, settles(10))
  isRed(t, make, opened, reading, gone, read)
  const rest = { watch: 'persistent', isInCallback: false, isBuffered: false } as const
  const at = { view: 1, session: 7, path: '/a', position: 9 }
  const watching: Observation = { kind: 'watching', watcher: 8, ...at, ...rest }
  const event = { type: 'NodeCreated', path: '/a', zxid: 9 } as const
  const heard: Observation = { kind: 'heard', watcher: 8, event, position: 9 }
  isGreen(t, make, opened, watching, heard, ended)
  isRed(t, make, opened, watching, ended, heard)
})

test('sessions of a process are not its business', (t) => {
  const local: Observation = { kind: 'opened', number: 7, session: 1 }
  isGreen(t, make, local, settles(10), read)
})
