// `Config` and `ConfigSet`: a validated live value, and several that change together.
import test from 'ava'
import { Config, ConfigSet } from '../../lib/recipes/index.js'
import { codeOf, reasonOf, scene, watchesOf } from './support.js'

interface Limits {
  readonly perSecond: number
}

function limits(value: unknown): Limits {
  const isLimits = typeof value === 'object' && value !== null && 'perSecond' in value
  if (isLimits && typeof value.perSecond === 'number') return { perSecond: value.perSecond }
  throw new Error('no limits')
}

test('the first to be ready writes the initial value, and all see each change', async (t) => {
  const { world, sessions } = await scene(t)
  const make = (index: 0 | 1): Config<Limits> =>
    new Config(sessions[index], '/app/limits', { validate: limits, initial: { perSecond: 1 } })
  const [one, two] = [make(0), make(1)]
  t.is(two.value.perSecond, 1)
  t.is(two.version, -1)
  t.deepEqual(await Promise.all([one.ready(), two.ready()]), [{ perSecond: 1 }, { perSecond: 1 }])
  const told: unknown[] = []
  two.on('change', (value, version) => told.push([value.perSecond, version]))
  t.is(await one.set({ perSecond: 5 }), 1)
  t.is(one.value.perSecond, 5)
  await world.until(() => two.value.perSecond === 5)
  t.deepEqual(told, [[5, 1]])
  t.is(await codeOf(one.set({ perSecond: 6 }, { version: 0 })), 'BAD_VERSION')
})

test('what does not validate keeps the last good value and is told', async (t) => {
  const { sessions } = await scene(t)
  const [one] = sessions
  const config = new Config(one, '/limits', { validate: limits })
  t.throws(() => config.value, { code: 'NO_NODE' })
  const ready = config.ready()
  await one.create('/limits', 'nonsense')
  t.throws(() => config.value, { code: 'BAD_DATA' })
  await config.set({ perSecond: 2 })
  t.deepEqual(await ready, { perSecond: 2 })
  const faults: unknown[] = []
  config.on('invalid', (error) => faults.push(error))
  await one.setData('/limits', '{"perSecond":"many"}')
  t.is(config.value.perSecond, 2)
  t.like(faults, [{ message: 'no limits' }])
  t.is(config.fault, faults[0])
  // It would be lost.
  t.like(await reasonOf(config.update((value) => value)), { message: 'no limits' })
  await one.delete('/limits')
  t.is(config.value.perSecond, 2)
  t.is(faults.length, 2)
  await t.throwsAsync(config.set({ perSecond: 'x' } as unknown as Limits), { message: 'no limits' })
})

test('updates of many lose nobody’s', async (t) => {
  const { sessions } = await scene(t)
  const options = { validate: limits, initial: { perSecond: 0 } }
  const configs = sessions.map((session) => new Config(session, '/limits', options))
  const more = ({ perSecond }: Limits): Limits => ({ perSecond: perSecond + 1 })
  await Promise.all(configs.flatMap((config) => [1, 2, 3, 4].map(() => config.update(more))))
  t.is((await configs[0]!.ready()).perSecond, 12)
})

test('an iterator gives the newest, and ends with why the session ended', async (t) => {
  const { world, sessions } = await scene(t)
  const [one] = sessions
  const config = new Config(one, '/limits', { validate: limits, initial: { perSecond: 0 } })
  const seen = config[Symbol.asyncIterator]()
  t.is((await seen.next()).value?.perSecond, 0)
  for (const perSecond of [1, 2, 3]) await config.set({ perSecond })
  t.is((await seen.next()).value?.perSecond, 3)
  const next = seen.next()
  await world.expire(one)
  t.is(await codeOf(next), 'SESSION_EXPIRED')
  t.true((await seen.next()).done)
  t.is(config.value.perSecond, 3)
  t.false(config.live)
})

