// `Queue`: at most once, and at least once.
import test from 'ava'
import { Queue } from '../../lib/recipes/index.js'
import { codeOf, namesIn, reasonOf, scene, watchesOf } from './support.js'

test('items come by priority, then in the order in which they were put', async (t) => {
  const { sessions } = await scene(t)
  const queue = new Queue(sessions[0], '/a/queue')
  await queue.put('c')
  await queue.put('d')
  await queue.put('a', { priority: 1 })
  await queue.put('b', { priority: 1 })
  await queue.put('e', { priority: 9999 })
  const taken: string[] = []
  for await (const data of queue) {
    taken.push(String(data))
    if (taken.length === 5) break
  }
  t.is(taken.join(''), 'abcde')
  t.deepEqual(namesIn(sessions[0], '/a/queue/items'), [])
  t.is(await codeOf(queue.put('x', { priority: 10_000 })), 'BAD_ARGUMENTS')
})

test('who waits gets what comes, and each item goes to one', async (t) => {
  const { world, sessions } = await scene(t)
  const queues = sessions.map((session) => new Queue(session, '/queue'))
  const taken: string[] = []
  for (const queue of queues) {
    for (let n = 0; n < 10; n += 1) void queue.take().then((data) => taken.push(String(data)))
  }
  await world.advance(100)
  const items = Array.from({ length: 30 }, (_, index) => String(index))
  await Promise.all(items.map((item, index) => queues[index % 3]!.put(item)))
  await world.until(() => taken.length === 30)
  t.deepEqual(taken.toSorted(), items.toSorted())
})

test('an item that is locked stays until it is done, and goes to the next when its holder dies', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = sessions
  await new Queue(three, '/queue').put('work')
  const first = await new Queue(one, '/queue').takeLocked()
  t.true(first.held)
  t.is(String(first.data), 'work')
  const waiting = new Queue(two, '/queue').takeLocked()
  await world.advance(2000)
  t.is(namesIn(two, '/queue/items').length, 1)
  await world.kill(1)
  const second = await waiting
  t.false(first.held)
  t.true(second.token > first.token)
  await second.done()
  t.deepEqual([namesIn(two, '/queue/items'), namesIn(two, '/queue/locks')], [[], []])
  t.false(second.held)
  t.like(await reasonOf(second.done()), { code: 'NO_NODE' })
})

test('what is given back keeps its place, or goes to the end', async (t) => {
  const { sessions } = await scene(t)
  const queue = new Queue(sessions[0], '/queue')
  for (const item of ['a', 'b', 'c']) await queue.put(item)
  const a = await queue.takeLocked()
  await a.requeue()
  {
    await using again = await queue.takeLocked()
    t.is(String(again.data), 'a')
  }
  const last = await queue.takeLocked()
  await last.requeue({ atEnd: true })
  const rest: string[] = []
  while (rest.length < 3) rest.push(String(await queue.take()))
  t.is(rest.join(''), 'bca')
})

test('a consumer that throws gives the item back and ends with that', async (t) => {
  const { world, sessions } = await scene(t)
  const queue = new Queue(sessions[0], '/queue')
  const done: string[] = []
  for (const item of ['a', 'b', 'bad', 'c']) await queue.put(item)
  const consumer = (data: Buffer): void => {
    if (String(data) === 'bad') throw new Error('indigestible')
    done.push(String(data))
  }
  t.like(await reasonOf(queue.consume(consumer)), { message: 'indigestible' })
  t.deepEqual(done, ['a', 'b'])
  await world.advance(100)
  t.is(namesIn(sessions[0], '/queue/items').length, 2)
  t.deepEqual(namesIn(sessions[0], '/queue/locks'), [])
  const abort = new AbortController()
  const bad = await queue.takeLocked()
  const consuming = queue.consume(consumer, { signal: abort.signal })
  await world.until(() => done.includes('c'))
  abort.abort('enough')
  t.is(await reasonOf(consuming), 'enough')
  await bad.done()
})

test('a holder whose lease lapses knows it before the next one has the item', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  const queue = new Queue(one, '/queue')
  await queue.put('work')
  const first = await queue.takeLocked()
  let isNext = false
  void new Queue(two, '/queue').takeLocked().then(() => (isNext = true))
  await world.partition([1])
  await world.until(() => {
    t.false(first.held && isNext)
    return isNext
  })
  t.true(first.lost.aborted)
})

test('takes that are aborted lose nothing and lock nothing; a closed queue leaves no watch behind', async (t) => {
  const { world, sessions } = await scene(t)
  const [one] = sessions
  const queue = new Queue(one, '/queue')
  await queue.put('a')
  const abort = new AbortController()
  const locking = queue.takeLocked({ signal: abort.signal })
  await Promise.resolve()
  abort.abort('enough')
  t.is(await codeOf(locking), 'enough')
  t.is(await codeOf(queue.take({ signal: abort.signal })), 'enough')
  await world.advance(100)
  t.deepEqual(namesIn(one, '/queue/locks'), [])
  t.is(String(await queue.take()), 'a')
  const waiting = queue.take()
  await world.advance(100)
  queue.close()
  t.is(await codeOf(waiting), 'SESSION_CLOSED')
  t.is(await codeOf(queue.take()), 'SESSION_CLOSED')
  t.is(watchesOf(one), 0)
})

test('the list is read once: afterwards each item costs what it costs', async (t) => {
  const { sessions } = await scene(t)
  const [one] = sessions
  const queue = new Queue(one, '/queue')
  await Promise.all(Array.from({ length: 200 }, (_, index) => queue.put(String(index))))
  let readings = 0
  const read = one.getChildrenSync.bind(one)
  one.getChildrenSync = (...args) => {
    readings += 1
    return read(...args)
  }
  for (let n = 0; n < 200; n += 1) t.is(String(await queue.take()), String(n))
  t.true(readings <= 2)
})

test('a take ends with its session', async (t) => {
  const { world, sessions } = await scene(t)
  const taking = new Queue(sessions[0], '/queue').take()
  await world.advance(10)
  await world.expire(sessions[0])
  t.is(await codeOf(taking), 'SESSION_EXPIRED')
  t.is(await codeOf(new Queue(sessions[0], '/queue').take()), 'SESSION_EXPIRED')
})
