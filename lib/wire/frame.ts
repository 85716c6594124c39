/**
 * Frames on a byte stream: four bytes of length, big endian, then that many bytes. Neither what a
 * frame means nor how it is encrypted is known here. The reader is fed by untrusted peers: it checks a
 * length before it reserves memory for it, and refuses what no honest peer sends.
 */
import { assert } from '../base/assert.js'

export const FRAME_HEADER_BYTES = 4

export type FrameErrorCode = 'FRAME_EMPTY' | 'FRAME_TOO_LARGE'

/** The stream is not made of frames, or not of frames that are welcome: it cannot be read any further. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
  readonly code: FrameErrorCode

  constructor(code: FrameErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Writes the header of a frame of `length` bytes at `offset`. */
export function writeFrameHeader(target: Uint8Array, offset: number, length: number): void {
  assert(
    length > 0 && length <= 0xffff_ffff,
    'a frame has one byte at least, and a length of 32 bits',
  )
  target[offset] = length >>> 24
  target[offset + 1] = length >>> 16
  target[offset + 2] = length >>> 8
  target[offset + 3] = length
}

/**
 * Cuts the chunks of one stream into frames. A frame that lies whole in its chunk is a view of the
 * chunk; one that spans several is assembled in memory of its own.
 */
export class FrameReader {
  /** Largest length accepted, in bytes; may be changed between two frames, also by the frame handler. */
  frameBytesMax: number
  readonly #onFrame: (frame: Uint8Array) => void
  /** Bytes of a header that its chunk ended in. */
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES)
  #headerLength = 0
  /** The frame under way, `undefined` between frames. */
  #body: Uint8Array | undefined
  #bodyLength = 0
  #isStopped = false

  constructor(frameBytesMax: number, onFrame: (frame: Uint8Array) => void) {
    this.frameBytesMax = frameBytesMax
    this.#onFrame = onFrame
  }

  /** The stream stands inside a frame: should it end here, the frame was cut. */
  get isInsideFrame(): boolean {
    return this.#headerLength > 0 || this.#body !== undefined
  }

  /** No frame is handed out any more, not even one that the current chunk holds already. */
  stop(): void {
    this.#isStopped = true
    this.#body = undefined
  }

  /**
   * Hands out every frame that `chunk` completes, in order. A frame is valid only during the call.
   *
   * Throws `FrameError` at a length of zero or above `frameBytesMax`; the reader is stopped then.
   */
  feed(chunk: Uint8Array): void {
    let offset = 0
    while (offset < chunk.length && !this.#isStopped) {
      offset = this.#body === undefined ? this.#begin(chunk, offset) : this.#continue(chunk, offset)
    }
  }

  #begin(chunk: Uint8Array, start: number): number {
    let offset = start
    while (this.#headerLength < FRAME_HEADER_BYTES) {
      if (offset === chunk.length) return offset
      this.#header[this.#headerLength++] = chunk[offset++]!
    }
    this.#headerLength = 0
    const length = this.#checkedLength()
    if (chunk.length - offset >= length) {
      this.#onFrame(chunk.subarray(offset, offset + length))
      return offset + length
    }
    this.#body = new Uint8Array(length)
    this.#bodyLength = 0
    return offset
  }

  #continue(chunk: Uint8Array, offset: number): number {
    const body = this.#body
    assert(body !== undefined, 'a frame is under way')
    const part = chunk.subarray(offset, offset + body.length - this.#bodyLength)
    body.set(part, this.#bodyLength)
    this.#bodyLength += part.length
    if (this.#bodyLength === body.length) {
      this.#body = undefined
      this.#onFrame(body)
    }
    return offset + part.length
  }

  #checkedLength(): number {
    const [a, b, c, d] = this.#header as unknown as [number, number, number, number]
    // Not shifted into the top bit: a length of 2^31 and more must not turn negative and pass.
    const length = a * 0x100_0000 + (b << 16) + (c << 8) + d
    if (length > 0 && length <= this.frameBytesMax) return length
    this.stop()
    if (length === 0) throw new FrameError('FRAME_EMPTY', 'a frame of no bytes')
    throw new FrameError(
      'FRAME_TOO_LARGE',
      `a frame of ${length} bytes where ${this.frameBytesMax} are allowed`,
    )
  }
}
