/** A pair of sockets that proved to be one link. */
import { assert } from '../base/assert.js'
import type { Member } from '../protocol/member.js'
import type { Inbound } from './inbound.js'
import type { Outbound } from './outbound.js'
import type { Link, TransportEvents } from './transport.js'

export interface SocketLinkOptions {
  readonly number: number
  readonly peer: Member
  readonly inbound: Inbound
  readonly outbound: Outbound
  readonly frameBytesMax: number
  readonly events: TransportEvents
  /** Called once, just before the host hears `down`. */
  readonly onDown: (link: SocketLink, reason: string) => void
}

export class SocketLink implements Link {
  readonly number: number
  readonly peer: Member
  readonly inbound: Inbound
  readonly outbound: Outbound
  readonly #options: SocketLinkOptions
  #state: 'up' | 'closing' | 'down' = 'up'

  constructor(options: SocketLinkOptions) {
    this.number = options.number
    this.peer = options.peer
    this.inbound = options.inbound
    this.outbound = options.outbound
    this.#options = options
    this.inbound.promote(options.frameBytesMax, (frame) => {
      if (this.#state === 'up') options.events.frame(this, frame)
    })
  }

  get queuedBytes(): number {
    return this.outbound.queuedBytes
  }

  send(frame: Uint8Array): void {
    if (this.#state !== 'up') return
    assert(frame.length > 0, 'a frame has one byte at least')
    assert(frame.length <= this.#options.frameBytesMax, 'a frame is within its bound')
    if (!this.outbound.send(frame)) this.close('the peer does not read: its queue is full')
  }

  close(reason: string): void {
    if (this.#state !== 'up') return
    this.#state = 'closing'
    this.#hangUp()
    // Later, so that the caller is not called back from inside its own call.
    process.nextTick(() => this.end(reason))
  }

  /** Ends the link and says so at once; for the transport's own use. */
  end(reason: string): void {
    if (this.#state === 'down') return
    this.#state = 'down'
    this.#hangUp()
    this.#options.onDown(this, reason)
    this.#options.events.down(this, reason)
  }

  /** The socket has taken enough of what was queued. */
  onDrained(): void {
    if (this.#state === 'up') this.#options.events.drained(this)
  }

  /** The end of either socket is the end of both. */
  #hangUp(): void {
    this.inbound.hangUp()
    this.outbound.hangUp()
  }
}
