// `Rendezvous`, `Barrier`, `DoubleBarrier`, `Counter`: what processes wait for together, and count.
import test from 'ava'
import { Barrier, Counter, DoubleBarrier, Rendezvous } from '../../lib/recipes/index.js'
import { codeOf, namesIn, scene, watchesOf } from './support.js'

test('all meet at the first offer, whoever made it', async (t) => {
  const { sessions } = await scene(t)
  const [one, two, three] = sessions.map((session) => new Rendezvous(session, '/a/meet'))
  const waiting = three!.wait()
  const offers = await Promise.all([one!.offer('host:1'), two!.offer('host:2')])
  t.is(offers.filter(({ isMine }) => isMine).length, 1)
  const met = await waiting
  for (const { data, token } of offers) {
    t.deepEqual(data, met.data)
    t.is(token, met.token)
  }
  t.deepEqual(await three!.wait(), met)
  t.is(watchesOf(sessions[2]), 0)
})

test('a place that was handed out empty is filled in once', async (t) => {
  const { sessions } = await scene(t)
  const [one, two] = sessions
  await one.create('/meet')
  const waiting = new Rendezvous(two, '/meet').wait()
  const offer = await new Rendezvous(one, '/meet').offer('here')
  t.true(offer.isMine)
  t.is(String((await waiting).data), 'here')
  t.false((await new Rendezvous(two, '/meet').offer('there')).isMine)
  t.is(await codeOf(new Rendezvous(two, '/meet').offer('')), 'BAD_ARGUMENTS')
})

test('a wait that is aborted leaves no watch behind', async (t) => {
  const { world, sessions } = await scene(t)
  const [one] = sessions
  await new Barrier(one, '/closed').close()
  for (const wait of [
    (signal: AbortSignal) => new Rendezvous(one, '/nowhere').wait({ signal }),
    (signal: AbortSignal) => new Barrier(one, '/closed').wait({ signal }),
    (signal: AbortSignal) => new DoubleBarrier(one, '/double', 2).enter({ signal }),
  ]) {
    const abort = new AbortController()
    const waiting = wait(abort.signal)
    await one.sync()
    await one.sync()
    abort.abort('enough')
    t.is(await codeOf(waiting), 'enough')
    t.is(await codeOf(wait(abort.signal)), 'enough')
  }
  await world.advance(200)
  t.is(watchesOf(one), 0)
  t.deepEqual(namesIn(one, '/double'), [])
})

test('a barrier holds whoever comes after it was closed, until it is opened', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = sessions.map((session) => new Barrier(session, '/a/barrier'))
  await two!.wait()
  await one!.close()
  await three!.close()
  let passed = 0
  for (const barrier of [two!, three!]) void barrier.wait().then(() => (passed += 1))
  await world.advance(5000)
  t.is(passed, 0)
  await two!.open()
  await two!.open()
  await world.until(() => passed === 2)
})

test('nothing that happens to a session opens a barrier: suspension, a new leader, catching up', async (t) => {
  const { world, sessions } = await scene(t, { sessionTimeout: 30_000 })
  const [one, two, three] = sessions
  await new Barrier(one, '/barrier').close()
  const states: string[] = []
  let passed = 0
  for (const session of [two, three]) {
    session.on('state', (state) => states.push(state))
    void new Barrier(session, '/barrier').wait().then(() => (passed += 1))
  }
  await world.advance(100)
  for (const id of [1, 2, 3]) {
    await world.partition([id])
    await world.advance(6000)
    await world.heal()
    await world.advance(3000)
  }
  t.true(states.includes('suspended') && states.includes('connected'))
  t.is(passed, 0)
  await new Barrier(one, '/barrier').open()
  await world.until(() => passed === 2)
})

test('a wait ends with its session, and an ephemeral barrier with its closer', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = sessions
  await new Barrier(one, '/barrier').close({ ephemeral: true })
  const [lost, passed] = [
    new Barrier(two, '/barrier').wait(),
    new Barrier(three, '/barrier').wait(),
  ]
  await world.advance(100)
  await world.expire(two)
  t.is(await codeOf(lost), 'SESSION_EXPIRED')
  await world.kill(1)
  await passed
  t.pass()
})

