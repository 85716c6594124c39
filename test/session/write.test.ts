/** A session's writes: when they settle, with what, and what a signal does to them. */
import { getEventListeners } from 'node:events'
import test from 'ava'
import { op } from '../../lib/session/op.js'
import type { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import { openScene, scene, turn } from './fake-replica.js'

test('writes resolve with the path, the stat and nothing, as ZooKeeper’s do', async (t) => {
  const { session } = await openScene()
  t.is(await session.create('/a', 'one'), '/a')
  t.is(await session.create('/a/n-', '', { sequential: true }), '/a/n-0000000000')
  const created = await session.create('/b', 'x', { ephemeral: true, stat: true })
  t.is(created.path, '/b')
  t.is(created.stat.ephemeralOwner, session.id)
  const stat = await session.setData('/a', 'two', 0)
  t.is(stat.version, 1)
  t.true(Object.isFrozen(stat))
  t.is(await session.delete('/b'), undefined)
  t.is(await session.sync(), undefined)
})

test('a refused write rejects with the code, the number and the path', async (t) => {
  const { session } = await openScene()
  const error = await t.throwsAsync<ZooKeeperError>(session.create('/no/such', ''))
  t.is(error.code, 'NO_NODE')
  t.is(error.errno, -101)
  t.is(error.path, '/no/such')
  await session.create('/a')
  await t.throwsAsync(session.create('/a'), { code: 'NODE_EXISTS' })
  await t.throwsAsync(session.setData('/a', 'x', 7), { code: 'BAD_VERSION' })
  await t.throwsAsync(session.delete('/a', 3), { code: 'BAD_VERSION' })
})

test('a multi gives one result per operation, and applies nothing if one fails', async (t) => {
  const { session } = await openScene()
  const results = await session.multi([
    op.create('/a', 'x'),
    op.setData('/a', 'y'),
    op.check('/a', 1),
    op.delete('/a'),
  ])
  t.deepEqual(
    results.map((result) => result.kind),
    ['create', 'setData', 'check', 'delete'],
  )
  const failing = session.multi([op.create('/a'), op.check('/none'), op.create('/b')])
  const error = await t.throwsAsync<ZooKeeperError>(failing)
  t.is(error.code, 'NO_NODE')
  t.is(error.index, 1)
  t.is(error.path, '/none')
  t.deepEqual(
    error.results?.map((result) => (result.kind === 'error' ? result.code : result.kind)),
    ['OK', 'NO_NODE', 'RUNTIME_INCONSISTENCY'],
  )
  t.is(session.existsSync('/a'), null)
  t.deepEqual(await session.multi([]), [])
})

test('the requests of one turn leave in one message, in order, without a gap in their cxids', async (t) => {
  const { replica, session } = await openScene()
  const before = replica.outputs.length
  await Promise.all(['/a', '/b', '/c'].map((path) => session.create(path)))
  const messages = replica.outputs.slice(before).filter((output) => output.kind === 'requests')
  t.is(messages.length, 1)
  await session.delete('/a')
  t.deepEqual(
    replica.requests.flatMap((request) =>
      request.kind === 'request' ? [[request.cxid, request.settled]] : [],
    ),
    [
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 3],
    ],
  )
})

test('data is copied before the call returns', async (t) => {
  const { session } = await openScene()
  const data = Buffer.from('before')
  const created = session.create('/a', data)
  const operation = op.create('/b', data)
  const multi = session.multi([operation])
  data.write('after!')
  await Promise.all([created, multi])
  t.is((await session.getData('/a', { encoding: 'utf8' })).data, 'before')
  t.is((await session.getData('/b', { encoding: 'utf8' })).data, 'before')
})

test('writes wait for a leader', async (t) => {
  const { replica, session } = await openScene()
  replica.look()
  let settled = false
  const created = session.create('/a').then(() => (settled = true))
  await turn()
  t.false(settled)
  replica.lead()
  await created
  t.true(settled)
})

test('a write aborted before it left rejects with the reason and is never applied', async (t) => {
  const { replica, session } = await openScene()
  const reason = new Error('changed my mind')
  const before = replica.requests.length

  t.is(await t.throwsAsync(session.create('/a', '', { signal: AbortSignal.abort(reason) })), reason)

  const controller = new AbortController()
  const first = session.create('/b')
  const aborted = session.create('/c', '', { signal: controller.signal })
  const last = session.create('/d')
  controller.abort(reason)
  t.is(await t.throwsAsync(aborted), reason)
  await Promise.all([first, last])
  t.deepEqual(
    replica.requests
      .slice(before)
      .map((request) => (request.kind === 'request' ? request.cxid : 0)),
    [1, 2],
  )
  t.is(session.existsSync('/c'), null)
})

