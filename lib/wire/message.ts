/**
 * Messages between members ↔ frames. A frame holds all that one turn has to say to one peer, in order.
 *
 * Whatever a peer sends, decoding ends in messages whose every field has its type and range, or in a
 * `WireError` that costs the peer its link. What a message *means* is not judged here.
 */
import { assert } from '../base/assert.js'
import { FRAME_BYTES_MAX, SESSIONS_PER_VIEW_MAX } from '../base/limits.js'
import type { Message, SessionReport } from '../replica/message.js'
import { codeOf, countOf, fieldsOf, listOf, unexpected, zxidOf } from './field.js'
import { pack, unpack } from './pack.js'
import type { Packable } from './pack.js'
import { piecesOf } from './piece.js'
import { decodeRequest, encodeRequest } from './request.js'
import { decodeIncarnation, encodeIncarnation } from './identity.js'
import {
  decodeSession,
  decodeSnapshotTail,
  decodeZnodes,
  encodeSession,
  encodeSnapshotTail,
  encodeZnodes,
} from './snapshot.js'
import { ZAB_CODE_MAX, decodeZabMessage, encodeZabMessage } from './zab-message.js'

const FORWARD = 15
const REPORT = 16
const LEASE = 17
const SNAP_NODES = 18
const SNAP_ACK = 19
const SNAP_END = 20
const DIVERGENCE = 21
const OLD_COPY = 22

/** Sessions of one report; a replica may serve several Views. */
const SESSIONS_PER_REPORT_MAX = 100 * SESSIONS_PER_VIEW_MAX

/** Bytes after which the rest of a turn goes into another frame, so that receivers can start on it. */
const FRAME_BYTES_WANTED = 1024 * 1024

/** One frame with these messages; the bytes are a buffer of their own. See `encodeFrames` for their size. */
export function encodeMessages(messages: readonly Message[]): Uint8Array<ArrayBuffer> {
  return pack(messages.map(encodeMessage))
}

/**
 * The messages as frames of a moderate size, in order. Long proposals and forwards are cut into several
 * messages of their kind, which mean the same.
 */
export function encodeFrames(messages: readonly Message[]): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = []
  let batch: Message[] = []
  let bytes = 0
  for (const piece of piecesOf(messages, FRAME_BYTES_WANTED)) {
    if (batch.length > 0 && bytes + piece.bytes > FRAME_BYTES_WANTED) {
      frames.push(...framesOf(batch))
      batch = []
      bytes = 0
    }
    batch.push(piece.message)
    bytes += piece.bytes
  }
  if (batch.length > 0) frames.push(...framesOf(batch))
  return frames
}

/** One frame, or more if the messages were taken for shorter than they are. */
function framesOf(messages: readonly Message[]): Uint8Array<ArrayBuffer>[] {
  const frame = encodeMessages(messages)
  if (frame.length <= FRAME_BYTES_MAX) return [frame]
  const halves = messages.length > 1 ? halvesOf(messages) : halvesOfOne(messages[0])
  assert(halves !== undefined, 'a message that cannot be cut fits in a frame')
  return halves.flatMap(framesOf)
}

function halvesOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  const middle = items.length >>> 1
  return [items.slice(0, middle), items.slice(middle)]
}

/** Two messages that mean the same as one; `undefined` if there are none. */
function halvesOfOne(message: Message | undefined): readonly (readonly Message[])[] | undefined {
  if (message?.kind === 'forward' && message.requests.length > 1)
    return halvesOf(message.requests).map((requests) => [{ kind: 'forward', requests }])
  if (message?.kind === 'proposal' && message.entries.length > 1)
    return halvesOf(message.entries).map((entries) => [{ kind: 'proposal', entries }])
  return undefined
}

/**
 * The messages of a frame. Nothing in them refers to `frame`.
 *
 * @throws WireError if the frame is anything but well-formed messages; none of it is to be used then.
 */
export function decodeMessages(frame: Uint8Array): Message[] {
  if (frame.length > FRAME_BYTES_MAX) throw unexpected('a frame within its bound', frame.length)
  return listOf(unpack(frame), Infinity, decodeMessage)
}

function encodeMessage(message: Message): Packable {
  switch (message.kind) {
    case 'forward':
      return [FORWARD, message.requests.map(encodeRequest)]
    case 'report':
      return [REPORT, message.sessions]
    case 'lease':
      return [LEASE, message.sessions]
    case 'snapNodes':
      return [
        SNAP_NODES,
        message.slice,
        encodeZnodes(message.nodes),
        message.sessions.map(encodeSession),
      ]
    case 'snapAck':
      return [SNAP_ACK, message.slice]
    case 'snapEnd':
      return [SNAP_END, encodeSnapshotTail(message.tail)]
    case 'divergence':
      return [DIVERGENCE, message.zxid]
    case 'oldCopy':
      return [OLD_COPY, encodeIncarnation(message.newest)]
    default:
      return encodeZabMessage(message)
  }
}

function decodeMessage(value: unknown): Message {
  const code = codeOf(value)
  if (code <= ZAB_CODE_MAX) return decodeZabMessage(code, value)
  switch (code) {
    case FORWARD:
      return {
        kind: 'forward',
        requests: listOf(fieldsOf(value, 2)[1], Infinity, decodeRequest),
      }
    case REPORT:
      return { kind: 'report', sessions: decodeReport(fieldsOf(value, 2)[1]) }
    case LEASE:
      return { kind: 'lease', sessions: decodeReport(fieldsOf(value, 2)[1]) }
    case SNAP_NODES: {
      const fields = fieldsOf(value, 4)
      const sessions = listOf(fields[3], Infinity, decodeSession)
      return {
        kind: 'snapNodes',
        slice: countOf(fields[1]),
        nodes: decodeZnodes(fields[2]),
        sessions,
      }
    }
    case SNAP_ACK:
      return { kind: 'snapAck', slice: countOf(fieldsOf(value, 2)[1]) }
    case SNAP_END:
      return { kind: 'snapEnd', tail: decodeSnapshotTail(fieldsOf(value, 2)[1]) }
    case DIVERGENCE:
      return { kind: 'divergence', zxid: zxidOf(fieldsOf(value, 2)[1]) }
    case OLD_COPY:
      return { kind: 'oldCopy', newest: decodeIncarnation(fieldsOf(value, 2)[1]) }
    default:
      throw unexpected('a kind of message', code)
  }
}

/** Also the port's (port.ts). */
export function decodeReport(value: unknown): SessionReport {
  return listOf(value, SESSIONS_PER_REPORT_MAX, (pair): readonly [number, number] => {
    const fields = fieldsOf(pair, 2)
    return [zxidOf(fields[0]), countOf(fields[1])]
  })
}
