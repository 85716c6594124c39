/** The end of a session against everything that is under way at that moment: whichever comes first in the order wins. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { openScene, turn } from './fake-replica.js'
import type { OpenScene } from './fake-replica.js'

/** Where in the pipeline the session's end comes: behind so many of its requests. */
for (const place of [0, 1, 2, 3]) {
  test(`of three creates pipelined around an expiry behind ${place} of them, exactly those before it happen, and no ephemeral stays`, async (t) => {
    // ZOOKEEPER-1208, 1496: an ephemeral created behind its session's end was never deleted.
    const { replica, session } = await openScene()
    replica.holdsRequests = true
    replica.holdsTxns = true
    const ephemeral = { ephemeral: true }
    const outcomes = Promise.allSettled([
      session.create('/e1', '', ephemeral),
      session.create('/p'),
      session.create('/e2', '', ephemeral),
    ])
    await turn()
    replica.commit(place)
    replica.expire(session.id)
    replica.commit()
    replica.deliver()
    t.deepEqual((await outcomes).map(resultOf), [
      place > 0 ? '/e1' : 'SESSION_EXPIRED',
      place > 1 ? '/p' : 'SESSION_EXPIRED',
      place > 2 ? '/e2' : 'SESSION_EXPIRED',
    ])
    t.is(replica.tree.get('/e1'), undefined)
    t.is(replica.tree.get('/e2'), undefined)
    t.is(replica.tree.get('/p') !== undefined, place > 1, 'what is persistent stays')
  })
}

test('a request behind the close of its session is refused at once, and what stood before is answered', async (t) => {
  const { replica, session } = await openScene()
  const before = session.create('/e', '', { ephemeral: true })
  const closing = session.close()
  await t.throwsAsync(session.create('/late', '', { ephemeral: true }), { code: 'SESSION_CLOSED' })
  await closing
  t.is(await before, '/e')
  t.is(replica.tree.get('/e'), undefined)
  t.is(replica.tree.get('/late'), undefined)
})

// ZOOKEEPER-1382: the watch of a read was registered after the connection's watches were removed.
const ENDS: Readonly<Record<string, (scene: OpenScene) => void>> = {
  expires: ({ replica, session }) => {
    replica.expire(session.id)
    replica.deliver()
  },
  'is closed': ({ session }) => void session.close({ timeout: 0 }),
  fails: ({ replica }) => replica.give({ kind: 'failed', reason: 'gone', code: 'STORAGE' }),
}

for (const [how, end] of Object.entries(ENDS)) {
  test(`a read that still waits when its session ${how} leaves no watch behind`, async (t) => {
    const scene = await openScene()
    const { replica, session, view } = scene
    await session.create('/a')
    replica.holdsRequests = true
    const write = session.setData('/a', 'x')
    const watch = (): void => t.fail('nobody is there to be told')
    const reads = [
      session.getData('/a', { watch }),
      session.exists('/missing', { watch }),
      session.getChildren('/', { watch: true }),
      session.addWatch('/', 'persistentRecursive', watch),
    ]
    await turn()
    end(scene)
    scene.clock.advance(1)
    replica.commit()
    replica.deliver()
    await Promise.allSettled([write, ...reads])
    t.is(view.memory.watches.size, 0)
    replica.commitAsOther(replica.otherSession(), 1, { kind: 'delete', path: '/a', version: -1 })
    replica.deliver()
    t.is(view.memory.watches.size, 0)
  })
}

test('a handle never changes over to another session by itself: after expiry it keeps its id and refuses', async (t) => {
  const { replica, session, handle } = await openScene()
  const { id } = session
  await session.create('/mine', '', { ephemeral: true })
  replica.expire(id)
  replica.deliver()
  for (let attempt = 0; attempt < 3; attempt++) {
    await t.throwsAsync(session.create('/mine', '', { ephemeral: true }), {
      code: 'SESSION_EXPIRED',
    })
    replica.look()
    replica.lead()
    await turn()
  }
  t.is(session.id, id)
  t.is(replica.tree.sessions.size, 0, 'nor does it ask for one behind the scenes')
  const next = await handle.openSession()
  t.not(next.id, id)
  t.is(await next.create('/mine', '', { ephemeral: true }), '/mine')
})

test('whose ephemeral it is can be told: a successor does not take its predecessor’s for its own', async (t) => {
  const { replica, session, handle } = await openScene()
  await session.create('/lock', '', { ephemeral: true })
  // Another session of the same process, as after a reconnect, while the old one has not ended yet.
  const successor = await handle.openSession()
  await t.throwsAsync(successor.create('/lock', '', { ephemeral: true }), { code: 'NODE_EXISTS' })
  t.is((await successor.exists('/lock'))?.ephemeralOwner, session.id)
  t.not(session.id, successor.id)
  replica.expire(session.id)
  replica.deliver()
  t.is(await successor.exists('/lock'), null)
})

function resultOf(result: PromiseSettledResult<string>): string {
  return result.status === 'fulfilled'
    ? result.value
    : (result.reason as { readonly code: string }).code
}

test('a session that ends while it is pipelining leaves every promise settled', async (t) => {
  await settlesAll(t, 0)
  await settlesAll(t, 7)
})

async function settlesAll(t: ExecutionContext, committed: number): Promise<void> {
  const { replica, session } = await openScene()
  replica.holdsRequests = true
  const promises = Array.from({ length: 20 }, (_, n) =>
    n % 3 === 0 ? session.exists('/') : session.create(`/${n}`),
  )
  await turn()
  replica.commit(committed)
  replica.expire(session.id)
  replica.deliver()
  const results = await Promise.allSettled<unknown>(promises)
  const created = results.filter(({ status }, n) => n % 3 !== 0 && status === 'fulfilled').length
  t.is(created, committed)
}
