// `ReadWriteLock`: readers share, writers exclude, nobody starves.
import test from 'ava'
import { ReadWriteLock } from '../../lib/recipes/index.js'
import type { LockHandle } from '../../lib/recipes/index.js'
import type { Session } from '../../lib/index.js'
import { codeOf, namesIn, scene, watchesOf } from './support.js'

function locksOf(sessions: readonly [Session, Session, Session]) {
  const [one, two, three] = sessions
  return [
    new ReadWriteLock(one, '/a'),
    new ReadWriteLock(two, '/a'),
    new ReadWriteLock(three, '/a'),
  ] as const
}

test('readers hold it together, a writer alone', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = locksOf(sessions)
  const readers = [await one.read.acquire(), await two.read.acquire()]
  t.deepEqual(
    readers.map(({ held }) => held),
    [true, true],
  )
  t.is(await three.write.tryAcquire(), undefined)
  const writing = three.write.acquire()
  await readers[0]?.release()
  await world.advance(1000)
  t.is(watchesOf(sessions[2]), 1)
  await readers[1]?.release()
  const writer = await writing
  t.true(writer.held)
  t.is(await one.read.tryAcquire(), undefined)
  t.is(await one.write.tryAcquire(), undefined)
})

test('first come, first served: readers do not pass a writer that waits', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = locksOf(sessions)
  const order: string[] = []
  const first = await one.read.acquire()
  const told = (name: string, acquiring: Promise<LockHandle>): Promise<LockHandle> => {
    return acquiring.then((handle) => {
      order.push(name)
      return handle
    })
  }
  const writing = told('writer', two.write.acquire())
  await world.advance(50)
  const reading = [told('reader', one.read.acquire()), told('reader', three.read.acquire())]
  await world.advance(1000)
  t.deepEqual(order, [])
  await first.release()
  const writer = await writing
  await world.advance(1000)
  t.deepEqual(order, ['writer'])
  await writer.release()
  const readers = await Promise.all(reading)
  t.true(readers.every(({ held, token }) => held && token > writer.token))
})

test('a reader that goes wakes no other reader', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = locksOf(sessions)
  const writer = await one.write.acquire()
  const reading = [two.read.acquire(), three.read.acquire()]
  await world.advance(100)
  const [, name] = namesIn(sessions[0], '/a')
  // Both watch the writer, and nobody the reader before.
  t.is(watchesOf(sessions[1]) + watchesOf(sessions[2]), 2)
  t.true(name?.includes('__READ__'))
  await writer.release()
  t.is((await Promise.all(reading)).length, 2)
})

test('a writer becomes a reader without letting another writer in between', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = locksOf(sessions)
  const writer = await one.write.acquire()
  const writing = two.write.acquire()
  await world.advance(50)
  const reading = three.read.acquire()
  await world.advance(50)
  const downgrading = writer.downgrade()
  t.false(writer.held, 'from the call on')
  const reader = await downgrading
  t.true(reader.held)
  t.is(reader.token, writer.token)
  await world.advance(1000)
  await reader.release()
  const other = await writing
  t.true(other.held && other.token > reader.token)
  await other.release()
  t.true((await reading).held)
})

test('readers who wait go on when the writer before them becomes one of them', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = locksOf(sessions)
  const writer = await one.write.acquire()
  const reading = two.read.acquire()
  await world.advance(50)
  const reader = await writer.downgrade()
  t.true((await reading).held)
  t.true(reader.held)
  await one[Symbol.asyncDispose]()
  t.false(reader.held)
})

test('who holds write and acquires read waits for itself, and so the other way', async (t) => {
  const { world, sessions } = await scene(t)
  const [one] = locksOf(sessions)
  const abort = new AbortController()
  const writer = await one.write.acquire()
  const reading = codeOf(one.read.acquire({ signal: abort.signal }))
  await world.advance(5000)
  abort.abort('itself')
  t.is(await reading, 'itself')
  await writer.release()
  const reader = await one.read.acquire()
  t.is(await one.write.tryAcquire(), undefined)
  t.true(reader.held)
})

test('what is not held cannot be downgraded', async (t) => {
  const { world, sessions } = await scene(t)
  const [one] = locksOf(sessions)
  const writer = await one.write.acquire()
  await writer.release()
  t.is(await codeOf(writer.downgrade()), 'NO_NODE')
  const other = await one.write.acquire()
  await world.expire(sessions[0])
  t.is(await codeOf(other.downgrade()), 'SESSION_EXPIRED')
})
