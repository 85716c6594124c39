/** Watches of a session: registration, order, and what happens around a listener that misbehaves. */
import test from 'ava'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import { op } from '../../lib/session/op.js'
import { openScene, turn } from './fake-replica.js'

const NOTHING = { data: undefined, ephemeral: false, sequential: false } as const

test('a watch event comes before the watcher can read the data that caused it', async (t) => {
  const { session } = await openScene()
  await session.create('/a', 'old')
  const order: string[] = []
  await session.getData('/a', {
    watch: () => order.push(`event, ${session.getDataSync('/a', { encoding: 'utf8' }).data}`),
  })
  const set = session.setData('/a', 'new').then(() => order.push('settled'))
  const read = session.getData('/a', { encoding: 'utf8' }).then(({ data }) => order.push(data))
  await Promise.all([set, read])
  t.deepEqual(order, ['event, new', 'settled', 'new'])
})

test('in one batch the watch of each txn fires before the next txn is applied', async (t) => {
  const { replica, session } = await openScene()
  const seen: unknown[] = []
  await session.addWatch('/', 'persistentRecursive', (event) => {
    seen.push([event.path, session.getChildrenSync('/').children.at(-1)])
  })
  replica.holdsTxns = true
  const other = replica.otherSession()
  for (const [n, path] of ['/a', '/b', '/c'].entries()) {
    replica.commitAsOther(other, n + 1, { kind: 'create', path, ...NOTHING })
  }
  replica.deliver()
  t.deepEqual(seen, [
    ['/a', 'a'],
    ['/b', 'b'],
    ['/c', 'c'],
  ])
})

test('an event is in every iterator’s buffer before any callback of its txn runs', async (t) => {
  const { session } = await openScene()
  const iterator = session.watch('/b')
  let first: Promise<IteratorResult<WatchEvent, undefined>> | undefined
  // The callback for /a, which the multi creates first, can read /b: its event must be there.
  await session.exists('/a', {
    watch: () => {
      first = iterator.next()
    },
  })
  await session.multi([op.create('/a'), op.create('/b')])
  t.is((await first)?.value?.path, '/b')
})

test('exists watches a missing znode too, getData and getChildren only one that is there', async (t) => {
  const { session, view } = await openScene()
  const events: string[] = []
  const watch = (event: WatchEvent): void => void events.push(`${event.type} ${event.path}`)
  await t.throwsAsync(session.getData('/a', { watch }), { code: 'NO_NODE' })
  await t.throwsAsync(session.getChildren('/a', { watch }), { code: 'NO_NODE' })
  t.is(view.memory.watches.size, 0)
  await session.exists('/a', { watch })
  await session.create('/a')
  await session.getChildren('/a', { watch })
  await session.create('/a/b')
  await session.setData('/a', 'x')
  t.deepEqual(events, ['NodeCreated /a', 'NodeChildrenChanged /a'])
})

test('a listener registered in several ways on one path hears of one change once', async (t) => {
  const { session } = await openScene()
  await session.create('/a')
  const events: string[] = []
  const watch = (event: WatchEvent): void => void events.push(event.type)
  await session.exists('/a', { watch })
  await session.getData('/a', { watch })
  await session.getChildren('/a', { watch })
  await session.delete('/a')
  t.deepEqual(events, ['NodeDeleted'])
})

test('watch: true delivers to the session’s own watch event, once', async (t) => {
  const { session } = await openScene()
  const events: WatchEvent[] = []
  session.on('watch', (event) => events.push(event))
  session.existsSync('/a', { watch: true })
  const { stat } = await session.create('/a', '', { stat: true })
  await session.setData('/a', 'x')
  t.deepEqual(events, [{ type: 'NodeCreated', path: '/a', zxid: stat.czxid }])
  t.true(Object.isFrozen(events[0]))
})

test('a read made in a watch callback waits for the very write that fired it', async (t) => {
  const { session } = await openScene()
  const order: string[] = []
  await session.exists('/a', {
    watch: () => {
      void session.exists('/a').then((stat) => order.push(`read ${stat?.version}`))
    },
  })
  await session.create('/a').then(() => order.push('settled'))
  await turn()
  t.deepEqual(order, ['settled', 'read 0'])
})

test('persistent watches go on until they are removed', async (t) => {
  const { session, view } = await openScene()
  const events: string[] = []
  const listener = (event: WatchEvent): void => void events.push(event.type)
  const other = (event: WatchEvent): void => void events.push(`other ${event.type}`)
  await session.addWatch('/a', 'persistent', listener)
  await session.addWatch('/a', 'persistent', other)
  await session.create('/a')
  await session.removeWatches('/a', other)
  await session.create('/a/b')
  await session.setData('/a/b', 'x')
  await session.removeWatches('/a')
  await session.setData('/a', 'x')
  t.deepEqual(events, [
    'NodeCreated',
    'other NodeCreated',
    'other PersistentWatchRemoved',
    'NodeChildrenChanged',
    'PersistentWatchRemoved',
  ])
  t.is(view.memory.watches.size, 0)
})

