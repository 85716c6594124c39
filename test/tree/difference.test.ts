import test from 'ava'
import { Random } from '../../lib/base/random.js'
import type { RequestBody } from '../../lib/protocol/request.js'
import { difference } from '../../lib/tree/difference.js'
import { Tree } from '../../lib/tree/tree.js'
import { WatchTable } from '../../lib/tree/watches.js'
import type { WatchKind } from '../../lib/tree/watches.js'
import { Leader, create, multi, randomStep, remove, setData } from './leader.js'

/** Two states of one history: after `before`, and after `between` on top of it. */
function states(
  before: readonly RequestBody[],
  between: readonly RequestBody[],
): { old: Tree; now: Tree } {
  const leader = new Leader()
  const session = leader.openSession()
  for (const body of before) leader.submit(session, body)
  const start = leader.log.length
  for (const body of between) leader.submit(session, body)
  leader.commit()
  const old = new Tree()
  for (const entry of leader.log.slice(0, start)) old.apply(entry, 'strict')
  return { old, now: leader.tree }
}

/** What watches of one kind on each path are told. */
function missed(
  kind: WatchKind,
  paths: readonly string[],
  { old, now }: { old: Tree; now: Tree },
): string[] {
  const watches = new WatchTable<string>()
  for (const path of paths) watches.add(path, kind, 'w')
  return difference(old, now, watches, 99).map(
    ([, event]) => `${event.type} ${event.path} ${event.zxid}`,
  )
}

const GONE_AND_BACK = states(
  [create('/p'), create('/p/c'), create('/same')],
  [remove('/p/c'), remove('/p'), create('/p'), create('/p/d'), setData('/p', 'x')],
)

test('nothing that is watched changed: nothing is told, and the watches stay', (t) => {
  const two = states(
    [create('/a'), create('/a/b')],
    [create('/c'), setData('/a/b', 'x'), { kind: 'sync' }],
  )
  const watches = new WatchTable<string>()
  watches.add('/a', 'data', 'w')
  watches.add('/a', 'child', 'w')
  watches.add('/missing', 'data', 'w')
  t.deepEqual(difference(two.old, two.now, watches, 9), [])
  t.is(watches.size, 2)
  t.true(watches.has('/a', 'data', 'w') && watches.has('/a', 'child', 'w'))
})

test('a data watch is told of the change that is left, and is used up', (t) => {
  const two = states(
    [create('/set'), create('/gone'), create('/same')],
    [
      setData('/set', '1'),
      setData('/set', '2'),
      setData('/gone', '1'),
      remove('/gone'),
      create('/new'),
      create('/passing'),
      remove('/passing'),
    ],
  )
  const paths = ['/set', '/gone', '/same', '/new', '/passing']
  t.deepEqual(missed('data', paths, two), [
    'NodeDeleted /gone 99',
    'NodeDataChanged /set 99',
    'NodeCreated /new 99',
  ])
})

test('a child watch is told of children that came or went, and of the deletion of its znode', (t) => {
  const two = states(
    [create('/a'), create('/b'), create('/b/x'), create('/gone')],
    [create('/a/x'), remove('/a/x'), remove('/gone'), setData('/b/x', 'x')],
  )
  t.deepEqual(missed('child', ['/a', '/b', '/gone'], two), [
    'NodeDeleted /gone 99',
    'NodeChildrenChanged /a 99',
  ])
})

test('a znode that was deleted and created again is deleted for a one-shot watch', (t) => {
  t.deepEqual(missed('data', ['/p'], GONE_AND_BACK), ['NodeDeleted /p 99'])
  t.deepEqual(missed('child', ['/p'], GONE_AND_BACK), ['NodeDeleted /p 99'])
})

test('a znode that was deleted and created again is deleted, then created, for a persistent watch', (t) => {
  t.deepEqual(missed('persistent', ['/p'], GONE_AND_BACK), [
    'NodeDeleted /p 99',
    'NodeCreated /p 99',
    'NodeChildrenChanged /p 99',
    'NodeDataChanged /p 99',
  ])
})

test('a recursive watch is told of everything below, children deleted before their parents, created after', (t) => {
  const below = [
    'NodeDeleted /p/c 99',
    'NodeDeleted /p 99',
    'NodeCreated /p 99',
    'NodeCreated /p/d 99',
    'NodeDataChanged /p 99',
  ]
  t.deepEqual(missed('persistentRecursive', ['/'], GONE_AND_BACK), below)
  t.deepEqual(missed('persistentRecursive', ['/p'], GONE_AND_BACK), below)
  t.deepEqual(missed('persistentRecursive', ['/', '/p', '/p/c'], GONE_AND_BACK), below, 'told once')
  t.deepEqual(missed('persistentRecursive', ['/p/c'], GONE_AND_BACK), ['NodeDeleted /p/c 99'])
  t.deepEqual(missed('persistentRecursive', ['/same', '/missing'], GONE_AND_BACK), [])
})

test('parents come before children also when one txn created both', (t) => {
  const two = states([], [multi(create('/a'), create('/a/b'), create('/a/b/c'))])
  t.deepEqual(missed('persistentRecursive', ['/'], two), [
    'NodeCreated /a 99',
    'NodeCreated /a/b 99',
    'NodeCreated /a/b/c 99',
  ])
})

for (let seed = 1; seed <= 15; seed++) {
  test(`the difference tells nothing but what the history told, each event once (seed ${seed})`, (t) => {
    const random = new Random(seed)
    const leader = new Leader()
    for (let step = 0; step < 60; step++) randomStep(leader, random)
    const start = leader.log.length
    for (let step = 0; step < 60; step++) randomStep(leader, random)
    leader.commit()
    const old = new Tree()
    const stepwise = new Tree()
    for (const entry of leader.log.slice(0, start)) {
      old.apply(entry, 'strict')
      stepwise.apply(entry, 'strict')
    }
    const fill = (): WatchTable<string> => {
      const watches = new WatchTable<string>()
      const paths = ['/', '/a', '/b', '/a/a', '/a/b', '/b/c', '/a/b/c', '/c/c/c']
      for (const kind of ['persistent', 'persistentRecursive', 'data', 'child'] as const) {
        for (const path of paths) watches.add(path, kind, kind + path)
      }
      return watches
    }
    const live = fill()
    const history = new Map<string, Set<string>>()
    for (const entry of leader.log.slice(start)) {
      for (const change of stepwise.apply(entry, 'strict').changes) {
        for (const [watcher, event] of live.trigger(change, entry.zxid)) {
          const events = history.get(watcher) ?? new Set()
          history.set(watcher, events.add(`${event.type} ${event.path}`))
        }
      }
    }
    const seen = new Set<string>()
    const afterwards = fill()
    for (const [watcher, event] of difference(old, leader.tree, afterwards, 99)) {
      const text = `${event.type} ${event.path}`
      t.false(seen.has(watcher + text), `${watcher} hears ${text} once`)
      seen.add(watcher + text)
      // A one-shot watch hears of the state that is left, not of what came first.
      if (watcher.startsWith('persistent'))
        t.true(history.get(watcher)?.has(text), `${watcher} ${text}`)
      else t.true(history.has(watcher), `${watcher} ${text}`)
    }
    // Whoever was told nothing by the difference sees what it saw before.
    for (const [path, znode] of leader.tree.znodes) {
      const before = old.get(path)
      if (before === undefined || before.mzxid !== znode.mzxid) {
        const heard = ['NodeCreated', 'NodeDataChanged'].some((type) =>
          seen.has(`persistentRecursive/${type} ${path}`),
        )
        t.true(heard, path)
      }
    }
  })
}