test('a write aborted after it left rejects with OUTCOME_UNKNOWN and the reason as its cause', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsRequests = true
  const reason = new Error('changed my mind')
  const controller = new AbortController()
  const aborted = session.create('/a', '', { signal: controller.signal })
  const next = session.create('/b')
  await turn()
  controller.abort(reason)
  const error = await t.throwsAsync<ZooKeeperError>(aborted)
  t.is(error.code, 'OUTCOME_UNKNOWN')
  t.is(error.cause, reason)
  replica.holdsRequests = false
  replica.lead()
  await next
  t.not(session.existsSync('/a'), null, 'its real outcome was discarded quietly')
})

test('a sync aborted after it left rejects with the reason: nothing depends on it', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsRequests = true
  const controller = new AbortController()
  const aborted = session.sync('/', { signal: controller.signal })
  await turn()
  controller.abort()
  await t.throwsAsync(aborted, { any: true, name: 'AbortError' })
})

test('a signal of many writes is listened to once, and holds on to nothing once they are settled', async (t) => {
  const { session } = await openScene()
  const { signal } = new AbortController()
  await Promise.all(Array.from({ length: 20 }, (_, n) => session.create(`/${n}`, '', { signal })))
  t.is(getEventListeners(signal, 'abort').length, 0)
  const writes = Array.from({ length: 20 }, () => session.setData('/1', '', -1, { signal }))
  t.is(getEventListeners(signal, 'abort').length, 1)
  await Promise.all(writes)
  t.is(getEventListeners(signal, 'abort').length, 0)
})

test('one signal aborts all the writes that it was given to', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsRequests = true
  const controller = new AbortController()
  const { signal } = controller
  const left = session.create('/a', '', { signal })
  await turn()
  const waiting = session.create('/b', '', { signal })
  controller.abort(new Error('enough'))
  await t.throwsAsync(left, { code: 'OUTCOME_UNKNOWN' })
  await t.throwsAsync(waiting, { message: 'enough' })
})

test('past the bound of requests in flight a write is refused before it has a cxid', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsRequests = true
  const all = Array.from({ length: 16_384 }, () => session.sync())
  await t.throwsAsync(session.sync(), { code: 'OVERLOADED' })
  replica.holdsRequests = false
  replica.lead()
  await Promise.all(all)
  await session.sync()
  const last = replica.requests.at(-1)
  t.is(last?.kind === 'request' ? last.cxid : 0, 16_385)
})

test('past the bound of bytes in flight a write is refused', async (t) => {
  const { replica, session, view } = await openScene()
  replica.holdsRequests = true
  const data = new Uint8Array(1024 * 1024)
  const all = Array.from({ length: 63 }, (_, n) => session.create(`/${n}`, data))
  await t.throwsAsync(Promise.all([session.create('/a', data), session.create('/b', data)]), {
    code: 'OVERLOADED',
  })
  replica.holdsRequests = false
  replica.lead()
  await Promise.all(all)
  await session.sync()
  t.is(view.bytesInFlight, 0)
})

test('credit for what was taken in goes back with the position and digest it led to', async (t) => {
  const { replica, session, view } = await openScene()
  const before = replica.outputs.length
  await session.create('/a')
  await turn()
  const credits = replica.outputs.slice(before).filter((output) => output.kind === 'credit')
  t.deepEqual(credits.at(-1), {
    kind: 'credit',
    messages: 1,
    lastZxid: replica.tree.lastZxid,
    digest: replica.tree.digest,
  })
  t.is(view.status().digest, replica.tree.digest)
  t.is(view.status().lastZxid, replica.tree.lastZxid)
})

test('a session asked for without a leader is asked for once there is one', async (t) => {
  const { replica, handle } = scene()
  const opening = handle.openSession({ timeout: 3000 })
  await turn()
  t.is(replica.requests.length, 0)
  replica.lead()
  const session = await opening
  t.true(session.id > 0)
  t.is(session.timeout, 3000)
  t.is(session.replica, handle)
})
