/**
 * Cuts what a turn has to say into pieces whose size is known before they are encoded, so that frames keep
 * their bound. Only messages that may be cut anywhere are: a proposal's entries, a forward's requests.
 */
import type { Request, RequestBody } from '../protocol/request.js'
import type { SessionRecord } from '../tree/record.js'
import type { Message } from '../replica/message.js'
import { encodeTxn } from './txn.js'

export interface Piece {
  readonly message: Message
  /** Roughly its encoded size, and not much less than it. */
  readonly bytes: number
}

/** Bytes of a small message, or of the fields beside paths and data. */
const OVERHEAD = 80
/** Bytes of UTF-8 per UTF-16 unit, at most. */
const BYTES_PER_UNIT = 3

/** The messages in order, the long ones cut into pieces of about `bytesWanted`. */
export function* piecesOf(messages: readonly Message[], bytesWanted: number): Generator<Piece> {
  for (const message of messages) {
    switch (message.kind) {
      case 'proposal':
        for (const cut of cuts(
          message.entries,
          bytesWanted,
          ({ txn }) => encodeTxn(txn).length + 16,
        )) {
          yield { message: { kind: 'proposal', entries: cut.items }, bytes: cut.bytes }
        }
        break
      case 'forward':
        for (const cut of cuts(message.requests, bytesWanted, sizeOfRequest)) {
          yield { message: { kind: 'forward', requests: cut.items }, bytes: cut.bytes }
        }
        break
      default:
        yield { message, bytes: sizeOf(message) }
    }
  }
}

interface Cut<T> {
  readonly items: readonly T[]
  readonly bytes: number
}

function* cuts<T>(
  items: readonly T[],
  bytesWanted: number,
  size: (item: T) => number,
): Generator<Cut<T>> {
  let from = 0
  let bytes = 0
  for (let index = 0; index < items.length; index++) {
    const itemBytes = size(items[index]!)
    if (index > from && bytes + itemBytes > bytesWanted) {
      yield { items: items.slice(from, index), bytes }
      from = index
      bytes = 0
    }
    bytes += itemBytes
  }
  yield { items: from === 0 ? items : items.slice(from), bytes }
}

function sizeOfRequest(request: Request): number {
  return OVERHEAD + (request.kind === 'request' ? sizeOfBody(request.body) : 0)
}

function sizeOfBody(body: RequestBody): number {
  switch (body.kind) {
    case 'create':
    case 'setData':
      return body.path.length * BYTES_PER_UNIT + (body.data?.length ?? 0)
    case 'delete':
      return body.path.length * BYTES_PER_UNIT
    case 'multi':
      return body.operations.reduce((sum, operation) => {
        const data = 'data' in operation ? (operation.data?.length ?? 0) : 0
        return sum + 16 + operation.path.length * BYTES_PER_UNIT + data
      }, 0)
    default:
      return 0
  }
}

function sizeOf(message: Message): number {
  switch (message.kind) {
    case 'snapNodes':
      return message.nodes.reduce((sum, node) => {
        return sum + OVERHEAD + node.path.length * BYTES_PER_UNIT + (node.data?.length ?? 0)
      }, sizeOfSessions(message.sessions))
    case 'report':
    case 'lease':
      return OVERHEAD + message.sessions.length * 20
    case 'snapEnd':
      return sizeOfSessions(message.tail.sessions)
    default:
      return OVERHEAD * 8
  }
}

function sizeOfSessions(sessions: readonly SessionRecord[]): number {
  return sessions.reduce((sum, { outcomes }) => sum + OVERHEAD + outcomes.length * 256, OVERHEAD)
}
