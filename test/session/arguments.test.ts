/** Wrong arguments: a TypeError with a code, from every method, and nothing is sent. */
import test from 'ava'
import { acl } from '../../lib/session/acl.js'
import { op } from '../../lib/session/op.js'
import type { Session } from '../../lib/session/session.js'
import { openScene, turn } from './fake-replica.js'

/** As JavaScript sees it: without the types that would refuse these calls. */
type Method = Exclude<keyof Session & string, 'id' | 'timeout' | 'state' | 'alive' | 'replica'>
type Methods = Record<Method, (...args: unknown[]) => unknown>

const wrong: readonly [string, (session: Methods) => unknown][] = [
  ['a path that is no string', (s) => s.create(7)],
  ['an empty path', (s) => s.create('')],
  ['a relative path', (s) => s.setData('a', '')],
  ['a trailing slash', (s) => s.delete('/a/')],
  ['a component ..', (s) => s.exists('/a/../b')],
  ['a NUL', (s) => s.getData('/a\0')],
  ['a surrogate', (s) => s.getChildren('/😀')],
  ['a path over the limit', (s) => s.exists(`/${'x'.repeat(5000)}`)],
  ['a bad path of sync', (s) => s.sync('//')],
  ['data that is no bytes', (s) => s.create('/a', { ephemeral: true })],
  ['null as data', (s) => s.create('/a', null)],
  ['forgotten data', (s) => s.setData('/a')],
  ['a version that is no integer', (s) => s.delete('/a', 1.5)],
  ['a version that is a string', (s) => s.setData('/a', '', '1')],
  ['an unknown option', (s) => s.create('/a', '', { ephemral: true })],
  ['a time to live of nothing', (s) => s.create('/a', '', { ttl: 0 })],
  ['a time to live over 40 bits', (s) => s.create('/a', '', { ttl: 2 ** 40 })],
  ['an ephemeral with a time of its own', (s) => s.create('/a', '', { ephemeral: true, ttl: 1 })],
  ['a container with a number', (s) => s.create('/a', '', { container: true, sequential: true })],
  ['a container with a time', (s) => s.create('/a', '', { container: true, ttl: 1 })],
  ['an ACL that is no list', (s) => s.create('/a', '', { acl: 'open' })],
  ['an entry that is none', (s) => s.setACL('/a', [null])],
  [
    'permissions that there are not',
    (s) => s.setACL('/a', [{ perms: 32, scheme: 'world', id: '' }]),
  ],
  ['an id that is no string', (s) => s.setACL('/a', [{ perms: 1, scheme: 'world' }])],
  ['an ACL without end', (s) => s.setACL('/a', Array(200).fill(acl.open[0]))],
  ['a scheme that is no string', (s) => s.addAuth(1, 'a:b')],
  ['a proof that is no bytes', (s) => s.addAuth('digest', 5)],
  ['an unknown type of watch', (s) => s.removeWatches('/a', undefined, { type: 'exists' })],
  ['a write in a multiRead', (s) => s.multiRead([op.delete('/a')])],
  ['a bad path in a multiRead', (s) => s.multiRead([op.getData('a')])],
  ['a bad encoding in a multiRead', (s) => s.multiRead([{ ...op.getData('/a'), encoding: 'x' }])],
  ['a read in a multi', (s) => s.multi([op.getData('/a')])],
  ['a bad prefix', (s) => s.getEphemerals('a')],
  ['the root with a quota', (s) => s.setQuota('/', { count: 1 })],
  ['a quota of nothing', (s) => s.setQuota('/a', {})],
  ['a quota below none', (s) => s.setQuota('/a', { count: -2 })],
  ['a quota of what is the system’s', (s) => s.setQuota('/zookeeper/a', { count: 1 })],
  ['everything deleted', (s) => s.deleteRecursive('/')],
  ['the system’s own deleted', (s) => s.deleteRecursive('/zookeeper/quota')],
  ['a bad path of createPath', (s) => s.createPath('/a/')],
  ['an option that is no boolean', (s) => s.create('/a', '', { ephemeral: 'yes' })],
  ['options that are no object', (s) => s.create('/a', '', true)],
  ['a signal that is none', (s) => s.create('/a', '', { signal: {} })],
  ['an unknown encoding', (s) => s.getData('/a', { encoding: 'latin1' })],
  ['a watch that is no function', (s) => s.exists('/a', { watch: 'yes' })],
  ['an unknown option of a read', (s) => s.exists('/a', { watcher: true })],
  ['operations that are no array', (s) => s.multi({})],
  ['an operation of another kind', (s) => s.multi([{ kind: 'sync' }])],
  ['a bad path in a multi', (s) => s.multi([op.create('/a'), op.delete('b')])],
  ['an unknown mode', (s) => s.addWatch('/a', 'once', () => undefined)],
  ['a listener that is none', (s) => s.addWatch('/a', 'persistent', 'f')],
  ['a bad path of removeWatches', (s) => s.removeWatches('a')],
  ['a bad timeout', (s) => s.close({ timeout: -1 })],
  ['an unknown option of close', (s) => s.close({ force: true })],
]

