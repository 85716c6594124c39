/** What a hostile client sends: single frames, and what they do to the connection that they come over. */
import type { Random } from '../../lib/base/random.js'
import { JuteError } from '../../lib/gateway/jute/jute-error.js'
import { XID } from '../../lib/gateway/jute/opcodes.js'
import { decodeRequest } from '../../lib/gateway/jute/requests.js'
import { bytesOf, CONNECT_REQUESTS, REQUESTS, UNKNOWN_REQUESTS } from './jute-samples.js'
import { framed, mutated, randomBytes } from './mutations.js'

/**
 * `answered`: by one reply with the frame's xid, in its turn. `ends`: refused, and the connection with it. `parts`: the
 * connection ends after an answer: the client asked for it, or for what is not to be had.
 */
export type Fate = 'answered' | 'ends' | 'parts'

/** Replies with these are watch events, or may overtake others. */
export const XIDS_OUT_OF_TURN: ReadonlySet<number> = new Set([-1, -4])

/** What the answers to these frames must say, in this order. A ping is answered as one, whatever its xid (ZooKeeper). */
export function xidsInTurn(frames: readonly Uint8Array[]): number[] {
  return frames
    .map((frame) => decodeRequest(frame))
    .map(({ xid, request }) => (request.kind === 'ping' ? XID.ping : xid))
    .filter((xid) => !XIDS_OUT_OF_TURN.has(xid))
}

const SAMPLES = [...REQUESTS, ...UNKNOWN_REQUESTS].map(({ bytes }) => bytesOf(bytes))
const GREETINGS = CONNECT_REQUESTS.map(({ bytes }) => bytesOf(bytes))
const WORDS = [
  'ruok',
  'srvr',
  'stat',
  'mntr',
  'cons',
  'dump',
  'wchs',
  'isro',
  'conf',
  'envi',
  'abcd',
]

export function fateOf(frame: Uint8Array): Fate {
  try {
    const { xid, request } = decodeRequest(frame)
    switch (request.kind) {
      case 'auth':
        return request.scheme === 'digest' && xid === -4 ? 'answered' : 'parts'
      case 'closeSession':
      case 'sasl':
      case 'unknown':
        return 'parts'
      default:
        return 'answered'
    }
  } catch (error) {
    if (error instanceof JuteError) return 'ends'
    throw error
  }
}

/** A frame that is answered: a request as it should be, one that was damaged and is still one, or one sent before. */
export function answeredFrame(random: Random, before: readonly Buffer[]): Buffer {
  for (;;) {
    const frame = candidate(random, before)
    if (fateOf(frame) === 'answered') return frame
  }
}

/** A frame that ends the connection. */
export function endingFrame(random: Random): Buffer {
  for (;;) {
    const isRandom = random.chance(0.15)
    const frame = isRandom
      ? randomBytes(random, random.integer(40))
      : mutated(random, random.pick(SAMPLES))
    if (fateOf(frame) === 'ends') return frame
  }
}

export function partingFrame(random: Random): Buffer {
  for (;;) {
    const frame = random.pick(SAMPLES)
    if (fateOf(frame) === 'parts') return frame
  }
}

/** Anything at all in place of a connect request, with a length that need not be its own. */
export function noise(random: Random): Buffer {
  switch (random.integer(6)) {
    case 0:
      return randomBytes(random, 1 + random.integer(200))
    case 1:
      return Buffer.from(random.pick(WORDS) + (random.chance(0.5) ? '\n' : 'xyz'))
    case 2:
      return framed(random.pick(SAMPLES))
    case 3:
      return random.chance(0.5) ? excessiveLength(random) : largestLength(random)
    case 4: {
      const length = Buffer.alloc(4)
      length.writeInt32BE(random.integer(2000))
      return Buffer.concat([length, randomBytes(random, random.integer(200))])
    }
    default:
      return framed(mutated(random, random.pick(GREETINGS)))
  }
}

/** A length that no frame may have, and the beginning of what it announces. */
export function excessiveLength(random: Random): Buffer {
  return announced(random, random.pick([0x10_0000, 2 ** 31 - 1, -1, -(2 ** 31), 0x6162_6364]))
}

/** The largest length there may be, and the beginning of what it announces. */
export function largestLength(random: Random): Buffer {
  return announced(random, 0xf_ffff)
}

function announced(random: Random, bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(bytes)
  return Buffer.concat([length, randomBytes(random, random.integer(50))])
}

/** Cut anywhere, into any number of pieces. */
export function pieces(random: Random, stream: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let at = 0
  while (at < stream.length) {
    const length = 1 + random.integer(random.chance(0.2) ? 3 : stream.length)
    parts.push(stream.subarray(at, at + length))
    at += length
  }
  return parts
}

function candidate(random: Random, before: readonly Buffer[]): Buffer {
  const dice = random.next()
  if (dice < 0.3) return random.pick(SAMPLES)
  if (dice < 0.4 && before.length > 0) return random.pick(before)
  return mutated(random, random.pick(SAMPLES))
}
