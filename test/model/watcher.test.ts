/** What each kind of watch hears, by ZooKeeper's table of what fires what, and what is left of it after a snapshot. */
import test from 'ava'
import { Scene, create, ephemeral, remove, sequential, set } from './scene.js'
import type { WatchEvent, WatchKind } from './types.js'
import { Watcher } from './watcher.js'

function watch(scene: Scene, path: string, ...kinds: readonly WatchKind[]): Watcher {
  const watcher = new Watcher(scene.model, scene.zxid)
  for (const kind of kinds) watcher.watch(path, kind)
  return watcher
}

/** Events without zxids, short. */
function told(events: readonly WatchEvent[]): string[] {
  return events.map(({ type, path }) => `${type.slice(4)} ${path}`)
}

function hears(scene: Scene, watcher: Watcher): string[] {
  return told(watcher.advance(scene.zxid))
}

test('a data watch fires once: on creation, data or deletion, not for children', (t) => {
  const scene = new Scene()
  const acts = [
    () => scene.create('/a'),
    () => scene.create('/a/b'),
    () => scene.ask(set('/a', 'x')),
    () => scene.multi(remove('/a/b'), remove('/a')),
  ]
  const heard = acts.map((act) => {
    const watcher = watch(scene, '/a', 'data')
    act()
    const events = hears(scene, watcher)
    t.is(watcher.isIdle, events.length > 0)
    return events
  })
  t.deepEqual(heard, [['Created /a'], [], ['DataChanged /a'], ['Deleted /a']])
})

test('a child watch fires once: for a child that comes or goes, and for the end of the znode', (t) => {
  const scene = new Scene()
  scene.create('/a')
  const acts = [
    () => scene.create('/a/b'),
    () => scene.ask(set('/a/b', 'x')),
    () => scene.ask(set('/a', 'x')),
    () => scene.ask(remove('/a/b')),
    () => scene.ask(remove('/a')),
    () => scene.create('/a'),
  ]
  const heard = acts.map((act) => {
    const watcher = watch(scene, '/a', 'child')
    act()
    return hears(scene, watcher)
  })
  t.deepEqual(heard, [['ChildrenChanged /a'], [], [], ['ChildrenChanged /a'], ['Deleted /a'], []])
})

test('a persistent watch hears of all of it, again and again, and of a deletion once', (t) => {
  const scene = new Scene()
  const watcher = watch(scene, '/a', 'persistent')
  scene.create('/a')
  scene.ask(set('/a', 'x'))
  scene.ask(set('/a', 'x'))
  scene.create('/a/b')
  scene.ask(remove('/a/b'))
  scene.ask(remove('/a'))
  scene.create('/a')
  t.deepEqual(hears(scene, watcher), [
    'Created /a',
    'DataChanged /a',
    'DataChanged /a',
    'ChildrenChanged /a',
    'ChildrenChanged /a',
    'Deleted /a',
    'Created /a',
  ])
})

test('a recursive watch hears of everything below, never of children, and of /ab not under /a', (t) => {
  const scene = new Scene()
  const watcher = watch(scene, '/a', 'persistentRecursive')
  const root = watch(scene, '/', 'persistentRecursive')
  scene.create('/a')
  scene.create('/ab')
  scene.create('/a/b')
  scene.ask(set('/a/b', 'x'))
  scene.ask(remove('/a/b'))
  const below = ['Created /a', 'Created /a/b', 'DataChanged /a/b', 'Deleted /a/b']
  t.deepEqual(hears(scene, watcher), below)
  t.deepEqual(hears(scene, root), [below[0], 'Created /ab', ...below.slice(1)])
})

test('a watcher hears of one change once, however often it watches', (t) => {
  const scene = new Scene()
  scene.create('/a')
  const watcher = watch(scene, '/a', 'data', 'child', 'persistent', 'persistentRecursive')
  watcher.watch('/', 'persistentRecursive')
  watcher.watch('/', 'child')
  scene.ask(remove('/a'))
  t.deepEqual(hears(scene, watcher), ['Deleted /a', 'ChildrenChanged /'])
  scene.create('/a')
  t.deepEqual(hears(scene, watcher), ['Created /a'])
  t.deepEqual(
    watcher.unwatch('/a').map(({ type }) => type),
    ['PersistentWatchRemoved'],
  )
  watcher.unwatch('/')
  t.true(watcher.isIdle)
})

