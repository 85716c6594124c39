/** A watcher that is told late, twice, for nothing, of the wrong thing or never is found. */
import test from 'ava'
import type { RequestBody } from '../../../lib/protocol/request.js'
import type { WatchEventType } from '../../../lib/protocol/watch-event.js'
import type { WatchKind } from '../../../lib/tree/watches.js'
import { Violation } from '../observation.js'
import type { Observation } from '../observation.js'
import { Leader, Run, create, remove, set } from './history.js'
import { Watches } from './watches.js'

const BODIES: readonly RequestBody[] = [
  create('/a'),
  set('/a', 'x'),
  create('/a/b'),
  remove('/a/b'),
  set('/a', 'y'),
]

/** Whether any of this is found, in a run with the txns 2 to 6. */
function isRed(...observations: readonly Observation[]): boolean {
  const leader = new Leader()
  const run = new Run()
  run.checker = new Watches(run.decided, leader.model)
  const made = BODIES.map((body) => leader.make(body))
  run.decide(leader.opening, ...made.map(({ entry }) => entry))
  try {
    run.see({ kind: 'opened', number: 1, session: 1 }, ...observations)
    return false
  } catch (error) {
    if (error instanceof Violation) return true
    throw error
  }
}

function watching(
  watch: WatchKind,
  position: number,
  path = '/a',
  isBuffered = false,
): Observation {
  const where = { watcher: 7, view: 1, session: 1, path, position }
  return { kind: 'watching', ...where, watch, isInCallback: false, isBuffered }
}

function heard(type: WatchEventType, zxid: number, path = '/a', position = zxid): Observation {
  return { kind: 'heard', watcher: 7, event: { type, path, zxid }, position }
}

function reads(position: number, isInCallback = false): Observation {
  const where = { view: 1, session: 1, what: 'exists', path: '/a', position } as const
  return { kind: 'read', at: 0, read: undefined, ...where, shown: undefined, isInCallback }
}

const QUIET: Observation = { kind: 'quiet', liveSessions: [1] }

test('a one-shot watch fires at the first change, once', (t) => {
  const set3 = heard('NodeDataChanged', 3)
  t.false(isRed(watching('data', 2), set3, reads(3), QUIET))
  t.true(isRed(watching('data', 2), QUIET))
  t.true(isRed(watching('data', 2), reads(3)))
  t.false(isRed(watching('data', 2), reads(3, true), set3))
  t.true(isRed(watching('data', 2), set3, set3))
  t.true(isRed(watching('data', 2), heard('NodeDataChanged', 6)))
  t.true(isRed(watching('data', 2), heard('NodeDataChanged', 3, '/a', 4)))
  t.true(isRed(watching('data', 2), heard('NodeChildrenChanged', 3)))
  t.true(isRed(watching('data', 3), set3))
  t.true(isRed(set3))
})

test('a child watch does not fire for data, a data watch not for children', (t) => {
  t.false(isRed(watching('child', 2), heard('NodeChildrenChanged', 4), QUIET))
  t.true(isRed(watching('child', 2), heard('NodeDataChanged', 3)))
  t.true(isRed(watching('child', 2), heard('NodeChildrenChanged', 5)))
  t.true(isRed(watching('data', 3), heard('NodeChildrenChanged', 4)))
})

test('a persistent watch leaves nothing out, and a recursive one nothing below', (t) => {
  const all = [
    heard('NodeDataChanged', 3),
    heard('NodeChildrenChanged', 4),
    heard('NodeChildrenChanged', 5),
    heard('NodeDataChanged', 6),
  ]
  t.false(isRed(watching('persistent', 2), ...all, QUIET))
  for (let left = 0; left < all.length; left += 1) {
    t.true(isRed(watching('persistent', 2), ...all.toSpliced(left, 1), QUIET))
  }
  const below = [
    heard('NodeDataChanged', 3),
    heard('NodeCreated', 4, '/a/b'),
    heard('NodeDeleted', 5, '/a/b'),
    heard('NodeDataChanged', 6),
  ]
  t.false(isRed(watching('persistentRecursive', 2), ...below, QUIET))
  t.true(isRed(watching('persistentRecursive', 2), ...all, QUIET))
  t.true(isRed(watching('persistentRecursive', 2), ...below.toSpliced(1, 1), QUIET))
})

