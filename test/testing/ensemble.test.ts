// `vivarium/testing`: what each method of an ensemble in memory does.
import test from 'ava'
import { Session, ZooKeeperError } from '../../lib/index.js'
import type { SessionState } from '../../lib/index.js'
import { ensemble } from '../../lib/testing/index.js'
import { codeOf, errorOf, world } from './support.js'

test('an ensemble has a leader when it is there, and its sessions share one state', async (t) => {
  const three = await world(t)
  t.true([1, 2, 3].includes(three.leader ?? 0))
  t.deepEqual(three.running, [1, 2, 3])
  const [one, two] = [await three.join(1), await three.join(2)]
  t.true(one instanceof Session)
  t.is(one.state, 'connected')
  t.true(one.alive)
  await one.create('/colour', 'red')
  await two.sync()
  t.is(two.getDataSync('/colour', { encoding: 'utf8' }).data, 'red')
  t.is(await codeOf(two.create('/colour')), 'NODE_EXISTS')
  t.true((await errorOf(two.delete('/nothing'))) instanceof ZooKeeperError)
})

test('one replica alone is an ensemble too, and so are five', async (t) => {
  for (const size of [1, 5]) {
    const some = await world(t, { size })
    const zk = await some.join(size)
    t.is(await zk.create('/a'), '/a')
    t.deepEqual(
      zk.replica.status().voters,
      Array.from({ length: size }, (_, index) => index + 1),
    )
  }
})

test('the replica behind a session is as in production', async (t) => {
  const three = await world(t)
  const { replica } = await three.join(2)
  const status = replica.status()
  t.is(status.id, 2)
  t.is(status.leader, three.leader)
  t.true(status.established)
  t.deepEqual(status.connected, [1, 3])
  t.is(replica.metrics()['sessions'], 1)
  const leaders: (number | undefined)[] = []
  replica.on('leader', (leader) => leaders.push(leader))
  await three.partition([2])
  await three.until(() => leaders.length > 0)
  t.is(leaders[0], undefined)
  await three.heal()
  await three.until(() => leaders.at(-1) !== undefined)
  const more = await replica.openSession({ timeout: 3000 })
  t.is(more.timeout, 3000)
  t.is(await more.create('/more'), '/more')
})

test('data is the caller’s own: nothing is shared between replicas', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  const bytes = new Uint8Array([1, 2, 3])
  await one.create('/a', bytes)
  bytes[0] = 9
  await two.sync()
  const { data } = two.getDataSync('/a')
  data[1] = 9
  t.deepEqual([...one.getDataSync('/a').data], [1, 2, 3])
  t.deepEqual([...two.getDataSync('/a').data], [1, 2, 3])
})

test('a session timeout is that of the ensemble, or of the join', async (t) => {
  const three = await world(t, { sessionTimeout: 4000 })
  t.is((await three.join(1)).timeout, 4000)
  t.is((await three.join(2, { sessionTimeout: 6000 })).timeout, 6000)
})

test('the process that is killed is gone with its sessions, and its ephemerals after their timeout', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  await two.create('/two', '', { ephemeral: true })
  await one.sync()
  const states: SessionState[] = []
  two.on('state', (state) => states.push(state))
  const lost = errorOf(two.create('/lost'))
  // It leaves in this turn, and is on its way when the process dies.
  await Promise.resolve()
  await three.kill(2)
  t.is(two.state, 'failed')
  t.deepEqual(states, ['failed'])
  t.false(two.alive)
  const { code, cause } = await lost
  t.is(code, 'OUTCOME_UNKNOWN')
  t.regex(String(cause), /the process of replica 2 was killed \(seed 7, at [\d.]+ ms\)/)
  t.is(await codeOf(two.getData('/two')), 'REPLICA_FAILED')
  t.deepEqual(three.running, [1, 3])
  await three.advance(9000)
  t.not(one.existsSync('/two'), null, 'others may still trust it')
  await three.until(() => one.existsSync('/two') === null, { timeout: 5000 })
  await two.close()
  t.is(two.state, 'closed')
})

test('on one machine a death is known at once', async (t) => {
  const three = await world(t, { sameMachine: true })
  const [one, two] = [await three.join(1), await three.join(2)]
  await two.create('/two', '', { ephemeral: true })
  await three.kill(2)
  // If the leader died, there is another first.
  await three.until(() => one.existsSync('/two') === null, { timeout: 1500 })
  t.pass()
})

