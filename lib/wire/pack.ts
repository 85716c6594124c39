/**
 * MessagePack by msgpackr, tamed: positional arrays only, no records, no extension types, and no result that
 * is a view on the encoder's own slab.
 *
 * The encoder's slab is shared by the whole thread and only ever grows; a view on it would pin all of it, and
 * posting one to another thread would copy all of it. So everything is copied out at once, and the slab is
 * used again from its beginning.
 */
import { Buffer } from 'node:buffer'
import { RESET_BUFFER_MODE, Packr } from 'msgpackr'
import { checkShape } from './shape.js'
import { WireError } from './wire-error.js'

/** What our formats are made of; `undefined` is written as nil. */
export type Packable =
  | undefined
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Packable[]

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true, moreTypes: false })

/** Bytes of a value in an `ArrayBuffer` of their own, which may be transferred. */
export function pack(value: Packable): Uint8Array<ArrayBuffer> {
  return new Uint8Array(packr.pack(value, RESET_BUFFER_MODE))
}

/**
 * Bytes of a value, small ones side by side in Node's pool: for many small results that live about equally
 * long, which cost several times as much in buffers of their own. Never to be transferred.
 */
export function packPooled(value: Packable): Uint8Array {
  return Buffer.from(packr.pack(value, RESET_BUFFER_MODE))
}

/** The value that bytes of this very process hold: they need no first walk. */
export function unpackOwn(bytes: Uint8Array): unknown {
  return packr.unpack(bytes)
}

/**
 * The value that the bytes hold. Byte strings in it are views on `bytes`: copy what is kept.
 *
 * @throws WireError if they are not exactly one value of the shapes we use.
 */
export function unpack(bytes: Uint8Array): unknown {
  checkShape(bytes)
  try {
    return packr.unpack(bytes)
  } catch (error) {
    throw new WireError('the value does not decode', { cause: error })
  }
}
