/** Reads: which state they see, in which form, and when they are refused. */
import test from 'ava'
import type { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import { openScene, turn } from './fake-replica.js'

test('an asynchronous read waits for the session’s earlier writes and sees exactly their state', async (t) => {
  const { replica, session } = await openScene()
  await session.create('/a', 'zero')
  replica.holdsTxns = true
  const other = replica.otherSession()
  void session.setData('/a', 'one')
  const read = session.getData('/a', { encoding: 'utf8' })
  const children = session.getChildren('/')
  await turn()
  const data = new TextEncoder().encode('two')
  replica.commitAsOther(other, 1, { kind: 'setData', path: '/a', data, version: -1 })
  replica.commitAsOther(other, 2, {
    kind: 'create',
    path: '/later',
    data,
    ephemeral: false,
    sequential: false,
  })
  // One batch: nothing of the later txns may be seen by reads that waited for the first.
  replica.deliver()
  t.is((await read).data, 'one')
  t.deepEqual((await children).children, ['zookeeper', 'a'])
  t.is(session.getDataSync('/a', { encoding: 'utf8' }).data, 'two')
})

test('a read without earlier writes is evaluated at once', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsTxns = true
  const read = session.exists('/a')
  const other = replica.otherSession()
  replica.commitAsOther(other, 1, {
    kind: 'create',
    path: '/a',
    data: undefined,
    ephemeral: false,
    sequential: false,
  })
  replica.deliver()
  t.is(await read, null)
})

test('the Sync forms answer from memory, not behind the session’s own pending writes', async (t) => {
  const { session } = await openScene()
  const created = session.create('/a', 'x')
  t.is(session.existsSync('/a'), null)
  await created
  t.is(session.existsSync('/a')?.version, 0)
  t.deepEqual(session.getChildrenSync('/').children, ['zookeeper', 'a'])
  t.is(session.getDataSync('/a').data.toString(), 'x')
})

test('a read that waits for a withdrawn write waits for the one before it', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsTxns = true
  const controller = new AbortController()
  const first = session.create('/a')
  const aborted = session.create('/b', '', { signal: controller.signal })
  const read = session.getChildren('/')
  controller.abort()
  await t.throwsAsync(aborted, { any: true })
  await turn()
  replica.deliver()
  await first
  t.deepEqual((await read).children, ['zookeeper', 'a'])
})

test('a missing znode is null for exists and NO_NODE for the others', async (t) => {
  const { session } = await openScene()
  t.is(await session.exists('/a'), null)
  t.is(session.existsSync('/a'), null)
  const error = await t.throwsAsync<ZooKeeperError>(session.getData('/a'))
  t.is(error.code, 'NO_NODE')
  t.is(error.path, '/a')
  await t.throwsAsync(session.getChildren('/a'), { code: 'NO_NODE' })
  t.throws(() => session.getDataSync('/a'), { code: 'NO_NODE' })
  t.throws(() => session.getChildrenSync('/a'), { code: 'NO_NODE' })
})

test('a stat is frozen and shared while the znode does not change', async (t) => {
  const { session } = await openScene()
  await session.create('/a', 'x')
  const stat = session.existsSync('/a')
  t.true(Object.isFrozen(stat))
  t.is(await session.exists('/a'), stat)
  t.is<unknown, unknown>((await session.getData('/a')).stat, stat)
})

test('data comes out as a private copy', async (t) => {
  const { session } = await openScene()
  await session.create('/a', 'abc')
  const { data } = await session.getData('/a')
  t.true(Buffer.isBuffer(data))
  data.fill(0)
  t.is(session.getDataSync('/a').data.toString(), 'abc')
})

test('an encoding decodes once per version and shares the result', async (t) => {
  const { session } = await openScene()
  await session.create('/a', '{"list":[{"n":1}],"__proto__":2}')
  const { data } = await session.getData('/a', { encoding: 'json' })
  t.is(session.getDataSync('/a', { encoding: 'json' }).data, data)
  const { list } = data as { list: readonly { n: number }[] }
  t.is(list[0]?.n, 1)
  t.true(Object.isFrozen(data) && Object.isFrozen(list) && Object.isFrozen(list[0]))
  await session.setData('/a', '[]')
  t.deepEqual((await session.getData('/a', { encoding: 'json' })).data, [])
  t.is((await session.getData('/a', { encoding: 'utf8' })).data, '[]')
})

test('empty data is null as JSON, an empty string as text and an empty buffer as bytes', async (t) => {
  const { session } = await openScene()
  await session.create('/none')
  await session.create('/empty', '')
  for (const path of ['/none', '/empty']) {
    t.is((await session.getData(path, { encoding: 'json' })).data, null)
    t.is((await session.getData(path, { encoding: 'utf8' })).data, '')
    t.is((await session.getData(path)).data.length, 0)
  }
})

test('data that the encoding cannot read is BAD_DATA', async (t) => {
  const { session } = await openScene()
  await session.create('/a', 'not json')
  await session.create('/b', Uint8Array.of(0xff))
  await t.throwsAsync(session.getData('/a', { encoding: 'json' }), { code: 'BAD_DATA' })
  t.throws(() => session.getDataSync('/a', { encoding: 'json' }), { code: 'BAD_DATA' })
  t.throws(() => session.getDataSync('/b', { encoding: 'utf8' }), { code: 'BAD_DATA' })
})

test('what getChildren gives is the caller’s own', async (t) => {
  const { session } = await openScene()
  await session.create('/a')
  session.getChildrenSync('/').children.push('mine')
  t.deepEqual(session.getChildrenSync('/').children, ['zookeeper', 'a'])
})

test('without a leader asynchronous reads reject at once, also those that wait, and Sync forms answer', async (t) => {
  const { replica, session } = await openScene()
  await session.create('/a', 'x')
  replica.holdsTxns = true
  void session.setData('/a', 'y')
  const waiting = session.getData('/a')
  await turn()
  replica.look()
  await t.throwsAsync(waiting, { code: 'CONNECTION_LOSS' })
  await t.throwsAsync(session.exists('/a'), { code: 'CONNECTION_LOSS' })
  t.is(session.getDataSync('/a', { encoding: 'utf8' }).data, 'x')
})

test('with readOnly asynchronous reads are answered without a leader', async (t) => {
  const { replica, session } = await openScene({ readOnly: true })
  await session.create('/a', 'x')
  replica.look()
  t.is((await session.exists('/a'))?.version, 0)
})

test('a waiting read whose signal is aborted rejects with the reason', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsTxns = true
  const controller = new AbortController()
  void session.create('/a')
  const read = session.exists('/a', { signal: controller.signal })
  controller.abort(new Error('enough'))
  await t.throwsAsync(read, { message: 'enough' })
  await t.throwsAsync(session.exists('/a', { signal: controller.signal }), { message: 'enough' })
})