test('a leader that is killed has a successor, and writes under way take effect once', async (t) => {
  const three = await world(t)
  const leader = three.leader ?? 0
  const zk = await three.join((leader % 3) + 1)
  await zk.create('/n', '0')
  const writes = Array.from({ length: 50 }, (_, index) => zk.setData('/n', String(index)))
  await three.advance(1)
  await three.kill(leader)
  t.is(three.leader, undefined)
  const stats = await Promise.all(writes)
  t.deepEqual(
    stats.map(({ version }) => version),
    stats.map((_, index) => index + 1),
  )
  t.not(three.leader, leader)
  t.true(zk.alive)
})

test('a replica that is restarted has its disk, and new sessions', async (t) => {
  const one = await world(t, { size: 1 })
  const before = await one.join(1)
  await before.create('/kept', 'here')
  await before.create('/ephemeral', '', { ephemeral: true })
  await one.kill(1)
  t.is(one.leader, undefined)
  t.regex((await errorOf(one.join(1))).message, /replica 1 is not running: restart\(1\)/)
  await one.restart(1)
  const after = await one.join(1)
  t.is(after.getDataSync('/kept', { encoding: 'utf8' }).data, 'here')
  t.is(after.existsSync('/ephemeral'), null, 'its predecessor is known to be gone')
  t.is(before.state, 'failed')
})

test('a replica whose disk is lost gets everything back from the others', async (t) => {
  const three = await world(t)
  const one = await three.join(1)
  await one.create('/kept')
  await three.wipe(3)
  t.deepEqual(three.running, [1, 2])
  await three.restart(3)
  const again = await three.join(3)
  await again.sync()
  t.not(again.existsSync('/kept'), null)
  await three.until(() => again.replica.status().voter)
  await three.kill(2)
  await one.create('/more')
  t.pass('its vote counts again')
})

test('a disk that is lost is really lost', async (t) => {
  const one = await world(t, { size: 1 })
  await (await one.join(1)).create('/kept')
  await one.wipe(1)
  await one.restart(1)
  t.is((await one.join(1)).existsSync('/kept'), null)
})

test('a process that is paused loses its sessions by its own clock before the ensemble ends them', async (t) => {
  const three = await world(t)
  const leader = three.leader ?? 0
  const [id, other] = leader === 1 ? [2, 3] : [1, leader]
  const zk = await three.join(id)
  const witness = await three.join(other)
  await zk.create('/owned', '', { ephemeral: true })
  await witness.sync()
  const states: SessionState[] = []
  zk.on('state', (state) => states.push(state))
  await three.pause(id)
  let belief = 0
  await three.until(() => {
    if (zk.alive) belief = three.now
    return witness.existsSync('/owned') === null
  })
  t.true(belief < three.now, 'nobody believes in it any more')
  t.true(three.now - belief < 5000)
  t.is(zk.state, 'suspended', 'by its own clock')
  t.deepEqual(states, [], 'nobody was told')
  await three.resume(id)
  await three.until(() => zk.state === 'expired')
  t.is(await codeOf(zk.getData('/owned')), 'SESSION_EXPIRED')
  const next = await zk.replica.openSession()
  t.is(await next.create('/owned'), '/owned')
})

test('what a paused process is asked for waits until it resumes', async (t) => {
  const three = await world(t)
  const zk = await three.join(1)
  await three.pause(1)
  let isDone = false
  const write = zk.create('/late').then(() => (isDone = true))
  await three.advance(500)
  t.false(isDone)
  await three.resume(1)
  await write
  t.true(isDone)
})

test('the smaller side of a partition has no leader, the larger side writes, and healing joins them', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  await three.partition([1], [2, 3])
  await three.until(() => one.state === 'suspended')
  t.is(await codeOf(one.exists('/')), 'CONNECTION_LOSS')
  await two.create('/written', 'meanwhile')
  t.is(one.existsSync('/written'), null)
  const waiting = one.create('/waiting')
  await three.heal()
  t.is(await waiting, '/waiting')
  t.not(one.existsSync('/written'), null)
})

