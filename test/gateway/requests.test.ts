// What each request is answered: bodies, errors, and that arguments which make no sense are answered too.
import test from 'ava'
import type { ClientRequest } from '../../lib/gateway/jute/requests.js'
import { FakeSessions } from './fake-sessions.js'
import { OPEN } from './raw-client.js'
import { client, gatewayOver, served } from './support.js'

const CREATE = { kind: 'create', data: undefined, acl: OPEN, flags: 0 } as const

test('the kinds of create, and what each is answered', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  const create = async (request: Partial<ClientRequest> & { kind: string; path: string }) => {
    const { body } = await raw.ask({ ...CREATE, ...request } as typeof CREATE & { path: string })
    return body !== undefined && 'path' in body ? [body.path, 'stat' in body] : body
  }
  t.deepEqual(await create({ kind: 'create', path: '/a' }), ['/a', false])
  t.deepEqual(await create({ kind: 'create2', path: '/b' }), ['/b', true])
  t.deepEqual(await create({ kind: 'create', path: '/a/s-', flags: 2 }), ['/a/s-0000000000', false])
  t.deepEqual(await create({ kind: 'create2', path: '/a/', flags: 3 }), ['/a/0000000001', true])
  t.deepEqual(await create({ kind: 'createContainer', path: '/c', flags: 4 }), ['/c', true])
  const ttl = { kind: 'createTTL', ttl: 5000 } as const
  t.deepEqual(await create({ ...ttl, path: '/t', flags: 5 }), ['/t', true])
  t.deepEqual(await create({ ...ttl, path: '/t', flags: 6 }), ['/t0000000004', true])
  t.is(zk.existsSync('/a/0000000001')?.ephemeralOwner, Number(raw.session?.sessionId))
  t.is(zk.existsSync('/a/s-0000000000')?.ephemeralOwner, 0)
})

test('opcode and flags must agree, and a time to live must be one', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  const path = '/x'
  for (const flags of [-1, 4, 5, 6, 7]) {
    t.is(await raw.err({ ...CREATE, path, flags }), -8, `create ${flags}`)
    t.is(await raw.err({ ...CREATE, kind: 'create2', path, flags }), -8, `create2 ${flags}`)
  }
  for (const flags of [0, 1, 2, 3, 5, 6]) {
    t.is(await raw.err({ ...CREATE, kind: 'createContainer', path, flags }), -8)
  }
  for (const flags of [0, 1, 2, 3, 4]) {
    t.is(await raw.err({ ...CREATE, kind: 'createTTL', path, flags, ttl: 1 }), -8)
  }
  for (const ttl of [0, -1, 2 ** 40, 2n ** 62n]) {
    t.is(await raw.err({ ...CREATE, kind: 'createTTL', path, flags: 5, ttl }), -8, String(ttl))
  }
  t.is(await raw.err({ ...CREATE, kind: 'createTTL', path, flags: 5, ttl: 2 ** 40 - 1 }), 0)
  t.truthy(zk.existsSync('/x'))
})

test('what is wrong with a create is told in ZooKeeper’s order of checks', async (t) => {
  const { port } = await served(t)
  const raw = await client(t, port)
  const err = (path: string, more: { flags?: number; acl?: typeof OPEN } = {}): Promise<number> =>
    raw.err({ ...CREATE, path, ...more })
  t.is(await err('/e', { flags: 1 }), 0)
  t.is(await err('/none/bad//path'), -101)
  t.is(await err('/none/a', { acl: [] }), -114)
  t.is(await err('no-slash', { acl: [] }), -8)
  t.is(await err('/nul\0', { acl: [] }), -8)
  t.is(await err(''), -8)
  t.is(await err('/bad/'), -101)
  t.is(await err('/e/child'), -108)
  t.is(await err('/'), -110)
  t.is(await err('/e'), -110)
  t.is(await err('/..'), -8)
  t.is(await err(`/${'x'.repeat(5000)}`), -8)
  t.is(await err('/long', { acl: Array.from({ length: 500 }, () => ({ ...OPEN[0]! })) }), -114)
  t.is(
    await err('/id', { acl: [{ perms: 1, scheme: 'digest', id: `${'u'.repeat(300)}:h` }] }),
    -114,
  )
  t.is(await err('/perms', { acl: [{ perms: 31, scheme: 'nobody-knows', id: 'x' }] }), -114)
})

