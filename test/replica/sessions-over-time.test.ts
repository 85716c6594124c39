/** Sessions across crashes, silence and odd clocks: none dies early, none stays, and what it owned goes with it. */
import test from 'ava'
import type { Session } from '../../lib/session/session.js'
import { Story } from './story.js'

const TIMEOUT = 4000

async function ephemeral(story: Story, id: number, path: string): Promise<Session> {
  const session = await story.open(id, TIMEOUT)
  await story.settled(session.create(path, '', { ephemeral: true }))
  return session
}

function has(story: Story, path: string): boolean[] {
  return story.world.processes.map(({ id }) => story.tree(id).get(path) !== undefined)
}

test('a new leader gives every session its full timeout from when it is established, and no more', async (t) => {
  const story = await Story.begin(3)
  const [silent = 0] = story.followers
  await ephemeral(story, silent, '/e')
  // Its owner's thread stands still: no heartbeat comes any more.
  story.process(silent).views[0]?.actor.pause()
  await story.run(TIMEOUT - 500)
  story.kill(story.theLeader)
  await story.until(() => story.leader !== undefined, 'a new leader')
  const since = story.now
  await story.run(TIMEOUT - 200)
  t.deepEqual(has(story, '/e'), [true, true])
  await story.run(600)
  t.deepEqual(has(story, '/e'), [false, false])
  t.true(story.now - since < TIMEOUT + 1000)
})

test('after everybody was killed at once, the ephemerals of those who come back go at once, of the others in time', async (t) => {
  // ZOOKEEPER-1367, 1496: ephemerals that survived a full restart for ever.
  const story = await Story.begin(3)
  await ephemeral(story, 1, '/one')
  await ephemeral(story, 2, '/two')
  await ephemeral(story, 3, '/three')
  await story.calm()
  for (const id of story.ids) story.kill(id)
  for (const id of [1, 2]) story.start(id)
  await story.until(() => story.leader !== undefined, 'a leader')
  await story.run(500)
  t.deepEqual(has(story, '/one'), [false, false])
  t.deepEqual(has(story, '/two'), [false, false])
  t.deepEqual(has(story, '/three'), [true, true], 'its owner may still live, somewhere')
  await story.run(TIMEOUT + 500)
  t.deepEqual(has(story, '/three'), [false, false])
  story.start(3)
  await story.calm()
  t.deepEqual(has(story, '/three'), [false, false, false])
})

test('a follower that missed the end of a session is rid of its ephemeral when it is back, and the path is free', async (t) => {
  // ZOOKEEPER-2355: a follower that failed to read one closeSession kept its ephemeral for ever.
  const story = await Story.begin(3)
  const [cut = 0, other = 0] = story.followers
  const session = await ephemeral(story, other, '/e')
  await story.run(100)
  story.isolate(cut)
  await story.settled(session.close())
  t.not(story.tree(cut).get('/e'), undefined, 'it does not know yet')
  await story.run(1000)
  story.heal()
  await story.calm()
  t.deepEqual(has(story, '/e'), [false, false, false])
  const next = await ephemeral(story, cut, '/e')
  await story.calm()
  t.deepEqual(has(story, '/e'), [true, true, true])
  await story.settled(next.close())
  await story.calm()
  t.deepEqual(has(story, '/e'), [false, false, false])
})

test('a leader that stood still for longer than a session’s timeout expires nobody when it wakes', async (t) => {
  const story = await Story.begin(3)
  const leader = story.theLeader
  const sessions: Session[] = []
  for (const id of story.ids) sessions.push(await story.open(id, 1000))
  for (const [index, session] of sessions.entries())
    await story.settled(session.create(`/e${index}`, '', { ephemeral: true }))
  // Heartbeats wait for it in its inbox meanwhile; its timers are due first when it wakes.
  story.process(leader).actor.pause()
  await story.run(2500)
  story.process(leader).resume()
  await story.run(3000)
  t.is(story.leader, leader, 'nobody took it for dead')
  for (const [index, session] of sessions.entries()) {
    t.is(session.state, 'connected')
    t.true(session.alive)
    t.deepEqual(has(story, `/e${index}`), [true, true, true])
  }
})

test('wall clocks that jump to and fro expire nobody, and save nobody', async (t) => {
  // ZOOKEEPER-1366: timeouts were counted by the wall clock.
  const story = await Story.begin(3)
  const lively = await ephemeral(story, 1, '/lively')
  await ephemeral(story, 2, '/silent')
  story.process(2).views[0]?.actor.pause()
  for (const ms of [86_400_000, -172_800_000, 60_000]) {
    for (const machine of story.world.machines) machine.wallOffset += ms
    await story.run(TIMEOUT / 4)
    t.true(has(story, '/silent')[0])
  }
  await story.run(TIMEOUT)
  t.deepEqual(has(story, '/silent'), [false, false, false])
  t.deepEqual(has(story, '/lively'), [true, true, true])
  t.is(lively.state, 'connected')
})

test('a leader that was deposed in its sleep answers no sync with what was, and believes in no session', async (t) => {
  const story = await Story.begin(3)
  const deposed = story.theLeader
  const mine = await ephemeral(story, deposed, '/e')
  const [other = 0] = story.followers
  const theirs = await story.open(other)
  await story.settled(theirs.create('/n', 'old'))
  await story.run(100)
  story.isolate(deposed)
  const isElsewhere = (): boolean => story.leader !== undefined && story.leader !== deposed
  await story.until(isElsewhere, 'another leader')
  await story.settled(theirs.setData('/n', 'new'))
  let answers = 0
  const reading = mine.sync().then(() => {
    answers += 1
    return mine.getDataSync('/n', { encoding: 'utf8' }).data
  })
  await story.run(TIMEOUT * 2)
  t.is(answers, 0, 'there is no majority that could confirm it')
  t.false(mine.alive)
  t.is(story.tree(other).get('/e'), undefined, 'the others have given away what it owned')
  story.heal()
  const outcome = await story.settled(reading.catch((error: { code: string }) => error.code))
  t.is(outcome, 'SESSION_EXPIRED')
  const fresh = await story.open(deposed)
  await story.settled(fresh.sync())
  t.is(fresh.getDataSync('/n', { encoding: 'utf8' }).data, 'new')
})
