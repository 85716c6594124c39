/**
 * Frames on their way into one socket: copied into few large chunks, written once per turn, held back while
 * the socket's own queue is full, and bounded.
 */
import type { Socket } from 'node:net'
import { assert } from '../base/assert.js'
import { FRAME_HEADER_BYTES, writeFrameHeader } from '../wire/frame.js'
import { QUEUE_LOW_BYTES } from './transport.js'

const CHUNK_BYTES: number = 64 * 1024

export class Outbox {
  readonly #socket: Socket
  readonly #queueBytesMax: number
  readonly #onDrained: () => void
  /** Chunks that are full, oldest first; then the one being filled, of which [#start, #end) is unwritten. */
  readonly #sealed: Uint8Array[] = []
  #chunk: Uint8Array = new Uint8Array(0)
  #start = 0
  #end = 0
  /** Bytes not yet handed to the socket. */
  #heldBytes = 0
  #isFlushDue = false
  #isAboveMark = false
  #isStopped = false

  constructor(socket: Socket, queueBytesMax: number, onDrained: () => void) {
    this.#socket = socket
    this.#queueBytesMax = queueBytesMax
    this.#onDrained = onDrained
    socket.on('drain', () => this.#flush())
  }

  /** Bytes that the kernel has not taken yet. */
  get queuedBytes(): number {
    return this.#heldBytes + this.#socket.writableLength
  }

  /** Queues a copy of the frame; false, with nothing queued, if that would exceed the bound. */
  push(frame: Uint8Array): boolean {
    assert(!this.#isStopped, 'nothing is queued for a socket that was given up')
    const bytes = FRAME_HEADER_BYTES + frame.length
    if (this.queuedBytes + bytes > this.#queueBytesMax) return false
    this.#reserve(bytes)
    writeFrameHeader(this.#chunk, this.#end, frame.length)
    this.#chunk.set(frame, this.#end + FRAME_HEADER_BYTES)
    this.#end += bytes
    this.#heldBytes += bytes
    if (this.queuedBytes > QUEUE_LOW_BYTES) this.#isAboveMark = true
    this.#scheduleFlush()
    return true
  }

  /**
   * Offers the socket what is held, for the last time: last words often tell why. Whatever it does not take at once
   * is forgotten; nothing is written and nothing reported any more.
   */
  stop(): void {
    if (!this.#socket.destroyed) this.#flush()
    this.#isStopped = true
    this.#sealed.length = 0
    this.#chunk = new Uint8Array(0)
    this.#heldBytes = 0
  }

  #reserve(bytes: number): void {
    if (this.#chunk.length - this.#end >= bytes) return
    this.#seal()
    // Not from Node's shared pool, and never written twice: the socket may hold on to any part of it.
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes))
    this.#start = 0
    this.#end = 0
  }

  #seal(): void {
    if (this.#end > this.#start) this.#sealed.push(this.#chunk.subarray(this.#start, this.#end))
    this.#start = this.#end
  }

  #scheduleFlush(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    process.nextTick(() => {
      this.#isFlushDue = false
      this.#flush()
    })
  }

  #flush(): void {
    // While the socket asks to wait, frames gather here; its `drain` comes back to this method.
    if (this.#isStopped || this.#heldBytes === 0 || this.#socket.writableNeedDrain) return
    this.#seal()
    this.#heldBytes = 0
    // Corked, all chunks leave in one system call.
    this.#socket.cork()
    for (const chunk of this.#sealed) this.#socket.write(chunk, () => this.#onWritten())
    this.#sealed.length = 0
    this.#socket.uncork()
  }

  #onWritten(): void {
    if (this.#isStopped || !this.#isAboveMark || this.queuedBytes > QUEUE_LOW_BYTES) return
    this.#isAboveMark = false
    this.#onDrained()
  }
}