for (const [name, call] of wrong) {
  test(`${name} rejects with BAD_ARGUMENTS`, async (t) => {
    const { session, replica } = await openScene()
    const before = replica.requests.length
    const promise = call(session as unknown as Methods)
    t.true(promise instanceof Promise)
    await t.throwsAsync(promise as Promise<unknown>, {
      instanceOf: TypeError,
      code: 'BAD_ARGUMENTS',
    })
    await turn()
    t.is(replica.requests.length, before)
  })
}

test('an unknown option is named', async (t) => {
  const { session } = await openScene()
  const { create } = session as unknown as Record<'create', (...args: unknown[]) => Promise<string>>
  await t.throwsAsync(create.call(session, '/a', '', { owner: 1 }), { message: /'owner'/ })
})

test('the Sync forms throw', async (t) => {
  const { session } = await openScene()
  const loose = session as unknown as Methods
  const expected = { instanceOf: TypeError, code: 'BAD_ARGUMENTS' }
  t.throws(() => session.existsSync('a'), expected)
  t.throws(() => loose.existsSync(undefined), expected)
  t.throws(() => session.getDataSync('/a/'), expected)
  t.throws(() => session.getChildrenSync(''), expected)
  t.throws(() => loose.getDataSync('/', { encoding: 'x' }), expected)
  t.throws(() => loose.existsSync('/', { unknown: 1 }), expected)
  t.throws(() => session.watch('a'), expected)
  t.throws(() => loose.on('error', () => undefined), expected)
})

test('data over the limit is DATA_TOO_LARGE, one byte less is not', async (t) => {
  const { session } = await openScene()
  const limit = 1024 * 1024
  const expected = { instanceOf: TypeError, code: 'DATA_TOO_LARGE' }
  await t.throwsAsync(session.create('/a', new Uint8Array(limit + 1)), expected)
  await t.throwsAsync(session.create('/a', 'ä'.repeat(limit / 2 + 1)), expected)
  t.is(await session.create('/a', new Uint8Array(limit)), '/a')
  const operations = Array.from({ length: 5 }, () => op.setData('/a', new Uint8Array(limit)))
  await t.throwsAsync(session.multi(operations), expected)
})

test('options that are undefined count as absent', async (t) => {
  const { session } = await openScene()
  const none = { ephemeral: undefined, sequential: undefined, signal: undefined, stat: undefined }
  t.is(await session.create('/a', undefined, none), '/a')
  const { data } = await session.getData('/a', { encoding: undefined, watch: undefined })
  t.true(Buffer.isBuffer(data))
})

test('a sequential path may end with a slash', async (t) => {
  const { session } = await openScene()
  await session.create('/a')
  t.is(await session.create('/a/', '', { sequential: true }), '/a/0000000000')
})

test('a session timeout that is no number of ms rejects', async (t) => {
  const { handle } = await openScene()
  for (const timeout of [0, -1, Number.NaN, Infinity, '5']) {
    // A string is what a careless caller passes.
    const options = { timeout: timeout as number }
    await t.throwsAsync(handle.openSession(options), { code: 'BAD_ARGUMENTS' })
  }
})

test('a session timeout outside its bounds is brought inside, and the session tells', async (t) => {
  const { handle } = await openScene()
  const [short, long] = [handle.openSession({ timeout: 1 }), handle.openSession({ timeout: 1e12 })]
  t.is((await short).timeout, 500)
  t.is((await long).timeout, 24 * 60 * 60 * 1000)
})
