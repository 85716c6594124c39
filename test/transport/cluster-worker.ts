/** Run by cluster.test.ts as a worker of node:cluster: listens on the address it is given, reports how it went. */
import { SocketTransport } from '../../lib/transport/socket-transport.js'
import { TransportError } from '../../lib/transport/transport-error.js'
import { Recorder, memberOf } from './support.js'

const transport = new SocketTransport({
  identity: () => memberOf(1),
  accept: () => undefined,
  listen: process.argv[2] ?? '',
  peers: new Map(),
})
try {
  await transport.start(new Recorder())
  process.send?.('started')
} catch (error) {
  process.send?.(error instanceof TransportError ? error.code : String(error))
}
