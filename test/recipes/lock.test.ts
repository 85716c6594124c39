// `Lock`: one holder, in the order of asking, who knows that it has lost before anybody else can have it.
import test from 'ava'
import { Lock } from '../../lib/recipes/index.js'
import type { LockHandle } from '../../lib/recipes/index.js'
import { codeOf, namesIn, reasonOf, scene, watchesOf } from './support.js'

test('one holds it at a time, whoever asked first first, and tokens grow', async (t) => {
  const { world, sessions } = await scene(t)
  const held: LockHandle[] = []
  const locks = sessions.map((session) => new Lock(session, '/locks/a'))
  const first = await locks[0]!.acquire()
  t.true(first.held)
  for (const index of [1, 2, 0]) {
    void locks[index]!.acquire().then((handle) => held.push(handle))
    await world.advance(50)
  }
  t.deepEqual(held, [])
  await first.release()
  t.false(first.held)
  for (const turn of [1, 2, 3]) {
    await world.until(() => held.length === turn)
    const tokens = [first, ...held].map(({ token }) => token)
    t.deepEqual(
      tokens,
      [...new Set(tokens)].sort((left, right) => left - right),
    )
    t.true(held.at(-1)?.held)
    await held.at(-1)?.release()
  }
  t.deepEqual(namesIn(sessions[0], '/locks/a'), [])
})

test('acquires of one session queue too: it is not re-entrant', async (t) => {
  const { world, sessions } = await scene(t)
  const lock = new Lock(sessions[0], '/a')
  const first = await lock.acquire()
  t.is(await lock.tryAcquire(), undefined)
  const second = lock.acquire()
  await world.advance(1000)
  t.is(namesIn(sessions[0], '/a').length, 2)
  await first.release()
  t.true((await second).held)
})

test('a thread that was blocked for longer than its session reads that it is not held, before anything was told', async (t) => {
  const { world, sessions } = await scene(t)
  const handle = await new Lock(sessions[0], '/a').acquire()
  const other = new Lock(sessions[1], '/a').acquire()
  const told: string[] = []
  sessions[0].on('state', (state) => told.push(state))
  sessions[0].on('lapse', () => told.push('lapse'))
  handle.lost.addEventListener('abort', () => told.push('lost'))
  await world.blockMainThread(1, 9000)
  t.deepEqual(told, [])
  t.false(handle.held)
  // Asking makes it known.
  t.true(handle.lost.aborted)
  t.true((await other).held)
})

test('a holder that is cut off hears that it has lost before the next one holds it', async (t) => {
  const { world, sessions } = await scene(t)
  const handle = await new Lock(sessions[0], '/a').acquire()
  const order: string[] = []
  handle.lost.addEventListener('abort', () => order.push('lost'))
  const next = new Lock(sessions[1], '/a').acquire().then((other) => {
    order.push('next')
    return other
  })
  await world.partition([1])
  const other = await next
  t.deepEqual(order, ['lost', 'next'])
  t.is((handle.lost.reason as { code?: unknown }).code, 'CONNECTION_LOSS')
  await world.heal()
  await world.until(() => sessions[0].state === 'expired')
  t.false(handle.held)
  t.true(other.held)
  await handle.release()
  await other.release()
})

test('what was lost stays lost, also when its session lives on: its znode goes, and others go on', async (t) => {
  const { world, sessions } = await scene(t)
  const handle = await new Lock(sessions[0], '/a').acquire()
  // All are cut off from each other: leases lapse, but nobody can end a session.
  await world.partition([1], [2], [3])
  await world.until(() => handle.lost.aborted)
  await world.heal()
  await world.until(() => sessions[0].alive)
  t.false(handle.held)
  await sessions[0].sync()
  t.deepEqual(namesIn(sessions[0], '/a'), [])
  t.true((await new Lock(sessions[0], '/a').acquire()).held)
})

test('who holds it when somebody deletes its znode loses it', async (t) => {
  const { world, sessions } = await scene(t)
  const handle = await new Lock(sessions[0], '/a').acquire()
  await sessions[1].deleteRecursive('/a')
  await world.until(() => handle.lost.aborted)
  t.false(handle.held)
  t.is((handle.lost.reason as { code?: unknown }).code, 'NO_NODE')
  t.is(watchesOf(sessions[0]), 0)
})

