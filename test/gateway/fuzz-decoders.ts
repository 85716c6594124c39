/**
 * Whatever the bytes are, decoding ends: in a JuteError, or in a record whose own bytes decode to the same again.
 * No sockets, no gateway.
 */
import { Random } from '../../lib/base/random.js'
import {
  decodeConnectRequest,
  decodeConnectResponse,
  encodeConnectRequest,
  encodeConnectResponse,
} from '../../lib/gateway/jute/connect.js'
import { FrameCutter } from '../../lib/gateway/jute/frames.js'
import { JuteError } from '../../lib/gateway/jute/jute-error.js'
import {
  decodeNotification,
  decodeReply,
  encodeReply,
  writeNotification,
} from '../../lib/gateway/jute/replies.js'
import { decodeRequest, encodeRequest } from '../../lib/gateway/jute/requests.js'
import { JuteWriter } from '../../lib/gateway/jute/writer.js'
import {
  bytesOf,
  CONNECT_REQUESTS,
  CONNECT_RESPONSES,
  NOTIFICATIONS,
  REPLIES,
  REQUESTS,
} from './jute-samples.js'
import { framed, mutated, randomBytes } from './mutations.js'

export interface DecoderTotals {
  readonly cases: number
  readonly refused: number
}

interface Target {
  readonly sample: Buffer
  /** Decodes, and encodes again with the frame's length. @throws JuteError */
  readonly again: (frame: Uint8Array) => Uint8Array
}

const TARGETS: readonly Target[] = [
  ...REQUESTS.map(({ bytes }) => ({ sample: bytesOf(bytes), again: requestAgain })),
  ...REPLIES.map(({ bytes, kind }) => ({
    sample: bytesOf(bytes),
    again: (frame: Uint8Array) => {
      const reply = decodeReply(frame, kind)
      return encodeReply(reply, reply.body)
    },
  })),
  ...NOTIFICATIONS.map(({ bytes }) => ({ sample: bytesOf(bytes), again: notificationAgain })),
  ...CONNECT_REQUESTS.map(({ bytes }) => ({
    sample: bytesOf(bytes),
    again: (frame: Uint8Array) => encodeConnectRequest(decodeConnectRequest(frame)),
  })),
  ...CONNECT_RESPONSES.map(({ bytes }) => ({
    sample: bytesOf(bytes),
    again: (frame: Uint8Array) => encodeConnectResponse(decodeConnectResponse(frame)),
  })),
]

/** @throws Whatever is no JuteError, with the bytes that caused it. */
export function fuzzDecoders(seed: number, cases: number): DecoderTotals {
  const random = new Random(seed)
  let refused = 0
  for (let index = 0; index < cases; index++) {
    const target = random.pick(TARGETS)
    const isRandom = random.chance(0.1)
    const frame = isRandom
      ? randomBytes(random, random.integer(60))
      : mutated(random, target.sample)
    try {
      if (!isStable(target, frame)) refused += 1
      if (index % 8 === 0) cutUp(random, frame)
    } catch (error) {
      throw new Error(`seed ${seed}, case ${index}: ${frame.toString('hex')}`, { cause: error })
    }
  }
  return { cases, refused }
}

/** What was read, written and read again is the same. @returns false if it was refused. */
function isStable(target: Target, frame: Uint8Array): boolean {
  let once: Uint8Array
  try {
    once = target.again(frame)
  } catch (error) {
    if (error instanceof JuteError) return false
    throw error
  }
  const twice = target.again(once.subarray(4))
  if (Buffer.compare(once, twice) !== 0) throw new Error('the record is another when read again')
  return true
}

/** The same frames come out of a stream however it is cut. */
function cutUp(random: Random, frame: Uint8Array): void {
  const stream = random.chance(0.5) ? Buffer.concat([framed(frame), framed(frame)]) : frame
  const whole = framesOf([stream])
  const cut = random.integer(stream.length + 1)
  const cutTwice = framesOf([stream.subarray(0, cut), stream.subarray(cut)])
  if (whole !== cutTwice) throw new Error(`cut at ${cut}, a stream has other frames`)
}

function framesOf(chunks: readonly Uint8Array[]): string {
  const cutter = new FrameCutter()
  const frames: string[] = []
  try {
    for (const chunk of chunks) {
      cutter.push(chunk)
      for (let frame = cutter.next(); frame !== undefined; frame = cutter.next()) {
        frames.push(Buffer.from(frame).toString('hex'))
      }
    }
  } catch (error) {
    if (!(error instanceof JuteError)) throw error
    frames.push(error.code)
  }
  return frames.join(' ')
}

function requestAgain(frame: Uint8Array): Uint8Array {
  const { xid, request } = decodeRequest(frame)
  return encodeRequest(xid, request)
}

function notificationAgain(frame: Uint8Array): Uint8Array {
  const writer = new JuteWriter()
  writeNotification(writer, decodeNotification(frame))
  return writer.take()
}