test('replicas that no group names are a group of their own', async (t) => {
  const five = await world(t, { size: 5 })
  const [two, four] = [await five.join(2), await five.join(4)]
  await five.partition([1, 2])
  await four.create('/majority')
  t.true(five.now < 20_000)
  await five.until(() => two.state === 'suspended')
  // Another partition takes its place.
  await five.partition([4], [5])
  t.is(await two.create('/other'), '/other')
  await five.until(() => four.state === 'suspended')
  t.pass()
})

test('a session that expires knows it before the ensemble gives away what it owned', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  const other = await one.replica.openSession()
  await one.create('/owned', '', { ephemeral: true })
  const seen: string[] = []
  one.on('state', (state, error) => seen.push(`${state} ${error?.code ?? ''}`))
  await two.sync()
  two.existsSync('/owned', { watch: () => seen.push(`gone, alive: ${String(one.alive)}`) })
  const start = three.now
  await three.expire(one)
  t.is(one.state, 'expired')
  t.deepEqual(
    new Set(seen),
    new Set(['suspended ', 'gone, alive: false', 'expired SESSION_EXPIRED']),
  )
  t.is(seen[0], 'suspended ')
  t.true(three.now - start < 11_500, 'in its timeout')
  t.is(two.existsSync('/owned'), null)
  t.true(other.alive, 'other sessions of the replica live on')
  await three.expire(one)
  await two.close()
  t.regex((await errorOf(three.expire(two))).message, /a session that is closed cannot expire/)
})

test('a session that expires while it cannot be reached is ended all the same', async (t) => {
  const three = await world(t)
  const one = await three.join(1)
  await three.partition([1])
  await three.expire(one)
  t.is(one.state, 'suspended')
  t.false(one.alive)
  await three.heal()
  await three.until(() => one.state === 'expired')
  t.pass()
})

test('a blocked main thread knows at its first instruction what it has lost, and has been told nothing yet', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  const states: SessionState[] = []
  one.on('state', (state) => states.push(state))
  const before = three.now
  await three.blockMainThread(1, 20_000)
  t.is(three.now, before + 20_000)
  t.false(one.alive)
  t.is(one.state, 'suspended')
  t.deepEqual(states, [])
  t.true(two.alive)
  await three.until(() => one.state === 'expired')
  t.is(states.at(-1), 'expired')
})

test('a main thread that is blocked for less than its timeout loses nothing', async (t) => {
  const three = await world(t)
  const one = await three.join(1)
  const leader = three.leader
  await three.blockMainThread(1, 4000)
  t.true(one.alive)
  await one.create('/a')
  t.is(three.leader, leader, 'and the ensemble is not disturbed')
})

test('what came while a main thread was blocked is handled in turns, as by an event loop', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  const order: string[] = []
  await one.addWatch('/', 'persistentRecursive', ({ path }) => order.push(path))
  void one.create('/own').then(() => order.push('own is resolved'))
  await Promise.resolve()
  const block = three.blockMainThread(1, 1000)
  await three.advance(100)
  await two.create('/others')
  t.deepEqual(order, [])
  await block
  t.deepEqual(order, [])
  await three.until(() => order.length === 3)
  t.deepEqual(order, ['/own', 'own is resolved', '/others'])
})

test('closing the session that `join` gave closes its replica, as in production', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  const second = await one.replica.openSession()
  await one.create('/one', '', { ephemeral: true })
  await second.close()
  t.is(second.state, 'closed')
  t.deepEqual(three.running, [1, 2, 3])
  await one.close()
  t.is(one.state, 'closed')
  t.deepEqual(three.running, [2, 3])
  await two.sync()
  t.is(two.existsSync('/one'), null)
  await three.restart(1)
  await (await three.join(1)).create('/again')
  t.pass()
})

test('`join` waits for a leader, and its signal ends the waiting', async (t) => {
  const three = await world(t)
  await three.kill(1)
  await three.kill(2)
  const controller = new AbortController()
  const joining = errorOf(three.join(3, { signal: controller.signal }))
  await three.advance(10_000)
  controller.abort(new Error('enough'))
  t.is((await joining).message, 'enough')
  t.deepEqual(three.running, [], 'as in production it closes what it had begun')
  for (const id of [1, 2, 3]) await three.restart(id)
  await three.join(3)
  t.pass()
})

