/**
 * Cuts what a turn has to say into pieces whose size is known before they are encoded, so that frames keep
 * their bound. Only messages that may be cut anywhere are: a proposal's entries, a forward's requests.
 */
import type { Identity } from '../protocol/acl.js'
import type { Operation, Request, RequestBody, SetAclOperation } from '../protocol/request.js'
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
/** Bytes of an entry of an access control list beside its words. */
const ENTRY_BYTES = 12
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
  if (request.kind === 'createSession') return OVERHEAD
  return OVERHEAD + sizeOfIdentities(request.auth) + sizeOfBody(request.body)
}

function sizeOfBody(body: RequestBody): number {
  switch (body.kind) {
    case 'sync':
    case 'closeSession':
      return 0
    case 'multi':
      return body.operations.reduce((sum, operation) => sum + 16 + sizeOfOperation(operation), 0)
    default:
      return sizeOfOperation(body)
  }
}

function sizeOfOperation(operation: Operation | SetAclOperation): number {
  const data = 'data' in operation ? (operation.data?.length ?? 0) : 0
  const acl = 'acl' in operation ? sizeOfIdentities(operation.acl) : 0
  return operation.path.length * BYTES_PER_UNIT + data + acl
}

function sizeOfIdentities(identities: readonly Identity[] | undefined): number {
  let bytes = 0
  for (const { scheme, id } of identities ?? [])
    bytes += ENTRY_BYTES + (scheme.length + id.length) * BYTES_PER_UNIT
  return bytes
}

function sizeOf(message: Message): number {
  switch (message.kind) {
    case 'snapNodes':
      return message.nodes.reduce((sum, node) => {
        const text = node.path.length * BYTES_PER_UNIT + sizeOfIdentities(node.acl)
        return sum + OVERHEAD + text + (node.data?.length ?? 0)
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
