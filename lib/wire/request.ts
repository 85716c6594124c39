/** Requests as positional arrays. */
import { IDENTITIES_MAX, MULTI_OPERATIONS_MAX, SESSION_TIMEOUT_MS_LIMIT } from '../base/limits.js'
import { unreachable } from '../base/assert.js'
import type { Identity } from '../protocol/acl.js'
import type {
  Attachment,
  CreateOperation,
  Operation,
  Request,
  RequestBody,
  SessionRequest,
} from '../protocol/request.js'
import {
  askedAclOf,
  booleanOf,
  codeOf,
  countOf,
  dataOf,
  encodeAcl,
  fieldsOf,
  int32Of,
  listOf,
  nameOf,
  optionalOf,
  passwordOf,
  pathOf,
  retentionOf,
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
      return encodeSessionRequest(request)
    case 'createSession':
      return [
        CREATE_SESSION,
        encodeSessionOrigin(request.origin),
        request.timeoutMs,
        request.password,
        request.attach && [request.attach.session, request.attach.from],
      ]
    default:
      return unreachable(request)
  }
}

/** Two fields more for whoever is somebody, and for a session that was attached. */
function encodeSessionRequest(request: SessionRequest): Packable {
  const { session, cxid, settled, body, auth, attached } = request
  const fields: Packable[] = [REQUEST, session, cxid, settled, encodeBody(body)]
  if (auth !== undefined || attached !== undefined) {
    fields.push(
      auth?.map(({ scheme, id }) => [scheme, id]),
      attached,
    )
  }
  return fields
}

function decodeSessionRequest(value: unknown): SessionRequest {
  const isPlain = Array.isArray(value) && value.length === 5
  const fields = fieldsOf(value, isPlain ? 5 : 7)
  const [cxid, settled] = [countOf(fields[2]), countOf(fields[3])]
  if (settled >= cxid) throw unexpected('a settled cxid below the request’s own', settled)
  const session = zxidOf(fields[1])
  const request: SessionRequest = {
    kind: 'request',
    session,
    cxid,
    settled,
    body: decodeBody(fields[4]),
  }
  if (isPlain) return request
  const auth = optionalOf(fields[5], (list) => listOf(list, IDENTITIES_MAX, identityOf))
  return { ...request, auth, attached: optionalOf(fields[6], zxidOf) }
}

function identityOf(value: unknown): Identity {
  const fields = fieldsOf(value, 2)
  return { scheme: nameOf(fields[0]), id: nameOf(fields[1]) }
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
    case REQUEST:
      return decodeSessionRequest(value)
    case CREATE_SESSION: {
      const fields = fieldsOf(value, 5)
      return {
        kind: 'createSession',
        origin: decodeSessionOrigin(fields[1]),
        timeoutMs: timeoutOf(fields[2]),
        password: optionalOf(fields[3], passwordOf),
        attach: optionalOf(fields[4], attachmentOf),
      }
    }
    default:
      throw unexpected('a kind of request', code)
  }
}

function attachmentOf(value: unknown): Attachment {
  const fields = fieldsOf(value, 2)
  return { session: zxidOf(fields[0]), from: zxidOf(fields[1]) }
}

const CREATE = 1
const DELETE = 2
const SET_DATA = 3
const CHECK = 4
const MULTI = 5
const SYNC = 6
const CLOSE_SESSION = 7
const SET_ACL = 8

function encodeBody(body: RequestBody): Packable {
  switch (body.kind) {
    case 'multi':
      return [MULTI, body.operations.map(encodeOperation)]
    case 'sync':
      return [SYNC]
    case 'closeSession':
      return [CLOSE_SESSION]
    case 'setAcl':
      return [SET_ACL, body.path, encodeAcl(body.acl), body.version]
    default:
      return encodeOperation(body)
  }
}

function encodeOperation(operation: Operation): Packable {
  switch (operation.kind) {
    case 'create':
      return encodeCreate(operation)
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

/** Two fields more for an ACL or retention of its own. */
function encodeCreate(operation: CreateOperation): Packable {
  const { path, data, ephemeral, sequential, acl, retention } = operation
  if (acl === undefined && retention === undefined) {
    return [CREATE, path, data, ephemeral, sequential]
  }
  return [CREATE, path, data, ephemeral, sequential, acl && encodeAcl(acl), retention]
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
    case SET_ACL: {
      const fields = fieldsOf(value, 4)
      const [path, acl] = [pathOf(fields[1]), askedAclOf(fields[2])]
      return { kind: 'setAcl', path, acl, version: int32Of(fields[3]) }
    }
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
    case CREATE:
      return decodeCreate(value)
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

function decodeCreate(value: unknown): CreateOperation {
  const isPlain = Array.isArray(value) && value.length === 5
  const fields = fieldsOf(value, isPlain ? 5 : 7)
  const create: CreateOperation = {
    kind: 'create',
    path: pathOf(fields[1]),
    data: dataOf(fields[2]),
    ephemeral: booleanOf(fields[3]),
    sequential: booleanOf(fields[4]),
  }
  if (isPlain) return create
  const acl = optionalOf(fields[5], askedAclOf)
  return { ...create, acl, retention: optionalOf(fields[6], retentionOf) }
}
