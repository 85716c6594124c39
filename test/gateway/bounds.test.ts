// What a client can cost: malformed input, much input, no input, and output that nobody takes.
import test from 'ava'
import * as limits from '../../lib/base/limits.js'
import * as bounds from '../../lib/gateway/bounds.js'
import { checkOptions } from '../../lib/gateway/options.js'
import { SESSION_TIMEOUT_MS_MAX, SESSION_TIMEOUT_MS_MIN } from '../../lib/session/lease.js'
import { TTL_MS_MAX } from '../../lib/session/remote.js'
import { FakeSessions } from './fake-sessions.js'
import { RawClient } from './raw-client.js'
import { client, gatewayOver, stranger, until } from './support.js'

test('nothing leaves the gateway that a replica would not take', (t) => {
  t.true(bounds.DATA_BYTES_MAX <= limits.DATA_BYTES_MAX)
  t.true(bounds.PATH_BYTES_MAX <= limits.PATH_BYTES_MAX)
  t.true(bounds.OPERATIONS_MAX <= limits.MULTI_OPERATIONS_MAX)
  t.true(bounds.ACL_ENTRIES_MAX <= limits.ACL_ENTRIES_MAX)
  t.true(bounds.ACL_BYTES_MAX <= limits.ACL_BYTES_MAX)
  t.true(bounds.IDENTITY_UNITS_MAX <= limits.IDENTITY_UNITS_MAX)
  t.true(bounds.IDENTITIES_MAX <= limits.IDENTITIES_MAX)
  t.true(bounds.FRAME_BYTES_LIMIT <= limits.REQUEST_BYTES_MAX)
  t.true(bounds.OUTSTANDING_REQUESTS_MAX <= limits.REQUESTS_PER_SESSION_MAX)
  t.is(bounds.SESSION_TIMEOUT_MS_MIN, SESSION_TIMEOUT_MS_MIN)
  t.is(bounds.SESSION_TIMEOUT_MS_MAX, SESSION_TIMEOUT_MS_MAX)
  t.is(TTL_MS_MAX, 2 ** 40 - 1)
})

test('malformed input costs its connection, counted with a reason, and no other', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const other = await client(t, gateway.port)
  const frame = (...bytes: number[]): Buffer => Buffer.from([0, 0, 0, bytes.length, ...bytes])
  const xid = [0, 0, 0, 1]
  const cases = [
    ['BAD_LENGTH', Buffer.from([255, 255, 255, 255])],
    ['FRAME_TOO_LARGE', Buffer.from([0, 16, 0, 0])],
    ['TRUNCATED', frame(0, 0, 0)],
    ['TRUNCATED', frame(...xid, 0, 0, 0, 3, 0, 0, 0, 9)],
    ['TRAILING_BYTES', frame(...xid, 0, 0, 0, 11, 0)],
    ['BAD_VALUE', frame(...xid, 0, 0, 0, 3, 0, 0, 0, 1, 0x2f, 2)],
    ['BAD_LENGTH', frame(...xid, 0, 0, 0, 3, 255, 255, 255, 254)],
  ] as const
  for (const [reason, bytes] of cases) {
    const before = gateway.refusals()[reason] ?? 0
    const raw = await client(t, gateway.port)
    raw.write(bytes)
    t.is(await raw.line(), 'closed')
    t.is(gateway.refusals()[reason], before + 1, bytes.toString('hex'))
    t.true(sessions.last.isDetached)
  }
  t.is(await other.err({ kind: 'ping' }), 0)
})

test('what one multiRead asks for is bounded, and refused as a whole', async (t) => {
  const gateway = await gatewayOver(t, new FakeSessions())
  const raw = await client(t, gateway.port)
  const operation = { kind: 'getData', path: '/', watch: false } as const
  const many = (count: number): number => bounds.OPERATIONS_MAX + count
  for (const [count, err] of [
    [0, 0],
    [1, -8],
  ] as const) {
    const operations = Array.from({ length: many(count) }, () => operation)
    t.is(await raw.err({ kind: 'multiRead', operations }), err)
  }
})

