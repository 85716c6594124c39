/**
 * The checks of one operation, alone or of a multi, in ZooKeeper's order: the first that fails
 * decides. Looks at the overlay and changes nothing. The session was checked before.
 *
 * @see org.apache.zookeeper.server.PrepRequestProcessor
 */
import { unreachable } from '../base/assert.js'
import { EPHEMERAL_BYTES_MAX } from '../base/limits.js'
import { OPEN_ACL, PERMS } from '../protocol/acl.js'
import type { Identity } from '../protocol/acl.js'
import type { TxnErrorCode } from '../protocol/error-code.js'
import { parentOf, validatePath } from '../protocol/path.js'
import type {
  CheckOperation,
  CreateOperation,
  DeleteOperation,
  Operation,
  SessionId,
  SetAclOperation,
  SetDataOperation,
} from '../protocol/request.js'
import { KEPT, isRetention } from '../protocol/retention.js'
import { expandAcl, mayDo } from './access.js'
import { nextVersion } from './apply.js'
import type { Overlay } from './overlay.js'
import { isQuotaData } from './quotas.js'
import { isSystemPath } from './system-nodes.js'
import type { CreateTxn, OperationTxn, SetAclTxn } from './txn.js'

const ANY_VERSION = -1
const SEQUENCE_DIGITS_MIN = 10

const CHECKED: OperationTxn = Object.freeze({ kind: 'check' })

/** Who asks, beside everybody. */
type Auth = readonly Identity[] | undefined

/** @returns what the operation does, or why it fails. */
export function prepareOperation(
  overlay: Overlay,
  session: SessionId,
  operation: Operation,
  auth: Auth,
): OperationTxn | TxnErrorCode {
  switch (operation.kind) {
    case 'create':
      return prepareCreate(overlay, session, operation, auth)
    case 'delete':
      return prepareDelete(overlay, operation, auth)
    case 'setData':
      return prepareSetData(overlay, operation, auth)
    case 'check':
      return prepareCheck(overlay, operation, auth)
    default:
      return unreachable(operation)
  }
}

function prepareCreate(
  overlay: Overlay,
  session: SessionId,
  operation: CreateOperation,
  auth: Auth,
): OperationTxn | TxnErrorCode {
  const { data, ephemeral, retention = KEPT } = operation
  if (!isRetention(retention) || (ephemeral && retention !== KEPT)) return 'BAD_ARGUMENTS'
  if (!hasPathShape(operation.path)) return 'BAD_ARGUMENTS'
  const acl = operation.acl === undefined ? OPEN_ACL : expandAcl(operation.acl, auth)
  if (acl === undefined) return 'INVALID_ACL'
  const parent = overlay.get(parentOf(operation.path))
  if (parent === undefined) return 'NO_NODE'
  if (!mayDo(parent.acl, PERMS.CREATE, auth)) return 'NO_AUTH'
  const path = operation.sequential ? operation.path + sequence(parent.created) : operation.path
  // Only now, so that a bad path without a parent is NO_NODE.
  if (validatePath(path) !== undefined) return 'BAD_ARGUMENTS'
  if (overlay.get(path) !== undefined) return 'NODE_EXISTS'
  if (parent.owner !== 0) return 'NO_CHILDREN_FOR_EPHEMERALS'
  if (!isQuotaData(path, data)) return 'BAD_ARGUMENTS'
  if (overlay.quotas.refuses(path, 1, data?.length ?? 0)) return 'QUOTA_EXCEEDED'
  const owner = ephemeral ? session : 0
  if (owner !== 0 && overlay.ephemeralBytesOf(owner) + path.length > EPHEMERAL_BYTES_MAX)
    return 'QUOTA_EXCEEDED'
  const txn: CreateTxn = { kind: 'create', path, data, owner, parentCreated: parent.created + 1 }
  if (acl === OPEN_ACL && retention === KEPT) return txn
  return {
    ...txn,
    acl: acl === OPEN_ACL ? undefined : acl,
    retention: retention === KEPT ? undefined : retention,
  }
}

function prepareDelete(
  overlay: Overlay,
  operation: DeleteOperation,
  auth: Auth,
): OperationTxn | TxnErrorCode {
  const { path } = operation
  if (!hasPathShape(path) || isSystemPath(path)) return 'BAD_ARGUMENTS'
  const parent = overlay.get(parentOf(path))
  if (parent === undefined) return 'NO_NODE'
  if (!mayDo(parent.acl, PERMS.DELETE, auth)) return 'NO_AUTH'
  const znode = overlay.get(path)
  if (znode === undefined) return 'NO_NODE'
  if (!isVersion(operation.version, znode.version)) return 'BAD_VERSION'
  if (znode.numChildren > 0) return 'NOT_EMPTY'
  return { kind: 'delete', path }
}

function prepareSetData(
  overlay: Overlay,
  operation: SetDataOperation,
  auth: Auth,
): OperationTxn | TxnErrorCode {
  const { path, data } = operation
  if (validatePath(path) !== undefined) return 'BAD_ARGUMENTS'
  const znode = overlay.get(path)
  if (znode === undefined) return 'NO_NODE'
  if (!mayDo(znode.acl, PERMS.WRITE, auth)) return 'NO_AUTH'
  if (!isQuotaData(path, data)) return 'BAD_ARGUMENTS'
  const bytes = (data?.length ?? 0) - (znode.data?.length ?? 0)
  // Before the version, as in ZooKeeper.
  if (overlay.quotas.refuses(path, 0, bytes)) return 'QUOTA_EXCEEDED'
  if (!isVersion(operation.version, znode.version)) return 'BAD_VERSION'
  return { kind: 'setData', path, data, version: nextVersion(znode.version) }
}

/** What a setACL does, or why it fails. It stands in no multi. */
export function prepareSetAcl(
  overlay: Overlay,
  operation: SetAclOperation,
  auth: Auth,
): SetAclTxn | TxnErrorCode {
  const { path } = operation
  if (validatePath(path) !== undefined) return 'BAD_ARGUMENTS'
  const acl = expandAcl(operation.acl, auth)
  if (acl === undefined) return 'INVALID_ACL'
  const znode = overlay.get(path)
  if (znode === undefined) return 'NO_NODE'
  if (!mayDo(znode.acl, PERMS.ADMIN, auth)) return 'NO_AUTH'
  if (!isVersion(operation.version, znode.aversion)) return 'BAD_VERSION'
  return { kind: 'setAcl', path, acl, aversion: nextVersion(znode.aversion) }
}

function prepareCheck(
  overlay: Overlay,
  operation: CheckOperation,
  auth: Auth,
): OperationTxn | TxnErrorCode {
  const { path } = operation
  if (validatePath(path) !== undefined) return 'BAD_ARGUMENTS'
  const znode = overlay.get(path)
  if (znode === undefined) return 'NO_NODE'
  if (!mayDo(znode.acl, PERMS.READ, auth)) return 'NO_AUTH'
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
