/** A session's life: lease and state by the local clock, expiry, failure, closing. */
import test from 'ava'
import type { ZooKeeperError } from '../../lib/protocol/zookeeper-error.js'
import type { Session } from '../../lib/session/session.js'
import { openScene, scene, turn } from './fake-replica.js'

const TIMEOUT = 10_000
const MARGIN = 1000

function states(session: Session): string[] {
  const seen: string[] = []
  session.on('state', (state, error) =>
    seen.push(error === undefined ? state : `${state} ${error.code}`),
  )
  return seen
}

test('a new session is alive from when it was asked for, for its timeout less the margin', async (t) => {
  const { clock, replica, handle } = scene()
  replica.holdsTxns = true
  replica.lead()
  const opening = handle.openSession()
  await turn()
  clock.advance(4000)
  replica.deliver()
  const session = await opening
  t.true(session.alive)
  t.is(session.state, 'connected')
  clock.advance(TIMEOUT - MARGIN - 4000 - 1)
  t.true(session.alive)
  clock.advance(1)
  t.false(session.alive)
  t.is(session.state, 'suspended')
})

test('a lease counts from the sending of the confirmed heartbeat, not from its confirmation', async (t) => {
  const { clock, replica, session } = await openScene()
  await turn()
  clock.advance(5000)
  await turn()
  const heartbeats = replica.outputs.filter((output) => output.kind === 'heartbeat')
  const last = heartbeats.at(-1)
  t.deepEqual(last?.sessions, [session.id])
  // Beats every sixth of the timeout, rounded up: the newest was sent 3334 ms after the session's birth.
  replica.confirm([session.id], last?.heartbeat)
  clock.block(3334 + TIMEOUT - MARGIN - 5000 - 1)
  t.true(session.alive)
  clock.block(1)
  t.false(session.alive)
})

test('a late confirmation of an older heartbeat does not shorten the lease', async (t) => {
  const { clock, replica, session } = await openScene()
  clock.advance(5000)
  await turn()
  replica.confirm([session.id])
  replica.confirm([session.id], 1)
  clock.block(7000)
  t.true(session.alive)
})

test('state follows the lease, and says each change once, in order', async (t) => {
  const { clock, replica, session } = await openScene()
  const seen = states(session)
  clock.advance(TIMEOUT)
  t.deepEqual(seen, ['suspended'])
  await turn()
  replica.confirm([session.id])
  t.deepEqual(seen, ['suspended', 'connected'])
  replica.look()
  t.true(session.alive, 'the lease does not need a leader')
  replica.lead()
  t.deepEqual(seen, ['suspended', 'connected', 'suspended', 'connected'])
})

test('a thread that was blocked past its lease knows at once, and is told before it is told that all is well', async (t) => {
  const { clock, replica, session } = await openScene()
  const seen = states(session)
  clock.advance(3000)
  await turn()
  clock.block(TIMEOUT)
  t.false(session.alive)
  t.is(session.state, 'suspended')
  t.deepEqual(seen, [])
  clock.advance(1)
  await turn()
  replica.confirm([session.id])
  t.deepEqual(seen, ['suspended', 'connected'])
})

test('a lease that lapsed unnoticed is told as suspended before a confirmation makes it connected', async (t) => {
  const { clock, replica, session } = await openScene()
  const seen = states(session)
  clock.advance(8000)
  await turn()
  clock.block(2000)
  replica.confirm([session.id])
  t.deepEqual(seen, ['suspended', 'connected'])
  t.true(session.alive)
})

test('a session is not alive while the wall clock has gained on the monotonic one', async (t) => {
  const { clock, replica, session } = await openScene()
  clock.offset += MARGIN + 1
  t.false(session.alive)
  clock.advance(2000)
  await turn()
  replica.confirm([session.id])
  t.true(session.alive, 'the ensemble confirmed it since')
})

test('a session is not alive once its replica has let go of the database', async (t) => {
  const gone = new Int32Array(new SharedArrayBuffer(4))
  const { session } = await openScene({ gone })
  t.true(session.alive)
  Atomics.store(gone, 0, 1)
  t.false(session.alive)
})

