/** One socket that was opened to a peer: written, never read. Its first frame is the HELLO it was made with. */
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Member } from '../protocol/member.js'
import type { Address } from './address.js'
import { NONCE_BYTES, encodeHello } from './handshake.js'
import { dial } from './ipc.js'
import { Outbox } from './outbox.js'

export interface OutboundOptions {
  readonly address: Address
  readonly member: Member
  /** The nonce of the peer's socket that this one answers. */
  readonly answers: Uint8Array | undefined
  readonly isSecured: boolean
  readonly queueBytesMax: number
}

export interface OutboundEvents {
  /** The socket is open and the HELLO on its way. */
  opened(outbound: Outbound): void
  /** The socket is of no more use; at most once, not after `hangUp`. */
  ended(outbound: Outbound, reason: string): void
  drained(outbound: Outbound): void
  unexpectedBytes(outbound: Outbound): void
}

export class Outbound {
  readonly nonce: Uint8Array = randomBytes(NONCE_BYTES)
  readonly hello: Uint8Array
  readonly socket: Socket
  readonly #outbox: Outbox
  #isOpen = false
  #isClosed = false

  constructor(options: OutboundOptions, events: OutboundEvents) {
    const { address, queueBytesMax, ...hello } = options
    this.hello = encodeHello({ ...hello, nonce: this.nonce })
    this.socket = dial(address, {
      opened: () => {
        if (this.#isClosed) return
        this.#isOpen = true
        this.send(this.hello)
        events.opened(this)
      },
      ended: (reason) => {
        if (this.#isClosed) return
        this.hangUp()
        events.ended(this, reason)
      },
      unexpectedBytes: () => {
        if (!this.#isClosed) events.unexpectedBytes(this)
      },
    })
    this.#outbox = new Outbox(this.socket, queueBytesMax, () => events.drained(this))
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isClosed
  }

  get queuedBytes(): number {
    return this.#isClosed ? 0 : this.#outbox.queuedBytes
  }

  /** False if the frame would exceed the bound of the queue. */
  send(frame: Uint8Array): boolean {
    return this.#outbox.push(frame)
  }

  /** Ends the socket without an event; what is still queued is lost. */
  hangUp(): void {
    this.#isClosed = true
    this.#outbox.stop()
    this.socket.destroy()
  }
}
