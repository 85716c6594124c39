import test from 'ava'
import type { ZnodeRecord } from '../../../lib/tree/record.js'
import { SYSTEM_ZNODES } from '../../model/system.js'
import type { Checker, Observation } from '../observation.js'
import type { SnapshotSeen } from '../inside.js'
import { ZnodeHistory } from '../znode-history.js'
import { creates, entry, opens, sets } from './history.js'
import { Replay } from './replay.js'
import { after, decided, isGreen, isRed } from './verdict.js'

function make(): Checker {
  const history = new ZnodeHistory()
  return after(history, new Replay(history))
}

const log = [
  opens(1),
  entry(2, creates('/a', 'x')),
  entry(3, creates('/b', 'x', 1)),
  entry(4, sets('/a', 'y', 1)),
  entry(5, { kind: 'delete', path: '/b' }),
]
const history = log.map(decided)

function row(path: string, czxid: number, change: Partial<ZnodeRecord> = {}): ZnodeRecord {
  const times = { ctime: 0, mtime: 0, pzxid: czxid }
  const rest = { data: undefined, version: 0, created: 0, owner: 0 }
  return { path, czxid, mzxid: czxid, ...times, ...rest, ...change }
}

/** What is there before the first txn. */
const always = [...SYSTEM_ZNODES.keys()].map((path) => row(path, 0))

/** Taken while the txns 3 and 4 went on. */
function snapshot(znodes: readonly ZnodeRecord[], change: Partial<SnapshotSeen> = {}): Observation {
  const where = 'a snapshot'
  const all = [...always, ...znodes]
  return { kind: 'snapshot', where, start: 2, end: 4, znodes: all, sessions: [1], log, ...change }
}

test('a snapshot that was taken while txns went on is made exact by the log', (t) => {
  const young = row('/a', 2, { mzxid: 4, version: 1 })
  isGreen(t, make, ...history, snapshot([row('/a', 2)]))
  isGreen(t, make, ...history, snapshot([young, row('/b', 3, { owner: 1 })]))
})

test('a snapshot that lacks a znode, or has one too many, or an old one, is found', (t) => {
  isRed(t, make, ...history, snapshot([]))
  isRed(t, make, ...history, snapshot([row('/a', 2), row('/c', 2)]))
  isRed(t, make, ...history, snapshot([row('/a', 1)]))
})

test('a snapshot whose log lacks a txn, or whose sessions are others, is found', (t) => {
  isRed(t, make, ...history, snapshot([row('/a', 2)], { log: log.slice(4) }))
  isRed(t, make, ...history, snapshot([row('/a', 2)], { sessions: [] }))
})
