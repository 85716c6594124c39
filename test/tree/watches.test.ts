import test from 'ava'
import type { Change } from '../../lib/tree/change.js'
import { WatchTable } from '../../lib/tree/watches.js'
import type { Firing, WatchKind } from '../../lib/tree/watches.js'

const CREATED: Change = { kind: 'created', path: '/p/c', parent: '/p' }
const DELETED: Change = { kind: 'deleted', path: '/p/c', parent: '/p' }
const DATA: Change = { kind: 'data', path: '/p/c', parent: '/p' }

function told(firings: readonly Firing<string>[]): string[] {
  return firings.map(([watcher, event]) => `${watcher}: ${event.type} ${event.path}`)
}

// The matrix of ZooKeeper's tables: where a watch is, and what each change gives it.
const MATRIX: readonly (readonly [string, WatchKind, string, string, string])[] = [
  ['/p/c', 'data', 'NodeCreated /p/c', 'NodeDeleted /p/c', 'NodeDataChanged /p/c'],
  ['/p/c', 'child', '', 'NodeDeleted /p/c', ''],
  ['/p/c', 'persistent', 'NodeCreated /p/c', 'NodeDeleted /p/c', 'NodeDataChanged /p/c'],
  ['/p/c', 'persistentRecursive', 'NodeCreated /p/c', 'NodeDeleted /p/c', 'NodeDataChanged /p/c'],
  ['/p', 'data', '', '', ''],
  ['/p', 'child', 'NodeChildrenChanged /p', 'NodeChildrenChanged /p', ''],
  ['/p', 'persistent', 'NodeChildrenChanged /p', 'NodeChildrenChanged /p', ''],
  ['/p', 'persistentRecursive', 'NodeCreated /p/c', 'NodeDeleted /p/c', 'NodeDataChanged /p/c'],
  ['/', 'data', '', '', ''],
  ['/', 'child', '', '', ''],
  ['/', 'persistent', '', '', ''],
  ['/', 'persistentRecursive', 'NodeCreated /p/c', 'NodeDeleted /p/c', 'NodeDataChanged /p/c'],
  ['/p/c/d', 'persistentRecursive', '', '', ''],
  ['/p/cc', 'persistentRecursive', '', '', ''],
]

for (const [path, kind, ...expected] of MATRIX) {
  for (const [index, change] of [CREATED, DELETED, DATA].entries()) {
    const event = expected[index]
    test(`a ${kind} watch on ${path} gets "${event}" when /p/c is ${change.kind}`, (t) => {
      const watches = new WatchTable<string>()
      watches.add(path, kind, 'w')
      const first = event === '' ? [] : [`w: ${event}`]
      const isOneShot = kind === 'data' || kind === 'child'
      t.deepEqual(told(watches.trigger(change, 5)), first)
      t.deepEqual(told(watches.trigger(change, 6)), isOneShot ? [] : first)
      t.is(watches.size, isOneShot && event !== '' ? 0 : 1)
    })
  }
}

test('an event carries the zxid of its txn and is frozen', (t) => {
  const watches = new WatchTable<string>()
  watches.add('/p/c', 'data', 'w')
  const [firing] = watches.trigger(DATA, 42)
  t.deepEqual(firing, ['w', { type: 'NodeDataChanged', path: '/p/c', zxid: 42 }])
  t.true(Object.isFrozen(firing?.[1]))
})

test('who is told comes in the order of registration: the path, then its ancestors, then the parent’s children', (t) => {
  const watches = new WatchTable<string>()
  watches.add('/', 'persistentRecursive', 'root')
  watches.add('/p', 'child', 'children')
  watches.add('/p', 'persistentRecursive', 'parent')
  watches.add('/p/c', 'data', 'second')
  watches.add('/p/c', 'persistent', 'third')
  watches.add('/p/c', 'data', 'second')
  watches.add('/p/c', 'data', 'first-again')
  t.deepEqual(told(watches.trigger(CREATED, 1)), [
    'second: NodeCreated /p/c',
    'third: NodeCreated /p/c',
    'first-again: NodeCreated /p/c',
    'parent: NodeCreated /p/c',
    'root: NodeCreated /p/c',
    'children: NodeChildrenChanged /p',
  ])
})

