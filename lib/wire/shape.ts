/**
 * A first walk over untrusted bytes, before the decoder sees them: exactly one MessagePack value made of
 * nil, booleans, numbers, strings, byte strings and arrays, complete, and not nested too deeply.
 *
 * The decoder alone is not enough. Its extension types are always on, so a peer could make it build regular
 * expressions, errors, typed arrays, or record definitions that are compiled; deep nesting overflows its
 * stack; 64-bit integers come out as bigint. Nothing of that is in our format, so all of it is refused here.
 */
import { WireError } from './wire-error.js'

/** Arrays within arrays: the deepest message of ours has 9 (a multi's stat in an outcome of a snapshot). */
const DEPTH_MAX = 16

/** Items still to come on each level; one walk at a time, so one array serves all. */
const pending = new Uint32Array(DEPTH_MAX + 1)

/** Bytes after the token of each fixed-size kind, 0xc0 … 0xd3; −1 is refused or has its own case. */
const FIXED: readonly number[] = [
  // nil, never used, false, true
  0, -1, 0, 0,
  // bin 8, 16, 32 and ext 8, 16, 32
  -1, -1, -1, -1, -1, -1,
  // float 32, 64
  4, 8,
  // uint 8, 16, 32, 64
  1, 2, 4, -1,
  // int 8, 16, 32, 64
  1, 2, 4, -1,
]

/** Throws `WireError` unless `bytes` are one value of the shapes that our messages are made of. */
export function checkShape(bytes: Uint8Array): void {
  const end = bytes.length
  let position = 0
  let depth = 0
  pending[0] = 1
  for (;;) {
    while (pending[depth] === 0) {
      if (depth === 0) {
        if (position !== end)
          throw new WireError(`${end - position} bytes after the end of the value`)
        return
      }
      depth -= 1
    }
    pending[depth]! -= 1
    if (position >= end) throw new WireError('the value is cut off')
    const token = bytes[position]!
    position += 1
    if (token < 0x80 || token >= 0xe0) continue
    const items = arrayLength(bytes, token, position)
    if (items < 0) {
      position = skip(bytes, token, position)
      continue
    }
    position += token < 0xa0 ? 0 : token === 0xdc ? 2 : 4
    // Each item has at least one byte: a short frame cannot announce a long array.
    if (items > end - position) throw new WireError('an array is cut off')
    depth += 1
    if (depth > DEPTH_MAX) throw new WireError('arrays are nested too deeply')
    pending[depth] = items
  }
}

/** Number of items if the token begins an array, else −1. */
function arrayLength(bytes: Uint8Array, token: number, position: number): number {
  if (token >= 0x90 && token < 0xa0) return token & 0x0f
  if (token === 0xdc) return readLength(bytes, position, 2)
  if (token === 0xdd) return readLength(bytes, position, 4)
  return -1
}

/** Position after a scalar whose token has been read. */
function skip(bytes: Uint8Array, token: number, position: number): number {
  if (token >= 0xa0 && token < 0xc0) return position + (token & 0x1f)
  const lengthBytes = lengthBytesOf(token)
  if (lengthBytes > 0) return position + lengthBytes + readLength(bytes, position, lengthBytes)
  const fixed = token >= 0xc0 ? (FIXED[token - 0xc0] ?? -1) : -1
  if (fixed < 0)
    throw new WireError(`a value of kind 0x${token.toString(16)} is not part of the format`)
  return position + fixed
}

/** Bytes of the length field of a string or byte string, 0 for anything else. */
function lengthBytesOf(token: number): number {
  if (token === 0xc4 || token === 0xd9) return 1
  if (token === 0xc5 || token === 0xda) return 2
  if (token === 0xc6 || token === 0xdb) return 4
  return 0
}

function readLength(bytes: Uint8Array, position: number, lengthBytes: number): number {
  if (position + lengthBytes > bytes.length) throw new WireError('a length is cut off')
  let length = 0
  for (let index = 0; index < lengthBytes; index++) length = length * 256 + bytes[position + index]!
  return length
}
