// In which order a client hears what, and with which zxid.
import test from 'ava'
import { FakeSessions } from './fake-sessions.js'
import { OPEN } from './raw-client.js'
import { client, gatewayOver, served, until } from './support.js'

test('answers come in the order of the requests, with their xids, reads behind writes', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  raw.send({ kind: 'exists', path: '/a', watch: false }, 70)
  raw.send({ kind: 'delete', path: '/a', version: -1 }, 5)
  raw.send({ kind: 'exists', path: '/a', watch: false }, -8)
  raw.send({ kind: 'ping' }, 66)
  raw.send({ kind: 'delete', path: '/b', version: -1 }, 5)
  raw.send({ kind: 'exists', path: '/a', watch: false }, 0)
  t.is(await raw.line(), 'reply 70 -101')
  await until(() => sessions.last.writes.length === 2)
  t.is(gateway.connections()[0]?.outstanding, 5)
  sessions.last.settle(1001)
  t.deepEqual(await raw.lines(3), ['reply 5 0', 'reply -8 -101', 'reply -2 0'])
  sessions.last.settle(1002, 'NODE_EXISTS')
  t.deepEqual(await raw.lines(2), ['reply 5 -110', 'reply 0 -101'])
  t.is(gateway.connections()[0]?.outstanding, 0)
})

test('a write has the zxid of its txn, a read that of the state it was answered from', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  const create = { kind: 'create', data: undefined, acl: OPEN, flags: 0 } as const
  const first = await raw.ask({ ...create, path: '/a' })
  const failed = await raw.ask({ ...create, path: '/a' })
  t.is(failed.err, -110)
  t.is(failed.zxid, Number(first.zxid) + 1)
  const stat = zk.existsSync('/a')
  t.is<unknown, unknown>(first.zxid, stat?.czxid)
  t.is((await raw.ask({ kind: 'ping' })).zxid, failed.zxid)
  await zk.create('/b')
  const read = await raw.ask({ kind: 'getData', path: '/b', watch: false })
  t.is<unknown, unknown>(read.zxid, zk.existsSync('/b')?.czxid)
})

test('an event comes before every answer that shows what it tells of', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await raw.ask({ kind: 'exists', path: '/a', watch: true })
  // Its own write.
  raw.send({ kind: 'create', path: '/a', data: undefined, acl: OPEN, flags: 0 }, 10)
  raw.send({ kind: 'getData', path: '/a', watch: true }, 11)
  raw.send({ kind: 'setData', path: '/a', data: undefined, version: -1 }, 12)
  raw.send({ kind: 'exists', path: '/a', watch: true }, 13)
  t.deepEqual(await raw.lines(6), [
    'NodeCreated /a',
    'reply 10 0',
    'reply 11 0',
    'NodeDataChanged /a',
    'reply 12 0',
    'reply 13 0',
  ])
  // Somebody else's.
  void zk.setData('/a', 'x')
  t.is(await raw.line(), 'NodeDataChanged /a')
})

test('an event has the zxid of its txn', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await raw.ask({ kind: 'addWatch', path: '/', mode: 1 })
  await zk.create('/a')
  await zk.setData('/a', 'x')
  const frames = [await raw.frame(), await raw.frame()]
  const zxids = frames.map((frame) => Number(Buffer.from(frame ?? []).readBigInt64BE(4)))
  const stat = zk.existsSync('/a')
  t.deepEqual(zxids, [stat?.czxid, stat?.mzxid])
})

test('an unknown opcode is answered in its turn, then the connection is closed', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  // createSession, error, notification, deleteContainer, check alone, and what nobody has.
  for (const opcode of [-10, -1, 0, 13, 20, 999]) {
    const raw = await client(t, gateway.port)
    raw.send({ kind: 'delete', path: '/a', version: -1 }, 1)
    raw.send({ kind: 'unknown', opcode, body: Buffer.from([1, 2, 3]) }, 2)
    raw.send({ kind: 'ping' }, -2)
    await until(() => sessions.last.writes.length === 1)
    await until(() => gateway.connections().at(-1)?.outstanding === 2)
    sessions.last.settle(1001)
    t.deepEqual(await raw.lines(3), ['reply 1 0', 'reply 2 -6', 'closed'], String(opcode))
    t.true(sessions.last.isDetached)
  }
  t.is(gateway.refusals()['UNKNOWN_REQUEST'], 6)
})

test('closeSession is answered after everything before it, and ends session and connection', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  raw.send({ kind: 'create', path: '/e', data: undefined, acl: OPEN, flags: 1 }, 1)
  raw.send({ kind: 'closeSession' }, 2)
  raw.send({ kind: 'ping' }, -2)
  t.deepEqual(await raw.lines(3), ['reply 1 0', 'reply 2 0', 'closed'])
  t.is(zk.existsSync('/e'), null)
})

test('answers of one turn leave in one write', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  const chunks: number[] = []
  raw.socket.on('data', (chunk) => chunks.push(chunk.length))
  raw.send({ kind: 'delete', path: '/a', version: -1 }, 1)
  for (let xid = 2; xid <= 100; xid++) raw.send({ kind: 'checkWatches', path: '/a', type: 3 }, xid)
  await until(() => gateway.connections()[0]?.outstanding === 100)
  sessions.last.settle(1001)
  t.is((await raw.lines(100)).at(-1), 'reply 100 -121')
  t.deepEqual(chunks, [100 * 20])
})

test('what is decided after a client has left is told to nobody', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions)
  const raw = await client(t, gateway.port)
  raw.send({ kind: 'delete', path: '/a', version: -1 }, 1)
  raw.send({ kind: 'exists', path: '/a', watch: true }, 2)
  await until(() => gateway.connections()[0]?.outstanding === 2)
  raw.destroy()
  await until(() => sessions.last.isDetached)
  sessions.last.settle(1001)
  t.deepEqual(sessions.last.watches, [])
  await until(() => gateway.connections().length === 0)
  t.deepEqual(gateway.refusals(), {})
})