test('a watcher that was removed hears nothing more', (t) => {
  const removed = { kind: 'unwatched', watcher: 7, session: 1, path: '/a', position: 3 } as const
  const first = heard('NodeDataChanged', 3)
  const told = heard('PersistentWatchRemoved', 3)
  t.false(isRed(watching('persistent', 2), first, removed, told, QUIET))
  t.true(isRed(watching('persistent', 2), first, removed, QUIET))
  t.true(isRed(watching('persistent', 2), first, removed, told, told))
  t.true(isRed(watching('persistent', 2), first, removed, told, heard('NodeChildrenChanged', 4)))
  const silent = { ...removed, isSilent: true }
  t.false(isRed(watching('persistent', 2), first, silent, QUIET))
  t.true(isRed(watching('persistent', 2), removed))
})

test('over a snapshot one event per path and kind is told, with its zxid', (t) => {
  const jumps = { kind: 'jumping', view: 1, from: 2, to: 5 } as const
  const told = [heard('NodeDataChanged', 5), heard('NodeChildrenChanged', 5)]
  const last = heard('NodeDataChanged', 6)
  t.false(isRed(watching('persistent', 2), jumps, ...told, last, QUIET))
  t.true(isRed(watching('persistent', 2), jumps, ...told.toReversed(), last, QUIET))
  t.true(isRed(watching('persistent', 2), jumps, heard('NodeDataChanged', 5), last))
  t.true(isRed(watching('persistent', 2), jumps, heard('NodeDataChanged', 3, '/a', 5)))
  t.true(isRed(watching('persistent', 2), ...told))
  t.false(isRed(watching('data', 2), jumps, heard('NodeDataChanged', 5), QUIET))
})

test('an asynchronous read leaves its watch where it was evaluated, answered or not', (t) => {
  const where = { view: 1, session: 1, what: 'getData', path: '/a', position: 1 } as const
  const reading = (afterCxid: number): Observation => {
    return { kind: 'reading', at: 0, read: 9, ...where, afterCxid, watcher: 7 }
  }
  const { stat } = { stat: new Leader().model.exists('/')! }
  const answer = { ...reads(6), read: 9, shown: { stat, data: '' } } as Observation
  t.false(isRed(reading(1), heard('NodeDataChanged', 3), answer, QUIET))
  t.true(isRed(reading(2), heard('NodeDataChanged', 3)))
  t.true(isRed(reading(1), answer, QUIET))
  t.true(isRed(reading(0), heard('NodeCreated', 2)))
  t.false(isRed(reading(0), { ...reads(6), read: 9 } as Observation, QUIET))
})

test('what is buffered may be taken late, but in its order and all of it', (t) => {
  const late = (zxid: number): Observation => heard('NodeDataChanged', zxid, '/a', 6)
  const buffered = watching('persistentRecursive', 2, '/a', true)
  const below = [heard('NodeCreated', 4, '/a/b', 6), heard('NodeDeleted', 5, '/a/b', 6)]
  t.false(isRed(buffered, late(3), ...below, late(6), QUIET))
  t.true(isRed(buffered, late(3), late(6)))
  t.true(isRed(buffered, late(3), ...below, QUIET))
  t.false(isRed(buffered, late(3), { kind: 'dropped', watcher: 7 }, QUIET))
})

test('nobody is told anything after the end of the session, and everything before', (t) => {
  const ended = { kind: 'ended', session: 1, position: 3 } as const
  t.false(isRed(watching('persistent', 2), heard('NodeDataChanged', 3), ended, QUIET))
  t.true(isRed(watching('persistent', 2), ended))
  t.true(isRed(watching('persistent', 3), ended, heard('NodeChildrenChanged', 4)))
})
