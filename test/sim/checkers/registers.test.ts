import test from 'ava'
import type { RequestBody } from '../../../lib/protocol/request.js'
import type { Stat } from '../../../lib/protocol/stat.js'
import type { Observation } from '../observation.js'
import { closes, create, entry, remove, set, sets } from './history.js'
import { Registers } from './registers.js'
import { decided, isGreen, isRed } from './verdict.js'

const make = (): Registers => new Registers()
const quiet: Observation = { kind: 'quiet', liveSessions: [] }
const opened: Observation = { kind: 'opened', number: 7, session: 1 }

function stat(version: number): Stat {
  const zxids = { czxid: 0, mzxid: 0, pzxid: 0, ctime: 0, mtime: 0 }
  const counts = { cversion: 0, aversion: 0, dataLength: 0, numChildren: 0 }
  return { ...zxids, ...counts, version, ephemeralOwner: 0 }
}

/** Session 1 asks; the request's number is also its cxid, and the true time. */
function asks(request: number, body: RequestBody): Observation {
  return { kind: 'asked', at: request, request, view: 1, session: 1, cxid: request, body }
}

function told(request: number, code = 'OK', version?: number): Observation {
  const settled = { kind: 'settled', at: 0, request, position: 0, code } as const
  return version === undefined ? settled : { ...settled, stat: stat(version) }
}

/** A read after a sync, both answered before anything else happens. */
function reads(number: number, path: string, data: string | undefined, version = 0): Observation[] {
  const common = { view: 1, session: 7, what: 'getData', path, read: number, position: 0 } as const
  const shown = data === undefined ? undefined : { stat: stat(version), data }
  return [
    asks(number, { kind: 'sync' }),
    { ...common, kind: 'reading', at: number, afterCxid: 0, sinceSync: number },
    told(number),
    { ...common, kind: 'read', at: number, shown, isInCallback: false },
  ]
}

const created = [opened, asks(1, create('/a')), told(1)]
const written = [...created, asks(2, set('/a', '2:')), told(2, 'OK', 1)]

test('reads after a sync show the last write', (t) => {
  isGreen(t, make, ...written, ...reads(3, '/a', '2:', 1), quiet)
  isRed(t, make, ...written, ...reads(3, '/a', '/a'), quiet)
  isRed(t, make, ...written, ...reads(3, '/a', undefined), quiet)
  isGreen(t, make, ...written, asks(3, remove('/a')), told(3), ...reads(4, '/a', undefined), quiet)
})

test('a read that overlaps a write shows the state before it or after it, and never goes back', (t) => {
  const begun = [...created, asks(2, set('/a', '2:'))]
  const [before, behind] = [reads(3, '/a', '/a'), reads(4, '/a', '2:', 1)]
  isGreen(t, make, ...begun, ...before, ...behind, told(2, 'OK', 1), quiet)
  isRed(t, make, ...begun, ...behind, ...before, told(2, 'OK', 1), quiet)
})

test('a version that is given twice, and an error for no reason, are found', (t) => {
  isRed(t, make, ...written, asks(3, set('/a', '3:')), told(3, 'OK', 1), quiet)
  isGreen(t, make, ...written, asks(3, create('/a')), told(3, 'NODE_EXISTS'), quiet)
  isRed(t, make, ...written, asks(3, create('/b')), told(3, 'NODE_EXISTS'), quiet)
  isRed(t, make, ...written, asks(3, set('/a', '3:')), told(3, 'NO_NODE'), quiet)
})

test('a write whose asker died happened if it was decided, and by then', (t) => {
  const lost = [...created, asks(2, set('/a', '2:')), { kind: 'abandoned', session: 7 } as const]
  const done = decided(entry(2, sets('/a', '2:', 1), { session: 1, cxid: 2 }))
  isGreen(t, make, ...lost, ...reads(3, '/a', '/a'), quiet)
  isGreen(t, make, ...lost, ...reads(3, '/a', '/a'), done, ...reads(4, '/a', '2:', 1), quiet)
  isRed(t, make, ...lost, done, ...reads(3, '/a', '/a'), quiet)
  isRed(t, make, ...lost, ...reads(3, '/a', '2:', 1), quiet)
})

test('a write that was told to have found no session leaves nothing behind', (t) => {
  const refused = [...created, asks(2, set('/a', '2:')), told(2, 'SESSION_EXPIRED')]
  isGreen(t, make, ...refused, ...reads(3, '/a', '/a'), quiet)
  isRed(t, make, ...refused, ...reads(3, '/a', '2:', 1), quiet)
})

test('the end of a session takes its ephemeral with it', (t) => {
  const made = [opened, asks(1, create('/e', true)), told(1)]
  const ended = decided(closes(2, 1, '/e'))
  isGreen(t, make, ...made, ...reads(3, '/e', '/e'), ended, ...reads(4, '/e', undefined), quiet)
  isRed(t, make, ...made, ended, ...reads(3, '/e', '/e'), quiet)
  isRed(t, make, ...made, ...reads(3, '/e', undefined), ended, quiet)
})

test('a multi takes effect at all its paths or at none', (t) => {
  const operations = [
    { kind: 'create', path: '/b', data: undefined, ephemeral: false, sequential: false },
    { kind: 'setData', path: '/a', data: new TextEncoder().encode('2:'), version: 5 },
  ] as const
  const asked = [...created, asks(2, { kind: 'multi', operations })]
  const failed: Observation = { ...told(2, 'BAD_VERSION'), index: 1 } as Observation
  isGreen(t, make, ...asked, failed, ...reads(3, '/b', undefined), quiet)
  isRed(t, make, ...asked, failed, ...reads(3, '/b', ''), quiet)
  isRed(t, make, ...asked, told(2), quiet)
})

test('how much was looked at is counted', (t) => {
  const checker = make()
  for (const observation of [...written, ...reads(3, '/a', '2:', 1), quiet])
    checker.observe(observation)
  t.deepEqual(
    [...checker.counts],
    [
      ['registers', 1],
      ['registerOperations', 3],
      ['registersSearched', 1],
    ],
  )
})
