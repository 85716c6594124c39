/** Catching up by snapshot, and a state that differs from the leader's. */
import test from 'ava'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import { openScene, scene, turn } from './fake-replica.js'

const NOTHING = { data: undefined, ephemeral: false, sequential: false } as const

test('after a snapshot each watch gets what it missed, before anything can read, with the snapshot’s zxid', async (t) => {
  const { replica, session } = await openScene()
  await session.create('/a', 'x')
  await session.create('/b', 'x')
  const seen: unknown[] = []
  await session.addWatch('/', 'persistentRecursive', ({ type, path, zxid }) => {
    seen.push([type, path, zxid === replica.tree.lastZxid, session.existsSync('/c') !== null])
  })
  session.on('state', (state) => seen.push(state))
  replica.holdsTxns = true
  const other = replica.otherSession()
  const bytes = new Uint8Array(1)
  replica.commitAsOther(other, 1, { kind: 'setData', path: '/a', data: bytes, version: -1 })
  replica.commitAsOther(other, 2, { kind: 'setData', path: '/a', data: bytes, version: -1 })
  replica.commitAsOther(other, 3, { kind: 'delete', path: '/b', version: -1 })
  replica.commitAsOther(other, 4, { kind: 'create', path: '/c', ...NOTHING })
  replica.snapshot()
  t.deepEqual(seen, [
    ['NodeDeleted', '/b', true, true],
    ['NodeDataChanged', '/a', true, true],
    ['NodeCreated', '/c', true, true],
  ])
})

test('after a snapshot pending requests settle from the session table, in order, with their reads', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsTxns = true
  const order: unknown[] = []
  await session.exists('/a', { watch: () => order.push('watch') })
  const settled = [
    session.create('/a', 'x').then((path) => order.push(path)),
    session.getData('/a', { encoding: 'utf8' }).then(({ data }) => order.push(data)),
    session.create('/a').catch((error: { code: string }) => order.push(error.code)),
    session.setData('/a', 'y').then((stat) => order.push(stat.version)),
  ]
  await turn()
  const late = session.setData('/a', 'z').then((stat) => order.push(stat.version))
  replica.snapshot()
  await Promise.all(settled)
  // The read waited for the create, and sees the snapshot: never less than its own write.
  t.deepEqual(order, ['watch', '/a', 'y', 'NODE_EXISTS', 1])
  replica.holdsTxns = false
  await turn()
  replica.lead()
  await late
  t.is(order.at(-1), 2, 'what the snapshot does not know yet goes on waiting')
})

test('a session that the snapshot does not know has expired, its pending writes are OUTCOME_UNKNOWN', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsTxns = true
  const write = session.create('/a')
  const sync = session.sync()
  await turn()
  replica.expire(session.id)
  replica.snapshot()
  await t.throwsAsync(write, { code: 'OUTCOME_UNKNOWN' })
  await t.throwsAsync(sync, { code: 'OUTCOME_UNKNOWN' })
  t.is(session.state, 'expired')
})

test('a session that was being opened is found in the snapshot', async (t) => {
  const { replica, handle } = scene()
  replica.holdsTxns = true
  replica.lead()
  const opening = handle.openSession()
  await turn()
  replica.snapshot()
  const session = await opening
  t.true(session.alive)
  replica.holdsTxns = false
  t.is(await session.create('/a'), '/a')
})

test('a fuzzy snapshot is shown only once its log is replayed', async (t) => {
  const { replica, session, view } = await openScene()
  for (const path of ['/a', '/b', '/c']) await session.create(path)
  replica.holdsTxns = true
  const other = replica.otherSession()
  replica.fuzzySnapshot(() => {
    replica.commitAsOther(other, 1, { kind: 'delete', path: '/b', version: -1 })
    replica.commitAsOther(other, 2, { kind: 'create', path: '/c/d', ...NOTHING })
  })
  t.is(view.status().digest, replica.tree.digest)
  t.is(view.status().lastZxid, replica.tree.lastZxid)
  t.deepEqual(session.getChildrenSync('/').children, ['zookeeper', 'a', 'c'])
})

test('a digest that differs stops all reads, is reported, and a snapshot repairs it', async (t) => {
  const divergences: number[] = []
  const { replica, session } = await openScene({
    readOnly: true,
    onDivergence: (zxid) => divergences.push(zxid),
  })
  await session.create('/a', 'x')
  const events: string[] = []
  const states: string[] = []
  await session.addWatch('/a', 'persistent', (event: WatchEvent) => {
    let found = 'refused'
    try {
      found = session.getDataSync('/a', { encoding: 'utf8' }).data
    } catch {}
    events.push(`${event.type} ${found}`)
  })
  session.on('state', (state) => states.push(state))
  replica.holdsTxns = true
  const write = session.setData('/a', 'y')
  const read = session.getData('/a')
  await turn()
  replica.deliverCorrupted()

  t.is(session.state, 'suspended')
  t.throws(() => session.existsSync('/a'), { code: 'CONNECTION_LOSS' })
  await t.throwsAsync(read, { code: 'CONNECTION_LOSS' })
  await t.throwsAsync(session.exists('/a'), { code: 'CONNECTION_LOSS' })
  await turn()
  const zxid = replica.tree.lastZxid
  t.deepEqual(divergences, [zxid])
  t.true(replica.outputs.some((output) => output.kind === 'diverged' && output.zxid === zxid))
  t.deepEqual(events, ['NodeDataChanged refused'], 'the txn is committed, so its watch fires')

  replica.commitAsOther(replica.otherSession(), 1, { kind: 'create', path: '/a/b', ...NOTHING })
  replica.deliver()
  t.is(events.length, 1, 'what follows waits for the snapshot')

  replica.snapshot()
  t.is(events.at(-1), 'NodeChildrenChanged y')
  t.is((await write).version, 1, 'its outcome comes from the table')
  t.is(session.getDataSync('/a', { encoding: 'utf8' }).data, 'y')
  t.deepEqual(states, ['suspended', 'connected'])
})

test('a snapshot that does not have its digest is not shown, and another is asked for', async (t) => {
  const { replica, session } = await openScene()
  await session.create('/a')
  const start = replica.tree.lastZxid
  const tail = replica.tree.tail(start)
  const nodes = replica.tree.walk(start).next(Infinity).slice(0, 1)
  replica.give({ kind: 'snapshotBegin' }, { kind: 'snapshotNodes', nodes })
  replica.give({ kind: 'snapshotEnd', tail, entries: [] })
  t.is(session.state, 'suspended')
  await turn()
  t.true(replica.outputs.some((output) => output.kind === 'diverged' && output.zxid === start))
  replica.snapshot()
  t.is(session.state, 'connected')
  t.not(session.existsSync('/a'), null)
})

test('an input that cannot be makes the sessions fail, not the host', async (t) => {
  const { replica, session, failures } = await openScene()
  t.notThrows(() => replica.give({ kind: 'snapshotNodes', nodes: [] }))
  t.is(session.state, 'failed')
  t.is(failures.length, 1)
})

test('an opening that was lost with an incarnation of the replica is asked for again', async (t) => {
  const { replica, handle } = scene()
  replica.holdsRequests = true
  replica.lead()
  const opening = handle.openSession()
  await turn()
  replica.forgetRequests()
  replica.give({ kind: 'attached', replica: 1, incarnationKey: 78, view: 1 })
  replica.holdsRequests = false
  await turn()
  t.true((await opening).alive)
})
