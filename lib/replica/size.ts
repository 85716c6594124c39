/** Approximate bytes of requests and txns: for windows, credit and the size of the log, never for correctness. */
import { unreachable } from '../base/assert.js'
import type { Acl } from '../protocol/acl.js'
import type { Operation, Request, RequestBody } from '../protocol/request.js'
import type { OperationTxn, Txn } from '../tree/txn.js'

/** What an entry costs beside its paths and data, in memory and on the wire. */
const ENVELOPE_BYTES = 64

export function sizeOfTxn({ body }: Txn): number {
  switch (body.kind) {
    case 'create':
    case 'setData':
    case 'delete':
      return ENVELOPE_BYTES + sizeOfOperation(body)
    case 'setAcl':
      return ENVELOPE_BYTES + body.path.length + sizeOfAcl(body.acl)
    case 'multi':
      return ENVELOPE_BYTES + sum(body.operations.map(sizeOfOperation))
    case 'closeSession':
      return ENVELOPE_BYTES + sum(body.paths.map((path) => path.length))
    case 'register':
      return (
        4 * ENVELOPE_BYTES +
        sum(body.closed.flatMap(({ paths }) => paths.map((path) => path.length)))
      )
    case 'error':
    case 'sync':
    case 'createSession':
    case 'attachSession':
      return ENVELOPE_BYTES
    default:
      return unreachable(body)
  }
}

export function sizeOfRequest(request: Request): number {
  if (request.kind === 'createSession') return ENVELOPE_BYTES
  const { body, auth = [] } = request
  return ENVELOPE_BYTES + sum(auth.map(({ id }) => id.length)) + sizeOfBody(body)
}

function sizeOfBody(body: RequestBody): number {
  switch (body.kind) {
    case 'create':
    case 'setData':
    case 'delete':
      return sizeOfOperation(body)
    case 'setAcl':
      return body.path.length + sizeOfAcl(body.acl)
    case 'multi':
      return sum(body.operations.map(sizeOfOperation))
    case 'sync':
    case 'closeSession':
      return 0
    default:
      return unreachable(body)
  }
}

function sizeOfOperation(operation: Operation | OperationTxn): number {
  switch (operation.kind) {
    case 'create': {
      const { path, data, acl } = operation
      return 16 + path.length + (data?.length ?? 0) + sizeOfAcl(acl)
    }
    case 'setData':
      return 16 + operation.path.length + (operation.data?.length ?? 0)
    case 'delete':
      return 16 + operation.path.length
    case 'check':
      return 16
    default:
      return unreachable(operation)
  }
}

function sizeOfAcl(acl: readonly Acl[] | undefined): number {
  let bytes = 0
  for (const { scheme, id } of acl ?? []) bytes += 8 + scheme.length + id.length
  return bytes
}

function sum(sizes: readonly number[]): number {
  let total = 0
  for (const size of sizes) total += 16 + size
  return total
}
