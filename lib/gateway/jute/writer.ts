/** Writes frames in ZooKeeper's encoding (jute), any number of them into one buffer, for one write to a socket. */
import type { Long } from './long.js'

const LOW_RANGE = 0x1_0000_0000
const BYTES_AT_FIRST = 256
const NULL = -1

export class JuteWriter {
  #bytes: Buffer = Buffer.allocUnsafe(BYTES_AT_FIRST)
  #length: number = 0

  /** Bytes written and not taken. */
  get length(): number {
    return this.#length
  }

  /** One frame with its length before it. If `write` throws, nothing of the frame stays. */
  frame(write: (writer: JuteWriter) => void): void {
    const at = this.#grow(4)
    try {
      write(this)
    } catch (error) {
      this.#length = at
      throw error
    }
    this.#bytes.writeInt32BE(this.#length - at - 4, at)
  }

  /** Everything written since the last call; the caller's own. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.allocUnsafe(BYTES_AT_FIRST)
    this.#length = 0
    return taken
  }

  /** @throws RangeError unless it is an integer of 32 bits. */
  int(value: number): void {
    const at = this.#grow(4)
    this.#bytes.writeInt32BE(value, at)
  }

  long(value: Long): void {
    const at = this.#grow(8)
    if (typeof value === 'bigint') {
      this.#bytes.writeBigInt64BE(BigInt.asIntN(64, value), at)
      return
    }
    const high = Math.floor(value / LOW_RANGE)
    this.#bytes.writeInt32BE(high, at)
    this.#bytes.writeUInt32BE(value - high * LOW_RANGE, at + 4)
  }

  bool(value: boolean): void {
    const at = this.#grow(1)
    this.#bytes[at] = value ? 1 : 0
  }

  /** Copies. `undefined` is null. */
  buffer(value: Uint8Array | undefined): void {
    if (value === undefined) {
      this.int(NULL)
      return
    }
    this.int(value.length)
    this.bytes(value)
  }

  /** UTF-8. `undefined` is null. */
  ustring(value: string | undefined): void {
    if (value === undefined) {
      this.int(NULL)
      return
    }
    const length = Buffer.byteLength(value)
    this.int(length)
    const at = this.#grow(length)
    this.#bytes.write(value, at, length, 'utf8')
  }

  vector<T>(items: readonly T[], writeItem: (writer: JuteWriter, item: T) => void): void {
    this.int(items.length)
    for (const item of items) writeItem(this, item)
  }

  /** As they are, without a length. */
  bytes(value: Uint8Array): void {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
  }

  /** Another `#bytes` may be in use afterwards. @returns Where the new bytes begin. */
  #grow(count: number): number {
    const at = this.#length
    const needed = at + count
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    this.#length = needed
    return at
  }
}