test('the other writes, their errors and their answers', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await zk.create('/a', 'x')
  await zk.create('/a/b')
  const data = Buffer.from('xyz')
  t.is(await raw.err({ kind: 'setData', path: '/none', data, version: -1 }), -101)
  t.is(await raw.err({ kind: 'setData', path: '/a', data, version: 3 }), -103)
  const set = await raw.ask({ kind: 'setData', path: '/a', data, version: 0 })
  t.deepEqual(set.body, { kind: 'setData', stat: zk.existsSync('/a') })
  t.is(await raw.err({ kind: 'setData', path: '/a', data: undefined, version: -1 }), 0)
  t.is(await raw.err({ kind: 'delete', path: '/a', version: 9 }), -103)
  t.is(await raw.err({ kind: 'delete', path: '/a', version: -1 }), -111)
  t.is(await raw.err({ kind: 'delete', path: '/', version: -1 }), -8)
  t.is(await raw.err({ kind: 'delete', path: '', version: -1 }), -8)
  t.is(await raw.err({ kind: 'delete', path: '/none/none', version: -1 }), -101)
  const deleted = await raw.ask({ kind: 'delete', path: '/a/b', version: -1 })
  t.deepEqual([deleted.err, deleted.body], [0, undefined])
  t.is(await raw.err({ kind: 'setACL', path: '/a', acl: [], version: -1 }), -114)
  t.is(await raw.err({ kind: 'setACL', path: '/none', acl: OPEN, version: -1 }), -101)
  t.is(await raw.err({ kind: 'setACL', path: '/a', acl: OPEN, version: 4 }), -103)
  const read = [{ perms: 1, scheme: 'world', id: 'anyone' }]
  const setAcl = await raw.ask({ kind: 'setACL', path: '/a', acl: read, version: 0 })
  t.deepEqual(setAcl.body, { kind: 'setACL', stat: zk.existsSync('/a') })
  t.is(await raw.err({ kind: 'setData', path: '/a', data, version: -1 }), -102)
  t.deepEqual((await raw.ask({ kind: 'sync', path: '/what' })).body, {
    kind: 'sync',
    path: '/what',
  })
  const none = undefined
  const reconfig = { joiningServers: none, leavingServers: none, newMembers: none, curConfigId: -1 }
  t.is(await raw.err({ kind: 'reconfig', ...reconfig }), -123)
})

test('reads, their errors and their answers', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await zk.create('/a', 'x')
  await zk.create('/a/b')
  const stat = zk.existsSync('/a')
  const watch = false
  t.deepEqual((await raw.ask({ kind: 'exists', path: '/a', watch })).body, { kind: 'exists', stat })
  const data = Buffer.from('x')
  const got = await raw.ask({ kind: 'getData', path: '/a', watch })
  t.deepEqual(got.body, { kind: 'getData', data, stat })
  const children = ['b']
  const listed = await raw.ask({ kind: 'getChildren', path: '/a', watch })
  t.deepEqual(listed.body, { kind: 'getChildren', children })
  const listed2 = await raw.ask({ kind: 'getChildren2', path: '/a', watch })
  t.deepEqual(listed2.body, { kind: 'getChildren2', children, stat })
  const acl = await raw.ask({ kind: 'getACL', path: '/a' })
  t.deepEqual(acl.body, { kind: 'getACL', acl: OPEN, stat })
  const total = await raw.ask({ kind: 'getAllChildrenNumber', path: '/a' })
  t.deepEqual(total.body, { kind: 'getAllChildrenNumber', total: 1 })
  const empty = await raw.ask({ kind: 'getData', path: '/a/b', watch })
  t.is(empty.body?.kind === 'getData' ? empty.body.data : 'none', undefined)
  // No grammar: a path that is none names nothing.
  for (const path of ['/none', '', 'a', '//', '/a/', `/${'x'.repeat(9000)}`, '/a\0']) {
    const nul = path.includes('\0')
    t.is(await raw.err({ kind: 'exists', path, watch }), nul ? -8 : -101, path)
    t.is(await raw.err({ kind: 'getData', path, watch }), -101)
    t.is(await raw.err({ kind: 'getChildren', path, watch }), -101)
    t.is(await raw.err({ kind: 'getChildren2', path, watch }), -101)
    t.is(await raw.err({ kind: 'getACL', path }), -101)
    t.is(await raw.err({ kind: 'getAllChildrenNumber', path }), -101)
  }
})

test('getEphemerals gives the session’s own, by prefix of the text', async (t) => {
  const { port } = await served(t)
  const raw = await client(t, port)
  await client(t, port).then((other) => other.err({ ...CREATE, path: '/other', flags: 1 }))
  for (const path of ['/a', '/ab', '/c']) await raw.err({ ...CREATE, path, flags: 1 })
  const paths = async (prefix: string): Promise<unknown> => {
    const { body } = await raw.ask({ kind: 'getEphemerals', prefix })
    return body?.kind === 'getEphemerals' ? [...body.paths].sort() : undefined
  }
  t.deepEqual(await paths(''), ['/a', '/ab', '/c'])
  t.deepEqual(await paths('/'), ['/a', '/ab', '/c'])
  t.deepEqual(await paths(' '), ['/a', '/ab', '/c'])
  t.deepEqual(await paths('/a'), ['/a', '/ab'])
  t.deepEqual(await paths('/other'), [])
})

