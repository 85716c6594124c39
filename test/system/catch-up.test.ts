/** How a replica that missed something, or wrote what nobody else has, comes back to what all agreed on. */
import test from 'ava'
import { listed } from './listed.js'
import { agreed, ensemble, Remote, sorted } from './remote.js'
import { eventually, pause, temporaryDirectory } from './support.js'

/** So small that a few hundred writes trim the log. */
const TINY = { bounds: { logBytesBeforeSnapshot: 32 * 1024, logBytesRetained: 4 * 1024 } }

test('a follower that was down while the log was trimmed catches up by a snapshot', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir, { internals: TINY })
  const [leader, down, other] = await sorted(remotes)
  await leader.call('create', '/a', '')
  await agreed(remotes)
  await down!.kill()

  await leader.call('setMany', '/a', 2000, 200)
  // A replica reports now and then, so not at once.
  await eventually('the leader has trimmed its log behind a snapshot', async () => {
    return ((await leader.call('metrics'))['snapshotsTaken'] ?? 0) > 0
  })

  const back = await Remote.join(t, { dir, size: 3 }, { internals: TINY })
  t.is(back.id, down!.id)
  await back.call('sync')
  await agreed([leader, other!, back])
  t.is((await back.call('data', '/a')).slice(0, 5), '1999x')
  await eventually('it reports how it caught up', async () => {
    return (await back.call('metrics'))['snapshotsReceived'] === 1
  })
  t.is(await back.close(), 0)
})

test('a follower that was down for a moment catches up from the log', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir)
  const [leader, down, other] = await sorted(remotes)
  await down!.kill()
  await leader.call('create', '/a', '')
  await leader.call('setMany', '/a', 100, 100)
  const back = await Remote.join(t, { dir, size: 3 })
  await back.call('sync')
  await agreed([leader, other!, back])
  await eventually('it reports how it caught up', async () => {
    const { diffs, snapshotsReceived } = await back.call('metrics')
    return (diffs ?? 0) > 0 && (snapshotsReceived ?? 0) === 0
  })
  t.is((await back.call('data', '/a')).slice(0, 3), '99x')
})

test('what only a deposed leader wrote is truncated when it comes back', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await Promise.all([1, 2, 3].map((id) => Remote.join(t, listed(dir, id))))
  const [leader, first, second] = await sorted(remotes)
  await leader.call('create', '/a', '')
  const before = await agreed(remotes)

  // Stopped, they keep their links and acknowledge nothing: what the leader writes now is its own.
  first!.stop()
  second!.stop()
  await leader.call('issue', '/a', 0, 20)
  await eventually('the leader has logged what it proposed', async () => {
    const { lastLogged, lastCommitted } = await leader.call('status')
    return lastLogged >= before.lastZxid + 20 && lastCommitted < lastLogged
  })
  t.deepEqual(await leader.call('settled'), { resolved: 0, rejected: 0 })
  await leader.kill()
  // What is still in their sockets would be read by them; killed and started again they never see it.
  await first!.kill()
  await second!.kill()

  const others = [first!.id, second!.id]
  const [third, fourth] = await Promise.all(others.map((id) => Remote.join(t, listed(dir, id))))
  await third!.call('create', '/b', '')
  const back = await Remote.join(t, listed(dir, leader.id))
  await back.call('sync')
  await agreed([third!, fourth!, back])
  t.deepEqual(await back.call('children', '/a'), [])
  t.true(await back.call('exists', '/b'))
  await eventually('it reports the truncation', async () => {
    return ((await back.call('metrics'))['truncations'] ?? 0) > 0
  })
})

test('a stopped leader that wakes after another was elected has lost nothing that was answered', async (t) => {
  const dir = temporaryDirectory(t)
  const internals = { timing: { silenceMs: 1000 } }
  const remotes = await ensemble(t, dir, { internals })
  const [leader, first, second] = await sorted(remotes)
  await leader.call('create', '/a', '')
  await leader.call('issue', '/a', 0, 200)
  leader.stop()
  await pause(1500)
  await eventually('another leads', async () => {
    const { leader: now } = await first!.call('status')
    return now !== undefined && now !== leader.id
  })
  await first!.call('create', '/b', '')
  leader.continue()
  await eventually('everything that it had asked for is answered', async () => {
    return (await leader.call('settled')).resolved === 200
  })
  await agreed(remotes)
  t.is((await second!.call('children', '/a')).length, 200)
  t.deepEqual((await leader.call('settled')).rejected, 0)
})
