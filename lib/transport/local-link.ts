/** One side of a link inside the process; its other side holds what was sent until a later turn. */
import { assert } from '../base/assert.js'
import type { Member } from '../protocol/member.js'
import { QUEUE_LOW_BYTES, type Link, type TransportEvents } from './transport.js'

export interface LocalLinkOptions {
  readonly number: number
  readonly peer: Member
  readonly events: TransportEvents
  readonly frameBytesMax: number
  readonly queueBytesMax: number
}

export class LocalLink implements Link {
  readonly number: number
  readonly peer: Member
  readonly #options: LocalLinkOptions
  #other: LocalLink | undefined
  #onEnd: (() => void) | undefined
  /** `new` until the host hears `up`; `closing` from its `close` until it hears `down`. */
  #state: 'new' | 'up' | 'closing' | 'down' = 'new'
  /** Frames sent and not delivered, oldest first. */
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #isAboveMark = false
  #isDeliveryDue = false
  /** This side closed: the other side hears so after the last frame. */
  #isHungUp = false

  constructor(options: LocalLinkOptions) {
    this.number = options.number
    this.peer = options.peer
    this.#options = options
  }

  /** Makes one link of two sides and brings it up at both; `onEnd` is called once both are down. */
  static join(one: LocalLink, other: LocalLink, onEnd: () => void): void {
    one.#other = other
    other.#other = one
    one.#onEnd = onEnd
    other.#onEnd = onEnd
    one.#up()
    other.#up()
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  send(frame: Uint8Array): void {
    if (this.#state !== 'up') return
    assert(frame.length > 0, 'a frame has one byte at least')
    assert(frame.length <= this.#options.frameBytesMax, 'a frame is within its bound')
    if (this.#queuedBytes + frame.length > this.#options.queueBytesMax) {
      this.close('the peer does not read: its queue is full')
      return
    }
    // `slice` of a Buffer would be a view.
    this.#queue.push(Uint8Array.from(frame))
    this.#queuedBytes += frame.length
    if (this.#queuedBytes > QUEUE_LOW_BYTES) this.#isAboveMark = true
    this.#deliverLater()
  }

  close(reason: string): void {
    if (this.#state !== 'up') return
    this.#state = 'closing'
    this.#isHungUp = true
    process.nextTick(() => this.#end(reason))
    this.#deliverLater()
  }

  /** Ends both sides in this call, after the first `kept` frames under way in each direction. */
  cut(kept: number, reason: string): void {
    const sides = [this, this.#otherSide]
    for (const side of sides) {
      side.#queue = side.#queue.slice(0, kept)
      side.#deliver()
    }
    for (const side of sides) side.#end(reason)
  }

  get #otherSide(): LocalLink {
    assert(this.#other !== undefined, 'a link has two sides')
    return this.#other
  }

  #up(): void {
    if (this.#state !== 'new') return
    this.#state = 'up'
    this.#options.events.up(this)
  }

  #end(reason: string): void {
    if (this.#state === 'down') return
    const wasUp = this.#state !== 'new'
    this.#state = 'down'
    if (this.#otherSide.#state === 'down') this.#onEnd?.()
    if (wasUp) this.#options.events.down(this, reason)
  }

  #deliverLater(): void {
    if (this.#isDeliveryDue) return
    this.#isDeliveryDue = true
    setImmediate(() => {
      this.#isDeliveryDue = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const frames = this.#queue
    this.#queue = []
    this.#queuedBytes = 0
    for (const frame of frames) this.#otherSide.#receive(frame)
    if (this.#isHungUp) this.#otherSide.#end('the peer closed its link')
    if (!this.#isAboveMark || this.#queuedBytes > QUEUE_LOW_BYTES) return
    this.#isAboveMark = false
    if (this.#state === 'up') this.#options.events.drained(this)
  }

  #receive(frame: Uint8Array): void {
    if (this.#state === 'up') this.#options.events.frame(this, frame)
  }
}