test('heartbeats come from the timeout of the shortest session, for all sessions at once', async (t) => {
  const { clock, replica, session, handle } = await openScene()
  const short = await handle.openSession({ timeout: 600 })
  await turn()
  const before = replica.outputs.length
  clock.advance(1000)
  await turn()
  const heartbeats = replica.outputs.slice(before).filter((output) => output.kind === 'heartbeat')
  t.is(heartbeats.length, 10)
  t.deepEqual(heartbeats[0]?.sessions, [session.id, short.id])
})

test('expiry rejects what is pending and every later call with SESSION_EXPIRED', async (t) => {
  const { replica, session, handle } = await openScene()
  const seen = states(session)
  replica.holdsRequests = true
  const write = session.create('/a')
  const read = session.exists('/a')
  await turn()
  replica.expire(session.id)
  replica.deliver()
  for (const promise of [write, read]) await t.throwsAsync(promise, { code: 'SESSION_EXPIRED' })
  t.deepEqual(seen, ['expired SESSION_EXPIRED'])
  t.is(session.state, 'expired')
  t.false(session.alive)
  await t.throwsAsync(session.create('/b'), { code: 'SESSION_EXPIRED' })
  await t.throwsAsync(session.exists('/b'), { code: 'SESSION_EXPIRED' })
  await t.throwsAsync(
    session.addWatch('/b', 'persistent', () => undefined),
    { code: 'SESSION_EXPIRED' },
  )
  t.throws(() => session.existsSync('/b'), { code: 'SESSION_EXPIRED' })
  t.throws(() => session.watch('/b'), { code: 'SESSION_EXPIRED' })
  replica.holdsRequests = false
  t.true((await handle.openSession()).id > session.id)
})

test('an ephemeral’s watch fires in the txn that expires its owner, and only then its session ends', async (t) => {
  const { replica, session, handle } = await openScene()
  const other = await handle.openSession()
  await session.create('/e', '', { ephemeral: true })
  const order: string[] = []
  await other.exists('/e', { watch: (event) => order.push(event.type) })
  session.on('state', (state) => order.push(state))
  replica.expire(session.id)
  replica.deliver()
  t.deepEqual(order, ['NodeDeleted', 'expired'])
})

test('a replica that failed: pending writes OUTCOME_UNKNOWN, everything else REPLICA_FAILED with its cause', async (t) => {
  const { clock, replica, session, handle, failures } = await openScene()
  const seen = states(session)
  replica.holdsRequests = true
  const write = session.create('/a')
  const read = session.exists('/a')
  const opening = handle.openSession()
  await turn()
  replica.give({ kind: 'failed', reason: 'the disk is full', code: 'STORAGE' })
  await t.throwsAsync(write, { code: 'OUTCOME_UNKNOWN' })
  for (const promise of [read, opening, session.create('/b'), handle.openSession()]) {
    const error = await t.throwsAsync<ZooKeeperError>(promise)
    t.is(error.code, 'REPLICA_FAILED')
    t.is((error.cause as ZooKeeperError).code, 'STORAGE')
  }
  t.throws(() => session.existsSync('/a'), { code: 'REPLICA_FAILED' })
  t.is(session.state, 'failed')
  t.false(session.alive)
  t.deepEqual(seen, ['failed REPLICA_FAILED'])
  t.is(failures.length, 1)
  t.is(clock.timers, 0)
  await session.close()
  t.is(session.state, 'closed')
})

test('close ends the session in the ensemble, after its earlier writes, and is idempotent', async (t) => {
  const { clock, replica, session, view } = await openScene()
  const seen = states(session)
  const write = session.create('/e', '', { ephemeral: true })
  const closing = session.close()
  t.is(session.close(), closing)
  t.false(session.alive, 'from the call on the session may end at any moment')
  await t.throwsAsync(session.exists('/e'), { code: 'SESSION_CLOSED' })
  await closing
  t.is(await write, '/e')
  t.is(session.state, 'closed')
  t.deepEqual(seen, ['closed'])
  t.is(replica.tree.get('/e'), undefined)
  t.is(view.sessionCount, 0)
  t.is(clock.timers, 0)
  t.throws(() => session.existsSync('/'), { code: 'SESSION_CLOSED' })
})