test('a double barrier lets in together and out together, again and again', async (t) => {
  const { world, sessions } = await scene(t)
  const members = sessions.map((session) => new DoubleBarrier(session, '/a/double', 3))
  for (let round = 0; round < 3; round += 1) {
    let [inside, outside] = [0, 0]
    for (const [index, member] of members.entries()) {
      t.is(inside, 0)
      const entering = member.enter().then(() => (inside += 1))
      if (index < 2) await world.advance(200)
      else await entering
    }
    await world.until(() => inside === 3)
    for (const member of members) {
      t.is(outside, 0)
      void member.leave().then(() => (outside += 1))
      if (member !== members[2]) await world.advance(200)
    }
    await world.until(() => outside === 3)
  }
  await sessions[0].sync()
  t.deepEqual(namesIn(sessions[0], '/a/double'), ['ready'])
  t.is(watchesOf(sessions[0]), 0)
})

test('who comes while a round is inside waits for the next; a member that dies inside holds nobody', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = sessions
  const [first, second, late] = sessions.map((session) => new DoubleBarrier(session, '/double', 2))
  await Promise.all([first!.enter(), second!.enter()])
  let entered = 0
  void late!.enter().then(() => (entered += 1))
  const another = await three.replica.openSession()
  void new DoubleBarrier(another, '/double', 2).enter().then(() => (entered += 1))
  await world.advance(3000)
  t.is(entered, 0)
  const leaving = second!.leave()
  await world.advance(500)
  t.is(entered, 0)
  await world.kill(1)
  await leaving
  await world.until(() => entered === 2)
  t.is(one.state, 'failed')
  t.is(two.state, 'connected')
})

test('a member that leaves watches one other, however many there are', async (t) => {
  const { world, sessions } = await scene(t)
  const [one] = sessions
  const all = [one]
  while (all.length < 12) all.push(await one.replica.openSession())
  const members = all.map((session) => new DoubleBarrier(session, '/double', 12))
  await Promise.all(members.map((member) => member.enter()))
  const before = watchesOf(one)
  const leaving = members.slice(1, 8).map((member) => member.leave())
  await world.advance(500)
  // One path each, in the tables of data and of children.
  t.is(watchesOf(one) - before, 7)
  t.deepEqual(namesIn(one, '/double').length, 1 + 5)
  await Promise.all([
    ...leaving,
    ...members.slice(8).map((member) => member.leave()),
    members[0]!.leave(),
  ])
  t.is(watchesOf(one), before)
})

test('a member enters once at a time, and a size is a number', async (t) => {
  const { sessions } = await scene(t)
  const member = new DoubleBarrier(sessions[0], '/double', 1)
  t.is(await codeOf(member.leave()), 'BAD_ARGUMENTS')
  await member.enter()
  t.is(await codeOf(member.enter()), 'BAD_ARGUMENTS')
  await member.leave()
  for (const size of [0, 1.5, 501]) {
    t.throws(() => new DoubleBarrier(sessions[0], '/double', size), { code: 'BAD_ARGUMENTS' })
  }
})

test('a count is exact, however many count and whatever dies', async (t) => {
  const { world, sessions } = await scene(t)
  const counters = sessions.map((session) => new Counter(session, '/a/count'))
  const sums = counters.flatMap((counter) => Array.from({ length: 20 }, () => counter.add(1)))
  const leader = world.leader ?? 0
  await world.until(() => counters[0]!.value > 5)
  await world.partition([leader])
  await world.advance(1000)
  await world.heal()
  t.deepEqual(
    (await Promise.all(sums)).sort((left, right) => left - right),
    Array.from({ length: 60 }, (_, index) => index + 1),
  )
  await sessions[0].sync()
  t.is(counters[0]!.value, 60)
  await counters[1]!.set(-5)
  t.is(await counters[2]!.add(2), -3)
})

test('a count leaves the safe integers neither by adding nor by setting, and is no text', async (t) => {
  const { sessions } = await scene(t)
  const counter = new Counter(sessions[0], '/count')
  t.is(counter.value, 0)
  await counter.set(Number.MAX_SAFE_INTEGER)
  t.is(await codeOf(counter.add(1)), 'BAD_ARGUMENTS')
  t.is(await codeOf(counter.add(0.5)), 'BAD_ARGUMENTS')
  t.is(await codeOf(counter.set(Number.NaN)), 'BAD_ARGUMENTS')
  t.is(await counter.add(-1), Number.MAX_SAFE_INTEGER - 1)
  for (const data of ['many', '1e3', ' 1', '9007199254740992']) {
    await sessions[0].setData('/count', data)
    t.throws(() => counter.value, { code: 'BAD_DATA' })
    t.is(await codeOf(counter.add(1)), 'BAD_DATA')
  }
  await sessions[0].setData('/count', '')
  t.is(await counter.add(1), 1)
})
