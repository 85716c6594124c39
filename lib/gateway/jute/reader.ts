/**
 * Reads the fields of one frame, in ZooKeeper's encoding (jute): big-endian, no tags, lengths before what they count.
 * Nothing is trusted: whatever the bytes are, reading ends in values or in a JuteError, and allocates no more than a
 * small multiple of the frame.
 */
import { JuteError } from './jute-error.js'
import type { Long } from './long.js'

const LOW_RANGE = 0x1_0000_0000

export class JuteReader {
  readonly #bytes: Buffer
  #at: number = 0

  /** @param bytes One frame without its length. Buffers that are read are views of it. */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes not read yet. */
  get rest(): number {
    return this.#bytes.length - this.#at
  }

  int(): number {
    return this.#bytes.readInt32BE(this.#advance(4))
  }

  long(): Long {
    const at = this.#advance(8)
    const value = this.#bytes.readInt32BE(at) * LOW_RANGE + this.#bytes.readUInt32BE(at + 4)
    return Number.isSafeInteger(value) ? value : this.#bytes.readBigInt64BE(at)
  }

  bool(): boolean {
    const byte = this.#bytes[this.#advance(1)]
    if (byte === 0) return false
    if (byte === 1) return true
    throw new JuteError('BAD_VALUE', `a boolean of ${byte}`)
  }

  /** A view of the frame: who keeps it for long copies it. @returns `undefined` for null. */
  buffer(): Uint8Array | undefined {
    const length = this.#length()
    if (length === undefined) return undefined
    const at = this.#advance(length)
    return this.#bytes.subarray(at, at + length)
  }

  /**
   * Bytes that are no UTF-8 become U+FFFD, as in Java: no path may contain it, so such a path is refused as a path.
   *
   * @returns `undefined` for null.
   */
  ustring(): string | undefined {
    const length = this.#length()
    if (length === undefined) return undefined
    const at = this.#advance(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  /** A string where null means nothing that the empty string does not: no path, no scheme, no name is empty. */
  text(): string {
    return this.ustring() ?? ''
  }

  /** @param itemBytesMin The fewest bytes an item can take: bounds the count before anything is read. Null is empty. */
  vector<T>(itemBytesMin: number, readItem: (reader: JuteReader) => T): T[] {
    const count = this.int()
    if (count === -1) return []
    if (count < 0 || count * itemBytesMin > this.rest) {
      throw new JuteError('BAD_LENGTH', `a vector of ${count} where ${this.rest} bytes are left`)
    }
    const items: T[] = []
    for (let index = 0; index < count; index++) items.push(readItem(this))
    return items
  }

  /** All that is left. */
  remainder(): Uint8Array {
    const at = this.#advance(this.rest)
    return this.#bytes.subarray(at)
  }

  /** To be called after the last field. @throws JuteError if anything follows. */
  end(): void {
    if (this.rest !== 0) throw new JuteError('TRAILING_BYTES', `${this.rest} bytes too many`)
  }

  #length(): number | undefined {
    const length = this.int()
    if (length === -1) return undefined
    if (length < 0) throw new JuteError('BAD_LENGTH', `a length of ${length}`)
    return length
  }

  /** @returns Where the field begins. */
  #advance(length: number): number {
    const at = this.#at
    if (length > this.rest) {
      throw new JuteError('TRUNCATED', `${length} bytes expected, ${this.rest} left`)
    }
    this.#at = at + length
    return at
  }
}
