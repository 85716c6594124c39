/**
 * The checks of one operation, alone or of a multi, in ZooKeeper's order: the first that fails
 * decides. Looks at the overlay and changes nothing. The session was checked before.
 *
 * @see org.apache.zookeeper.server.PrepRequestProcessor
 */
import { unreachable } from '../base/assert.js'
import { EPHEMERAL_BYTES_MAX } from '../base/limits.js'
import type { TxnErrorCode } from '../protocol/error-code.js'
import { parentOf, validatePath } from '../protocol/path.js'
import type {
  CheckOperation,
  CreateOperation,
  DeleteOperation,
  Operation,
  SessionId,
  SetDataOperation,
} from '../protocol/request.js'
import { nextVersion } from './apply.js'
import type { Overlay } from './overlay.js'
import type { OperationTxn } from './txn.js'

const ANY_VERSION = -1
const SEQUENCE_DIGITS_MIN = 10

const CHECKED: OperationTxn = Object.freeze({ kind: 'check' })

/** @returns what the operation does, or why it fails. */
export function prepareOperation(
  overlay: Overlay,
  session: SessionId,
  operation: Operation,
): OperationTxn | TxnErrorCode {
  switch (operation.kind) {
    case 'create':
      return prepareCreate(overlay, session, operation)
    case 'delete':
      return prepareDelete(overlay, operation)
    case 'setData':
      return prepareSetData(overlay, operation)
    case 'check':
      return prepareCheck(overlay, operation)
    default:
      return unreachable(operation)
  }
}

function prepareCreate(
  overlay: Overlay,
  session: SessionId,
  operation: CreateOperation,
): OperationTxn | TxnErrorCode {
  const { data } = operation
  if (!hasPathShape(operation.path)) return 'BAD_ARGUMENTS'
  const parent = overlay.get(parentOf(operation.path))
  if (parent === undefined) return 'NO_NODE'
  const path = operation.sequential ? operation.path + sequence(parent.created) : operation.path
  // Only now, so that a bad path without a parent is NO_NODE.
  if (validatePath(path) !== undefined) return 'BAD_ARGUMENTS'
  if (overlay.get(path) !== undefined) return 'NODE_EXISTS'
  if (parent.owner !== 0) return 'NO_CHILDREN_FOR_EPHEMERALS'
  const owner = operation.ephemeral ? session : 0
  if (owner !== 0 && overlay.ephemeralBytesOf(owner) + path.length > EPHEMERAL_BYTES_MAX)
    return 'QUOTA_EXCEEDED'
  return { kind: 'create', path, data, owner, parentCreated: parent.created + 1 }
}

function prepareDelete(overlay: Overlay, operation: DeleteOperation): OperationTxn | TxnErrorCode {
  const { path } = operation
  if (!hasPathShape(path) || path === '/') return 'BAD_ARGUMENTS'
  if (overlay.get(parentOf(path)) === undefined) return 'NO_NODE'
  const znode = overlay.get(path)
  if (znode === undefined) return 'NO_NODE'
  if (!isVersion(operation.version, znode.version)) return 'BAD_VERSION'
  if (znode.numChildren > 0) return 'NOT_EMPTY'
  return { kind: 'delete', path }
}

function prepareSetData(
  overlay: Overlay,
  operation: SetDataOperation,
): OperationTxn | TxnErrorCode {
  const { path, data } = operation
  if (validatePath(path) !== undefined) return 'BAD_ARGUMENTS'
  const znode = overlay.get(path)
  if (znode === undefined) return 'NO_NODE'
  if (!isVersion(operation.version, znode.version)) return 'BAD_VERSION'
  return { kind: 'setData', path, data, version: nextVersion(znode.version) }
}

function prepareCheck(overlay: Overlay, operation: CheckOperation): OperationTxn | TxnErrorCode {
  const { path } = operation
  if (validatePath(path) !== undefined) return 'BAD_ARGUMENTS'
  const znode = overlay.get(path)
  if (znode === undefined) return 'NO_NODE'
  return isVersion(operation.version, znode.version) ? CHECKED : 'BAD_VERSION'
}

/** The cheap look at a path that ZooKeeper takes before it asks for the parent. */
function hasPathShape(path: string): boolean {
  return path.includes('/') && !path.includes('\0')
}

function isVersion(wanted: number, found: number): boolean {
  return wanted === ANY_VERSION || wanted === found
}

/**
 * The number of children ever created under the parent, so numbers are unique in its life. It grows
 * past ten digits instead of wrapping.
 */
function sequence(created: number): string {
  return String(created).padStart(SEQUENCE_DIGITS_MIN, '0')
}
