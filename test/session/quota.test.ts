/** Quotas as the application sets them. What they count and refuse is tested with the tree. */
import test from 'ava'
import { openScene, turn } from './fake-replica.js'

test('a quota is set, shown with what is used, changed in part and removed', async (t) => {
  const { session } = await openScene()
  await session.createPath('/a/b', 'abc')
  t.is(await session.getQuota('/a'), undefined)
  await session.setQuota('/a', { count: 10, hardBytes: 100 })
  t.deepEqual(await session.getQuota('/a'), {
    count: 10,
    hardBytes: 100,
    used: { count: 2, bytes: 3 },
  })
  await session.setQuota('/a', { count: -1, hardCount: 5 })
  await session.create('/a/c', 'de')
  t.deepEqual(await session.getQuota('/a'), {
    hardCount: 5,
    hardBytes: 100,
    used: { count: 3, bytes: 5 },
  })
  await session.removeQuota('/a')
  t.is(await session.getQuota('/a'), undefined)
  t.deepEqual(session.getChildrenSync('/zookeeper/quota').children, [])
})

test('a quota is what ZooKeeper’s tools read and write', async (t) => {
  const { session } = await openScene()
  await session.createPath('/a/b', 'abc')
  await session.setQuota('/a/b', { count: 10, bytes: 20, hardCount: 30, hardBytes: 40 })
  const node = '/zookeeper/quota/a/b'
  t.is(
    session.getDataSync(`${node}/zookeeper_limits`, { encoding: 'utf8' }).data,
    'count=10,bytes=20=;byteHardLimit=40;countHardLimit=30',
  )
  const { data, stat } = session.getDataSync(`${node}/zookeeper_stats`, { encoding: 'utf8' })
  t.is(data, 'count=1,bytes=3')
  t.is(stat.dataLength, data.length)
  await session.create('/c')
  await session.createPath('/zookeeper/quota/c/zookeeper_limits', 'count=5,bytes=-1')
  t.like(await session.getQuota('/c'), { count: 5, used: { count: 1, bytes: 0 } })
})

test('a hard limit refuses with QUOTA_EXCEEDED, a soft one does not', async (t) => {
  const { session } = await openScene()
  await session.create('/hard')
  await session.create('/soft')
  await session.setQuota('/hard', { hardCount: 2, hardBytes: 3 })
  await session.setQuota('/soft', { count: 1, bytes: 1 })
  await session.create('/hard/a', 'abc')
  await t.throwsAsync(session.create('/hard/b'), { code: 'QUOTA_EXCEEDED' })
  await t.throwsAsync(session.setData('/hard/a', 'abcd'), { code: 'QUOTA_EXCEEDED' })
  await session.create('/soft/a', 'abc')
})

test('quotas do not lie in one another, and the error names the other', async (t) => {
  const { session } = await openScene()
  await session.createPath('/a/b/c')
  await session.create('/a/bc')
  await session.setQuota('/a/b', { count: 1 })
  for (const path of ['/a', '/a/b/c']) {
    await t.throwsAsync(session.setQuota(path, { count: 1 }), {
      code: 'BAD_ARGUMENTS',
      message: /\/a\/b has one/,
    })
  }
  await t.notThrowsAsync(session.setQuota('/a/bc', { count: 1 }))
})

test('of two that set quotas in one another at once, one is refused', async (t) => {
  const { session, handle } = await openScene()
  const other = await handle.openSession()
  await session.createPath('/a/b')
  const [one, two] = await Promise.allSettled([
    session.setQuota('/a', { count: 1 }),
    other.setQuota('/a/b', { count: 1 }),
  ])
  t.is(one.status, 'fulfilled')
  t.like(two, { status: 'rejected', reason: { code: 'BAD_ARGUMENTS' } })
})

test('two that set quotas beside one another at once both succeed', async (t) => {
  const { session, handle } = await openScene()
  const other = await handle.openSession()
  await session.createPath('/a/x')
  await session.createPath('/a/y')
  await Promise.all([session.setQuota('/a/x', { count: 1 }), other.setQuota('/a/y', { count: 1 })])
  t.like(await session.getQuota('/a/x'), { count: 1 })
  t.like(await other.getQuota('/a/y'), { count: 1 })
  await Promise.all([session.removeQuota('/a/x'), other.removeQuota('/a/y')])
  t.deepEqual(session.getChildrenSync('/zookeeper/quota').children, [])
})

test('a missing znode has no quota, and one without it none to remove', async (t) => {
  const { session } = await openScene()
  await t.throwsAsync(session.setQuota('/a', { count: 1 }), { code: 'NO_NODE' })
  t.is(await session.getQuota('/a'), undefined)
  await session.create('/a')
  await t.throwsAsync(session.removeQuota('/a'), { code: 'NO_NODE' })
})

test('a namespace sets quotas by its own names', async (t) => {
  const { session } = await openScene()
  await session.createPath('/app/a')
  const part = session.namespace('/app')
  await part.setQuota('/a', { count: 1 })
  await part.setQuota('/', { count: 9 }).catch(() => undefined)
  t.like(await session.getQuota('/app/a'), { count: 1 })
  t.like(await part.getQuota('/a'), { count: 1 })
  await part.removeQuota('/a')
  await part.setQuota('/', { count: 9 })
  t.like(await session.getQuota('/app'), { count: 9 })
})

test('limits are copied before setQuota returns', async (t) => {
  const { session } = await openScene()
  const created = session.create('/a')
  const limits = { count: 1 }
  const set = session.setQuota('/a', limits)
  limits.count = 2
  await Promise.all([created, set])
  await turn()
  t.like(await session.getQuota('/a'), { count: 1 })
})