test('a greeting that is malformed, or too long, is no greeting', async (t) => {
  const gateway = await gatewayOver(t, new FakeSessions())
  for (const [reason, bytes] of [
    ['TRUNCATED', Buffer.from([0, 0, 0, 4, 0, 0, 0, 0])],
    ['FRAME_TOO_LARGE', Buffer.concat([Buffer.from([0, 0, 4, 1]), Buffer.alloc(1025)])],
    ['FRAME_TOO_LARGE', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['FRAME_TOO_LARGE', Buffer.from('nope')],
  ] as const) {
    const before = gateway.refusals()[reason] ?? 0
    const raw = await stranger(t, gateway.port)
    raw.write(bytes)
    t.is(await raw.frame(), undefined)
    t.is(gateway.refusals()[reason], before + 1)
  }
})

test('a frame that is cut is counted, one that comes byte by byte is understood', async (t) => {
  const gateway = await gatewayOver(t, new FakeSessions())
  const raw = await client(t, gateway.port)
  for (const byte of [0, 0, 0, 8, 255, 255, 255, 254, 0, 0, 0, 11]) {
    raw.write(Uint8Array.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.is(await raw.line(), 'reply -2 0')
  raw.write(Uint8Array.of(0, 0, 0))
  raw.socket.end()
  t.is(await raw.line(), 'closed')
  t.is(gateway.refusals()['TRUNCATED'], 1)
})

test('past so many requests without an answer nothing more is read, until some have one', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  const most = bounds.OUTSTANDING_REQUESTS_MAX
  for (let xid = 1; xid <= most + 50; xid++)
    raw.send({ kind: 'delete', path: '/a', version: -1 }, xid)
  await until(() => gateway.connections()[0]?.isPaused === true)
  t.is(sessions.last.writes.length, most)
  for (let count = 0; count < 50; count++) sessions.last.settle(1001 + count)
  await until(() => sessions.last.writes.length === most)
  while (sessions.last.writes.length > 0) sessions.last.settle(2000)
  t.is((await raw.lines(most + 50)).at(-1), `reply ${most + 50} 0`)
})

test('past so many bytes without an answer nothing more is read', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  const data = Buffer.alloc(900_000)
  for (let xid = 1; xid <= 10; xid++)
    raw.send({ kind: 'setData', path: '/a', data, version: -1 }, xid)
  await until(() => gateway.connections()[0]?.isPaused === true)
  t.is(sessions.last.writes.length, 5)
  for (let settled = 0; settled < 10; settled++) {
    await until(() => sessions.last.writes.length > 0)
    sessions.last.settle(1001, 'NODE_EXISTS')
  }
  t.is((await raw.lines(10)).at(-1), 'reply 10 -110')
})

test('a replica that is full is given no more by those who wait already', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  raw.send({ kind: 'delete', path: '/a', version: -1 }, 1)
  await until(() => sessions.last.writes.length === 1)
  sessions.isFull = true
  raw.send({ kind: 'delete', path: '/a', version: -1 }, 2)
  await until(() => gateway.connections()[0]?.isPaused === true)
  t.is(sessions.last.writes.length, 1)
  sessions.isFull = false
  await until(() => sessions.last.writes.length === 2)
})

test('from a client that takes nothing, nothing more is read', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  sessions.last.bytes = Buffer.alloc(1_000_000)
  raw.socket.pause()
  for (let xid = 1; xid <= 200; xid++) raw.send({ kind: 'getData', path: '/a', watch: false }, xid)
  await until(() => gateway.connections()[0]?.isPaused === true)
  t.true((gateway.connections()[0]?.counters.sent ?? 0) < 50)
  raw.socket.resume()
  t.is((await raw.lines(200)).at(-1), 'reply 200 0')
})