test('what is asked of an ensemble wrongly is refused with a name', async (t) => {
  for (const options of [
    { size: 0 },
    { size: 2.5 },
    { seed: 0.5 },
    { time: 'slow' },
    { sessionTimeout: 0 },
    { sameMachine: 1 },
    { networkLatency: -1 },
    { diskLatency: NaN },
    { trace: 'yes' },
    { sizes: 3 },
    null,
  ]) {
    const error = await errorOf(ensemble(options as never))
    t.true(error instanceof TypeError)
    t.is(error.code, 'BAD_ARGUMENTS', JSON.stringify(options))
  }
  const three = await world(t)
  const zk = await three.join(1)
  for (const wrong of [
    () => three.join(4),
    () => three.join('1' as never),
    () => three.join(2, { timeout: 3 } as never),
    () => three.kill(0),
    () => three.partition([1], [1, 2]),
    () => three.partition(1 as never),
    () => three.advance(-1),
    () => three.advance('1' as never),
    () => three.blockMainThread(1, NaN),
    () => three.expire({} as never),
    () => three.until(true as never),
    () => three.until(() => true, { ms: 3 } as never),
  ]) {
    const error = await errorOf(wrong())
    t.true(error instanceof TypeError, String(error))
    t.is(error.code, 'BAD_ARGUMENTS', String(error))
  }
  const other = await world(t)
  t.is(await codeOf(other.expire(zk)), 'BAD_ARGUMENTS', 'another ensemble’s session')
  t.regex((await errorOf(three.join(1))).message, /openSession/)
  t.regex((await errorOf(three.restart(1))).message, /replica 1 is running/)
  t.true(zk.alive)
})

test('a condition that does not come true is named with the seed, one that throws with its own error', async (t) => {
  const three = await world(t)
  const start = three.now
  const error = await errorOf(three.until(() => false, { timeout: 1000 }))
  t.regex(error.message, /not so within 1000 ms \(seed 7, at /)
  t.is(three.now, start + 1000)
  const thrown = await errorOf(
    three.until(() => {
      throw new RangeError('mine')
    }),
  )
  t.is(thrown.message, 'mine')
})

test('a closed ensemble has closed its sessions, and refuses everything else', async (t) => {
  const three = await world(t)
  const zk = await three.join(1)
  const write = errorOf(zk.create('/a'))
  const waiting = errorOf(three.advance(1000))
  // Nobody waits for this one.
  void three.blockMainThread(2, 1000)
  await Promise.resolve()
  await three.close()
  t.is(zk.state, 'closed')
  t.is((await write).code, 'OUTCOME_UNKNOWN')
  t.regex((await waiting).message, /the ensemble is closed \(seed 7/)
  t.regex((await errorOf(three.join(2))).message, /the ensemble is closed/)
  t.regex((await errorOf(three.advance(1))).message, /the ensemble is closed/)
  t.is(three.leader, undefined)
  await zk.close()
  await three.close()
})

test('what fails inside an ensemble is not swallowed: everybody gets it', async (t) => {
  let isBroken = false
  const broken = new RangeError('broken')
  const three = await ensemble({
    seed: 7,
    trace: () => {
      if (isBroken) throw broken
    },
  })
  const zk = await three.join(1)
  const write = errorOf(zk.create('/a'))
  const waiting = errorOf(three.advance(1000))
  await Promise.resolve()
  isBroken = true
  const failure = await waiting
  t.regex(failure.message, /the simulated ensemble failed: broken \(seed 7, at /)
  t.is(failure.cause, broken)
  t.is((await write).code, 'OUTCOME_UNKNOWN')
  t.is((await write).cause, failure)
  t.is(zk.state, 'failed')
  t.is(await errorOf(three.join(2)), failure)
  t.is(await errorOf(three.close()), failure)
  t.is(await errorOf(three.close()), failure)
})

test('`await using` closes it', async (t) => {
  const three = await ensemble({ seed: 1 })
  const zk = await three.join(1)
  await three[Symbol.asyncDispose]()
  t.is(zk.state, 'closed')
})

test('what happens can be traced, line by line', async (t) => {
  const lines: string[] = []
  await world(t, { trace: (line) => lines.push(line) })
  t.true(lines.some((line) => /replica|\d@\d+ leading/.test(line)))
  t.true(lines.length > 50)
})
