// `vivarium/testing`: virtual time is exact, stands still when nobody waits, and the same seed is the same run.
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { setTimeout as pause } from 'node:timers/promises'
import type { Session } from '../../lib/index.js'
import { ensemble } from '../../lib/testing/index.js'
import { codeOf, errorOf, world } from './support.js'

/** Everything that a test can see of a run with many faults, and everything that it cannot. */
async function story(t: ExecutionContext, seed: number): Promise<string[]> {
  const seen: string[] = []
  const five = await world(t, { seed, size: 5, trace: (line) => seen.push(line) })
  const note = (what: string): void => void seen.push(`${five.now} ${what}`)
  const sessions = await Promise.all([1, 2, 3, 4, 5].map((id) => five.join(id)))
  const work = sessions.map((zk, index) => contend(zk, `${index + 1}`, note))
  for (const [index, zk] of sessions.entries()) {
    zk.on('state', (state) => note(`${index + 1} is ${state}`))
  }
  await five.advance(50)
  await five.kill(five.leader ?? 1)
  await five.until(() => five.leader !== undefined)
  note(`leader ${five.leader}`)
  await five.partition([1, 2], [3, 4, 5])
  await five.blockMainThread(3, 12_000)
  await five.heal()
  await Promise.all(work)
  const [living] = sessions.filter(({ alive }) => alive)
  await living?.sync()
  note(`digest ${living?.replica.status().digest}`)
  await five.close()
  return seen
}

/** Takes what nobody has, again and again. */
async function contend(zk: Session, name: string, note: (what: string) => void): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    try {
      const { path, stat } = await zk.create('/lock', name, { ephemeral: true, stat: true })
      note(`${name} has ${path} at ${stat.czxid}`)
      await zk.delete('/lock')
    } catch (error) {
      note(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}

/** The first line that differs. */
function difference(one: readonly string[], other: readonly string[]): string | undefined {
  const index = one.findIndex((line, at) => line !== other[at])
  if (index < 0 && one.length === other.length) return undefined
  return `line ${index}: ${one[index]} / ${other[index]}`
}

test('the same seed and the same calls are the same run, in every step', async (t) => {
  const [first, again] = [await story(t, 11), await story(t, 11)]
  t.true(first.length > 1000)
  t.is(difference(first, again), undefined)
  t.not(difference(first, await story(t, 12)), undefined)
})

test('runs at the same time do not disturb each other', async (t) => {
  const alone = await story(t, 21)
  const together = await Promise.all([story(t, 21), story(t, 22), story(t, 21)])
  t.is(difference(alone, together[0]), undefined)
  t.is(difference(alone, together[2]), undefined)
})

test('the run does not depend on what else the event loop has to do between two awaits', async (t) => {
  const run = async (isDisturbed: boolean): Promise<string[]> => {
    const seen: string[] = []
    const three = await world(t, { seed: 5, trace: (line) => seen.push(line) })
    if (isDisturbed) await pause(30)
    const zk = await three.join(1)
    await zk.create('/a')
    await three.advance(100_000)
    await three.close()
    return seen
  }
  t.is(difference(await run(true), await run(false)), undefined)
})

test('a seed is chosen at random unless told, and can be asked for', async (t) => {
  const seeds = new Set<number>()
  for (let count = 0; count < 5; count += 1) {
    const three = await ensemble()
    seeds.add(three.seed)
    await three.close()
  }
  t.true(seeds.size > 1)
  t.is((await world(t, { seed: -3 })).seed, -3)
})

test('`advance` passes exactly what it is told, with all that is due by then', async (t) => {
  const three = await world(t)
  const zk = await three.join(1)
  const start = three.now
  await three.advance(0)
  t.is(three.now, start)
  await three.advance(1234.5)
  t.is(three.now, start + 1234.5)
  const order: string[] = []
  await Promise.all([
    three.advance(200).then(() => order.push(`b ${three.now - start}`)),
    three.advance(100).then(() => order.push(`a ${three.now - start}`)),
    three.advance(200).then(() => order.push(`c ${three.now - start}`)),
  ])
  t.deepEqual(order, ['a 1334.5', 'b 1434.5', 'c 1434.5'])
  t.true(zk.alive)
})

test('ten minutes pass in a moment', async (t) => {
  const three = await world(t)
  const zk = await three.join(1)
  const start = performance.now()
  await three.advance(600_000)
  t.true(zk.alive)
  t.true(performance.now() - start < 30_000)
})

test('time stands still until somebody asks for something', async (t) => {
  const three = await world(t)
  const start = three.now
  await pause(20)
  t.is(three.now, start)
  const zk = await three.join(1)
  await pause(50)
  const rest = three.now
  t.true(rest - start >= 20_000, 'what may follow by itself has followed')
  t.true(zk.alive)
  await pause(50)
  t.is(three.now, rest)
  t.true(zk.alive, 'however long the test takes')
  await zk.create('/a')
  t.true(three.now - rest < 1000)
})

test('what a fault brings about comes without another call', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  await one.create('/lock', '', { ephemeral: true })
  await two.sync()
  const freed = new Promise<number>((resolve) => {
    two.existsSync('/lock', { watch: () => resolve(three.now) })
  })
  await pause(50)
  const at = three.now
  await three.kill(1)
  const ms = (await freed) - at
  t.true(ms > 5000 && ms < 15_000, String(ms))
})

test('a longer session timeout is waited for too', async (t) => {
  const three = await world(t, { sessionTimeout: 40_000 })
  const [one, two] = [await three.join(1), await three.join(2)]
  await one.create('/lock', '', { ephemeral: true })
  await two.sync()
  const freed = new Promise((resolve) => {
    two.existsSync('/lock', { watch: resolve })
  })
  await three.kill(1)
  await freed
  t.pass()
})

test('a request that can never be settled leaves its turn to the event loop', async (t) => {
  const three = await world(t)
  const zk = await three.join(1)
  await three.kill(2)
  await three.kill(3)
  const write = errorOf(zk.create('/never'))
  // A test runner's time-out, say.
  while (three.now < 60_000) await pause(1)
  await three.close()
  t.is((await write).code, 'OUTCOME_UNKNOWN')
})

test('a watch fires before the write that caused it is resolved, and reads see it', async (t) => {
  const three = await world(t)
  const zk = await three.join(1)
  const order: string[] = []
  zk.existsSync('/a', { watch: ({ type }) => order.push(type) })
  await zk.create('/a').then(() => order.push('resolved'))
  t.deepEqual(order, ['NodeCreated', 'resolved'])
  const events = zk.watch('/', { recursive: true })
  void zk.setData('/a', '1')
  void zk.delete('/a')
  t.is((await events.next()).value?.type, 'NodeDataChanged')
  t.is((await events.next()).value?.type, 'NodeDeleted')
})

test('what is asked for in a watch’s callback is done in its place', async (t) => {
  const three = await world(t)
  const [one, two] = [await three.join(1), await three.join(2)]
  const made = new Promise<string>((resolve) => {
    two.existsSync('/a', { watch: () => resolve(two.create('/b')) })
  })
  await one.create('/a')
  t.is(await made, '/b')
  // Even the end of a process, or of everything.
  const killed = new Promise<void>((resolve) => {
    two.existsSync('/c', { watch: () => resolve(three.kill(2)) })
  })
  await one.create('/c')
  await killed
  t.is(two.state, 'failed')
  const closed = new Promise<void>((resolve) => {
    one.existsSync('/d', { watch: () => resolve(three.close()) })
  })
  t.is(await codeOf(one.create('/d')), 'OUTCOME_UNKNOWN')
  await closed
})
