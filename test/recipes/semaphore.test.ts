// `Semaphore`: so many permits, in the order of asking.
import test from 'ava'
import { Semaphore } from '../../lib/recipes/index.js'
import type { LockHandle } from '../../lib/recipes/index.js'
import { codeOf, namesIn, scene, watchesOf } from './support.js'

test('as many hold a permit as there are, and the next gets it when any of them goes', async (t) => {
  for (const goes of [0, 1, 2]) {
    const { world, sessions } = await scene(t)
    const [one, two, three] = sessions.map((session) => new Semaphore(session, '/s', 3))
    const held = [await one!.acquire(), await two!.acquire(), await three!.acquire()]
    t.true(held.every((handle) => handle.held))
    t.is(await one!.tryAcquire(), undefined)
    const waiting = two!.acquire()
    await world.advance(1000)
    await held[goes]?.release()
    t.true((await waiting).held)
    t.is(await one!.tryAcquire(), undefined)
  }
})

test('a release wakes no more than there are permits, however many wait', async (t) => {
  const { world, sessions } = await scene(t)
  const semaphore = new Semaphore(sessions[0], '/s', 3)
  const waiters = new Semaphore(sessions[1], '/s', 3)
  const held = [await semaphore.acquire(), await semaphore.acquire(), await semaphore.acquire()]
  const got: LockHandle[] = []
  for (let index = 0; index < 20; index += 1) {
    void waiters.acquire().then(
      (handle) => got.push(handle),
      () => undefined,
    )
  }
  await world.until(() => watchesOf(sessions[1]) === 60)
  let woken = 0
  const existsSync = sessions[1].existsSync.bind(sessions[1])
  // Everybody who wakes looks for its own znode first.
  sessions[1].existsSync = (path, options) => {
    if (options === undefined) woken += 1
    return existsSync(path, options)
  }
  await held[2]?.release()
  await world.until(() => got.length === 1)
  // Three woke; the one that got it looks once more, as its owner.
  t.true(woken >= 3 && woken <= 5, `${woken}`)
  sessions[1].existsSync = existsSync
})

test('all must agree on the number, as long as anybody uses it', async (t) => {
  const { world, sessions } = await scene(t)
  const three = new Semaphore(sessions[0], '/s', 3)
  const two = new Semaphore(sessions[1], '/s', 2)
  const handle = await three.acquire()
  t.is(await codeOf(two.acquire()), 'BAD_ARGUMENTS')
  t.is(await codeOf(two.tryAcquire()), 'BAD_ARGUMENTS')
  await sessions[1].sync()
  t.is(namesIn(sessions[1], '/s').length, 1)
  t.is(watchesOf(sessions[1]), 0)
  await handle.release()
  await world.until(() => sessions[1].existsSync('/s') === null, { timeout: 10_000 })
  t.true((await two.acquire()).held)
})

test('a permit is lost with the lease, and an abort leaves nothing', async (t) => {
  const { world, sessions } = await scene(t)
  const semaphore = new Semaphore(sessions[0], '/s', 2)
  const held = [await semaphore.acquire(), await semaphore.acquire()]
  const abort = new AbortController()
  const waiting = codeOf(new Semaphore(sessions[1], '/s', 2).acquire({ signal: abort.signal }))
  await world.until(() => watchesOf(sessions[1]) === 2)
  abort.abort('enough')
  t.is(await waiting, 'enough')
  t.is(watchesOf(sessions[1]), 0)
  await world.blockMainThread(1, 9000)
  t.deepEqual(
    held.map((handle) => handle.held),
    [false, false],
  )
})

test('a number of permits is a whole number from one on', async (t) => {
  const { sessions } = await scene(t)
  for (const permits of [0, -1, 1.5, NaN, '3' as never]) {
    t.throws(() => new Semaphore(sessions[0], '/s', permits), { code: 'BAD_ARGUMENTS' })
  }
})
