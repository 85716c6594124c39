/**
 * ZooKeeper's records as bytes, written a second time for the tests: whoever compares two servers must not take his
 * codec from one of them. Lenient where a test wants to send what no client would.
 */

/** Bytes of one frame, without its length. */
export class Writer {
  readonly #parts: Buffer[] = []

  int(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return this.bytes(bytes)
  }

  long(value: bigint): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(value)
    return this.bytes(bytes)
  }

  boolean(value: boolean): this {
    return this.bytes(Buffer.from([value ? 1 : 0]))
  }

  /** `undefined` is null: length −1. */
  buffer(value: string | Uint8Array | undefined): this {
    if (value === undefined) return this.int(-1)
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    return this.int(bytes.length).bytes(bytes)
  }

  vector<T>(items: readonly T[] | undefined, write: (item: T) => unknown): this {
    this.int(items === undefined ? -1 : items.length)
    for (const item of items ?? []) write(item)
    return this
  }

  bytes(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes))
    return this
  }

  /** The bytes, with their length before them. */
  frame(): Buffer {
    const payload = Buffer.concat(this.#parts)
    const length = Buffer.alloc(4)
    length.writeInt32BE(payload.length)
    return Buffer.concat([length, payload])
  }
}

/** Reads what a server sent; throws a RangeError where it is too short. */
export class Reader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get rest(): number {
    return this.#bytes.length - this.#offset
  }

  int(): number {
    const value = this.#bytes.readInt32BE(this.#offset)
    this.#offset += 4
    return value
  }

  long(): bigint {
    const value = this.#bytes.readBigInt64BE(this.#offset)
    this.#offset += 8
    return value
  }

  boolean(): boolean {
    const value = this.#bytes.readUInt8(this.#offset)
    this.#offset += 1
    if (value > 1) throw new RangeError(`a boolean is 0 or 1, not ${value}`)
    return value === 1
  }

  buffer(): Buffer | undefined {
    const length = this.int()
    if (length === -1) return undefined
    if (length < 0 || length > this.rest) throw new RangeError(`${length} bytes of ${this.rest}`)
    const value = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return value
  }

  text(): string | undefined {
    return this.buffer()?.toString()
  }

  vector<T>(read: () => T): T[] | undefined {
    const length = this.int()
    if (length === -1) return undefined
    if (length < 0 || length > this.rest)
      throw new RangeError(`${length} items in ${this.rest} bytes`)
    return Array.from({ length }, read)
  }
}
