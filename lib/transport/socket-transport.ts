/**
 * Links over Unix sockets and TCP. This file owns what belongs to no single peer: the listener, the accepted
 * sockets that have not proved anything yet, the count of refusals, and the end of everything.
 */
import type { Socket } from 'node:net'
import createDebug from 'debug'
import { assert, unreachable } from '../base/assert.js'
import { FRAME_BYTES_MAX, LINK_QUEUE_BYTES_MAX } from '../base/limits.js'
import type { Member } from '../protocol/member.js'
import { isLoopback, parseAddress, type Address } from './address.js'
import { HandshakeError, decodeHandshake, type Hello } from './handshake.js'
import { Inbound, type InboundEvents } from './inbound.js'
import { listen, type Listener } from './ipc.js'
import { Pairing } from './pairing.js'
import { TransportError } from './transport-error.js'
import type { Refusal, Transport, TransportEvents } from './transport.js'

const log = createDebug('vivarium:transport')

/** Accepted sockets that have not proved anything; one more makes the oldest of them go. */
export const UNPROVEN_SOCKETS_MAX = 64
const HANDSHAKE_TIMEOUT_MS = 5000

export interface SocketTransportOptions {
  /** Asked at each handshake, since what a replica is changes as it joins a cluster. The id must not change. */
  readonly identity: () => Member
  /** `unix:/path` or `tcp://host:port`. A Unix socket's directory exists and is private already. */
  readonly listen: string
  /** Addresses by replica id; the own id is skipped. */
  readonly peers: ReadonlyMap<number, string>
  /** Proved by both sides of every link, if given and not empty. */
  readonly secret?: Uint8Array | undefined
  /** Allows a TCP listener that others than this machine can reach, without a secret. */
  readonly insecure?: boolean | undefined
  /** The host's policy, asked once the peer has proved what it says: a reason to refuse it, or nothing. */
  readonly accept: (peer: Member) => string | undefined
  readonly frameBytesMax?: number | undefined
  readonly queueBytesMax?: number | undefined
  /** From accepting or dialing to the end of the handshake. */
  readonly handshakeTimeoutMs?: number | undefined
}

export class SocketTransport implements Transport {
  readonly #options: SocketTransportOptions
  readonly #address: Address
  readonly #peers: ReadonlyMap<number, Address>
  readonly #ownId: number
  readonly #pairings = new Map<number, Pairing>()
  /** Accepted and not proved, oldest first; a socket leaves when its link is up. */
  readonly #unproven = new Set<Inbound>()
  /** Every socket that is not closed yet. */
  readonly #sockets = new Set<Socket>()
  #events: TransportEvents | undefined
  #listening: Promise<Listener> | undefined
  #closing: Promise<void> | undefined
  #linkNumber = 0
  #refusals = 0