test('a change of a set is seen at once or not at all, in every event', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  const writer = new ConfigSet(one, '/app')
  const reader = new ConfigSet(two, '/app')
  const seen = new Set<string>()
  const told: unknown[] = []
  const look = (): void => {
    const { a, b, c } = reader.values ?? {}
    seen.add(JSON.stringify({ a, b, c }))
  }
  // Told before the set is.
  await two.addWatch('/app/b', 'persistent', look)
  await two.addWatch('/app/c', 'persistent', look)
  reader.on('change', (values, names) => told.push([{ ...values }, names.toSorted()]))
  await writer.change({ a: 1, b: 1 })
  await writer.change({ a: undefined, b: 2, c: 2 })
  await reader.ready()
  t.deepEqual([...seen], ['{"a":1,"b":1}', '{"b":2,"c":2}'])
  // What there was before the first change, an empty path, is not told: it has no values, as before.
  t.deepEqual(told.slice(-2), [
    [{ a: 1, b: 1 }, ['a', 'b']],
    [{ b: 2, c: 2 }, ['a', 'b', 'c']],
  ])
  t.is(told.length, 2)
  await world.until(() => reader.values?.['b'] === 2)
})

test('with ready, what is written part by part is seen when it is complete', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  const reader = new ConfigSet(two, '/app', { ready: true })
  const first = reader.ready()
  t.is(reader.values, undefined)
  const seen: unknown[] = []
  reader.on('change', (values) => seen.push(values))
  // As somebody does who knows no multi: in order, not waiting for each.
  void one.create('/app')
  void one.create('/app/a', '1')
  void one.create('/app/b', '1')
  await one.create('/app/ready')
  t.deepEqual(await first, { a: 1, b: 1 })
  void one.delete('/app/ready')
  await one.setData('/app/a', '2')
  await two.sync()
  t.deepEqual(reader.values, { a: 1, b: 1 })
  void one.setData('/app/b', '2')
  await one.create('/app/ready')
  await world.until(() => seen.length === 2)
  t.deepEqual(seen, [
    { a: 1, b: 1 },
    { a: 2, b: 2 },
  ])
})

test('a configuration of any size is replaced without being seen in part, also by one that dies', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = sessions
  const reader = new ConfigSet(two, '/app', { ready: true })
  const all = (n: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`k${index}`, n]))
  const distinct = new Set<string>()
  reader.on('change', (values) => distinct.add([...new Set(Object.values(values))].join()))
  await new ConfigSet(one, '/app', { ready: true }).replace(all(1))
  await reader.ready()
  const dying = new ConfigSet(one, '/app', { ready: true }).replace(all(2)).catch(() => undefined)
  await world.until(() => two.existsSync('/app/ready') === null)
  await world.kill(1)
  await dying
  t.is(reader.values?.['k0'], 1)
  const writer = new ConfigSet(three, '/app', { ready: true })
  t.is(await codeOf(writer.change({ k0: 3 })), 'NO_NODE')
  await writer.replace({ ...all(4), extra: 4 })
  await world.until(() => reader.values?.['extra'] === 4)
  t.deepEqual([...distinct], ['1', '4'])
  await writer.change({ k0: 5 })
  t.is((await reader.ready())['k0'], 5)
})

test('what is closed leaves no watch behind, and names that cannot be are refused', async (t) => {
  const { sessions } = await scene(t)
  const [one] = sessions
  const config = new Config(one, '/a', { validate: limits })
  const set = new ConfigSet(one, '/b', { ready: true })
  config.close()
  set.close()
  t.is(watchesOf(one), 0)
  const wrong = { code: 'BAD_ARGUMENTS' }
  await t.throwsAsync(set.change({ 'a/b': 1 }), wrong)
  await t.throwsAsync(set.change({ ready: 1 }), wrong)
  await t.throwsAsync(set.change({ a: () => 1 }), wrong)
  await t.throwsAsync(new ConfigSet(one, '/c').replace({}), wrong)
  t.throws(() => new Config(one, '/a', {} as unknown as { validate: typeof limits }), wrong)
})
