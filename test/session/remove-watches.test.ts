/** Removing watches: by path, by listener, by type; and what whoever had them is told. */
import test from 'ava'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import type { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import { openScene } from './fake-replica.js'

function recorder(): { readonly heard: string[]; readonly listener: (event: WatchEvent) => void } {
  const heard: string[] = []
  return { heard, listener: ({ type, path }) => void heard.push(`${type} ${path}`) }
}

test('removing all watches tells each watcher once per kind, with the zxid where the View stands', async (t) => {
  const { session, view } = await openScene()
  await session.create('/a')
  const events: WatchEvent[] = []
  const listener = (event: WatchEvent): void => void events.push(event)
  await session.getData('/a', { watch: listener })
  await session.getChildren('/a', { watch: listener })
  await session.addWatch('/a', 'persistent', listener)
  await session.addWatch('/a', 'persistentRecursive', listener)
  await session.removeWatches('/a')
  const zxid = view.memory.tree.lastZxid
  t.deepEqual(events, [
    { type: 'DataWatchRemoved', path: '/a', zxid },
    { type: 'ChildWatchRemoved', path: '/a', zxid },
    { type: 'PersistentWatchRemoved', path: '/a', zxid },
  ])
  t.true(events.every((event) => Object.isFrozen(event)))
  t.is(view.memory.watches.size, 0)
  await session.setData('/a', 'x')
  t.is(events.length, 3)
})

test('only the named type is removed', async (t) => {
  const { session } = await openScene()
  await session.create('/a')
  const { heard, listener } = recorder()
  await session.getData('/a', { watch: listener })
  await session.getChildren('/a', { watch: listener })
  await session.addWatch('/a', 'persistent', listener)
  await session.addWatch('/a', 'persistentRecursive', listener)
  await session.removeWatches('/a', undefined, { type: 'data' })
  await session.removeWatches('/a', undefined, { type: 'persistent' })
  await session.create('/a/b')
  t.deepEqual(heard, [
    'DataWatchRemoved /a',
    'PersistentWatchRemoved /a',
    'NodeCreated /a/b',
    'NodeChildrenChanged /a',
  ])
  await t.throwsAsync(session.removeWatches('/a', undefined, { type: 'child' }), {
    code: 'NO_WATCHER',
  })
  await session.removeWatches('/a', listener, { type: 'persistentRecursive' })
  await session.delete('/a/b')
  t.is(heard.length, 5)
})

test('one listener’s watches are removed, everybody else’s stay', async (t) => {
  const { session } = await openScene()
  const one = recorder()
  const two = recorder()
  await session.exists('/a', { watch: one.listener })
  await session.exists('/a', { watch: two.listener })
  const iterator = session.watch('/a')
  await session.removeWatches('/a', one.listener)
  await session.create('/a')
  t.deepEqual(one.heard, ['DataWatchRemoved /a'])
  t.deepEqual(two.heard, ['NodeCreated /a'])
  t.is((await iterator.next()).value?.type, 'NodeCreated')
})

test('where no watch is, it is NO_WATCHER', async (t) => {
  const { session, handle } = await openScene()
  const other = await handle.openSession()
  await other.exists('/a', { watch: true })
  const error = await t.throwsAsync<ZooKeeperError>(session.removeWatches('/a'), {
    code: 'NO_WATCHER',
  })
  t.is(error.errno, -121)
  t.is(error.path, '/a')
  await session.exists('/a', { watch: () => undefined })
  await t.throwsAsync(
    session.removeWatches('/a', () => undefined),
    { code: 'NO_WATCHER' },
  )
  await t.throwsAsync(session.removeWatches('/b'), { code: 'NO_WATCHER' })
})

test('the session’s own watch event tells of its removed watches', async (t) => {
  const { session } = await openScene()
  const { heard, listener } = recorder()
  session.on('watch', listener)
  await session.exists('/a', { watch: true })
  await session.removeWatches('/a')
  t.deepEqual(heard, ['DataWatchRemoved /a'])
})

test('an iterator on the path ends after it was told; what it held before comes first', async (t) => {
  const { session } = await openScene()
  const iterator = session.watch('/a', { recursive: true })
  const elsewhere = session.watch('/b')
  await session.create('/a')
  await session.removeWatches('/a')
  const types: string[] = []
  for await (const { type } of iterator) types.push(type)
  t.deepEqual(types, ['NodeCreated', 'PersistentWatchRemoved'])
  await session.create('/b')
  t.is((await elsewhere.next()).value?.type, 'NodeCreated')
})

test('a listener that throws at its removal does not keep others from being removed', async (t) => {
  const { session, view } = await openScene()
  const { heard, listener } = recorder()
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const thrown = new Promise((resolve) => process.once('uncaughtException', resolve))
  await session.exists('/a', {
    watch: () => {
      throw new Error('mine')
    },
  })
  await session.exists('/a', { watch: listener })
  await session.removeWatches('/a')
  t.like(await thrown, { message: 'mine' })
  for (const other of others) process.on('uncaughtException', other)
  t.deepEqual(heard, ['DataWatchRemoved /a'])
  t.is(view.memory.watches.size, 0)
})
