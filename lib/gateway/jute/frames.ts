/**
 * Cuts a stream of bytes into frames: four bytes of length, then so many bytes. Recognizes the four-letter words that
 * a stream to a server may begin with instead (`ruok`): as a length, each would be far beyond any maximum.
 */
import { JuteError } from './jute-error.js'

/** ZooKeeper's jute.maxbuffer. */
export const FRAME_BYTES_MAX_DEFAULT = 0xf_ffff

const HEADER_BYTES = 4
/** Room for a frame that comes in pieces, at first; more only as more of it comes. */
const PART_BYTES_AT_FIRST = 16 * 1024
const LOWER_A = 0x61
const LOWER_Z = 0x7a

/**
 * One end of one connection. Frames are pulled, so that the owner can stop between any two. A frame that came in one
 * chunk is a view of it; one that came in pieces is copied once or twice. Memory follows what has come, not what a
 * length announces.
 */
export class FrameCutter {
  /** May be changed between two frames. */
  frameBytesMax: number
  /** Chunks not looked at yet; of the first, only from `#offset` on. */
  readonly #chunks: Uint8Array[] = []
  #offset: number = 0
  readonly #header: Buffer = Buffer.alloc(HEADER_BYTES)
  #headerLength: number = 0
  /** Length of the frame whose header is complete. */
  #frameLength: number | undefined
  /** What has come of it, if it comes in pieces. */
  #part: Buffer | undefined
  #partLength: number = 0
  #mayBeWord: boolean = true

  constructor(frameBytesMax: number = FRAME_BYTES_MAX_DEFAULT) {
    this.frameBytesMax = frameBytesMax
  }

  /** Something of a frame has come, and its end has not. Meant for when {@link next} has nothing more. */
  get isInsideFrame(): boolean {
    return this.#headerLength > 0 || this.#chunks.length > 0
  }

  /** The cutter owns the chunk from now on. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk)
  }

  /**
   * For a server, before its first {@link next}: the four lower-case letters that the stream begins with, if it does,
   * known word or not. What follows them means nothing.
   *
   * @returns `undefined` if the stream begins with a frame, or too little has come to tell.
   */
  word(): string | undefined {
    if (!this.#mayBeWord || !this.#fillHeader()) return undefined
    this.#mayBeWord = false
    const isWord = this.#header.every((byte) => byte >= LOWER_A && byte <= LOWER_Z)
    return isWord ? this.#header.toString('latin1') : undefined
  }

  /**
   * @returns The next frame without its length, or `undefined` until more has come.
   * @throws JuteError for a length that is negative or over the maximum; the stream is of no use any more.
   */
  next(): Uint8Array | undefined {
    if (!this.#fillHeader()) return undefined
    this.#mayBeWord = false
    this.#frameLength ??= this.#checkedLength()
    const frame = this.#whole(this.#frameLength) ?? this.#assembled(this.#frameLength)
    if (frame === undefined) return undefined
    this.#headerLength = 0
    this.#frameLength = undefined
    return frame
  }

  #checkedLength(): number {
    const length = this.#header.readInt32BE(0)
    if (length < 0) throw new JuteError('BAD_LENGTH', `a frame of ${length} bytes`)
    if (length <= this.frameBytesMax) return length
    throw new JuteError(
      'FRAME_TOO_LARGE',
      `a frame of ${length} bytes where ${this.frameBytesMax} are allowed`,
    )
  }

  #fillHeader(): boolean {
    while (this.#headerLength < HEADER_BYTES) {
      const piece = this.#take(HEADER_BYTES - this.#headerLength)
      if (piece === undefined) return false
      this.#header.set(piece, this.#headerLength)
      this.#headerLength += piece.length
    }
    return true
  }

  /** The frame, if nothing of it was copied yet and the chunk has all of it. */
  #whole(length: number): Uint8Array | undefined {
    if (this.#part !== undefined) return undefined
    if (length === 0) return Buffer.alloc(0)
    const chunk = this.#chunks[0]
    return chunk !== undefined && chunk.length - this.#offset >= length
      ? this.#take(length)
      : undefined
  }

  #assembled(length: number): Uint8Array | undefined {
    for (;;) {
      const piece = this.#take(length - this.#partLength)
      if (piece === undefined) return undefined
      const part = this.#partWithRoom(this.#partLength + piece.length, length)
      part.set(piece, this.#partLength)
      this.#partLength += piece.length
      if (this.#partLength < length) continue
      this.#part = undefined
      this.#partLength = 0
      return part.subarray(0, length)
    }
  }

  #partWithRoom(needed: number, length: number): Buffer {
    const part = this.#part
    if (part !== undefined && part.length >= needed) return part
    const room = Math.max(needed, part === undefined ? PART_BYTES_AT_FIRST : part.length * 2)
    const larger = Buffer.allocUnsafeSlow(Math.min(room, length))
    if (part !== undefined) larger.set(part.subarray(0, this.#partLength))
    this.#part = larger
    return larger
  }

  /** At most so many bytes of the first chunk. */
  #take(length: number): Uint8Array | undefined {
    const chunk = this.#chunks[0]
    if (chunk === undefined) return undefined
    const end = Math.min(this.#offset + length, chunk.length)
    const piece = chunk.subarray(this.#offset, end)
    this.#offset = end
    if (end === chunk.length) {
      this.#chunks.shift()
      this.#offset = 0
    }
    return piece
  }
}