// All 8 sets of modes at the path, and recursive above it or not (ZOOKEEPER-4466, 4475).
for (let modes = 0; modes < 16; modes++) {
  const kinds = (['data', 'child', 'persistent', 'persistentRecursive'] as const).filter(
    (_, bit) => (modes & (1 << bit)) !== 0,
  )
  for (const above of [false, true]) {
    test(`one watcher with {${kinds.join()}}${above ? ' below a recursive one' : ''} is told each event once`, (t) => {
      const fresh = (): WatchTable<string> => {
        const watches = new WatchTable<string>()
        for (const kind of kinds) watches.add('/p/c', kind, 'w')
        if (above) watches.add('/', 'persistentRecursive', 'w')
        return watches
      }
      const hasData = above || kinds.some((kind) => kind !== 'child')
      t.is(fresh().trigger(CREATED, 1).length, hasData ? 1 : 0)
      t.is(fresh().trigger(DATA, 1).length, hasData ? 1 : 0)
      const watches = fresh()
      t.is(watches.trigger(DELETED, 1).length, hasData || kinds.includes('child') ? 1 : 0)
      const survives =
        above || kinds.includes('persistent') || kinds.includes('persistentRecursive')
      t.is(watches.trigger(DELETED, 2).length, survives ? 1 : 0)
      t.false(
        watches.has('/p/c', 'data', 'w') || watches.has('/p/c', 'child', 'w'),
        'one-shot ones are used up',
      )
      for (const kind of kinds) watches.remove('/p/c', kind, 'w')
      watches.remove('/', 'persistentRecursive', 'w')
      t.is(watches.size, 0)
      t.deepEqual(watches.trigger(CREATED, 3), [])
    })
  }
}

test('a child of the root tells those who watch the root’s children', (t) => {
  const watches = new WatchTable<string>()
  watches.add('/', 'child', 'w')
  t.deepEqual(told(watches.trigger({ kind: 'created', path: '/a', parent: '/' }, 1)), [
    'w: NodeChildrenChanged /',
  ])
})

test('data of the root is told once to who watches it recursively', (t) => {
  const watches = new WatchTable<string>()
  watches.add('/', 'persistentRecursive', 'w')
  t.deepEqual(told(watches.trigger({ kind: 'data', path: '/', parent: '/' }, 1)), [
    'w: NodeDataChanged /',
  ])
})

test('removing one kind leaves the others', (t) => {
  const watches = new WatchTable<string>()
  const kinds = ['data', 'child', 'persistent', 'persistentRecursive'] as const
  for (const removed of kinds) {
    for (const kind of kinds) watches.add('/a', kind, 'w')
    t.true(watches.remove('/a', removed, 'w'))
    t.false(watches.remove('/a', removed, 'w'), 'there is none any more')
    for (const kind of kinds)
      t.is(watches.has('/a', kind, 'w'), kind !== removed, `${kind} without ${removed}`)
    t.true(watches.remove('/a', 'any', 'w'))
    t.false(watches.remove('/a', 'any', 'w'))
    t.is(watches.size, 0)
  }
})

test('a watcher that leaves takes all its watches with it and nobody else’s', (t) => {
  const watches = new WatchTable<string>()
  for (const watcher of ['leaving', 'staying']) {
    watches.add('/a', 'data', watcher)
    watches.add('/a', 'child', watcher)
    watches.add('/b', 'persistent', watcher)
    watches.add('/c', 'persistentRecursive', watcher)
  }
  t.is(watches.size, 6)
  watches.removeAll('leaving')
  t.is(watches.size, 3)
  t.deepEqual([...watches.paths()].sort(), ['/a', '/b', '/c'])
  t.deepEqual([...watches.recursivePaths()], ['/c'])
  watches.removeAll('staying')
  t.is(watches.size, 0)
  t.deepEqual([...watches.paths(), ...watches.recursivePaths()], [])
})
