// The first frame of a connection: who is let in, with which session, and who is sent away how.
import test from 'ava'
import { ZooKeeperError } from '../../lib/session/remote.js'
import { FakeSessions } from './fake-sessions.js'
import { OPEN, RawClient } from './raw-client.js'
import { client, gatewayOver, served, stranger, until } from './support.js'

test('a new session has an id, a password of 16 bytes and a negotiated timeout', async (t) => {
  const { port } = await served(t, { tickTime: 1000 })
  for (const [asked, given] of [
    [10, 2000],
    [5000, 5000],
    [1_000_000, 20_000],
    [-1, 2000],
  ] as const) {
    const raw = await client(t, port, { timeoutMs: asked })
    t.is(raw.session?.timeoutMs, given)
    t.true(Number(raw.session?.sessionId) > 0)
    t.is(raw.session?.password?.length, 16)
    t.is(raw.session?.protocolVersion, 0)
  }
})

test('a client of before the read-only byte gets an answer without it, another gets it', async (t) => {
  const { port } = await served(t)
  t.is((await client(t, port, { readOnly: undefined })).session?.readOnly, undefined)
  t.is((await client(t, port, { readOnly: false })).session?.readOnly, false)
  t.is((await client(t, port, { readOnly: true })).session?.readOnly, false)
})

test('a client that has seen more than the replica is sent away without an answer', async (t) => {
  const { port, gateway, zk } = await served(t)
  const ahead = zk.replica.status().lastZxid + 1000
  t.is(await (await stranger(t, port)).greet({ lastZxidSeen: ahead }), undefined)
  const password = new Uint8Array(16)
  t.is(await (await stranger(t, port)).greet({ sessionId: ahead, password }), undefined)
  t.is(gateway.refusals()['CLIENT_AHEAD'], 2)
})

test('a session that is gone, or of elsewhere, or with another password, is answered as expired', async (t) => {
  const { port } = await served(t)
  const known = (await client(t, port)).session
  const zeros = new Uint8Array(16)
  for (const asked of [
    { sessionId: 1, password: zeros },
    { sessionId: 0x7000_0000_0000_0000n, password: zeros },
    { sessionId: -5, password: zeros },
    { sessionId: known?.sessionId ?? 0, password: zeros },
    { sessionId: known?.sessionId ?? 0, password: undefined },
    { sessionId: known?.sessionId ?? 0, password: new Uint8Array(3) },
  ]) {
    const raw = await stranger(t, port)
    t.deepEqual(await raw.greet(asked), {
      protocolVersion: 0,
      timeoutMs: 0,
      sessionId: 0,
      password: Buffer.alloc(16),
      readOnly: false,
    })
    t.is(await raw.frame(), undefined)
  }
})

test('a wrong password does not disturb who has the session', async (t) => {
  const { port } = await served(t)
  const raw = await client(t, port)
  await (await stranger(t, port)).greet({ sessionId: raw.session?.sessionId ?? 0 })
  t.is(await raw.err({ kind: 'ping' }), 0)
})

test('a client comes back to its session with its password; its former connection is closed', async (t) => {
  const { port, gateway } = await served(t)
  const first = await client(t, port)
  const { sessionId = 0, password } = first.session ?? {}
  await first.ask({ kind: 'create', path: '/mine', data: undefined, acl: OPEN, flags: 1 })
  const second = await client(t, port, { sessionId, password })
  t.is(await first.frame(), undefined)
  t.is(gateway.refusals()['SESSION_MOVED'], 1)
  t.deepEqual(second.session, first.session)
  t.deepEqual((await second.ask({ kind: 'getEphemerals', prefix: '/' })).body, {
    kind: 'getEphemerals',
    paths: ['/mine'],
  })
})

test('nobody is let in while no leader serves', async (t) => {
  const sessions = new FakeSessions()
  sessions.isServing = false
  const gateway = await gatewayOver(t, sessions)
  t.is(await (await stranger(t, gateway.port)).greet(), undefined)
  t.is(gateway.refusals()['NOT_SERVING'], 1)
  t.is(sessions.opened.length, 0)
})

test('what comes before the session is there waits for it', async (t) => {
  const sessions = new FakeSessions()
  sessions.isPrompt = false
  const gateway = await gatewayOver(t, sessions)
  const raw = await stranger(t, gateway.port)
  const greeted = raw.greet()
  await until(() => sessions.waiting.length === 1)
  raw.send({ kind: 'ping' }, -2)
  raw.send({ kind: 'exists', path: '/a', watch: false }, 1)
  sessions.waiting[0]?.()
  t.is((await greeted)?.sessionId, 900)
  t.deepEqual(await raw.lines(2), ['reply -2 0', 'reply 1 -101'])
})

test('a leader that goes while a session is opened costs the connection, not the session', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  for (const [code, reason] of [
    ['CONNECTION_LOSS', 'SESSION_UNAVAILABLE'],
    ['SESSION_MOVED', 'SESSION_MOVED'],
  ] as const) {
    sessions.refusal = new ZooKeeperError(code, 'gone')
    const raw = await stranger(t, gateway.port)
    t.is(await raw.greet({ sessionId: 5 }), undefined)
    t.is(gateway.refusals()[reason], 1)
  }
})

test('a new session whose client has left before it was there is closed', async (t) => {
  const sessions = new FakeSessions()
  sessions.isPrompt = false
  const gateway = await gatewayOver(t, sessions)
  const raw = await RawClient.open(gateway.port)
  void raw.greet()
  await until(() => sessions.waiting.length === 1)
  const closing = gateway.close()
  sessions.waiting[0]?.()
  await closing
  t.deepEqual(
    sessions.last.writes.map(({ body }) => body.kind),
    ['closeSession'],
  )
  t.is(await raw.frame(), undefined)
})
