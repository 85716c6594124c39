import { SocketTransport } from '../../lib/transport/socket-transport.js'
import { conformance } from './conformance.js'
import { freePort } from './support.js'

conformance('tcp', async () => {
  const peers = new Map<number, string>()
  for (const id of [1, 2, 3]) peers.set(id, `tcp://127.0.0.1:${await freePort()}`)
  return {
    create: (options) =>
      new SocketTransport({
        ...options,
        listen: peers.get(options.identity().replicaId)!,
        peers,
        secret: Buffer.from('a shared secret'),
      }),
    remove: () => undefined,
  }
})
