/** No answer before the disks: what resolves is on a majority of them, however few they are. */
import test from 'ava'
import { Story } from './story.js'

for (const size of [1, 2, 3, 5]) {
  test(`in an ensemble of ${size} whatever is answered is on the disks of a majority`, async (t) => {
    // With one member it is tempting to answer first (etcd 14370).
    const story = await Story.begin(size, { diskLatencyMs: 20 })
    const session = await story.open(story.theLeader)
    // Others are done long before: it is the leader's own disk that is tempting to count early.
    story.world.machine(story.theLeader).slowUntil = Infinity
    const holders: number[] = []
    const count = (path: string): number =>
      story.world.machines.filter(({ disk }) =>
        disk.entries.some(({ txn: { body } }) => body.kind === 'create' && body.path === path),
      ).length
    const writes: Promise<unknown>[] = []
    for (let n = 0; n < 20; n++) {
      writes.push(session.create(`/${n}`).then((path) => holders.push(count(path))))
      await story.run(7)
    }
    await story.settled(Promise.all(writes))
    t.is(holders.length, 20)
    t.true(Math.min(...holders) > size / 2, holders.join())
  })
}

test('what one member alone has answered is there after it was killed', async (t) => {
  const story = await Story.begin(1, { diskLatencyMs: 20 })
  for (let life = 0; life < 10; life++) {
    const session = await story.open(1)
    const path = `/life-${life}`
    await story.settled(session.create(path))
    story.kill(1)
    story.start(1)
    await story.until(() => story.leader !== undefined, 'a leader')
    t.not(story.tree(1).get(path), undefined)
  }
})
