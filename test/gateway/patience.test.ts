// How long a connection may take: by a clock that the test moves.
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { GREETING_MS_MAX, LINGER_MS_MAX, STALLED_MS_MAX } from '../../lib/gateway/bounds.js'
import { Connection } from '../../lib/gateway/connection.js'
import { Counters } from '../../lib/gateway/counters.js'
import { checkOptions } from '../../lib/gateway/options.js'
import { FakeSessions } from './fake-sessions.js'
import { RawClient } from './raw-client.js'
import { until } from './support.js'

interface Pair {
  readonly raw: RawClient
  readonly connection: Connection
  readonly sessions: FakeSessions
  readonly reasons: string[]
  readonly closed: Connection[]
  now: number
}

/** A client and the connection that serves it, with no gateway around. */
async function pair(t: ExecutionContext): Promise<Pair> {
  const sessions = new FakeSessions()
  const reasons: string[] = []
  const closed: Connection[] = []
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const raw = await RawClient.open((server.address() as AddressInfo).port)
  const socket = await accepted
  const made = { raw, sessions, reasons, closed, now: 0 }
  const connection = new Connection(socket, {
    report: {
      sessions,
      options: checkOptions(),
      port: 0,
      counters: new Counters(),
      uptimeMs: 0,
      refusals: new Map(),
      connections: () => [],
      resetConnections: () => undefined,
    },
    now: () => made.now,
    refused: (reason) => reasons.push(reason),
    closed: (ended) => closed.push(ended),
  })
  t.teardown(() => {
    connection.destroy()
    raw.destroy()
    server.close()
  })
  return Object.assign(made, { connection })
}

test('a connection that does not say in time what it wants is closed, one with a session is not', async (t) => {
  const silent = await pair(t)
  silent.raw.write(Uint8Array.of(0, 0, 0))
  silent.connection.sweep(GREETING_MS_MAX)
  t.deepEqual(silent.reasons, [])
  silent.connection.sweep(GREETING_MS_MAX + 1)
  t.deepEqual(silent.reasons, ['GREETING_TIMEOUT'])
  t.is(await silent.raw.frame(), undefined)
  const greeted = await pair(t)
  await greeted.raw.greet()
  greeted.connection.sweep(GREETING_MS_MAX * 100)
  t.deepEqual(greeted.reasons, [])
})

test('a client that takes nothing for too long is dropped, one that is slow is not', async (t) => {
  const { raw, connection, sessions, reasons } = await pair(t)
  await raw.greet()
  sessions.last.bytes = Buffer.alloc(1_000_000)
  raw.socket.pause()
  for (let xid = 1; xid <= 50; xid++) raw.send({ kind: 'getData', path: '/a', watch: false }, xid)
  await until(() => connection.isPaused)
  connection.sweep(STALLED_MS_MAX)
  t.deepEqual(reasons, [])
  connection.sweep(STALLED_MS_MAX + 1)
  t.deepEqual(reasons, ['STALLED'])
  t.true(sessions.last.isDetached)
  raw.socket.resume()
  await raw.closed
})

test('a client that does not close its end is not waited for', async (t) => {
  const { raw, connection, sessions, closed } = await pair(t)
  await raw.greet()
  raw.socket.allowHalfOpen = true
  sessions.last.client.onEnd('moved')
  connection.sweep(LINGER_MS_MAX)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.is(closed.length, 0)
  connection.sweep(LINGER_MS_MAX + 1)
  await until(() => closed.length === 1)
})