test('a multi takes effect as a whole, with one zxid and the results of its operations', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  const { body, zxid } = await raw.ask({
    kind: 'multi',
    operations: [
      { ...CREATE, path: '/m' },
      { ...CREATE, kind: 'create2', path: '/m/a' },
      { ...CREATE, kind: 'createContainer', path: '/m/c', flags: 4 },
      { ...CREATE, kind: 'createTTL', path: '/m/t', flags: 5, ttl: 1000 },
      { kind: 'check', path: '/m', version: 0 },
      { kind: 'setData', path: '/m', data: Buffer.from('x'), version: 0 },
      { kind: 'delete', path: '/m/a', version: -1 },
    ],
  })
  const results = body?.kind === 'multi' ? body.results : []
  t.deepEqual(
    results.map(({ kind }) => kind),
    ['create', 'create2', 'create2', 'create2', 'check', 'setData', 'delete'],
  )
  t.is(zk.existsSync('/m')?.mzxid, Number(zxid))
  t.is(zk.existsSync('/m/c')?.czxid, Number(zxid))
  const empty = await raw.ask({ kind: 'multi', operations: [] })
  t.deepEqual(empty.body, { kind: 'multi', results: [] })
})

test('a multi that fails says which operation failed, in its body, and has no effect', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  const results = async (request: Extract<ClientRequest, { kind: 'multi' }>): Promise<unknown> => {
    const { err, body } = await raw.ask(request)
    t.is(err, 0)
    return body?.kind === 'multi' ? body.results.map((one) => ('err' in one ? one.err : one)) : body
  }
  const a = { ...CREATE, path: '/a' }
  const missing = { kind: 'check', path: '/none', version: -1 } as const
  t.deepEqual(await results({ kind: 'multi', operations: [a, missing, a, a] }), [0, -101, -2, -2])
  t.deepEqual(await results({ kind: 'multi', operations: [a, a] }), [0, -110])
  // What no leader could be told keeps its place, too.
  const odd = { ...a, flags: 9 }
  t.deepEqual(await results({ kind: 'multi', operations: [a, odd, missing] }), [0, -8, -2])
  t.deepEqual(await results({ kind: 'multi', operations: [missing, odd] }), [-101, -2])
  const many = Array.from({ length: 1001 }, () => missing)
  t.deepEqual(await results({ kind: 'multi', operations: many }), [
    -8,
    ...many.slice(1).map(() => -2),
  ])
  t.is(zk.existsSync('/a'), null)
})

test('a multiRead answers each read by itself', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await zk.create('/a', 'x')
  const { err, body } = await raw.ask({
    kind: 'multiRead',
    operations: [
      { kind: 'getData', path: '/none', watch: false },
      { kind: 'getChildren', path: '/a', watch: false },
      { kind: 'getData', path: '/a', watch: true },
    ],
  })
  t.is(err, 0)
  t.deepEqual(body, {
    kind: 'multiRead',
    results: [
      { kind: 'error', err: -101 },
      { kind: 'getChildren', children: [] },
      { kind: 'getData', data: Buffer.from('x'), stat: zk.existsSync('/a')! },
    ],
  })
  t.is(zk.replica.status().watches, 0)
})

test('sasl is refused', async (t) => {
  const { port } = await served(t)
  const raw = await client(t, port)
  raw.send({ kind: 'sasl', token: new Uint8Array(3) }, 4)
  t.deepEqual(await raw.lines(2), ['reply 4 -115', 'closed'])
})

test('data over its bound costs the connection, and no replica hears of it', async (t) => {
  const sessions = new FakeSessions()
  const gate = await gatewayOver(t, sessions, { frameBytesMax: 2 * 1024 * 1024 })
  const raw = await client(t, gate.port)
  const data = Buffer.alloc(1024 * 1024 + 1)
  raw.send({ kind: 'setData', path: '/a', data, version: -1 })
  t.is(await raw.line(), 'closed')
  t.is(gate.refusals()['REQUEST_TOO_LARGE'], 1)
  t.is(sessions.last.writes.length, 0)
})

test('a defect in one answer costs its connection, nothing else', async (t) => {
  const sessions = new FakeSessions()
  const gate = await gatewayOver(t, sessions)
  const other = await client(t, gate.port)
  const raw = await client(t, gate.port)
  sessions.last.defect = new RangeError('a defect')
  raw.send({ kind: 'exists', path: '/a', watch: false })
  t.is(await raw.line(), 'closed')
  t.is(gate.refusals()['INTERNAL_ERROR'], 1)
  t.is(await other.err({ kind: 'ping' }), 0)
})
