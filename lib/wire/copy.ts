/**
 * Copies of small byte strings, side by side in slabs: a buffer of its own for each costs three times the time, and
 * the collector much more. A lone survivor keeps one slab, no more.
 */
const SLAB_BYTES = 8192
/** Longer ones are worth a buffer of their own. */
const SHARED_BYTES_MAX = SLAB_BYTES / 4

let slab = new ArrayBuffer(SLAB_BYTES)
let used = 0

/** Never to be transferred: others lie in the same buffer. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  if (length > SHARED_BYTES_MAX) return new Uint8Array(bytes)
  if (used + length > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES)
    used = 0
  }
  const copy = new Uint8Array(slab, used, length)
  copy.set(bytes)
  used += length
  return copy
}
