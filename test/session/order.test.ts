/** Several sessions and their requests among each other: each is answered in its own order and nothing leaks. */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import { openScene, turn } from './fake-replica.js'

// ZOOKEEPER-1863: reads and writes of sessions overtook each other in the commit processor.
for (const seed of [1, 2, 3, 4, 5]) {
  test(`reads and writes of each session are answered in the order of their calls, whoever commits between (seed ${seed})`, async (t) => {
    const random = new Random(seed)
    const { replica, session, handle } = await openScene()
    const sessions = [session, await handle.openSession(), await handle.openSession()]
    const other = replica.otherSession()
    await session.create('/n', '0')
    replica.holdsRequests = true
    replica.holdsTxns = true
    let foreign = 0
    const asked: string[][] = sessions.map(() => [])
    const answered: string[][] = sessions.map(() => [])
    const promises: Promise<unknown>[] = []
    for (let step = 0; step < 120; step++) {
      const who = random.integer(sessions.length)
      const mine = sessions[who]
      if (mine === undefined) continue
      const name = `${step}`
      asked[who]?.push(name)
      const note = (): void => void answered[who]?.push(name)
      promises.push(
        random.chance(0.5)
          ? mine.setData('/n', name).then(note)
          : random.chance(0.2)
            ? mine.create('/n').catch(note)
            : mine.exists('/n').then(note),
      )
      if (random.chance(0.2)) {
        foreign += 1
        replica.commitAsOther(other, foreign, { kind: 'sync' })
      }
      if (random.chance(0.3)) {
        await turn()
        replica.commit(random.integer(6))
        replica.deliver(random.integer(6))
      }
    }
    await turn()
    replica.commit()
    replica.deliver()
    await Promise.all(promises)
    t.deepEqual(answered, asked)
  })
}

test('sessions that are at the same cxid are not taken for each other', async (t) => {
  const { replica, session, handle } = await openScene()
  const other = await handle.openSession()
  await Promise.all([session.create('/a'), other.create('/b')])
  const cxids = replica.requests.flatMap((request) =>
    request.kind === 'request' ? [request.cxid] : [],
  )
  t.deepEqual(cxids, [1, 1])
  replica.holdsTxns = true
  const mine = session.setData('/a', 'x')
  const theirs = other.create('/b')
  await turn()
  replica.deliver()
  t.is((await mine).version, 1)
  await t.throwsAsync(theirs, { code: 'NODE_EXISTS' })
})

test('a request that was refused leaves nothing that the next one could trip over', async (t) => {
  const { replica, session } = await openScene()
  await session.create('/p')
  const before = await session.exists('/p')
  await t.throwsAsync(session.create('/missing/x'), { code: 'NO_NODE' })
  await t.throwsAsync(session.delete('/p', 7), { code: 'BAD_VERSION' })
  await t.throwsAsync(session.create('/p'), { code: 'NODE_EXISTS' })
  t.deepEqual(await session.exists('/p'), before)
  const [one, two] = await Promise.allSettled([session.create('/p'), session.create('/p/ok')])
  t.is(one.status, 'rejected')
  t.deepEqual(two, { status: 'fulfilled', value: '/p/ok' })
  t.deepEqual(session.getChildrenSync('/p').children, ['ok'])
  replica.tree.check()
})

test('a write is handed over once, however often leaders come and go: nobody here sends it again', async (t) => {
  const { replica, session } = await openScene()
  replica.holdsRequests = true
  const write = session.create('/a')
  await turn()
  for (let change = 0; change < 5; change++) {
    replica.look()
    await turn()
    replica.lead()
    await turn()
  }
  t.is(replica.requests.filter(({ kind }) => kind === 'request').length, 1)
  replica.commit()
  replica.deliver()
  t.is(await write, '/a')
})