test('the events of a multi come in its order, with one zxid; a one-shot watch gets the first', (t) => {
  const scene = new Scene()
  scene.create('/a')
  const persistent = watch(scene, '/a', 'persistent')
  const once = watch(scene, '/a', 'data')
  scene.multi(remove('/a'), create('/a'), create('/a/b'), set('/a', 'x'))
  const events = persistent.advance(scene.zxid)
  t.deepEqual(told(events), ['Deleted /a', 'Created /a', 'ChildrenChanged /a', 'DataChanged /a'])
  t.true(events.every(({ zxid }) => zxid === scene.zxid))
  t.deepEqual(hears(scene, once), ['Deleted /a'])
})

test('a multi that fails is heard by nobody', (t) => {
  const scene = new Scene()
  const watcher = watch(scene, '/', 'persistent', 'persistentRecursive')
  scene.multi(create('/a'), remove('/b'))
  t.deepEqual(hears(scene, watcher), [])
})

test('the end of a session is heard by who watches its ephemerals and their parents', (t) => {
  const scene = new Scene()
  scene.create('/p')
  scene.multi(ephemeral('/p/b'), ephemeral('/p/a'))
  const child = watch(scene, '/p', 'child')
  const recursive = watch(scene, '/p', 'persistentRecursive')
  scene.model.closeSession(scene.zxid + 1, scene.session, ['/p/b', '/p/a'])
  t.deepEqual(hears(scene, child), ['ChildrenChanged /p'])
  t.deepEqual(hears(scene, recursive), ['Deleted /p/b', 'Deleted /p/a'])
})

test('over a snapshot one event per path and kind is left, at its position', (t) => {
  const scene = new Scene()
  scene.create('/a')
  scene.create('/b')
  const watcher = watch(scene, '/a', 'persistent')
  const other = watch(scene, '/b', 'persistent')
  scene.ask(set('/a', 'x'))
  scene.ask(set('/a', 'y'))
  scene.ask(sequential('/a/n-'))
  scene.ask(remove('/a/n-0000000000'))
  scene.ask(remove('/b'))
  const catchup = watcher.jump(scene.zxid)
  t.deepEqual(told(catchup.pending), ['DataChanged /a', 'ChildrenChanged /a'])
  t.true(catchup.pending.every(({ zxid }) => zxid === scene.zxid))
  t.deepEqual(told(other.jump(scene.zxid).pending), ['Deleted /b'])
  t.deepEqual(hears(scene, watcher), [])
})

test('over a snapshot a znode with another czxid was deleted and created again', (t) => {
  const scene = new Scene()
  scene.create('/a')
  const persistent = watch(scene, '/a', 'persistent')
  const once = watch(scene, '/a', 'data')
  const recursive = watch(scene, '/', 'persistentRecursive')
  scene.ask(remove('/a'))
  scene.create('/a')
  scene.create('/gone')
  scene.ask(remove('/gone'))
  t.deepEqual(told(persistent.jump(scene.zxid).pending), ['Deleted /a', 'Created /a'])
  t.deepEqual(told(once.jump(scene.zxid).pending), ['Deleted /a'])
  t.true(once.isIdle)
  t.deepEqual(told(recursive.jump(scene.zxid).pending), ['Deleted /a', 'Created /a'])
})

test('what a snapshot left is told once, deletions first, in the order in which it happened', (t) => {
  const fresh = () => {
    const scene = new Scene()
    scene.multi(create('/a'), create('/a/b'))
    const watcher = watch(scene, '/', 'persistentRecursive')
    scene.multi(remove('/a/b'), remove('/a'))
    scene.create('/c')
    scene.create('/c/d')
    const catchup = watcher.jump(scene.zxid)
    return (type: WatchEvent['type'], path: string, zxid = scene.zxid): boolean =>
      catchup.take({ type, path, zxid })
  }
  const good = fresh()
  t.true(good('NodeDeleted', '/a/b'))
  t.true(good('NodeDeleted', '/a'))
  t.true(good('NodeCreated', '/c'))
  t.true(good('NodeCreated', '/c/d'))
  t.false(good('NodeCreated', '/c/d'))
  t.false(fresh()('NodeDeleted', '/a'))
  t.false(fresh()('NodeCreated', '/c'))
  t.false(fresh()('NodeDeleted', '/a/b', 1))
})
