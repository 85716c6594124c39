/** What `replica.status()` tells of the View: its own state, of this moment. */
import test from 'ava'
import { world } from '../testing/support.js'
import { openScene, scene } from './fake-replica.js'

test('sessions, watches, znodes, ephemerals and bytes are those of the state that reads see', async (t) => {
  const { view, replica, session, handle } = await openScene()
  const before = view.status()
  t.is(before.sessions, 1)
  t.is(before.ownSessions, 1)
  t.is(before.watches, 0)
  t.is(before.ephemerals, 0)
  t.is(before.znodes, replica.tree.size)

  const second = await handle.openSession()
  const other = replica.otherSession()
  await session.create('/a', 'x'.repeat(1000))
  await session.create('/b', '', { ephemeral: true })
  await second.create('/c', '', { ephemeral: true })
  session.existsSync('/a', { watch: () => undefined })
  await session.addWatch('/', 'persistentRecursive', () => undefined)
  const after = view.status()
  t.is(after.sessions, 3)
  t.is(after.ownSessions, 2)
  t.is(after.watches, 2)
  t.is(after.ephemerals, 2)
  t.is(after.znodes, before.znodes + 3)
  t.true(after.bytes >= before.bytes + 1000)
  t.is(after.lastZxid, replica.tree.lastZxid)

  await second.close()
  replica.expire(other)
  replica.deliver()
  t.is(view.status().sessions, 1)
  t.is(view.status().ownSessions, 1)
  t.is(view.status().ephemerals, 1)
})

test('before the replica has said anything nothing is claimed', (t) => {
  const { view, replica } = scene()
  t.is(view.status().role, 'looking')
  t.false(view.status().established)
  replica.lead()
  t.true(view.status().established)
})

test('a replica that has stopped for good has no role, no leader and no links any more', async (t) => {
  const { view, replica } = await openScene()
  replica.give({ kind: 'failed', reason: 'the disk is full', code: 'STORAGE' })
  const { role, leader, established, connected, error, id, sessions } = view.status()
  t.deepEqual(
    { role, leader, established, connected },
    {
      role: 'looking',
      leader: undefined,
      established: false,
      connected: [],
    },
  )
  t.regex(error?.message ?? '', /the disk is full/)
  t.is(id, 1)
  t.is(sessions, 1, 'its copy of the state is still what it was')
})

test('a replica that was closed has neither leader nor quorum', async (t) => {
  const ens = await world(t, { size: 1 })
  const zk = await ens.join(1)
  t.true(zk.replica.status().established)
  await zk.close()
  const { role, leader, established } = zk.replica.status()
  t.deepEqual(
    { role, leader, established },
    { role: 'looking', leader: undefined, established: false },
  )
})
