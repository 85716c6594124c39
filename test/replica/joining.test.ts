/** Elections and joining where rounds, votes and links are out of step: whoever can be served is, within seconds. */
import test from 'ava'
import { SYSTEM_ZNODES } from '../model/system.js'
import { Story } from './story.js'

const SILENCE_MS = 3000

test('a member that was away for many elections joins at once, whatever round the others are in', async (t) => {
  // ZOOKEEPER-1514, 1732, 1805, 3537: the votes of an established ensemble were not accepted by a latecomer.
  const story = await Story.begin(3)
  const [late = 0, other = 0] = story.followers
  const leader = story.theLeader
  story.kill(late)
  for (let election = 0; election < 4; election++) {
    story.kill(election % 2 === 0 ? leader : other)
    await story.run(100)
    story.start(election % 2 === 0 ? leader : other)
    await story.until(() => story.isServing(leader) && story.isServing(other), 'ensemble')
    const session = await story.open(other)
    await story.settled(session.create(`/${election}`))
  }
  story.start(late)
  await story.until(() => story.isServing(late), 'latecomer', 1000)
  await story.calm()
  t.not(story.tree(late).get('/3'), undefined)
})

test('a member that joins again and again disturbs nobody: the leader stays', async (t) => {
  const story = await Story.begin(3)
  const leader = story.theLeader
  const [restless = 0, other = 0] = story.followers
  const session = await story.open(other)
  for (let round = 0; round < 8; round++) {
    story.kill(restless)
    await story.settled(session.create(`/${round}`), 500)
    story.start(restless)
    await story.until(() => story.isServing(restless), 'member', 1000)
  }
  t.is(story.leader, leader)
  t.is(story.epochs.length, 1)
})

test('while members are restarted one after the other, every write is answered, once', async (t) => {
  // ZOOKEEPER-3829: after a rolling restart the leader took requests and committed none.
  const story = await Story.begin(3)
  for (let round = 0; round < 2; round++) {
    for (const id of story.ids) {
      story.kill(id)
      await story.run(50)
      story.start(id)
      const writer = story.ids.find((each) => each !== id) ?? 0
      const session = await story.open(writer)
      for (let n = 0; n < 5; n++) await story.settled(session.create(`/${round}-${id}-${n}`))
      await story.calm()
    }
  }
  t.is(story.tree(1).size, SYSTEM_ZNODES.size + 2 * 3 * 5)
})

// A leader whose one direction is dead must not keep the others waiting, nor be elected again and again.
for (const direction of ['hears nobody', 'is heard by nobody'] as const) {
  test(`a leader that ${direction} is replaced after the silence, and the ensemble is quiet afterwards`, async (t) => {
    const story = await Story.begin(3)
    const deaf = story.theLeader
    const [one = 0, two = 0] = story.followers
    for (const other of [one, two]) {
      if (direction === 'hears nobody') story.block(other, deaf)
      else story.block(deaf, other)
    }
    const isReplaced = (): boolean => story.leader !== undefined && story.leader !== deaf
    await story.until(isReplaced, 'other leader', 3 * SILENCE_MS)
    await story.run(100)
    const epochs = story.epochs.length
    const session = await story.open(one)
    for (let second = 0; second < 20; second++) {
      await story.settled(session.create(`/${second}`), 500)
      await story.run(1000)
    }
    t.is(story.epochs.length, epochs, 'nobody else was elected meanwhile')
    t.false(story.isServing(deaf), 'and nothing was promised behind the dead direction')
    story.heal()
    await story.calm(3 * SILENCE_MS)
  })
}

test('members that reach a leader only over each other’s heads still make one ensemble', async (t) => {
  // 1 and 3 do not see each other; 2 sees both.
  const story = new Story(3)
  for (const id of story.ids) story.start(id)
  await story.until(() => story.leader !== undefined, 'first formation')
  await story.run(500)
  story.block(1, 3)
  story.block(3, 1)
  await story.run(2 * SILENCE_MS)
  await story.until(() => story.leader !== undefined, 'leader')
  const session = await story.open(2)
  for (let n = 0; n < 10; n++) {
    await story.settled(session.create(`/${n}`), 5000)
    await story.run(500)
  }
  t.true(story.epochs.length <= 4, `epochs ${story.epochs.join()}`)
  story.heal()
  await story.calm()
})

test('a leader that was elected by a member who then vanishes proposes nothing and goes back to looking', async (t) => {
  const story = await Story.begin(3)
  const before = story.tree(1).lastZxid
  for (const id of story.ids) story.kill(id)
  story.start(1)
  story.start(2)
  const roleOf = (id: number): string | undefined => story.process(id).replica.status?.role
  await story.until(() => roleOf(1) === 'leading' || roleOf(2) === 'leading', 'election')
  const elected = roleOf(1) === 'leading' ? 1 : 2
  const voter = 3 - elected
  // Nothing comes over the link any more, and nobody says that it is dead.
  story.kill(voter, 60_000)
  await story.run(SILENCE_MS + 1000)
  t.is(roleOf(elected), 'looking')
  t.false(story.isServing(elected))
  t.is(story.process(elected).replica.core?.history.lastZxid, before)
  story.start(voter)
  story.start(3)
  await story.calm()
})
