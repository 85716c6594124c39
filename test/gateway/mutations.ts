/** What may happen to a frame on its way from somebody who means ill: seeded, and endless. */
import type { Random } from '../../lib/base/random.js'

/** Numbers that lengths, counts, versions and xids go wrong at. */
const EDGES = [0, 1, -1, -2, -4, -8, 2 ** 31 - 1, -(2 ** 31), 0xf_ffff, 0x10_0000, 255, 65_536]

type Mutation = (random: Random, frame: Buffer) => Buffer

const MUTATIONS: readonly Mutation[] = [
  function flipBit(random, frame) {
    const at = random.integer(frame.length)
    frame[at] = frame[at]! ^ (1 << random.integer(8))
    return frame
  },
  function setByte(random, frame) {
    frame[random.integer(frame.length)] = random.integer(256)
    return frame
  },
  /** A length, a count, a header's field: most fields are integers. */
  function setInteger(random, frame) {
    if (frame.length < 4) return frame
    const value = random.chance(0.7) ? random.pick(EDGES) : random.range(-200, 200)
    frame.writeInt32BE(value, random.integer(frame.length - 3))
    return frame
  },
  function cut(random, frame) {
    return frame.subarray(0, random.integer(frame.length))
  },
  function lengthen(random, frame) {
    return Buffer.concat([frame, randomBytes(random, 1 + random.integer(20))])
  },
  function remove(random, frame) {
    const at = random.integer(frame.length)
    return Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1 + random.integer(8))])
  },
  function insert(random, frame) {
    const at = random.integer(frame.length)
    const bytes = randomBytes(random, 1 + random.integer(8))
    return Buffer.concat([frame.subarray(0, at), bytes, frame.subarray(at)])
  },
  function copyWithin(random, frame) {
    frame.copyWithin(random.integer(frame.length), random.integer(frame.length))
    return frame
  },
]

/** A copy, damaged in one to three ways; now and then one that does not show. */
export function mutated(random: Random, frame: Uint8Array): Buffer {
  let bytes: Buffer = Buffer.from(frame)
  for (let count = 1 + random.integer(3); count > 0 && bytes.length > 0; count--) {
    bytes = random.pick(MUTATIONS)(random, bytes)
  }
  return bytes
}

export function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.integer(256)))
}

/** With its length before it. */
export function framed(body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(body.length + 4)
  bytes.writeInt32BE(body.length)
  bytes.set(body, 4)
  return bytes
}
