/** Whatever arrives, decoding ends: in messages that can be encoded again, or in a WireError. */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import { decodeMessages, encodeMessages } from '../../lib/wire/message.js'
import { WireError } from '../../lib/wire/wire-error.js'
import { message } from './arbitrary-message.js'
import { times } from './arbitrary.js'

const ROUNDS = 30_000
/** Tokens that begin something: where a decoder is most easily led astray. */
const TOKENS = [
  0x90, 0x9f, 0xc0, 0xc1, 0xc4, 0xc6, 0xc7, 0xcb, 0xcf, 0xd4, 0xd9, 0xdb, 0xdc, 0xdd, 0xde,
]

type Mutation = (random: Random, frame: Uint8Array) => Uint8Array

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
  function setToken(random, frame) {
    frame[random.integer(frame.length)] = random.pick(TOKENS)
    return frame
  },
  function cut(random, frame) {
    return frame.slice(0, random.integer(frame.length))
  },
  function remove(random, frame) {
    const at = random.integer(frame.length)
    return Uint8Array.from([...frame.slice(0, at), ...frame.slice(at + 1 + random.integer(8))])
  },
  function insert(random, frame) {
    const at = random.integer(frame.length)
    const bytes = times(1 + random.integer(8), () => random.integer(256))
    return Uint8Array.from([...frame.slice(0, at), ...bytes, ...frame.slice(at)])
  },
  function copyWithin(random, frame) {
    return frame.copyWithin(random.integer(frame.length), random.integer(frame.length))
  },
]

test('a damaged frame is refused with a WireError or decodes to well-formed messages', (t) => {
  const random = new Random(20)
  let refused = 0
  for (let round = 0; round < ROUNDS; round++) {
    let frame = smallFrame(random)
    for (let count = 1 + random.integer(3); count > 0 && frame.length > 0; count--) {
      frame = MUTATIONS[random.integer(MUTATIONS.length)]!(random, frame)
    }
    if (!decodes(frame)) refused += 1
  }
  t.log(`${refused} of ${ROUNDS} damaged frames refused`)
  // Damage to data or to a number often gives another well-formed message: not ours to notice.
  t.true(refused > ROUNDS / 4)
  t.true(refused < ROUNDS)
})

test('random bytes are refused with a WireError', (t) => {
  const random = new Random(21)
  let refused = 0
  for (let round = 0; round < ROUNDS; round++) {
    const frame = Uint8Array.from(times(random.integer(60), () => random.integer(256)))
    if (!decodes(frame)) refused += 1
  }
  t.true(refused > ROUNDS * 0.9)
})

function smallFrame(random: Random): Uint8Array {
  for (;;) {
    const frame = encodeMessages([message(random), message(random)])
    if (frame.length < 2000) return frame
  }
}

/** Rethrows what is no WireError, and whatever comes of messages that decode but cannot be encoded. */
function decodes(frame: Uint8Array): boolean {
  try {
    encodeMessages(decodeMessages(frame))
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}
