// The whole API over a real pipeline: from a follower over the leader to every replica, and back.
import test from 'ava'
import { acl, op, PERMS } from '../../lib/index.js'
import type { WatchEvent } from '../../lib/index.js'
import { codeOf, world } from './support.js'

test('who asks travels with the request, and every replica keeps the same ACLs', async (t) => {
  const three = await world(t)
  const follower = three.running.find((id) => id !== three.leader)!
  const other = three.running.find((id) => id !== three.leader && id !== follower)!
  const [ann, bob] = [await three.join(follower), await three.join(other)]
  await ann.addAuth('digest', 'ann:secret')
  await ann.create('/a', 'x', { acl: acl.creatorAll })
  await ann.setACL('/a', [...acl.creatorAll, ...acl.readOnly])
  await bob.sync()
  t.is(await codeOf(bob.setData('/a', 'y')), 'NO_AUTH')
  t.is(bob.getDataSync('/a', { encoding: 'utf8' }).data, 'x')
  t.deepEqual((await bob.getACL('/a')).acl, [
    { perms: PERMS.ALL, scheme: 'digest', id: 'ann:x' },
    { perms: PERMS.READ, scheme: 'world', id: 'anyone' },
  ])
  await bob.addAuth('digest', 'ann:secret')
  t.is((await bob.setData('/a', 'y')).version, 1)
  t.is((await bob.getACL('/a')).stat.aversion, 1)
  t.is(await codeOf(bob.create('/b', '', { acl: [] })), 'INVALID_ACL')
})

test('containers and times to live are kept by every replica', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  await one.create('/container', '', { container: true })
  await one.create('/ttl', '', { ttl: 60_000 })
  await one.create('/n-', '', { ttl: 60_000, sequential: true })
  await two.sync()
  t.deepEqual(two.getChildrenSync('/').children.toSorted(), [
    'container',
    'n-0000000002',
    'ttl',
    'zookeeper',
  ])
  t.is(two.existsSync('/ttl')?.ephemeralOwner, 0)
})

test('subtrees come and go through a follower while the leader changes', async (t) => {
  const three = await world(t)
  const first = three.leader!
  const zk = await three.join(three.running.find((id) => id !== first)!)
  const made = Promise.all(Array.from({ length: 20 }, (_, n) => zk.createPath(`/a/b/${n}/c`)))
  await three.kill(first)
  t.is((await made).length, 20)
  t.is(await zk.getAllChildrenNumber('/a'), 41)
  const deleted = zk.deleteRecursive('/a')
  await deleted
  t.is(await codeOf(zk.deleteRecursive('/a')), 'NO_NODE')
})

test('quotas hold whoever asks', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  await one.createPath('/a')
  await one.setQuota('/a', { hardCount: 3 })
  await Promise.all([two.create('/a/1'), two.create('/a/2')])
  t.is(await codeOf(two.create('/a/3')), 'QUOTA_EXCEEDED')
  await two.transaction().delete('/a/1').create('/a/3').commit()
  await one.sync()
  t.deepEqual(await one.getQuota('/a'), { hardCount: 3, used: { count: 3, bytes: 0 } })
})

test('a namespace works as the session does, on every replica', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  await one.create('/app')
  const [here, there] = [one.namespace('/app'), two.namespace('/app')]
  const events: WatchEvent[] = []
  await there.sync()
  await there.addWatch('/', 'persistentRecursive', (event) => events.push(event))
  await here.multi([op.create('/a', 'x'), op.create('/a/b')])
  await there.sync()
  t.deepEqual(
    events.map(({ type, path }) => [type, path]),
    [
      ['NodeCreated', '/a'],
      ['NodeCreated', '/a/b'],
    ],
  )
  const [read] = await there.multiRead([op.getChildren('/a')])
  t.like(read, { kind: 'getChildren', children: ['b'] })
  await here.close()
  t.is(one.state, 'closed')
})