test('close without a quorum resolves after its timeout; undecided writes reject OUTCOME_UNKNOWN', async (t) => {
  const { clock, replica, session } = await openScene()
  replica.look()
  const write = session.create('/a')
  const closing = session.close({ timeout: 500 })
  await turn()
  clock.advance(499)
  t.is(session.state, 'suspended')
  clock.advance(1)
  await closing
  t.is(session.state, 'closed')
  await t.throwsAsync(write, { code: 'OUTCOME_UNKNOWN' })
  // What was sent may still be committed; nobody is disturbed by it.
  replica.lead()
  t.is(clock.timers, 0)
})

test('pending writes that nobody holds cause no unhandled rejection when the session ends', async (t) => {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => void rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  for (const end of ['close', 'expire', 'fail'] as const) {
    const { replica, session, view } = await openScene()
    replica.holdsRequests = true
    void session.create('/a')
    void session.exists('/a')
    void session.watch('/a')
    await turn()
    if (end === 'close') view.close()
    if (end === 'expire') replica.expire(session.id)
    if (end === 'fail') view.fail(new Error('gone'))
    replica.deliver()
    await turn()
    t.not(session.state, 'connected')
  }
  process.off('unhandledRejection', onRejection)
  t.deepEqual(rejections, [])
})

test('the owner ends at the same time as its session, within the same timeout', async (t) => {
  const { view, handle } = await openScene()
  const order: string[] = []
  const session = await view.openSession(undefined, {
    replica: handle,
    onClose: (timeoutMs) => {
      order.push(`owner ${timeoutMs}`)
      return Promise.resolve()
    },
  })
  session.on('state', (state) => order.push(state))
  await session[Symbol.asyncDispose]()
  t.deepEqual(order, ['owner 2000', 'closed'])
})

test('an aborted opening rejects with the reason; if it had left, its session is closed when it is born', async (t) => {
  const { replica, handle, view } = scene()
  const early = new AbortController()
  const never = handle.openSession({ signal: early.signal })
  early.abort(new Error('early'))
  await t.throwsAsync(never, { message: 'early' })
  replica.lead()
  await turn()
  t.is(replica.requests.length, 0)

  replica.holdsTxns = true
  const late = new AbortController()
  const opening = handle.openSession({ signal: late.signal })
  await turn()
  late.abort(new Error('late'))
  await t.throwsAsync(opening, { message: 'late' })
  replica.holdsTxns = false
  replica.deliver()
  await turn()
  t.is(replica.tree.sessions.size, 0)
  t.is(view.sessionCount, 0)
})

test('with readOnly a session is there before it is committed, suspended and with id 0', async (t) => {
  const { replica, handle } = scene({ readOnly: true })
  const opening = handle.openSession()
  let isThere = false
  void opening.then(() => (isThere = true))
  await turn()
  t.false(isThere, 'not before the local state is there')
  replica.snapshot()
  const session = await opening
  t.is(session.id, 0)
  t.is(session.state, 'suspended')
  t.false(session.alive)
  t.is(session.existsSync('/a'), null)
  t.is(await session.exists('/a'), null)
  const seen = states(session)
  const write = session.create('/a')
  await turn()
  replica.lead()
  t.is(await write, '/a')
  t.true(session.id > 0)
  t.deepEqual(seen, ['connected'])
})

test('a listener of the state that throws disturbs nobody', async (t) => {
  const { replica, session, failures } = await openScene()
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  const uncaught = new Promise<Error>((resolve) => {
    process.once('uncaughtException', resolve)
  })
  session.on('state', () => {
    throw new Error('mine')
  })
  const seen = states(session)
  replica.look()
  t.is((await uncaught).message, 'mine')
  for (const other of others) process.on('uncaughtException', other)
  t.deepEqual(seen, ['suspended'])
  t.deepEqual(failures, [])
})

test('on, once and off keep what they say', async (t) => {
  const { replica, session } = await openScene()
  const seen: string[] = []
  const always = (state: string): void => void seen.push(`always ${state}`)
  session.once('state', (state) => seen.push(`once ${state}`)).on('state', always)
  replica.look()
  replica.lead()
  session.off('state', always)
  replica.look()
  t.deepEqual(seen, ['once suspended', 'always suspended', 'always connected'])
})
