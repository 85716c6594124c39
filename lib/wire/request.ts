/** Requests as positional arrays. */
import { MULTI_OPERATIONS_MAX, SESSION_TIMEOUT_MS_LIMIT } from '../base/limits.js'
import { unreachable } from '../base/assert.js'
import type { Operation, Request, RequestBody } from '../protocol/request.js'
import {
  booleanOf,
  codeOf,
  countOf,
  dataOf,
  fieldsOf,
  int32Of,
  listOf,
  pathOf,
  unexpected,
  zxidOf,
} from './field.js'
import { decodeSessionOrigin, encodeSessionOrigin } from './identity.js'
import type { Packable } from './pack.js'

const REQUEST = 1
const CREATE_SESSION = 2

export function encodeRequest(request: Request): Packable {
  switch (request.kind) {
    case 'request':
      return [REQUEST, request.session, request.cxid, request.settled, encodeBody(request.body)]
    case 'createSession':
      return [CREATE_SESSION, encodeSessionOrigin(request.origin), request.timeoutMs]
    default:
      return unreachable(request)
  }
}

/** A session that could not live must not be committed: whoever leads would trip over it. */
function timeoutOf(value: unknown): number {
  const timeoutMs = countOf(value)
  if (timeoutMs < 1 || timeoutMs > SESSION_TIMEOUT_MS_LIMIT)
    throw unexpected('a session timeout', value)
  return timeoutMs
}

export function decodeRequest(value: unknown): Request {
  const code = codeOf(value)
  switch (code) {
    case REQUEST: {
      const fields = fieldsOf(value, 5)
      const [cxid, settled] = [countOf(fields[2]), countOf(fields[3])]
      if (settled >= cxid) throw unexpected('a settled cxid below the request’s own', settled)
      return {
        kind: 'request',
        session: zxidOf(fields[1]),
        cxid,
        settled,
        body: decodeBody(fields[4]),
      }
    }
    case CREATE_SESSION: {
      const fields = fieldsOf(value, 3)
      return {
        kind: 'createSession',
        origin: decodeSessionOrigin(fields[1]),
        timeoutMs: timeoutOf(fields[2]),
      }
    }
    default:
      throw unexpected('a kind of request', code)
  }
}

const CREATE = 1
const DELETE = 2
const SET_DATA = 3
const CHECK = 4
const MULTI = 5
const SYNC = 6
const CLOSE_SESSION = 7

function encodeBody(body: RequestBody): Packable {
  switch (body.kind) {
    case 'multi':
      return [MULTI, body.operations.map(encodeOperation)]
    case 'sync':
      return [SYNC]
    case 'closeSession':
      return [CLOSE_SESSION]
    default:
      return encodeOperation(body)
  }
}

function encodeOperation(operation: Operation): Packable {
  switch (operation.kind) {
    case 'create':
      return [CREATE, operation.path, operation.data, operation.ephemeral, operation.sequential]
    case 'delete':
      return [DELETE, operation.path, operation.version]
    case 'setData':
      return [SET_DATA, operation.path, operation.data, operation.version]
    case 'check':
      return [CHECK, operation.path, operation.version]
    default:
      return unreachable(operation)
  }
}

function decodeBody(value: unknown): RequestBody {
  switch (codeOf(value)) {
    case MULTI: {
      const fields = fieldsOf(value, 2)
      return { kind: 'multi', operations: listOf(fields[1], MULTI_OPERATIONS_MAX, decodeOperation) }
    }
    case SYNC:
      fieldsOf(value, 1)
      return { kind: 'sync' }
    case CLOSE_SESSION:
      fieldsOf(value, 1)
      return { kind: 'closeSession' }
    default: {
      const operation = decodeOperation(value)
      // Legal inside a multi only (ZOOKEEPER-2623).
      if (operation.kind === 'check') throw unexpected('a request', CHECK)
      return operation
    }
  }
}

function decodeOperation(value: unknown): Operation {
  const code = codeOf(value)
  switch (code) {
    case CREATE: {
      const fields = fieldsOf(value, 5)
      return {
        kind: 'create',
        path: pathOf(fields[1]),
        data: dataOf(fields[2]),
        ephemeral: booleanOf(fields[3]),
        sequential: booleanOf(fields[4]),
      }
    }
    case DELETE: {
      const fields = fieldsOf(value, 3)
      return { kind: 'delete', path: pathOf(fields[1]), version: int32Of(fields[2]) }
    }
    case SET_DATA: {
      const fields = fieldsOf(value, 4)
      return {
        kind: 'setData',
        path: pathOf(fields[1]),
        data: dataOf(fields[2]),
        version: int32Of(fields[3]),
      }
    }
    case CHECK: {
      const fields = fieldsOf(value, 3)
      return { kind: 'check', path: pathOf(fields[1]), version: int32Of(fields[2]) }
    }
    default:
      throw unexpected('a kind of operation', code)
  }
}
