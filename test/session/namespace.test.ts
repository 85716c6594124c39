/** Namespaces: a part of the tree under names of its own, and everything else the session's. */
import test from 'ava'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import type { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import { acl } from '../../lib/session/acl.js'
import { op } from '../../lib/session/op.js'
import type { Session } from '../../lib/session/session.js'
import { openScene } from './fake-replica.js'
import type { OpenScene } from './fake-replica.js'

async function namespaced(): Promise<OpenScene & { readonly part: Session }> {
  const opened = await openScene()
  await opened.session.create('/app')
  return { ...opened, part: opened.session.namespace('/app') }
}

test('every path that goes in is below the namespace, every path that comes out is told from there', async (t) => {
  const { session, part } = await namespaced()
  t.is(await part.create('/a', 'x'), '/a')
  t.is(await part.create('/a/n-', '', { sequential: true }), '/a/n-0000000000')
  t.is((await part.create('/b', '', { stat: true })).path, '/b')
  t.is(session.getDataSync('/app/a').data.toString(), 'x')
  t.is((await part.setData('/a', 'y')).version, 1)
  t.is((await part.getData('/a')).data.toString(), 'y')
  t.is(part.getDataSync('/a').data.toString(), 'y')
  t.is((await part.exists('/a'))?.version, 1)
  t.is(part.existsSync('/a'), session.existsSync('/app/a'))
  t.is(part.existsSync('/app'), null)
  t.deepEqual((await part.getChildren('/')).children, ['a', 'b'])
  t.deepEqual(part.getChildrenSync('/a').children, ['n-0000000000'])
  t.is(await part.getAllChildrenNumber('/'), 3)
  const results = await part.multi([op.create('/c'), op.check('/a', 1), op.delete('/b')])
  t.like(results[0], { kind: 'create', path: '/c' })
  const [read] = await part.multiRead([op.getData('/a', { encoding: 'utf8' })])
  t.like(read, { data: 'y' })
  await part.setACL('/c', acl.readOnly)
  t.deepEqual((await part.getACL('/c')).acl, (await session.getACL('/app/c')).acl)
  await part.sync('/a')
  await part.deleteRecursive('/a')
  t.is(session.existsSync('/app/a'), null)
})

test('the root of a namespace is its path itself, and a sequential child of it lies in it', async (t) => {
  const { session, part } = await namespaced()
  await part.setData('/', 'root')
  t.is(session.getDataSync('/app').data.toString(), 'root')
  t.is(part.existsSync('/'), session.existsSync('/app'))
  t.is(await part.create('/', '', { sequential: true }), '/0000000000')
  t.not(session.existsSync('/app/0000000000'), null)
  await part.delete('/0000000000')
  await part.delete('/')
  t.is(session.existsSync('/app'), null)
})

test('a namespace creates nothing by itself', async (t) => {
  const { session } = await openScene()
  const part = session.namespace('/none/at/all')
  await t.throwsAsync(part.create('/a'), { code: 'NO_NODE' })
  await t.throwsAsync(part.createPath('/a/b'), { code: 'NO_NODE' })
  await t.throwsAsync(part.createPath('/'), { code: 'NO_NODE' })
  await session.createPath('/none/at')
  t.is(await part.createPath('/a/b'), '/a/b')
  t.not(session.existsSync('/none/at/all/a/b'), null)
})

test('errors tell paths as the namespace knows them', async (t) => {
  const { session, part } = await namespaced()
  await session.create('/app/secret', '', { acl: acl.digest('ann', 'secret') })
  for (const [call, code] of [
    [() => part.create('/x/y'), 'NO_NODE'],
    [() => part.getData('/x'), 'NO_NODE'],
    [() => part.getChildren('/x'), 'NO_NODE'],
    [() => part.getACL('/x'), 'NO_NODE'],
    [() => part.getAllChildrenNumber('/x'), 'NO_NODE'],
    [() => part.exists('/secret'), 'NO_AUTH'],
    [() => part.setData('/secret', ''), 'NO_AUTH'],
    [() => part.setACL('/secret', acl.open), 'NO_AUTH'],
    [() => part.multi([op.create('/ok'), op.delete('/x')]), 'NO_NODE'],
    [() => part.removeWatches('/x'), 'NO_WATCHER'],
    [() => part.removeQuota('/x'), 'NO_NODE'],
    [() => part.setQuota('/x', { count: 1 }), 'NO_NODE'],
    [() => part.deleteRecursive('/'), 'NO_AUTH'],
  ] as const) {
    const error = await t.throwsAsync<ZooKeeperError>(call(), { code })
    t.regex(String(error.path), /^\/(x|x\/y|secret)$/)
    t.notRegex(error.message, /\/app/)
  }
})

test('no path leads out of a namespace', async (t) => {
  const { session, part } = await namespaced()
  await session.create('/apple', 'outside')
  for (const path of ['le', '', '/../apple', '..', '//', '/.']) {
    await t.throwsAsync(part.getData(path), { code: 'BAD_ARGUMENTS' })
    t.throws(() => part.getDataSync(path), { code: 'BAD_ARGUMENTS' })
    t.throws(() => part.existsSync(path), { code: 'BAD_ARGUMENTS' })
    await t.throwsAsync(part.create(path), { code: 'BAD_ARGUMENTS' })
    t.throws(() => part.namespace(path), { code: 'BAD_ARGUMENTS' })
  }
  const long = session.namespace(`/${'x'.repeat(4000)}`)
  await t.throwsAsync(long.exists(`/${'y'.repeat(200)}`), { code: 'BAD_ARGUMENTS' })
})

test('events tell paths as the namespace knows them, to callbacks, to iterators and to its own watch event', async (t) => {
  const { session, part } = await namespaced()
  const heard: string[] = []
  const hear =
    (who: string) =>
    ({ type, path }: WatchEvent): void =>
      void heard.push(`${who} ${type} ${path}`)
  part.on('watch', hear('part'))
  session.on('watch', hear('whole'))
  await part.exists('/a', { watch: true })
  await session.exists('/app/a', { watch: true })
  await part.addWatch('/', 'persistentRecursive', hear('callback'))
  const iterator = part.watch('/', { recursive: true })
  const { stat } = await part.create('/a', '', { stat: true })
  t.deepEqual(heard.toSorted(), [
    'callback NodeCreated /a',
    'part NodeCreated /a',
    'whole NodeCreated /app/a',
  ])
  const { value } = await iterator.next()
  t.deepEqual(value, { type: 'NodeCreated', path: '/a', zxid: stat.czxid })
  t.true(Object.isFrozen(value))
  await session.setData('/app', 'x')
  t.is((await iterator.next()).value?.path, '/')
})

test('one listener in two namespaces hears each by its own names', async (t) => {
  const { session, part } = await namespaced()
  const paths: string[] = []
  const listener = ({ path }: WatchEvent): void => void paths.push(path)
  await session.exists('/app/a', { watch: listener })
  await part.exists('/a', { watch: listener })
  await part.create('/a')
  t.deepEqual(paths, ['/app/a', '/a'])
})

test('removeWatches removes what was set through the same namespace', async (t) => {
  const { session, part, view } = await namespaced()
  const heard: string[] = []
  await session.exists('/app/a', { watch: ({ type }) => heard.push(`whole ${type}`) })
  await t.throwsAsync(part.removeWatches('/a'), { code: 'NO_WATCHER' })
  await part.exists('/a', { watch: ({ type, path }) => heard.push(`part ${type} ${path}`) })
  await part.removeWatches('/a')
  await part.create('/a')
  t.deepEqual(heard, ['part DataWatchRemoved /a', 'whole NodeCreated'])
  t.is(view.memory.watches.size, 0)
})

test('namespaces nest, and the root of one gives itself', async (t) => {
  const { session, part } = await namespaced()
  await part.create('/a')
  const inner = part.namespace('/a')
  t.is(await inner.create('/b'), '/b')
  t.not(session.existsSync('/app/a/b'), null)
  const error = await t.throwsAsync<ZooKeeperError>(inner.getData('/x'))
  t.is(error.path, '/x')
  t.is(await inner.namespace('/').create('/c'), '/c')
  t.not(session.existsSync('/app/a/c'), null)
  t.is(await session.namespace('/').create('/top'), '/top')
  t.not(session.existsSync('/top'), null)
})

test('ephemerals of a namespace are the session’s that lie in it', async (t) => {
  const { session, part } = await namespaced()
  await session.create('/apple', '', { ephemeral: true })
  await part.create('/a', '', { ephemeral: true })
  await part.create('/ab', '', { ephemeral: true })
  t.deepEqual(await part.getEphemerals(), ['/a', '/ab'])
  t.deepEqual(await part.getEphemerals('/ab'), ['/ab'])
  t.deepEqual(await session.getEphemerals(), ['/apple', '/app/a', '/app/ab'])
  t.deepEqual(await session.getEphemerals('/app'), ['/apple', '/app/a', '/app/ab'])
})

test('id, lease, order and identities are the session’s', async (t) => {
  const { session, part, clock } = await namespaced()
  t.is(part.id, session.id)
  t.is(part.timeout, session.timeout)
  t.is(part.replica, session.replica)
  t.true(part.alive)
  const order: string[] = []
  const writes = [
    session.create('/one').then(() => order.push('one')),
    part.create('/two').then(() => order.push('two')),
    session.create('/three').then(() => order.push('three')),
  ]
  t.is((await part.getChildren('/')).children.length, 1, 'a read waits for writes of all')
  await Promise.all(writes)
  t.deepEqual(order, ['one', 'two', 'three'])
  await part.addAuth('digest', 'ann:secret')
  t.deepEqual(await session.whoAmI(), [{ scheme: 'digest', id: 'ann' }])
  const states: string[] = []
  part.on('state', (state) => states.push(state))
  clock.advance(20_000)
  t.is(part.state, 'suspended')
  t.deepEqual(states, ['suspended'])
})

test('closing a namespace closes the session, and with it all its namespaces and their iterators', async (t) => {
  const { session, part, view } = await namespaced()
  const other = session.namespace('/app')
  const iterator = other.watch('/', { recursive: true })
  await other.exists('/a', { watch: true })
  const closing = part.close()
  t.is(session.close(), closing)
  t.is(other.close(), closing)
  await closing
  t.is(session.state, 'closed')
  t.deepEqual(await iterator.next(), { value: undefined, done: true })
  await t.throwsAsync(other.create('/a'), { code: 'SESSION_CLOSED' })
  t.throws(() => part.existsSync('/'), { code: 'SESSION_CLOSED' })
  t.is(view.memory.watches.size, 0)
})

test('the iterators of every namespace of an expired session throw SESSION_EXPIRED', async (t) => {
  const { session, part, replica } = await namespaced()
  const waiting = part.watch('/').next()
  replica.expire(session.id)
  replica.deliver()
  await t.throwsAsync(waiting, { code: 'SESSION_EXPIRED' })
})