test('who waits when somebody deletes its znode comes in again, at the end', async (t) => {
  const { world, sessions } = await scene(t)
  const first = await new Lock(sessions[0], '/a').acquire()
  const waiting = new Lock(sessions[1], '/a').acquire()
  await world.advance(100)
  const name = namesIn(sessions[1], '/a')[1]
  await sessions[2].delete(`/a/${name}`)
  await first.release()
  t.true((await waiting).held)
})

test('who changes the data of a holder’s znode takes nothing away', async (t) => {
  const { world, sessions } = await scene(t)
  const handle = await new Lock(sessions[0], '/a').acquire()
  const [name] = namesIn(sessions[0], '/a')
  await sessions[1].setData(`/a/${name}`, 'x')
  await world.advance(100)
  t.true(handle.held)
  await sessions[1].delete(`/a/${name}`)
  await world.until(() => handle.lost.aborted)
  t.pass()
})

test('an abort ends the waiting at once, and leaves neither znode nor watch', async (t) => {
  const { world, sessions } = await scene(t)
  const first = await new Lock(sessions[0], '/a').acquire()
  const lock = new Lock(sessions[1], '/a')
  const gone = new AbortController()
  gone.abort('gone')
  t.is(await reasonOf(lock.acquire({ signal: gone.signal })), 'gone')
  for (const waitMs of [0, 1, 3, 200]) {
    const abort = new AbortController()
    const acquiring = lock.acquire({ signal: abort.signal })
    if (waitMs > 0) await world.advance(waitMs)
    const at = world.now
    abort.abort('enough')
    t.is(await reasonOf(acquiring), 'enough')
    t.is(world.now, at)
  }
  await world.advance(100)
  t.is(namesIn(sessions[0], '/a').length, 1)
  t.is(watchesOf(sessions[1]), 0)
  await first.release()
})

test('an abort means nothing once it is held', async (t) => {
  const { world, sessions } = await scene(t)
  const abort = new AbortController()
  const handle = await new Lock(sessions[0], '/a').acquire({ signal: abort.signal })
  abort.abort()
  await world.advance(100)
  t.true(handle.held)
})

test('the end of the session ends the waiting, with why', async (t) => {
  const { world, sessions } = await scene(t)
  await new Lock(sessions[0], '/a').acquire()
  const expired = codeOf(new Lock(sessions[1], '/a').acquire())
  const closed = codeOf(new Lock(sessions[2], '/a').acquire())
  await world.advance(50)
  await world.expire(sessions[1])
  t.is(await expired, 'SESSION_EXPIRED')
  await sessions[2].close()
  t.is(await closed, 'SESSION_CLOSED')
  t.is(await codeOf(new Lock(sessions[1], '/a').acquire()), 'SESSION_EXPIRED')
})

test('whoever lets go of a promise is not punished for the end of the session', async (t) => {
  const { world, sessions } = await scene(t)
  await new Lock(sessions[0], '/a').acquire()
  void new Lock(sessions[1], '/a').acquire()
  await world.advance(50)
  await sessions[1].close()
  await world.advance(50)
  // An unhandled rejection would be a failure of this file.
  t.pass()
})

test('a holder that dies is followed by the next: after its timeout, or at once on one machine', async (t) => {
  for (const sameMachine of [false, true]) {
    const { world, sessions } = await scene(t, { sameMachine })
    const leader = world.leader ?? 0
    const holder = leader % 3
    const other = (leader + 1) % 3
    const handle = await new Lock(sessions[holder]!, '/a').acquire()
    const next = new Lock(sessions[other]!, '/a').acquire()
    await world.advance(50)
    const killed = world.now
    await world.kill(holder + 1)
    t.false(handle.held)
    t.true((await next).held)
    const ms = world.now - killed
    if (sameMachine) t.true(ms < 100, `${ms} ms`)
    else t.true(ms > 3000 && ms < 6000, `${ms} ms`)
  }
})

