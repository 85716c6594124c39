// Watches that must stay silent: what happens beside, above and in failed requests.
import test from 'ava'
import type { Change } from '../../lib/tree/change.js'
import { difference } from '../../lib/tree/difference.js'
import { Tree } from '../../lib/tree/tree.js'
import { WatchTable } from '../../lib/tree/watches.js'
import { Leader, create, multi, remove, setData } from './leader.js'

const KINDS = ['data', 'child', 'persistent', 'persistentRecursive'] as const
/** Paths that share letters with /a, not components. */
const NEIGHBOURS = ['/ab', '/a-', '/a.b', '/aa', '/b/a', '/A']

test('a watch on a path is not told of paths that only begin with the same letters', (t) => {
  const watches = new WatchTable<string>()
  for (const kind of KINDS) watches.add('/a', kind, kind)
  for (const path of NEIGHBOURS) {
    const parent = path.slice(0, path.lastIndexOf('/')) || '/'
    for (const kind of ['created', 'data', 'deleted'] as const) {
      const change: Change = { kind, path, parent }
      t.deepEqual(watches.trigger(change, 1), [], `${kind} ${path}`)
    }
  }
  t.is(watches.size, KINDS.length)
})

test('nor is it after a snapshot', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  for (const path of ['/a', '/b', '/ab', '/b/a']) leader.submit(session, create(path))
  const start = leader.log.length
  leader.submit(session, setData('/ab', 'x'))
  leader.submit(session, create('/ab/c'))
  leader.submit(session, remove('/b/a'))
  leader.submit(session, create('/aa'))
  leader.commit()
  const old = new Tree()
  for (const entry of leader.log.slice(0, start)) old.apply(entry, 'strict')
  const watches = new WatchTable<string>()
  for (const kind of KINDS) watches.add('/a', kind, kind)
  t.deepEqual(difference(old, leader.tree, watches, 9), [])
})

test('a child watch is not told of data, neither of its znode nor of the children', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  leader.submit(session, create('/p'))
  leader.submit(session, create('/p/c'))
  leader.commit()
  const watches = new WatchTable<string>()
  watches.add('/p', 'child', 'w')
  leader.submit(session, setData('/p', 'x'))
  leader.submit(session, setData('/p/c', 'x'))
  leader.submit(session, create('/p/c/below'))
  for (const { changes } of leader.commit()) {
    for (const change of changes) t.deepEqual(watches.trigger(change, 1), [])
  }
  t.true(watches.has('/p', 'child', 'w'))
})

test('a multi that fails tells nobody, and burns no sequence number', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  leader.submit(session, create('/p'))
  leader.commit()
  const sequential = create('/p/s-', { sequential: true, ephemeral: true })
  leader.submit(session, multi(sequential, setData('/p', 'x'), sequential, remove('/missing')))
  const [applied] = leader.commit()
  t.deepEqual(applied?.changes, [])
  t.like(leader.submit(session, sequential), { kind: 'create', path: '/p/s-0000000000' })
})
