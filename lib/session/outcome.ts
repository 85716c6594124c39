/** From what the ensemble recorded of a request to what the application sees. */
import { ERRNO } from '../protocol/error-code.js'
import type { TxnErrorCode } from '../protocol/error-code.js'
import type { Operation, OperationResult, Outcome, RequestBody } from '../protocol/request.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { EXPIRED } from './refusal.js'

type Failure = Extract<Outcome, { readonly kind: 'error' }>

const MEANING: Record<TxnErrorCode, string> = {
  NO_NODE: 'no such znode, or its parent is missing',
  NO_AUTH: 'no permission',
  INVALID_ACL:
    'the ACL is empty, or has an entry of no known scheme, or an id that its scheme does not know',
  BAD_VERSION: 'the znode has another version',
  NO_CHILDREN_FOR_EPHEMERALS: 'the parent is an ephemeral',
  NODE_EXISTS: 'the znode exists',
  NOT_EMPTY: 'the znode has children',
  BAD_ARGUMENTS: 'the root and the system’s own znodes cannot be deleted',
  SESSION_EXPIRED: EXPIRED.message,
  QUOTA_EXCEEDED: 'a quota’s hard limit, or the bound of what one session’s ephemerals may take',
  RUNTIME_INCONSISTENCY: 'another operation of the multi failed',
}

/** Where the method has another name than the request. */
const NAMES: Partial<Record<RequestBody['kind'], string>> = { setAcl: 'setACL' }

/**
 * The error of a request that the ensemble refused; of a multi, with one result per operation.
 *
 * @param leave Gives the name by which the application knows a path.
 */
export function requestError(
  body: RequestBody,
  failure: Failure,
  leave: (path: string) => string,
): ZooKeeperError {
  if (body.kind === 'multi' && failure.index !== undefined) {
    return multiError(body.operations, failure, failure.index, leave)
  }
  const path = 'path' in body ? leave(body.path) : undefined
  const message = `${NAMES[body.kind] ?? body.kind}${path === undefined ? '' : ` ${path}`}: ${MEANING[failure.code]}`
  return new ZooKeeperError(failure.code, message, { path })
}

function multiError(
  operations: readonly Operation[],
  failure: Failure,
  index: number,
  leave: (path: string) => string,
): ZooKeeperError {
  const operation = operations[index]
  const path = operation && leave(operation.path)
  const where = operation === undefined ? '' : ` (${operation.kind} ${path})`
  const message = `multi: operation ${index}${where}: ${MEANING[failure.code]}`
  const results = operations.map((_, at) => operationFailure(at, failure.code, index))
  return new ZooKeeperError(failure.code, message, { path, results, index })
}

/** As ZooKeeper tells it: OK before the one that failed, −2 after it. Nothing was applied. */
function operationFailure(at: number, code: TxnErrorCode, index: number): OperationResult {
  if (at < index) return { kind: 'error', code: 'OK', errno: 0 }
  const told = at === index ? code : 'RUNTIME_INCONSISTENCY'
  return { kind: 'error', code: told, errno: ERRNO[told] }
}
