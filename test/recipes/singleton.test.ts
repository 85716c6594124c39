// `singleton`: a job in exactly one process, handed over.
import test from 'ava'
import { singleton } from '../../lib/recipes/index.js'
import { codeOf, reasonOf, scene } from './support.js'

/** A job that goes on until it is told to end. */
function untilTold(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve())
  })
}

test('it runs in one process, and in another when that one dies', async (t) => {
  const { world, sessions } = await scene(t)
  const runs: { process: number; token: number }[] = []
  for (const [index, session] of sessions.entries()) {
    singleton(session, 'job', (signal, { token }) => {
      runs.push({ process: index + 1, token })
      return untilTold(signal)
    }).catch(() => undefined)
  }
  await world.until(() => runs.length === 1)
  await world.advance(2000)
  t.is(runs.length, 1)
  await world.kill(runs[0]?.process ?? 0)
  await world.until(() => runs.length === 2)
  t.not(runs[1]?.process, runs[0]?.process)
  t.true((runs[1]?.token ?? 0) > (runs[0]?.token ?? 0))
})

test('who loses its lease ends the job, and runs it again when it is its turn', async (t) => {
  const { world, sessions } = await scene(t)
  const log: string[] = []
  for (const [index, session] of sessions.slice(0, 2).entries()) {
    singleton(session, 'job', async (signal) => {
      log.push(`${index + 1} begins`)
      await untilTold(signal)
      log.push(`${index + 1} ends`)
    }).catch(() => undefined)
    await world.until(() => log.length === 1)
  }
  // Nobody can end a session: all get theirs back, and the znode of the one that lost goes.
  await world.partition([1], [2], [3])
  await world.until(() => log.length === 2)
  await world.heal()
  await world.until(() => log.length === 3)
  t.deepEqual(log, ['1 begins', '1 ends', '2 begins'])
  await sessions[1].close()
  await world.until(() => log.length === 5)
  t.deepEqual(log.slice(3), ['2 ends', '1 begins'])
})

test('it resolves with what the job gives and rejects with what it throws, and the next process has its turn', async (t) => {
  const { sessions } = await scene(t)
  t.is(await singleton(sessions[0], 'job', () => 'done'), 'done')
  const failure = new Error('of the job')
  const failing = singleton(sessions[1], 'job', () => Promise.reject(failure))
  t.is(await reasonOf(failing), failure)
  t.is(await singleton(sessions[2], 'job', () => 'again'), 'again')
})

test('its signal ends it when the job has ended, or while it waits', async (t) => {
  const { world, sessions } = await scene(t)
  const abort = new AbortController()
  let ended = false
  const running = reasonOf(
    singleton(
      sessions[0],
      'job',
      async (signal) => {
        await untilTold(signal)
        await world.advance(500)
        ended = true
      },
      { signal: abort.signal },
    ),
  )
  await world.advance(100)
  const other = new AbortController()
  const waiting = reasonOf(singleton(sessions[1], 'job', () => 1, { signal: other.signal }))
  await world.advance(100)
  other.abort('other')
  t.is(await waiting, 'other')
  abort.abort('stop')
  t.is(await running, 'stop')
  t.true(ended)
  t.is(await singleton(sessions[2], 'job', () => 'free'), 'free')
})

test('the session’s end ends it, when the job has ended', async (t) => {
  const { world, sessions } = await scene(t)
  let ended = false
  const running = codeOf(
    singleton(sessions[0], 'job', async (signal) => {
      await untilTold(signal)
      ended = true
      throw new Error('whatever a job throws when it is told to end')
    }),
  )
  await world.advance(100)
  await world.expire(sessions[0])
  t.is(await running, 'SESSION_EXPIRED')
  t.true(ended)
})

test('wrong arguments are refused', async (t) => {
  const { sessions } = await scene(t)
  t.is(await codeOf(singleton(sessions[0], 'a/b', () => 1)), 'BAD_ARGUMENTS')
  t.is(await codeOf(singleton(sessions[0], '..', () => 1)), 'BAD_ARGUMENTS')
  t.is(await codeOf(singleton(sessions[0], 'a', 1 as never)), 'BAD_ARGUMENTS')
})