test('a listener that throws does not disturb the batch; its error is thrown by itself afterwards', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsTxns = true
  const order: string[] = []
  const thrown = uncaught((error) => order.push(`uncaught ${error.message}`))
  const bad = (): void => {
    throw new Error('mine')
  }
  session.existsSync('/a', { watch: bad })
  session.existsSync('/a', { watch: () => order.push('next listener') })
  const settled = [
    session.create('/a').then(() => order.push('settled /a')),
    session.create('/b').then(() => order.push('settled /b')),
  ]
  session.existsSync('/b', { watch: () => order.push('next txn') })
  await turn()
  replica.deliver()
  t.deepEqual(order, ['next listener', 'next txn'])
  await Promise.all(settled)
  await thrown
  t.true(order.includes('uncaught mine'))
  t.deepEqual(
    order.filter((entry) => entry.startsWith('settled')),
    ['settled /a', 'settled /b'],
  )
})

test('the watches of a session end with it', async (t) => {
  const { session, handle, view } = await openScene()
  const other = await handle.openSession()
  const events: string[] = []
  await session.addWatch('/a', 'persistent', () => events.push('persistent'))
  session.on('watch', () => events.push('default'))
  session.existsSync('/a', { watch: true })
  session.existsSync('/a', { watch: () => events.push('once') })
  const iterator = session.watch('/a')
  await session.close()
  t.is(view.memory.watches.size, 0)
  await other.create('/a')
  t.deepEqual(events, [])
  t.deepEqual(await iterator.next(), { value: undefined, done: true })
})

test('a new function with each read leaves nothing behind', async (t) => {
  const { session, view } = await openScene()
  await session.create('/a')
  for (let n = 0; n < 100; n++) {
    await session.getData('/a', { watch: () => undefined })
    await session.setData('/a', `${n}`)
  }
  t.is(view.memory.watches.size, 0)
})

test('an iterator gives every event in order and ends when the loop is left', async (t) => {
  const { session, view } = await openScene()
  const iterator = session.watch('/a', { recursive: true })
  await session.create('/a')
  await session.create('/a/b')
  await session.setData('/a/b', 'x')
  await session.delete('/a/b')
  const seen: string[] = []
  for await (const event of iterator) {
    seen.push(`${event.type} ${event.path}`)
    if (event.type === 'NodeDeleted') break
  }
  t.deepEqual(seen, [
    'NodeCreated /a',
    'NodeCreated /a/b',
    'NodeDataChanged /a/b',
    'NodeDeleted /a/b',
  ])
  t.is(view.memory.watches.size, 0)
  t.deepEqual(await iterator.next(), { value: undefined, done: true })
})

test('an iterator waits for what comes', async (t) => {
  const { session } = await openScene()
  const iterator = session.watch('/a')
  const events = Promise.all([iterator.next(), iterator.next()])
  await session.create('/a')
  await session.setData('/a', 'x')
  t.deepEqual(
    (await events).map(({ value }) => value?.type),
    ['NodeCreated', 'NodeDataChanged'],
  )
})

test('an iterator that overflows gives what it holds, then OVERLOADED, then is done', async (t) => {
  const { session, view } = await openScene()
  const iterator = session.watch('/a')
  await session.create('/a')
  await Promise.all(Array.from({ length: 10_001 }, () => session.setData('/a', 'x')))
  t.is(view.memory.watches.size, 0, 'it is not told of anything more')
  let count = 0
  await t.throwsAsync(
    async () => {
      for await (const _ of iterator) count += 1
    },
    { code: 'OVERLOADED' },
  )
  t.is(count, 10_000)
  t.deepEqual(await iterator.next(), { value: undefined, done: true })
})

test('an aborted iterator gives what it holds and then throws the reason', async (t) => {
  const { session, view } = await openScene()
  const controller = new AbortController()
  const iterator = session.watch('/a', { signal: controller.signal })
  await session.create('/a')
  controller.abort(new Error('enough'))
  t.is(view.memory.watches.size, 0)
  t.is((await iterator.next()).value?.type, 'NodeCreated')
  await t.throwsAsync(iterator.next(), { message: 'enough' })
  t.throws(() => session.watch('/a', { signal: controller.signal }), { message: 'enough' })
})

test('the iterators of an expired session throw SESSION_EXPIRED', async (t) => {
  const { replica, session } = await openScene()
  const waiting = session.watch('/a').next()
  replica.expire(session.id)
  replica.deliver()
  await t.throwsAsync(waiting, { code: 'SESSION_EXPIRED' })
})

/** Takes the next uncaught exception of the process away from AVA. */
function uncaught(handler: (error: Error) => void): Promise<void> {
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  return new Promise((resolve) => {
    process.once('uncaughtException', (error) => {
      for (const other of others) process.on('uncaughtException', other)
      handler(error)
      resolve()
    })
  })
}
