import test from 'ava'
import type { RequestBody } from '../../../lib/protocol/request.js'
import type { Observation } from '../observation.js'
import { Fencing } from './fencing.js'
import { attaches, entry, opensRemote, set, sets } from './history.js'
import { decided, isGreen, isRed } from './verdict.js'

const make = (): Fencing => new Fencing()

function asks(attached: number, cxid: number, body: RequestBody): Observation {
  const at = { at: 0, request: attached * 10 + cxid, view: 1, session: 1 }
  return { kind: 'asked', ...at, attached, cxid, body }
}

const moved = [decided(opensRemote(1)), decided(attaches(5, 1))]
const first = { session: 1, cxid: 1 }

test('a write that was asked for through an earlier attachment, and takes effect later, is found', (t) => {
  const asked = [asks(1, 1, set('/a', '7:old')), asks(5, 1, set('/a', '8:new'))]
  const old = decided(entry(6, sets('/a', '7:old', 1), first))
  isGreen(t, make, ...asked, ...moved, decided(entry(6, sets('/a', '8:new', 1), first)))
  isRed(t, make, ...asked, ...moved, old)
  const before = decided(entry(4, sets('/a', '7:old', 1), first))
  isGreen(t, make, ...asked, decided(opensRemote(1)), before, decided(attaches(5, 1)))
})

test('a request that the View which has the session did not ask for is found', (t) => {
  const sync = decided(entry(6, { kind: 'sync' }, first))
  isGreen(t, make, asks(5, 1, { kind: 'sync' }), ...moved, sync)
  isRed(t, make, asks(1, 1, { kind: 'sync' }), ...moved, sync)
})