test('a client that makes too much wait for it is dropped', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  sessions.last.bytes = Buffer.alloc(1_000_000)
  raw.send({ kind: 'delete', path: '/a', version: -1 }, 1)
  for (let xid = 2; xid <= 300; xid++) raw.send({ kind: 'getData', path: '/a', watch: false }, xid)
  await until(() => gateway.connections()[0]?.outstanding === 300)
  raw.socket.pause()
  sessions.last.settle(1001)
  t.is(gateway.refusals()['OUTPUT_OVERFLOW'], 1)
  raw.socket.resume()
  await raw.closed
  await until(() => gateway.connections().length === 0)
})

test('one address has so many connections and no more, and 0 is no bound', async (t) => {
  const gateway = await gatewayOver(t, new FakeSessions(), { maxClientConnections: 2 })
  const first = await client(t, gateway.port)
  await client(t, gateway.port)
  const third = await stranger(t, gateway.port)
  t.is(await third.greet(), undefined)
  t.is(gateway.refusals()['TOO_MANY_CONNECTIONS'], 1)
  first.destroy()
  await until(() => gateway.connections().length === 1)
  await client(t, gateway.port)
  const open = await gatewayOver(t, new FakeSessions(), { maxClientConnections: 0 })
  for (let count = 0; count < 70; count++) await client(t, open.port)
  t.is(open.connections().length, 70)
})

test('a whole frame touches the session, half of one does not', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  const before = sessions.last.touched
  raw.write(Uint8Array.of(0, 0, 0, 8, 255, 255))
  await until(() => gateway.connections()[0]?.counters.received === 1)
  t.is(sessions.last.touched, before)
  raw.write(Uint8Array.of(255, 254, 0, 0, 0, 11))
  t.is(await raw.line(), 'reply -2 0')
  t.is(sessions.last.touched, before + 1)
})

test('wrong options are refused before anything is opened', (t) => {
  for (const wrong of [
    { port: -1 },
    { port: 65_536 },
    { port: 1.5 },
    { host: '' },
    { tickTime: 0 },
    { minSessionTimeout: 5000, maxSessionTimeout: 4000 },
    { maxClientConnections: -1 },
    { whitelist: ['nope'] },
    { whitelist: 'srvr' },
    { frameBytesMax: 5 * 1024 * 1024 },
    { superDigest: 'nothing' },
    { version: 3 },
    { unknown: 1 },
  ]) {
    const error = t.throws(() => checkOptions(wrong as never), { instanceOf: TypeError })
    t.is((error as { code?: string }).code, 'BAD_ARGUMENTS', JSON.stringify(wrong))
  }
  const { timeoutMsMin, timeoutMsMax, words, port, host } = checkOptions()
  t.deepEqual([timeoutMsMin, timeoutMsMax, port, host], [4000, 40_000, 2181, '127.0.0.1'])
  t.deepEqual([...words], ['srvr', 'isro'])
  const odd = checkOptions({ minSessionTimeout: 1, maxSessionTimeout: 1e9, tickTime: undefined })
  t.deepEqual([odd.timeoutMsMin, odd.timeoutMsMax], [500, 24 * 60 * 60 * 1000])
})

test('a port that is taken is an error of serve, and nothing stays open', async (t) => {
  const { port } = await gatewayOver(t, new FakeSessions())
  await t.throwsAsync(gatewayOver(t, new FakeSessions(), { port }), { code: 'EADDRINUSE' })
})

test('close ends every connection and leaves the sessions alone', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  const silent = await stranger(t, gateway.port)
  await Promise.all([gateway.close(), gateway.close()])
  t.true(sessions.last.isDetached)
  t.is(sessions.last.writes.length, 0)
  t.is(await raw.line(), 'closed')
  t.is(await silent.line(), 'closed')
  await t.throwsAsync(RawClient.open(gateway.port))
})
