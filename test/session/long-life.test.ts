/** What a session lives on: heartbeats and a monotonic clock, and nothing that the application does or leaves. */
import test from 'ava'
import { openScene, turn } from './fake-replica.js'
import type { OpenScene } from './fake-replica.js'

const TIMEOUT = 10_000

/** A quorum confirms each heartbeat at once. */
async function live({ clock, replica, session }: OpenScene, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500)
    await turn()
    replica.confirm([session.id])
  }
}

test('a session that only reads, or does nothing at all, lives on for ten timeouts', async (t) => {
  const scene = await openScene()
  const { session, replica } = scene
  await session.create('/e', '', { ephemeral: true })
  const asked = replica.requests.length
  for (let n = 0; n < 20; n++) {
    await live(scene, TIMEOUT / 2)
    if (n < 10) await session.getData('/e')
    t.true(session.alive)
    t.is(session.state, 'connected')
  }
  t.is(replica.requests.length, asked, 'reads need nobody else')
})

for (const [how, ms] of [
  ['a day back', -86_400_000],
  ['a second back', -1000],
  ['a little forth', 500],
] as const) {
  test(`a wall clock that jumps ${how} ends no lease`, async (t) => {
    const scene = await openScene()
    const { session, clock } = scene
    await live(scene, 3000)
    clock.offset += ms
    t.true(session.alive)
    await live(scene, TIMEOUT * 2)
    t.true(session.alive)
    t.is(session.state, 'connected')
  })
}

test('a wall clock that jumps forth costs the lease until the next confirmation, not the session', async (t) => {
  const scene = await openScene()
  const { session, clock, replica } = scene
  await live(scene, 3000)
  clock.offset += 86_400_000
  t.false(session.alive, 'the machine may have slept')
  await live(scene, 4000)
  t.true(session.alive)
  t.true(replica.tree.sessions.has(session.id))
})
