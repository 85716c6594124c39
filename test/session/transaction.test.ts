/** Several operations at once: transactions that write, and reads of one moment. */
import test from 'ava'
import type { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import { acl } from '../../lib/session/acl.js'
import { op } from '../../lib/session/op.js'
import { openScene, turn } from './fake-replica.js'

test('a transaction is a multi: one zxid, results in the order of the calls', async (t) => {
  const { session } = await openScene()
  await session.create('/old')
  const results = await session
    .transaction()
    .create('/a', 'x')
    .check('/a', 0)
    .setData('/a', 'y', 0)
    .delete('/old')
    .create('/a/n-', '', { sequential: true, ephemeral: true })
    .commit()
  t.deepEqual(
    results.map(({ kind }) => kind),
    ['create', 'check', 'setData', 'delete', 'create'],
  )
  t.is(session.existsSync('/a')?.mzxid, session.existsSync('/a/n-0000000000')?.czxid)
  t.is(session.existsSync('/old'), null)
})

test('a transaction that fails changes nothing and tells which operation failed', async (t) => {
  const { session } = await openScene()
  const transaction = session.transaction().create('/a').delete('/missing').create('/b')
  const error = await t.throwsAsync<ZooKeeperError>(transaction.commit(), { code: 'NO_NODE' })
  t.is(error.index, 1)
  t.deepEqual(
    error.results?.map((result) => 'errno' in result && result.errno),
    [0, -101, -2],
  )
  t.is(session.existsSync('/a'), null)
})

test('nothing is sent before the commit, and nothing after it', async (t) => {
  const { session, replica } = await openScene()
  const before = replica.requests.length
  const transaction = session.transaction().create('/a')
  await turn()
  t.is(replica.requests.length, before)
  await transaction.commit()
  t.throws(() => transaction.create('/b'), { code: 'BAD_ARGUMENTS' })
  await t.throwsAsync(transaction.commit(), { code: 'BAD_ARGUMENTS' })
  t.is(replica.requests.length, before + 1)
})

test('an aborted commit is as an aborted multi', async (t) => {
  const { session } = await openScene()
  const reason = new Error('enough')
  const signal = AbortSignal.abort(reason)
  await t.throwsAsync(session.transaction().create('/a').commit({ signal }), { is: reason })
  await t.throwsAsync(session.transaction().create('a').commit(), { code: 'BAD_ARGUMENTS' })
})

test('the empty transaction succeeds', async (t) => {
  const { session } = await openScene()
  t.deepEqual(await session.transaction().commit(), [])
})

test('operations of a multi take ACLs, containers and times to live', async (t) => {
  const { session, view } = await openScene()
  await session.multi([
    op.create('/acl', '', { acl: acl.readOnly }),
    op.create('/container', '', { container: true }),
    op.create('/ttl-', '', { ttl: 500, sequential: true }),
  ])
  t.deepEqual((await session.getACL('/acl')).acl, acl.readOnly)
  t.is(view.memory.tree.get('/container')?.retention, -1)
  t.is(view.memory.tree.get('/ttl-0000000002')?.retention, 500)
})

test('a multiRead answers each read with its result or its error', async (t) => {
  const { session } = await openScene()
  await session.create('/a', '{"n":1}')
  await session.create('/a/b', Uint8Array.of(0xff))
  await session.create('/secret', '', { acl: acl.digest('ann', 'secret') })
  const [json, bytes, children, missing, bad, secret] = await session.multiRead([
    op.getData('/a', { encoding: 'json' }),
    op.getData('/a'),
    op.getChildren('/a'),
    op.getData('/missing'),
    op.getData('/a/b', { encoding: 'utf8' }),
    op.getChildren('/secret'),
  ])
  const stat = session.existsSync('/a')!
  t.deepEqual(json, { kind: 'getData', data: { n: 1 }, stat })
  t.deepEqual(bytes, { kind: 'getData', data: Buffer.from('{"n":1}'), stat })
  t.deepEqual(children, { kind: 'getChildren', children: ['b'], stat })
  t.deepEqual(missing, { kind: 'error', code: 'NO_NODE', errno: -101 })
  t.deepEqual(bad, { kind: 'error', code: 'BAD_DATA', errno: -904 })
  t.deepEqual(secret, { kind: 'error', code: 'NO_AUTH', errno: -102 })
})

test('a multiRead stands behind the session’s earlier writes, and all of it at one moment', async (t) => {
  const { session, replica } = await openScene()
  await session.create('/a', 'zero')
  await session.create('/b', 'zero')
  replica.holdsTxns = true
  const other = replica.otherSession()
  void session.setData('/a', 'one')
  const reading = session.multiRead([
    op.getData('/a', { encoding: 'utf8' }),
    op.getData('/b', { encoding: 'utf8' }),
  ])
  await turn()
  const data = new TextEncoder().encode('later')
  replica.commitAsOther(other, 1, { kind: 'setData', path: '/b', data, version: -1 })
  replica.deliver()
  const read = (await reading).map((result) => result.kind === 'getData' && result.data)
  t.deepEqual(read, ['one', 'zero'])
})

test('what a multiRead was asked is copied before it returns', async (t) => {
  const { session } = await openScene()
  await session.create('/a', 'x')
  const created = session.create('/b', 'y')
  const reads = [op.getData('/a', { encoding: 'utf8' })]
  const reading = session.multiRead(reads)
  reads[0] = op.getData('/b', { encoding: 'utf8' })
  await created
  t.like((await reading)[0], { data: 'x' })
})

test('a multiRead has at most as many reads as a multi has operations', async (t) => {
  const { session } = await openScene()
  const reads = Array.from({ length: 1001 }, () => op.getChildren('/'))
  await t.throwsAsync(session.multiRead(reads), { code: 'BAD_ARGUMENTS' })
  t.deepEqual(await session.multiRead([]), [])
})
