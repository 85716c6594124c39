import { join } from 'node:path'
import { SocketTransport } from '../../lib/transport/socket-transport.js'
import { conformance } from './conformance.js'
import { temporaryDirectory } from './support.js'

conformance('unix', async () => {
  const directory = temporaryDirectory()
  const peers = new Map([1, 2, 3].map((id) => [id, `unix:${join(directory.path, `${id}.sock`)}`]))
  return {
    create: (options) =>
      new SocketTransport({ ...options, listen: peers.get(options.identity().replicaId)!, peers }),
    remove: directory.remove,
  }
})
