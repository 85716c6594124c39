// `LeaderElection`: one leader, who hears that it leads no more before anybody else can.
import test from 'ava'
import { LeaderElection } from '../../lib/recipes/index.js'
import type { Leader } from '../../lib/recipes/index.js'
import { codeOf, namesIn, reasonOf, scene, watchesOf } from './support.js'

test('the first who campaigns leads, and resigns to the next, whose term is greater', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions.map((session) => new LeaderElection(session, '/leader'))
  const first = await one!.campaign({ data: 'one' })
  t.true(first.isLeader)
  const campaign = two!.campaign({ data: 'two' })
  await world.advance(1000)
  const order: string[] = []
  first.signal.addEventListener('abort', () => order.push(`aborted, leads ${first.isLeader}`))
  const resigning = first.resign()
  t.deepEqual(order, ['aborted, leads false'])
  await resigning
  const second = await campaign
  t.true(second.isLeader && second.term > first.term)
  t.is((first.signal.reason as Error).name, 'AbortError')
})

test('the signal is aborted before another leads, whatever happens to the leader', async (t) => {
  const faults = ['partition', 'block', 'close', 'expire', 'all apart'] as const
  for (const fault of faults) {
    const { world, sessions } = await scene(t)
    const leading = await new LeaderElection(sessions[0], '/leader').campaign()
    const order: string[] = []
    leading.signal.addEventListener('abort', () => order.push('aborted'))
    const next = new LeaderElection(sessions[1], '/leader').campaign().then((leadership) => {
      if (fault !== 'block') order.push('next')
      return leadership
    })
    await world.advance(50)
    if (fault === 'partition') await world.partition([1])
    if (fault === 'expire') void world.expire(sessions[0])
    if (fault === 'close') void sessions[0].close()
    if (fault === 'all apart') {
      await world.partition([1], [2], [3])
      await world.until(() => order.length > 0)
      await world.heal()
    }
    if (fault === 'block') {
      await world.blockMainThread(1, 9000)
      // The first instruction after it: whoever asks, knows; else it is told when the thread takes its next turn.
      t.false(leading.isLeader)
    }
    t.true((await next).isLeader, fault)
    t.is(order[0], 'aborted', fault)
    t.false(leading.isLeader, fault)
  }
})

test('who is gone and comes back does not lead by a znode of its former session', async (t) => {
  const { world, sessions } = await scene(t)
  const leading = await new LeaderElection(sessions[0], '/leader').campaign()
  await world.blockMainThread(1, 9000)
  t.false(leading.isLeader)
  await world.until(() => sessions[0].state === 'expired')
  const session = await sessions[0].replica.openSession({ timeout: 4000 })
  const again = await new LeaderElection(session, '/leader').campaign()
  t.true(again.isLeader)
  t.true(again.term > leading.term)
  t.false(leading.isLeader)
})

test('observers see who leads, the newest always, and an end', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = sessions.map((session) => new LeaderElection(session, '/leader'))
  const seen: (string | undefined)[] = []
  const abort = new AbortController()
  const observing = (async () => {
    for await (const leader of three!.observe({ signal: abort.signal })) {
      seen.push(leader?.data.toString())
    }
  })()
  observing.catch(() => undefined)
  await world.until(() => seen.length === 1)
  const first = await one!.campaign({ data: 'one' })
  const campaign = two!.campaign({ data: 'two' })
  await world.until(() => seen.length === 2)
  t.is(three!.leader()?.term, first.term)
  t.is(three!.leader()?.session, sessions[0].id)
  await first.resign()
  await (await campaign).resign()
  await world.until(() => seen.at(-1) === undefined)
  t.is(seen[0], undefined)
  t.is(seen[1], 'one')
  abort.abort('enough')
  t.is(await reasonOf(observing), 'enough')
  t.is(watchesOf(sessions[2]), 0)
  t.is(three!.leader(), undefined)
})

test('an observer that is slow sees the newest, and one that returns leaves no watch', async (t) => {
  const { world, sessions } = await scene(t)
  const election = new LeaderElection(sessions[0], '/leader')
  const observing = new LeaderElection(sessions[1], '/leader').observe()
  for (let term = 0; term < 5; term += 1) {
    await (await election.campaign({ data: String(term) })).resign()
  }
  const last = await election.campaign({ data: 'last' })
  await world.advance(100)
  const { value } = (await observing.next()) as { value: Leader }
  t.is(value.data.toString(), 'last')
  const next = observing.next()
  await observing.return?.()
  t.deepEqual(await next, { value: undefined, done: true })
  t.is(watchesOf(sessions[1]), 0)
  t.true(last.isLeader)
})

test('a campaign that is given up leaves nothing; the session’s end ends it and who observes', async (t) => {
  const { world, sessions } = await scene(t)
  await new LeaderElection(sessions[0], '/leader').campaign()
  const election = new LeaderElection(sessions[1], '/leader')
  const abort = new AbortController()
  const campaign = reasonOf(election.campaign({ signal: abort.signal }))
  await world.advance(50)
  abort.abort('enough')
  t.is(await campaign, 'enough')
  await sessions[1].sync()
  t.is(namesIn(sessions[1], '/leader').length, 1)
  t.is(watchesOf(sessions[1]), 0)
  const other = codeOf(election.campaign())
  const observing = election.observe()
  await observing.next()
  const end = codeOf(observing.next())
  await world.expire(sessions[1])
  t.is(await other, 'SESSION_EXPIRED')
  t.is(await end, 'SESSION_EXPIRED')
})
