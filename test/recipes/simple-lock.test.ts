// `SimpleLock`: the paper's first lock, and its herd.
import test from 'ava'
import { SimpleLock } from '../../lib/recipes/index.js'
import { codeOf, reasonOf, scene, watchesOf } from './support.js'

test('one holds it at a time; everybody else wakes at each release', async (t) => {
  const { world, sessions } = await scene(t)
  const first = await new SimpleLock(sessions[0], '/locks/a').acquire()
  const lock = new SimpleLock(sessions[1], '/locks/a')
  const held: number[] = []
  const all = Array.from({ length: 10 }, async () => {
    const handle = await lock.acquire()
    t.true(handle.held)
    held.push(handle.token)
    await world.advance(10)
    await handle.release()
  })
  await world.until(() => watchesOf(sessions[1]) === 10)
  let creates = 0
  const create = sessions[1].create.bind(sessions[1])
  sessions[1].create = ((...args: Parameters<typeof create>) => {
    creates += 1
    return create(...args)
  }) as typeof create
  await first.release()
  await Promise.all(all)
  // Ten try, then nine, and so on: a lock without herd has none of these.
  t.is(creates, 55)
  t.is(held.length, 10)
  t.deepEqual(
    held,
    held.toSorted((left, right) => left - right),
  )
  t.is(sessions[0].existsSync('/locks/a'), null)
  t.is(watchesOf(sessions[1]), 0)
})

test('an abort leaves neither znode nor watch, whenever it comes', async (t) => {
  const { world, sessions } = await scene(t)
  const lock = new SimpleLock(sessions[1], '/a')
  const early = new AbortController()
  const creating = reasonOf(lock.acquire({ signal: early.signal }))
  await world.advance(1)
  early.abort('early')
  t.is(await creating, 'early')
  await sessions[1].sync()
  await sessions[1].sync()
  t.is(sessions[1].existsSync('/a'), null)
  const first = await new SimpleLock(sessions[0], '/a').acquire()
  const late = new AbortController()
  const waiting = reasonOf(lock.acquire({ signal: late.signal }))
  await world.advance(200)
  late.abort('late')
  t.is(await waiting, 'late')
  t.is(watchesOf(sessions[1]), 0)
  t.true(first.held)
})

test('it is lost with the lease, and ends with the session', async (t) => {
  const { world, sessions } = await scene(t)
  const handle = await new SimpleLock(sessions[0], '/a').acquire()
  const next = new SimpleLock(sessions[1], '/a').acquire()
  t.is(await new SimpleLock(sessions[1], '/a').tryAcquire(), undefined)
  await world.blockMainThread(1, 9000)
  t.false(handle.held)
  t.true((await next).held)
  const ended = codeOf(new SimpleLock(sessions[2], '/a').acquire())
  await world.advance(100)
  await sessions[2].close()
  t.is(await ended, 'SESSION_CLOSED')
})
