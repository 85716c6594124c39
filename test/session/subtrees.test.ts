/** What takes more than one request: creating with ancestors, deleting with descendants, and counting. */
import test from 'ava'
import type { CreateOperation, RequestBody } from '../../lib/protocol/request.js'
import type { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import { acl } from '../../lib/session/acl.js'
import { openScene, turn } from './fake-replica.js'

function created(path: string): CreateOperation {
  return { kind: 'create', path, data: undefined, ephemeral: false, sequential: false }
}

function deleted(path: string): RequestBody {
  return { kind: 'delete', path, version: -1 }
}

test('createPath creates the ancestors that are missing, in one round trip', async (t) => {
  const { session, replica } = await openScene()
  await session.create('/a', 'kept')
  replica.holdsRequests = true
  const path = session.createPath('/a/b/c/d', 'x')
  await turn()
  replica.holdsRequests = false
  replica.commit()
  replica.deliver()
  t.is(await path, '/a/b/c/d')
  t.is(session.getDataSync('/a/b/c/d').data.toString(), 'x')
  t.is(session.getDataSync('/a').data.toString(), 'kept')
  t.is(session.existsSync('/a/b/c')?.dataLength, 0)
})

test('createPath leaves what exists as it is, unless it was to be the session’s own', async (t) => {
  const { session } = await openScene()
  await session.createPath('/a/b', 'old')
  t.is(await session.createPath('/a/b', 'new'), '/a/b')
  t.is(session.getDataSync('/a/b').data.toString(), 'old')
  await t.throwsAsync(session.createPath('/a/b', '', { ephemeral: true }), { code: 'NODE_EXISTS' })
  t.is(await session.createPath('/q/n-', '', { sequential: true }), '/q/n-0000000000')
  t.is(await session.createPath('/q/n-', '', { sequential: true }), '/q/n-0000000001')
  t.is(await session.createPath('/'), '/')
})

test('ancestors get the same ACL, and no other property', async (t) => {
  const { session, view } = await openScene()
  await session.createPath('/a/b', 'x', { acl: acl.world(5), ttl: 100 })
  t.deepEqual((await session.getACL('/a')).acl, acl.world(5))
  t.is(view.memory.tree.get('/a')?.retention, 0)
  t.is(view.memory.tree.get('/a/b')?.retention, 100)
  await session.createPath('/e/f', '', { ephemeral: true })
  t.is(session.existsSync('/e')?.ephemeralOwner, 0)
})

test('two that create the same path at once both succeed', async (t) => {
  const { session, handle } = await openScene()
  const other = await handle.openSession()
  const paths = await Promise.all([session.createPath('/a/b/c'), other.createPath('/a/b/d')])
  t.deepEqual(paths, ['/a/b/c', '/a/b/d'])
  const same = await Promise.all([session.createPath('/x/y'), other.createPath('/x/y')])
  t.deepEqual(same, ['/x/y', '/x/y'])
})

test('createPath begins anew when an ancestor is deleted under it', async (t) => {
  const { session, replica } = await openScene()
  await session.createPath('/a/b')
  replica.holdsRequests = true
  const other = replica.otherSession()
  replica.commitAsOther(other, 1, deleted('/a/b'))
  replica.commitAsOther(other, 2, deleted('/a'))
  const path = session.createPath('/a/b/c')
  await turn()
  replica.holdsRequests = false
  replica.commit()
  replica.deliver()
  t.is(await path, '/a/b/c')
})

test('createPath tells what stands in its way, and which', async (t) => {
  const { session } = await openScene()
  await session.create('/e', '', { ephemeral: true })
  await t.throwsAsync(session.createPath('/e/x/y'), { code: 'NO_CHILDREN_FOR_EPHEMERALS' })
  await session.create('/r', '', { acl: acl.readOnly })
  await t.throwsAsync(session.createPath('/r/x/y'), { code: 'NO_AUTH' })
  const reason = new Error('enough')
  await t.throwsAsync(session.createPath('/a/b', '', { signal: AbortSignal.abort(reason) }), {
    is: reason,
  })
  await turn()
  t.is(session.existsSync('/a'), null)
})

test('createPath does not need what it only believes to be missing', async (t) => {
  // The replica has not seen /r yet, and the session could not create it.
  const { session, replica } = await openScene()
  replica.holdsTxns = true
  const other = replica.otherSession()
  replica.commitAsOther(other, 1, created('/r'))
  replica.commitAsOther(other, 2, { kind: 'setAcl', path: '/', acl: acl.readOnly, version: -1 })
  const path = session.createPath('/r/s')
  await turn()
  replica.deliver()
  t.is(await path, '/r/s')
})

test('deleteRecursive deletes children before parents, and nothing beside', async (t) => {
  const { session, handle } = await openScene()
  const other = await handle.openSession()
  for (const path of ['/a/b/c', '/a/b/d', '/a/e', '/ab']) await session.createPath(path)
  await other.create('/a/b/ephemeral', '', { ephemeral: true })
  const order: string[] = []
  await session.addWatch('/', 'persistentRecursive', ({ path }) => order.push(path))
  await session.deleteRecursive('/a')
  t.deepEqual(order, ['/a/b/c', '/a/b/d', '/a/b/ephemeral', '/a/b', '/a/e', '/a'])
  t.not(session.existsSync('/ab'), null)
})

test('deleteRecursive goes on in batches, however large the subtree', async (t) => {
  const { session, replica } = await openScene()
  await session.create('/a')
  await Promise.all(Array.from({ length: 2500 }, (_, n) => session.create(`/a/${n}`)))
  const before = replica.requests.length
  let last = before
  let most = 0
  const done = session.deleteRecursive('/a').then(() => true)
  replica.holdsRequests = true
  while (replica.tree.get('/a') !== undefined) {
    await turn()
    const sent = replica.requests.length
    most = Math.max(most, sent - last)
    last = sent
    replica.commit()
    replica.deliver()
  }
  t.true(await done)
  t.is(replica.requests.length - before, 2501)
  t.is(most, 1000)
})

test('deleteRecursive of nothing is NO_NODE', async (t) => {
  const { session } = await openScene()
  const error = await t.throwsAsync<ZooKeeperError>(session.deleteRecursive('/a'), {
    code: 'NO_NODE',
  })
  t.is(error.path, '/a')
})

test('deleteRecursive ends when others create and delete meanwhile', async (t) => {
  const { session, replica } = await openScene()
  await session.createPath('/a/b/c')
  await session.createPath('/a/d')
  replica.holdsRequests = true
  const deleting = session.deleteRecursive('/a')
  await turn()
  const other = replica.otherSession()
  replica.commitAsOther(other, 1, deleted('/a/d'))
  replica.commitAsOther(other, 2, created('/a/b/new'))
  replica.commit()
  replica.deliver()
  await turn()
  replica.commitAsOther(other, 3, deleted('/a/b/new'))
  replica.commitAsOther(other, 4, deleted('/a/b'))
  replica.commitAsOther(other, 5, deleted('/a'))
  replica.commit()
  replica.deliver()
  await t.notThrowsAsync(deleting)
  t.is(replica.tree.get('/a'), undefined)
})

test('deleteRecursive finds what this replica has not seen yet', async (t) => {
  const { session, replica } = await openScene()
  replica.holdsTxns = true
  const other = replica.otherSession()
  replica.commitAsOther(other, 1, created('/a'))
  replica.commitAsOther(other, 2, created('/a/b'))
  const deleting = session.deleteRecursive('/a')
  await turn()
  replica.holdsTxns = false
  replica.deliver()
  await deleting
  t.is(replica.tree.get('/a'), undefined)
})

test('deleteRecursive stops where it may not go on, and says where', async (t) => {
  const { session } = await openScene()
  await session.createPath('/a/open')
  await session.create('/a/closed', '', { acl: acl.digest('ann', 'secret') })
  const unreadable = await t.throwsAsync<ZooKeeperError>(session.deleteRecursive('/a'), {
    code: 'NO_AUTH',
  })
  t.is(unreadable.path, '/a/closed')
  await session.create('/b', '', { acl: acl.world(5) })
  await session.create('/b/c')
  await t.throwsAsync(session.deleteRecursive('/b'), { code: 'NO_AUTH' })
  t.not(session.existsSync('/b/c'), null)
})

test('an aborted deleteRecursive rejects with the reason and leaves the rest', async (t) => {
  const { session, replica } = await openScene()
  await session.createPath('/a/b')
  replica.holdsRequests = true
  const controller = new AbortController()
  const reason = new Error('enough')
  const deleting = session.deleteRecursive('/a', { signal: controller.signal })
  controller.abort(reason)
  await t.throwsAsync(deleting, { is: reason })
  replica.commit()
  replica.deliver()
  t.not(session.existsSync('/a/b'), null)
})

test('getAllChildrenNumber counts everything below', async (t) => {
  const { session } = await openScene()
  for (const path of ['/a/b/c', '/a/b/d', '/a/e', '/ab/c']) await session.createPath(path)
  t.is(await session.getAllChildrenNumber('/a'), 4)
  t.is(await session.getAllChildrenNumber('/a/b/c'), 0)
  // The system's own three, and these seven.
  t.is(await session.getAllChildrenNumber('/'), 10)
})

test('getEphemerals are this session’s, by a prefix of text', async (t) => {
  const { session, handle } = await openScene()
  const other = await handle.openSession()
  await session.create('/a')
  await session.create('/a/e', '', { ephemeral: true })
  await session.create('/ab', '', { ephemeral: true })
  await other.create('/a/other', '', { ephemeral: true })
  const created = session.create('/late', '', { ephemeral: true })
  t.deepEqual(await session.getEphemerals(), ['/a/e', '/ab', '/late'])
  t.deepEqual(await session.getEphemerals('/a'), ['/a/e', '/ab'])
  t.deepEqual(await other.getEphemerals('/a'), ['/a/other'])
  await created
})
