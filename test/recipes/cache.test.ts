// `Cache`: a live Map over a subtree, never behind what the session itself would read.
import test from 'ava'
import { Cache } from '../../lib/recipes/index.js'
import { codeOf, scene, watchesOf } from './support.js'

test('a cache shows the subtree as it is, from the start and after each change', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  await one.createPath('/app/a', 'x')
  const cache = await new Cache(two, '/app', { encoding: 'utf8' }).ready()
  t.deepEqual([...cache.keys()], ['/app', '/app/a'])
  t.is(cache.get('/app/a')?.data, 'x')
  t.is(cache.get('/elsewhere'), undefined)
  await one.createPath('/app/b/c', 'y')
  await one.setData('/app/a', 'z')
  await cache.ready()
  t.is(cache.size, 4)
  t.is(cache.get('/app/a')?.data, 'z')
  t.is(cache.get('/app')?.stat.numChildren, 2)
  await one.deleteRecursive('/app/b')
  await world.until(() => !cache.has('/app/b'))
  t.deepEqual(
    [...cache].map(([path, { data }]) => [path, data]),
    [
      ['/app', ''],
      ['/app/a', 'z'],
    ],
  )
})

test('each change is told once, with what was before it; a new life of a path is two', async (t) => {
  const { sessions } = await scene(t)
  const [one] = sessions
  const cache = new Cache(one, '/a', { encoding: 'json' })
  const told: unknown[] = []
  cache.on('change', ({ kind, path, before, after }) => {
    told.push([kind, path, before?.data, after?.data])
  })
  await one.create('/a', '1')
  await one.setData('/a', '2')
  await one.create('/a/b')
  await one.transaction().delete('/a/b').create('/a/b', '3').commit()
  await one.deleteRecursive('/a')
  t.deepEqual(told, [
    ['created', '/a', undefined, 1],
    ['changed', '/a', 1, 2],
    ['created', '/a/b', undefined, null],
    ['deleted', '/a/b', null, undefined],
    ['created', '/a/b', undefined, 3],
    ['deleted', '/a/b', 3, undefined],
    ['deleted', '/a', 2, undefined],
  ])
})

test('a watch that is told of a txn before the cache is sees all of the txn in the cache', async (t) => {
  const { sessions } = await scene(t)
  const [one] = sessions
  await one.create('/a')
  const cache = new Cache(one, '/a', { encoding: 'utf8' })
  const seen: unknown[] = []
  one.existsSync('/a/b', {
    watch: () => seen.push(cache.get('/a/b')?.data, cache.size, cache.get('/a')?.stat.numChildren),
  })
  const told: string[] = []
  cache.on('change', ({ path }) => told.push(`${path} of ${cache.size}`))
  await one.transaction().create('/a/b', 'x').create('/a/c').create('/a/c/d').commit()
  t.deepEqual(seen, ['x', 4, 2])
  t.deepEqual(told, ['/a/b of 4', '/a/c of 4', '/a/c/d of 4'])
})

test('a replica that was away for long is shown as the tree is when it is back', async (t) => {
  const { world, sessions } = await scene(t, { sessionTimeout: 60_000 })
  const [one, , three] = sessions
  await one.createPath('/app/gone')
  const cache = await new Cache(three, '/app', { encoding: 'utf8' }).ready()
  const kinds: string[] = []
  cache.on('change', ({ kind, path }) => kinds.push(`${kind} ${path}`))
  await world.partition([3])
  await one.delete('/app/gone')
  for (let n = 0; n < 50; n += 1) await one.create(`/app/n${n}`, String(n))
  await world.heal()
  await world.until(() => cache.size === 51)
  t.true(kinds.includes('deleted /app/gone'))
  t.is(kinds.length, 51)
})

test('data that is not what the encoding needs is told with the entry, and in nobody’s way', async (t) => {
  const { sessions } = await scene(t)
  const [one] = sessions
  await one.create('/a', 'no json')
  const cache = new Cache(one, '/a', { encoding: 'json' })
  t.like(cache.get('/a'), { data: undefined, error: { code: 'BAD_DATA' } })
})

test('when the session ends the last state stays, and is told to be the last', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  await one.create('/a', 'x')
  const cache = await new Cache(two, '/a', { encoding: 'utf8' }).ready()
  const ends: unknown[] = []
  cache.on('end', (error) => ends.push(error))
  await world.expire(two)
  await world.until(() => !cache.live)
  t.is(cache.get('/a')?.data, 'x')
  t.like(ends[0], { code: 'SESSION_EXPIRED' })
  t.throws(() => new Cache(two, '/a'), { code: 'SESSION_EXPIRED' })
  t.is(await codeOf(cache.ready()), 'SESSION_EXPIRED')
})

test('a closed cache leaves no watch behind; one whose watch the application removes goes on', async (t) => {
  const { sessions } = await scene(t)
  const [one] = sessions
  const before = watchesOf(one)
  const cache = new Cache(one, '/a', { encoding: 'utf8' })
  await one.removeWatches('/a')
  const told: string[] = []
  cache.on('change', ({ kind }) => told.push(kind))
  await one.create('/a', 'x')
  t.deepEqual(told, ['created'])
  cache.close()
  cache.close()
  t.is(watchesOf(one), before)
  await one.setData('/a', 'y')
  t.is(cache.get('/a')?.data, 'x')
})

test('wrong arguments are refused', async (t) => {
  const { sessions } = await scene(t)
  t.throws(() => new Cache(sessions[0], 'a'), { code: 'BAD_ARGUMENTS' })
  const options = { encoding: 'xml' } as unknown as { encoding: 'utf8' }
  t.throws(() => new Cache(sessions[0], '/a', options), { code: 'BAD_ARGUMENTS' })
})
