// Sessions between replicas and through trouble: who keeps one, who loses one, and when.
import test from 'ava'
import { join } from '../../lib/index.js'
import { serve } from '../../lib/gateway/index.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { FakeSessions } from './fake-sessions.js'
import { OPEN } from './raw-client.js'
import { client, gatewayOver, served, servedThree, stranger, until } from './support.js'

const EPHEMERAL = { kind: 'create', data: undefined, acl: OPEN, flags: 1 } as const

test('a session moves from replica to replica with its ephemerals', async (t) => {
  const { gateways } = await servedThree(t)
  const [first, ...others] = gateways.map(({ port }) => port) as [number, number, number]
  let raw = await client(t, first)
  const { sessionId = 0, password } = raw.session ?? {}
  const { zxid } = await raw.ask({ ...EPHEMERAL, path: '/mine' })
  for (const port of [...others, first]) {
    const before = raw
    // A replica that is behind what the client has seen sends it away; it comes again.
    for (;;) {
      const next = await stranger(t, port)
      const answer = await next.greet({ sessionId, password, lastZxidSeen: zxid })
      if (answer === undefined) continue
      t.is(answer.sessionId, sessionId)
      raw = next
      break
    }
    t.is(await before.frame(), undefined)
    const { body } = await raw.ask({ kind: 'getEphemerals', prefix: '' })
    t.deepEqual(body?.kind === 'getEphemerals' ? body.paths : [], ['/mine'])
  }
})

test('a client of a replica that is killed goes on elsewhere, and only there', async (t) => {
  const { world, gateways } = await servedThree(t)
  const victim = world.leader ?? 1
  const raw = await client(t, gateways[victim - 1]?.port ?? 0)
  const { sessionId = 0, password } = raw.session ?? {}
  await raw.ask({ ...EPHEMERAL, path: '/mine' })
  await world.kill(victim)
  t.is(await raw.frame(), undefined)
  const port = gateways[victim % 3]?.port ?? 0
  let again
  while (again === undefined) {
    const next = await stranger(t, port)
    const answer = await next.greet({ sessionId, password })
    if (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 20))
    else again = next
  }
  const { body } = await again.ask({ kind: 'getEphemerals', prefix: '' })
  t.deepEqual(body?.kind === 'getEphemerals' ? body.paths : [], ['/mine'])
})

test('the clients of a follower keep their connections while another leader is elected', async (t) => {
  const { world, gateways } = await servedThree(t, { tickTime: 20_000 })
  const leader = world.leader ?? 1
  const raw = await client(t, gateways[leader % 3]?.port ?? 0)
  const sent: string[] = []
  for (let xid = 1; xid <= 30; xid++) {
    raw.send({ ...EPHEMERAL, path: `/e${xid}` }, xid)
    sent.push(`reply ${xid} 0`)
    if (xid === 10) await world.kill(leader)
  }
  t.deepEqual(await raw.lines(30), sent)
})

test('a session without a connection lives until its timeout, one with pings goes on', async (t) => {
  const { port, zk } = await served(t, { minSessionTimeout: 500 })
  const gone = await client(t, port, { timeoutMs: 500 })
  const kept = await client(t, port, { timeoutMs: 500 })
  await gone.ask({ ...EPHEMERAL, path: '/gone' })
  await kept.ask({ ...EPHEMERAL, path: '/kept' })
  gone.destroy()
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.truthy(zk.existsSync('/gone'))
  const pings = setInterval(() => kept.send({ kind: 'ping' }, -2), 100)
  t.teardown(() => clearInterval(pings))
  await until(() => zk.existsSync('/gone') === null)
  t.truthy(zk.existsSync('/kept'))
  const { sessionId = 0, password } = gone.session ?? {}
  t.is((await (await stranger(t, port)).greet({ sessionId, password }))?.timeoutMs, 0)
})

test('a client that is silent too long loses session and connection', async (t) => {
  const { port, gateway } = await served(t, { minSessionTimeout: 500 })
  const raw = await client(t, port, { timeoutMs: 500 })
  t.is(await raw.frame(), undefined)
  t.is(gateway.refusals()['SESSION_EXPIRED'], 1)
})

test('clients wait through a short time without a leader; after a tick they are sent away', async (t) => {
  const sessions = new FakeSessions()
  const gateway = await gatewayOver(t, sessions, { tickTime: 600 })
  const raw = await client(t, gateway.port)
  sessions.isServing = false
  raw.send({ kind: 'ping' }, -2)
  await until(() => gateway.connections()[0]?.isPaused === true)
  sessions.isServing = true
  t.is(await raw.line(), 'reply -2 0')
  sessions.isServing = false
  raw.send({ kind: 'ping' }, -2)
  t.is(await raw.line(), 'closed')
  t.true(sessions.last.isDetached)
  t.is(gateway.refusals()['NOT_SERVING'], 1)
})

test('what a session’s end is told by, and that nothing is told twice', async (t) => {
  for (const [why, reason] of [
    ['expired', 'SESSION_EXPIRED'],
    ['moved', 'SESSION_MOVED'],
    ['failed', 'REPLICA_FAILED'],
  ] as const) {
    const sessions = new FakeSessions()
    const gateway = await gatewayOver(t, sessions)
    const raw = await client(t, gateway.port)
    sessions.last.client.onEvent({ type: 'NodeCreated', path: '/last', zxid: 5 })
    sessions.last.client.onEnd(why)
    t.deepEqual(await raw.lines(2), ['NodeCreated /last', 'closed'])
    t.deepEqual(gateway.refusals(), { [reason]: 1 })
    // It is not this connection's to detach any more.
    t.false(sessions.last.isDetached)
  }
})

test('a real replica on disk serves, ends in the right order, and leaves nothing open', async (t) => {
  const dir = await mkdtemp(joinPath(tmpdir(), 'vivarium-gateway-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const zk = await join({ dir })
  const gateway = await serve(zk.replica, { port: 0 })
  const raw = await client(t, gateway.port)
  t.is(await raw.err({ ...EPHEMERAL, path: '/a', flags: 0 }), 0)
  t.is((await zk.exists('/a'))?.dataLength, 0)
  await gateway.close()
  t.is(await raw.frame(), undefined)
  await zk.close()
})

test('a gateway whose replica was closed first sends its clients away', async (t) => {
  const { port, gateway, zk } = await served(t)
  const raw = await client(t, port)
  await zk.close()
  t.is(await raw.frame(), undefined)
  t.is(await (await stranger(t, port)).greet(), undefined)
  t.deepEqual(gateway.refusals()['REPLICA_FAILED'], 1)
})

test('what is no replica of this library is refused', async (t) => {
  for (const wrong of [undefined, null, {}, 'replica']) {
    await t.throwsAsync(serve(wrong as never, { port: 0 }), { code: 'BAD_ARGUMENTS' })
  }
})
