/**
 * node-ipc as this library uses it: to dial and to listen. It must not touch a byte of ours. Why so, found
 * by trying 12.0.0 (the only fit version, see the README):
 *
 * - it sets a text encoding on every socket, in raw mode too, which destroys binary data;
 * - its parser of messages is one variable per process, set by whichever client or server came last;
 * - it ignores what `write` returns, so a slow peer costs memory without bound.
 *
 * So every socket carries bytes one way: its opener writes on it directly, and its acceptor reads it directly
 * with the decoder never installed. node-ipc keeps nothing but the opening.
 */
import { Server, type Socket } from 'node:net'
import { IPCModule } from 'node-ipc'
import { assert } from '../base/assert.js'
import type { Address } from './address.js'
import { SocketFile, makeWay, temporaryName } from './socket-file.js'
import { TransportError } from './transport-error.js'

/** The name that node-ipc files the only client of its instance under. */
const PEER = 'peer'
const KEEP_ALIVE_MS = 10_000

export interface DialEvents {
  opened(): void
  /** The socket is closed, also by `hangUp`; the last event. */
  ended(reason: string): void
  /** The other side wrote on a socket that it should only read. */
  unexpectedBytes(): void
}

/**
 * Opens a socket to `address`, once: dialing again is the caller's. node-ipc would dial for ever at a fixed
 * pace, with a timer that can be neither cancelled nor kept from holding the process.
 *
 * The socket is for writing only. (Under TLS, node-ipc calls a socket connected before the peer is verified;
 * whoever adds TLS must wait for `secureConnect` and give all certificates: the defaults do not load.)
 */
export function dial(address: Address, events: DialEvents): Socket {
  const ipc = createIpc()
  if (address.kind === 'unix') ipc.connectTo(PEER, address.path)
  else ipc.connectToNet(PEER, address.host, address.port)
  const client = ipc.of[PEER]
  assert(client !== undefined, 'node-ipc creates its client before it returns')
  const { socket } = client
  let reason = 'the socket was closed'
  // In place of node-ipc's own listener. Something must read, or the end of the socket goes unnoticed.
  socket.removeAllListeners('data')
  socket.on('data', () => events.unexpectedBytes())
  // At once, instead of after all that is still queued for a peer which has hung up.
  socket.once('end', () => socket.destroy())
  client.on('error', (error) => {
    reason = error.message
  })
  client.on('disconnect', () => events.ended(reason))
  client.on('connect', () => events.opened())
  prepare(socket, address)
  return socket
}

export interface Listener {
  /** Stops listening and removes the own socket file. Sockets that were accepted are the caller's to end. */
  close(): Promise<void>
}

/**
 * Listens on `address` and hands over every socket accepted, with no listener for data on it.
 *
 * Rejects with `TransportError`.
 */
export async function listen(
  address: Address,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  if (address.kind === 'tcp') return new IpcListener(await bind(address, onSocket), undefined)
  await makeWay(address.path)
  const temporary = temporaryName(address.path)
  const server = await bind({ kind: 'unix', path: temporary }, onSocket)
  try {
    return new IpcListener(server, new SocketFile(temporary, address.path))
  } catch (error) {
    await new IpcListener(server, undefined).close()
    throw error
  }
}

class IpcListener implements Listener {
  readonly #server: Server
  readonly #file: SocketFile | undefined

  constructor(server: Server, file: SocketFile | undefined) {
    this.#server = server
    this.#file = file
  }

  close(): Promise<void> {
    this.#file?.release()
    // Resolves once the accepted sockets are closed too: node-ipc's `stop` leaves them open, like this call.
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}

function bind(address: Address, onSocket: (socket: Socket) => void): Promise<Server> {
  const ipc = createIpc()
  if (address.kind === 'unix') ipc.serve(address.path)
  else ipc.serveNet(address.host, address.port)
  // node-ipc reads this one setting after it made the server and before it listens, which is the only
  // moment to get a word in. There is no limit: unproven sockets are counted by the transport.
  Object.defineProperty(ipc.config, 'maxConnections', {
    get: () => {
      listenExclusively(ipc.server.server, address)
      return Infinity
    },
  })
  ipc.server.on('connect', (socket) => {
    // node-ipc listened a moment ago, in the same turn: nothing was read yet.
    socket.removeAllListeners('data')
    socket.removeAllListeners('message')
    prepare(socket, address)
    onSocket(socket)
  })
  return new Promise((resolve, reject) => {
    ipc.server.on('start', () => resolve(ipc.server.server))
    ipc.server.on('error', (cause) => reject(listenError(address, cause)))
    ipc.server.start()
    // First among the listeners for connections, so that the decoder is never installed. (It cannot be removed
    // later.)
    ipc.server.server.prependListener('connection', (socket: Socket) => {
      socket.setEncoding = (): Socket => socket
    })
  })
}

/**
 * In a worker of node:cluster a plain `listen` asks the primary for the handle, and every connection waits
 * for the primary's event loop.
 */
function listenExclusively(server: Server, address: Address): void {
  const place =
    address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }
  server.listen = (...given: unknown[]): Server => {
    const onListening = given.at(-1)
    assert(typeof onListening === 'function', 'node-ipc passes its callback last')
    return Server.prototype.listen.call(server, { ...place, exclusive: true }, () => {
      onListening()
    })
  }
}

/** An instance of our own: the default export is shared with the application. */
function createIpc(): IPCModule {
  const ipc = new IPCModule()
  ipc.config.rawBuffer = true
  ipc.config.silent = true
  ipc.config.logger = (): void => undefined
  // It would take the path away from a living owner without a word.
  ipc.config.unlink = false
  ipc.config.stopRetrying = true
  ipc.config.maxRetries = 0
  // The delimiter stays the default: creating a client or server sets it for every user of the module. Hosts
  // are always passed, because the default for IPv6 is never found.
  return ipc
}

function prepare(socket: Socket, address: Address): void {
  if (address.kind === 'unix') return
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
}

function listenError(address: Address, cause: Error): TransportError {
  const place = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`
  const code = 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    return new TransportError('ADDRESS_IN_USE', `${place} is in use`, { cause })
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    const message = `${place} is no address of this machine`
    return new TransportError('BAD_ADDRESS', message, { cause })
  }
  return new TransportError('LISTEN_FAILED', `cannot listen on ${place}: ${cause.message}`, {
    cause,
  })
}
