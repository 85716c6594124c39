/**
 * One accepted socket: read, never written. It delivers frames of the handshake until it is promoted, then
 * frames of its link. Whatever is wrong with what comes in ends this socket and nothing else.
 */
import type { Socket } from 'node:net'
import { assert } from '../base/assert.js'
import { FrameError, FrameReader } from '../wire/frame.js'
import { HANDSHAKE_FRAME_BYTES_MAX, type Hello } from './handshake.js'
import type { Refusal } from './transport.js'

export interface InboundEvents {
  /** One frame of the handshake. */
  handshake(inbound: Inbound, frame: Uint8Array): void
  /** The socket is of no more use; exactly once, not after `hangUp`. */
  ended(inbound: Inbound, reason: string): void
  refused(refusal: Refusal, detail: string): void
}

export class Inbound {
  /** What the other side said of itself; proved by nothing yet. */
  hello: Hello | undefined
  /** Answers that spoke of a socket which is not open any more. */
  strayAnswers = 0
  readonly #socket: Socket
  readonly #events: InboundEvents
  readonly #reader: FrameReader
  readonly #timer: NodeJS.Timeout
  #onLinkFrame: ((frame: Uint8Array) => void) | undefined
  #hasBytes = false
  #isClosed = false

  constructor(socket: Socket, handshakeTimeoutMs: number, events: InboundEvents) {
    this.#socket = socket
    this.#events = events
    this.#reader = new FrameReader(HANDSHAKE_FRAME_BYTES_MAX, (frame) => this.#onFrame(frame))
    // From the first moment, and not prolonged by a byte now and then.
    this.#timer = setTimeout(() => this.#onTimeout(), handshakeTimeoutMs)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.once('end', () => this.#onEnd('the peer closed its socket'))
    socket.once('error', (error) => this.#onEnd(error.message))
    socket.once('close', () => this.#onEnd('the socket was closed'))
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The link is up: frames up to `frameBytesMax` go to `onFrame` from the next one on. */
  promote(frameBytesMax: number, onFrame: (frame: Uint8Array) => void): void {
    assert(!this.#isClosed, 'only an open socket becomes part of a link')
    assert(this.#onLinkFrame === undefined, 'a socket belongs to one link')
    clearTimeout(this.#timer)
    this.#reader.frameBytesMax = frameBytesMax
    this.#onLinkFrame = onFrame
  }

  /** Ends the socket because of what came over it. */
  refuse(refusal: Refusal, detail: string): void {
    if (this.#isClosed) return
    this.#events.refused(refusal, detail)
    this.#finish(detail)
  }

  /** Ends the socket without an event. */
  hangUp(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#reader.stop()
    this.#socket.destroy()
  }

  #onData(chunk: Uint8Array): void {
    this.#hasBytes = true
    try {
      this.#reader.feed(chunk)
    } catch (error) {
      // Anything else comes from a handler of the host, and is the host's to know.
      if (!(error instanceof FrameError)) throw error
      this.refuse(error.code, error.message)
    }
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#onLinkFrame !== undefined) this.#onLinkFrame(frame)
    else this.#events.handshake(this, frame)
  }

  #onEnd(reason: string): void {
    if (this.#isClosed) return
    const isCut = this.#reader.isInsideFrame
    // A link that breaks inside a frame is a peer that died. One that said nothing at all only looked whether
    // somebody listens here.
    if (this.#onLinkFrame === undefined && this.#hasBytes && isCut) {
      this.refuse('FRAME_TRUNCATED', `the handshake was cut: ${reason}`)
    } else {
      this.#finish(isCut ? `${reason}, inside a frame` : reason)
    }
  }

  #onTimeout(): void {
    const said = this.hello === undefined ? 'no hello' : 'no valid answer'
    this.refuse('HANDSHAKE_TIMEOUT', `the handshake took too long: ${said} came`)
  }

  #finish(reason: string): void {
    this.hangUp()
    this.#events.ended(this, reason)
  }
}
