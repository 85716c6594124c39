/** The client against servers that do not keep to the protocol: its connection ends, with a reason, and nothing else. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { ClientError } from '../../lib/cli/client-error.js'
import { connect } from '../../lib/cli/client.js'
import type { ConnectOptions, ZooKeeperClient } from '../../lib/cli/client.js'
import { reconnect } from '../../lib/cli/reconnect.js'
import { encodeConnectResponse } from '../../lib/gateway/jute/connect.js'
import { FrameCutter } from '../../lib/gateway/jute/frames.js'
import { encodeReply } from '../../lib/gateway/jute/replies.js'
import { decodeRequest } from '../../lib/gateway/jute/requests.js'
import type { RequestFrame } from '../../lib/gateway/jute/requests.js'

const WELCOME = encodeConnectResponse({
  protocolVersion: 0,
  timeoutMs: 300,
  sessionId: 7,
  password: new Uint8Array(16),
  readOnly: false,
})
const GET_A = { kind: 'getData', path: '/a', watch: false } as const

/** @param onRequest Called for each frame after the first, which is answered with `welcome`. */
async function serve(
  t: ExecutionContext,
  onRequest: (socket: Socket, request: RequestFrame) => void,
  welcome: Uint8Array | undefined = WELCOME,
): Promise<ConnectOptions> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const cutter = new FrameCutter()
    let isGreeted = false
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      cutter.push(chunk)
      for (let frame = cutter.next(); frame !== undefined; frame = cutter.next()) {
        if (isGreeted) onRequest(socket, decodeRequest(frame))
        else socket.write(welcome)
        isGreeted = true
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, timeoutMs: 1000 }
}

async function opened(t: ExecutionContext, options: ConnectOptions): Promise<ZooKeeperClient> {
  const client = await connect(options)
  t.teardown(() => client.drop())
  return client
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    if (error instanceof ClientError) return error.code
    throw error
  }
}

test('an answer out of turn ends the connection, and every request that waits', async (t) => {
  const place = await serve(t, (socket, { xid }) => {
    if (xid === 2) socket.write(encodeReply({ xid: 2, zxid: 1, err: 0 }))
  })
  const reasons: string[] = []
  const client = await opened(t, { ...place, onEnd: (reason) => reasons.push(reason.message) })
  const answers = [1, 2, 3].map(() => refusal(client.request(GET_A)))
  t.deepEqual(await Promise.all(answers), Array(3).fill('CONNECTION_LOSS'))
  t.deepEqual(reasons, ['the server sent an answer to request 2 out of turn'])
  t.false(client.isConnected)
})

test('an answer that cannot be read ends the connection', async (t) => {
  const place = await serve(t, (socket, { xid }) => {
    socket.write(encodeReply({ xid, zxid: 1, err: 0 }))
  })
  const client = await opened(t, place)
  t.is(await refusal(client.request(GET_A)), 'CONNECTION_LOSS')
})

test('an answer longer than is allowed ends the connection', async (t) => {
  const place = await serve(t, (socket, { xid }) => {
    socket.write(encodeReply({ xid, zxid: 1, err: 0 }, { kind: 'create', path: 'x'.repeat(100) }))
  })
  const client = await opened(t, { ...place, frameBytesMax: 100 })
  t.is(await refusal(client.request(GET_A)), 'CONNECTION_LOSS')
})

test('an event before an answer is heard before it, and one with an error number of its own is told as such', async (t) => {
  const place = await serve(t, (socket, { xid, request }) => {
    if (request.kind === 'ping') return
    const event = Buffer.from('ffffffff0000000000000001000000000000000300000003000000022f61', 'hex')
    socket.write(Buffer.concat([Buffer.of(0, 0, 0, event.length), event]))
    socket.write(encodeReply({ xid, zxid: 2, err: -999 }))
  })
  const heard: string[] = []
  const client = await opened(t, { ...place, onEvent: ({ type }) => heard.push(type) })
  const error = await t.throwsAsync(client.request(GET_A), { instanceOf: ClientError })
  t.is(error.code, 'UNKNOWN_ERROR')
  t.is(error.errno, -999)
  t.deepEqual(heard, ['NodeDataChanged'])
  // An event says where its txn stands, not what the client has seen.
  t.is(client.session.lastZxid, 2)
})

test('a server that says nothing any more is left after two thirds of the timeout', async (t) => {
  const pings: number[] = []
  const place = await serve(t, (_socket, { xid }) => pings.push(xid))
  const reason = await new Promise<ClientError>((resolve) => {
    void opened(t, { ...place, onEnd: resolve })
  })
  t.is(reason.code, 'CONNECTION_LOSS')
  t.regex(reason.message, /silent/)
  t.deepEqual(pings, [-2, -2])
})

test('a server that does not answer at all, or is not there, is an error in time', async (t) => {
  const mute = await serve(t, () => undefined, new Uint8Array(0))
  t.is(await refusal(connect({ ...mute, timeoutMs: 100 })), 'CONNECTION_LOSS')
  const place = await serve(t, (socket) => socket.destroy())
  t.is(await refusal(connect({ ...place, port: 1 })), 'CONNECTION_LOSS')
  const auth = [{ scheme: 'digest', auth: 'a:b' }]
  t.is(await refusal(connect({ ...place, auth })), 'CONNECTION_LOSS')
})

test('closing waits for the server, but not for ever', async (t) => {
  const client = await connect({ ...(await serve(t, () => undefined)), timeoutMs: 100 })
  await client.close()
  t.false(client.isConnected)
  await client.close()
})

test('a session goes on at the first of many servers that takes it', async (t) => {
  const place = await serve(t, () => undefined)
  const client = await opened(t, place)
  const servers = [{ host: '127.0.0.1', port: 1 }, { host: '127.0.0.1', port: 1 }, place]
  const next = await reconnect(client, { servers })
  t.teardown(() => next.drop())
  t.true(next.isConnected)
  t.false(client.isConnected)
  const error = reconnect(next, { servers: servers.slice(0, 1), withinMs: 100 })
  t.is(await refusal(error), 'CONNECTION_LOSS')
})