test('a release wakes one of many who wait', async (t) => {
  const { world, sessions } = await scene(t)
  const first = await new Lock(sessions[0], '/a').acquire()
  const lock = new Lock(sessions[1], '/a')
  const abort = new AbortController()
  const waiting = Array.from({ length: 30 }, () => lock.acquire({ signal: abort.signal }))
  for (const one of waiting) one.catch(() => undefined)
  await world.until(() => watchesOf(sessions[1]) === 30)
  await first.release()
  const second = await waiting[0]
  // Twenty-nine still watch the one before them, and the one that holds it watches its own znode.
  t.true(second?.held)
  t.is(watchesOf(sessions[1]), 30)
  abort.abort()
  await world.advance(100)
  t.is(watchesOf(sessions[1]), 1)
  await second?.release()
  t.is(watchesOf(sessions[1]), 0)
})

test('tryAcquire has it at once or not at all, and leaves nothing', async (t) => {
  const { world, sessions } = await scene(t)
  const lock = new Lock(sessions[0], '/a')
  const handle = await lock.tryAcquire()
  t.true(handle?.held)
  t.is(await new Lock(sessions[1], '/a').tryAcquire(), undefined)
  t.is(namesIn(sessions[0], '/a').length, 1)
  await handle?.release()
  // The other process may not have seen the release yet; it asks.
  t.true((await new Lock(sessions[1], '/a').tryAcquire())?.held)
  await world.advance(100)
  t.is(watchesOf(sessions[0]), 0)
})

test('with releases in any case, and what went wrong first is what is told', async (t) => {
  const { sessions } = await scene(t)
  const lock = new Lock(sessions[0], '/a')
  const seen: LockHandle[] = []
  t.is(
    await lock.with((handle) => {
      seen.push(handle)
      t.true(handle.held)
      return 'result'
    }),
    'result',
  )
  const failure = new Error('of the work')
  t.is(
    await reasonOf(
      lock.with(() => {
        throw failure
      }),
    ),
    failure,
  )
  t.false(seen[0]?.held)
  t.false(seen[0]?.lost.aborted, 'a release is no loss')
  t.deepEqual(namesIn(sessions[0], '/a'), [])
})

test('disposing of a lock releases what it holds and ends who waits', async (t) => {
  const { sessions } = await scene(t)
  const lock = new Lock(sessions[0], '/a')
  const handle = await lock.acquire()
  const waiting = reasonOf(lock.acquire())
  await lock[Symbol.asyncDispose]()
  t.false(handle.held)
  t.is(((await waiting) as Error).name, 'AbortError')
  t.is(((await reasonOf(lock.acquire())) as Error).name, 'AbortError')
  await sessions[0].sync()
  t.deepEqual(namesIn(sessions[0], '/a'), [])
})

test('it works below a namespace, at its root too, and its queue is created and cleaned away', async (t) => {
  const { world, sessions } = await scene(t)
  await sessions[0].create('/app')
  const part = sessions[0].namespace('/app')
  const handle = await new Lock(part, '/x/y').acquire()
  t.is(namesIn(sessions[0], '/app/x/y').length, 1)
  const root = await new Lock(part, '/').acquire()
  t.true(root.held)
  await handle.release()
  await root.release()
  await world.until(() => sessions[0].existsSync('/app/x/y') === null, { timeout: 10_000 })
  t.is(watchesOf(sessions[0]), 0)
})

test('a leader that dies meanwhile leaves no second znode: writes take effect once', async (t) => {
  const { world, sessions } = await scene(t)
  const leader = world.leader ?? 0
  const session = sessions[leader % 3]!
  const acquiring = new Lock(session, '/a').acquire()
  await world.advance(1)
  await world.kill(leader)
  const handle = await acquiring
  t.true(handle.held)
  t.is(namesIn(session, '/a').length, 1)
})

test('wrong arguments are refused before anything is sent', async (t) => {
  const { sessions } = await scene(t)
  t.throws(() => new Lock(sessions[0], 'a'), { code: 'BAD_ARGUMENTS' })
  t.throws(() => new Lock({} as never, '/a'), { code: 'BAD_ARGUMENTS' })
  const lock = new Lock(sessions[0], '/a')
  t.is(await codeOf(lock.acquire({ timeout: 5 } as never)), 'BAD_ARGUMENTS')
  t.is(await codeOf(lock.acquire({ signal: 5 } as never)), 'BAD_ARGUMENTS')
  t.is(await codeOf(lock.with(5 as never)), 'BAD_ARGUMENTS')
  t.is(sessions[0].existsSync('/a'), null)
})
