/** A View that missed something, or is told something twice: each change is told once, and none is lost. */
import test from 'ava'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import type { ViewInput } from '../../lib/replica/view-message.js'
import { openScene, turn } from './fake-replica.js'
import type { FakeReplica } from './fake-replica.js'

const NOTHING = { data: undefined, ephemeral: false, sequential: false } as const

/** Everything that the replica gives from now on. */
function overhear(replica: FakeReplica): ViewInput[] {
  const heard: ViewInput[] = []
  const give = replica.give.bind(replica)
  replica.give = (...inputs) => {
    heard.push(...inputs)
    give(...inputs)
  }
  return heard
}

test('what a View is told a second time it ignores: no second event, no second answer, no step back', async (t) => {
  const { replica, session, view } = await openScene()
  await session.create('/a')
  const events: string[] = []
  await session.addWatch('/a', 'persistent', ({ type }) => events.push(type))
  const heard = overhear(replica)
  await session.setData('/a', 'x')
  await session.setData('/a', 'y')
  const last = view.status().lastZxid
  // A replica that loaded its disk again tells again what it told before.
  replica.give(...heard.filter(({ kind }) => kind === 'txns'))
  t.deepEqual(events, ['NodeDataChanged', 'NodeDataChanged'])
  t.is(session.getDataSync('/a', { encoding: 'utf8' }).data, 'y')
  t.is(view.status().lastZxid, last)
  t.is(session.state, 'connected')
})

test('a child deleted after its parent’s row was taken is told to who watches the parent’s children', async (t) => {
  // ZOOKEEPER-3125: the parent came back with its old pzxid, and the reconnecting watcher heard of nothing.
  const { replica, session } = await openScene()
  await session.create('/e')
  const events: WatchEvent[] = []
  await session.getChildren('/', { watch: (event) => events.push(event) })
  replica.holdsTxns = true
  const other = replica.otherSession()
  // The snapshot's first row is the root, as it was before.
  replica.fuzzySnapshot(() =>
    replica.commitAsOther(other, 1, { kind: 'delete', path: '/e', version: -1 }),
  )
  t.deepEqual(
    events.map(({ type, path }) => `${type} ${path}`),
    ['NodeChildrenChanged /'],
  )
  t.deepEqual(session.getChildrenSync('/').children, ['zookeeper'])
  t.is(session.existsSync('/')?.pzxid, replica.tree.get('/')?.stat.pzxid)
})

test('a watch on a missing znode survives a snapshot in which it is still missing, and fires once when it is there', async (t) => {
  const { replica, session, view } = await openScene()
  await session.create('/x')
  const events: string[] = []
  await session.exists('/a', { watch: ({ type }) => events.push(type) })
  replica.holdsTxns = true
  const other = replica.otherSession()
  replica.commitAsOther(other, 1, { kind: 'delete', path: '/x', version: -1 })
  replica.snapshot()
  t.deepEqual(events, [])
  t.is(view.memory.watches.size, 1)
  replica.commitAsOther(other, 2, { kind: 'create', path: '/a', ...NOTHING })
  replica.snapshot()
  t.deepEqual(events, ['NodeCreated'])
  replica.commitAsOther(other, 3, { kind: 'delete', path: '/a', version: -1 })
  replica.commitAsOther(other, 4, { kind: 'create', path: '/a', ...NOTHING })
  replica.deliver()
  t.deepEqual(events, ['NodeCreated'], 'it was a watch for one event')
})

test('an event that was told before the snapshot is not told again by it', async (t) => {
  const { replica, session } = await openScene()
  await session.create('/a')
  const events: string[] = []
  await session.addWatch('/', 'persistentRecursive', ({ type, path }) =>
    events.push(`${type} ${path}`),
  )
  await session.setData('/a', 'x')
  await session.create('/b')
  const told = events.slice()
  replica.snapshot()
  replica.snapshot()
  t.deepEqual(events, told)
})

test('whoever never reads his events holds up nobody else’s, and keeps them', async (t) => {
  const { session } = await openScene()
  const neverRead = session.watch('/a')
  const prompt: string[] = []
  await session.addWatch('/a', 'persistent', ({ type }) => prompt.push(type))
  await session.create('/a')
  for (let n = 0; n < 50; n++) await session.setData('/a', `${n}`)
  t.is(prompt.length, 51)
  t.is((await neverRead.next()).value?.type, 'NodeCreated')
  await neverRead.return?.()
})

test('without a leader nothing of this View reaches the state: its position stands still (read only)', async (t) => {
  // ZOOKEEPER-3526: a read-only server counted on, and was cut back later to what it never had.
  const { replica, session, view } = await openScene({ readOnly: true })
  await session.create('/a')
  replica.look()
  const { lastZxid, digest } = view.status()
  const pending = [session.create('/b'), session.delete('/missing'), session.sync()]
  const settled = Promise.allSettled(pending)
  for (let n = 0; n < 5; n++) {
    t.is(session.getDataSync('/a', { encoding: 'utf8' }).data, '')
    await turn()
  }
  t.is(view.status().lastZxid, lastZxid)
  t.is(view.status().digest, digest)
  t.is(session.existsSync('/b'), null)
  replica.lead()
  t.deepEqual(
    (await settled).map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})
