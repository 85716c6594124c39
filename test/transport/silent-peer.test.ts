/** A peer that is not there, or is there and says nothing, is nobody's trouble but its own. */
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { SocketTransport } from '../../lib/transport/socket-transport.js'
import { Recorder, freePort, memberOf } from './support.js'

const HANDSHAKE_MS = 300

/** Accepts every connection, reads nothing and never answers. Returns its port. */
function tarpit(t: ExecutionContext): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket.pause())
    socket.on('error', () => undefined)
  })
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

// ZOOKEEPER-2164, 3756, 4736: connecting to one dead address held up the connections to all others.
const SILENCES: Readonly<Record<string, (t: ExecutionContext) => Promise<string>>> = {
  'accepts and never answers': async (t) => `tcp://127.0.0.1:${await tarpit(t)}`,
  'is not there': async () => `tcp://127.0.0.1:${await freePort()}`,
  'has an address that packets vanish on': async () => 'tcp://192.0.2.1:7001',
  'has a name that nobody knows': async () => 'tcp://nobody.invalid:7001',
}

for (const [what, addressOf] of Object.entries(SILENCES)) {
  test(`while one peer ${what}, the others link, and link again`, async (t) => {
    const silent = await addressOf(t)
    const peers = new Map([
      [1, `tcp://127.0.0.1:${await freePort()}`],
      [2, `tcp://127.0.0.1:${await freePort()}`],
      [3, silent],
    ])
    const start = async (id: number): Promise<{ host: Recorder; transport: SocketTransport }> => {
      const transport = new SocketTransport({
        identity: () => memberOf(id),
        accept: () => undefined,
        listen: peers.get(id) ?? '',
        peers,
        secret: Buffer.from('a shared secret'),
        handshakeTimeoutMs: HANDSHAKE_MS,
      })
      const host = new Recorder()
      await transport.start(host)
      return { host, transport }
    }
    const one = await start(1)
    const two = await start(2)
    try {
      for (let round = 0; round < 3; round++) {
        const began = performance.now()
        const link = await one.host.linkTo(2)
        await two.host.linkTo(1)
        t.true(performance.now() - began < 5000)
        link.send(Buffer.from(`round ${round}`))
        await two.host.until(() => two.host.frames.includes(`round ${round}`))
        link.close('once more')
        await two.host.until(() => two.host.links.length === 0)
        await one.host.until(() => one.host.links.length === 0)
      }
    } finally {
      await Promise.all([one.transport.close(), two.transport.close()])
    }
    t.deepEqual([...one.host.violations, ...two.host.violations], [])
  })
}