  /** Throws `TransportError`: `BAD_ADDRESS`, `PATH_TOO_LONG`, `INSECURE_LISTENER`. */
  constructor(options: SocketTransportOptions) {
    this.#options = options
    this.#ownId = options.identity().replicaId
    this.#address = parseAddress(options.listen)
    const peers = [...options.peers].filter(([id]) => id !== this.#ownId)
    this.#peers = new Map(peers.map(([id, address]) => [id, parseAddress(address)]))
    checkSecurity(this.#address, options)
    assert(this.#frameBytesMax + 4 <= this.#queueBytesMax, 'a frame fits in the queue of a link')
  }

  get refusals(): number {
    return this.#refusals
  }

  async start(events: TransportEvents): Promise<void> {
    assert(this.#events === undefined, 'a transport is started once')
    this.#events = events
    if (this.#closing !== undefined) throw closedBeforeStart()
    this.#createPairings(events)
    this.#listening = listen(this.#address, (socket) => this.#onSocket(socket))
    await this.#listening
    if (this.#closing !== undefined) throw closedBeforeStart()
    log('replica %d listens on %s', this.#ownId, this.#options.listen)
    for (const pairing of this.#pairings.values()) pairing.start()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // So that no event comes from inside this call, and `start` sees that it is too late.
    await Promise.resolve()
    for (const pairing of this.#pairings.values()) pairing.close('this replica closes')
    const listener = await this.#listening?.catch(() => undefined)
    for (const inbound of this.#unproven) inbound.hangUp()
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all([listener?.close(), ...[...this.#sockets].map((socket) => closed(socket))])
  }

  #createPairings(events: TransportEvents): void {
    const { identity, accept, secret } = this.#options
    for (const [id, address] of this.#peers) {
      const pairing = new Pairing(id, address, {
        identity,
        accept,
        secret: secret ?? new Uint8Array(0),
        frameBytesMax: this.#frameBytesMax,
        queueBytesMax: this.#queueBytesMax,
        handshakeTimeoutMs: this.#handshakeTimeoutMs,
        events,
        refused: (refusal, detail) => this.#refused(refusal, detail),
        nextLinkNumber: () => ++this.#linkNumber,
        onSocket: (outbound) => this.#track(outbound.socket),
      })
      this.#pairings.set(id, pairing)
    }
  }

  #onSocket(socket: Socket): void {
    this.#track(socket)
    if (this.#closing !== undefined) return void socket.destroy()
    // The oldest, because an honest handshake is short: sockets that only sit there cannot lock peers out.
    const [oldest] = this.#unproven
    if (oldest !== undefined && this.#unproven.size >= UNPROVEN_SOCKETS_MAX) {
      oldest.refuse('TOO_MANY_UNPROVEN', `more than ${UNPROVEN_SOCKETS_MAX} sockets prove nothing`)
    }
    const inbound = new Inbound(socket, this.#handshakeTimeoutMs, this.#inboundEvents)
    this.#unproven.add(inbound)
    // Also for one that a pairing hung up, which has no event.
    socket.once('close', () => this.#unproven.delete(inbound))
  }

  readonly #inboundEvents: InboundEvents = {
    handshake: (inbound, frame) => {
      try {
        this.#onHandshake(inbound, frame)
      } catch (error) {
        if (!(error instanceof HandshakeError)) throw error
        inbound.refuse(error.refusal, error.message)
      }
    },
    ended: (inbound, reason) => {
      this.#unproven.delete(inbound)
      if (inbound.hello === undefined) return
      this.#pairings.get(inbound.hello.member.replicaId)?.onInboundEnded(inbound, reason)
    },
    refused: (refusal, detail) => this.#refused(refusal, detail),
  }

  #onHandshake(inbound: Inbound, frame: Uint8Array): void {
    const message = decodeHandshake(frame, this.#options.identity().protocol)
    if (message.kind === 'hello') return this.#onHello(inbound, message)
    const { hello } = inbound
    if (hello === undefined) throw new HandshakeError('BAD_HANDSHAKE', 'the hello is missing')
    const pairing = this.#pairings.get(hello.member.replicaId)
    assert(pairing !== undefined, 'a hello is kept only of a peer')
    switch (message.kind) {
      case 'answer':
        return pairing.onAnswer(inbound, hello, message)
      case 'welcome':
        pairing.onWelcome(inbound, hello)
        // Proved or refused, it does not count against strangers any more.
        this.#unproven.delete(inbound)
        return
      default:
        return unreachable(message)
    }
  }

  #onHello(inbound: Inbound, hello: Hello): void {
    if (inbound.hello !== undefined) throw new HandshakeError('BAD_HANDSHAKE', 'a second hello')
    const id = hello.member.replicaId
    const pairing = this.#pairings.get(id)
    if (pairing === undefined) {
      const who = id === this.#ownId ? 'this replica itself' : 'no peer of this replica'
      throw new HandshakeError('UNKNOWN_PEER', `it says it is ${id}, which is ${who}`)
    }
    const isSecured = (this.#options.secret?.length ?? 0) > 0
    if (hello.isSecured !== isSecured) {
      const who = isSecured ? 'the peer' : 'this replica'
      throw new HandshakeError('BAD_PROOF', `${who} has no secret and the other side has one`)
    }
    inbound.hello = hello
    pairing.onHello(inbound, hello)
  }

  #refused(refusal: Refusal, detail: string): void {
    this.#refusals += 1
    log('refused (%s): %s', refusal, detail)
    this.#events?.refused(refusal, detail)
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  get #frameBytesMax(): number {
    return this.#options.frameBytesMax ?? FRAME_BYTES_MAX
  }

  get #queueBytesMax(): number {
    return this.#options.queueBytesMax ?? LINK_QUEUE_BYTES_MAX
  }

  get #handshakeTimeoutMs(): number {
    return this.#options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS
  }
}

function checkSecurity(address: Address, options: SocketTransportOptions): void {
  if (address.kind === 'unix' || isLoopback(address.host)) return
  if ((options.secret?.length ?? 0) > 0 || options.insecure === true) return
  throw new TransportError(
    'INSECURE_LISTENER',
    `${options.listen} can be reached by others: give all replicas the same secret, or allow it with ` +
      '`insecure: true`',
  )
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
  })
}

function closedBeforeStart(): TransportError {
  return new TransportError('CLOSED', 'the transport was closed before it had started')
}
