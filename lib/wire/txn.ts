/**
 * Txns as bytes: the one format for the log on disk, for peers and for Views.
 *
 * The bytes of a txn are remembered with the object, so a leader encodes a txn once for its disk, all its
 * peers and its Views, and a follower stores the very bytes that it was sent. The format is part of the disk
 * format: its golden bytes are in the tests, and a change needs a new format version.
 */
import { unreachable } from '../base/assert.js'
import { MULTI_OPERATIONS_MAX } from '../base/limits.js'
import { ERRNO } from '../protocol/error-code.js'
import type {
  CloseSessionTxn,
  CreateTxn,
  OperationTxn,
  RegisterTxn,
  Txn,
  TxnBody,
  TxnOrigin,
} from '../tree/txn.js'
import { copyOf } from './copy.js'
import {
  aclOf,
  booleanOf,
  codeOf,
  countOf,
  dataOf,
  dataViewOf,
  digestOf,
  encodeAcl,
  fieldsOf,
  finiteOf,
  int32Of,
  listOf,
  optionalOf,
  passwordOf,
  pathOf,
  retentionOf,
  txnErrorCodeOf,
  uint32Of,
  unexpected,
  zxidOf,
} from './field.js'
import {
  decodeIncarnation,
  decodeProcess,
  decodeSessionOrigin,
  encodeIncarnation,
  encodeProcess,
  encodeSessionOrigin,
} from './identity.js'
import { packPooled, unpack, unpackOwn } from './pack.js'
import type { Packable } from './pack.js'

/** A constructor that "creates" the very object it is given. */
class Same {
  constructor(object: object) {
    return object
  }
}

/**
 * Attaches its bytes to a txn in a private slot: invisible to everything else, also on a frozen object, gone
 * with the object, and about half the cost of a WeakMap, which the collector has to walk besides.
 */
class Encoded extends Same {
  readonly #bytes: Uint8Array

  constructor(txn: Txn, bytes: Uint8Array) {
    super(txn)
    this.#bytes = bytes
  }

  static bytesOf(txn: object): Uint8Array | undefined {
    return #bytes in txn ? txn.#bytes : undefined
  }

  static remember(txn: Txn, bytes: Uint8Array): void {
    new Encoded(txn, bytes)
  }
}

/** The txn's bytes, the same object at each call; not to be changed or transferred. */
export function encodeTxn(txn: Txn): Uint8Array {
  const known = Encoded.bytesOf(txn)
  if (known !== undefined) return known
  const bytes = packPooled([
    txn.time,
    txn.digest,
    txn.origin && [txn.origin.session, txn.origin.cxid, txn.origin.settled],
    encodeBody(txn.body),
  ])
  Encoded.remember(txn, bytes)
  return bytes
}

/**
 * The txn that the bytes hold. Nothing of it refers to `bytes`: they are copied once, which gives what is remembered
 * for `encodeTxn` and, but for a multi, the data of the one znode that they are about.
 *
 * @throws WireError
 */
export function decodeTxn(bytes: Uint8Array): Txn {
  const own = copyOf(bytes)
  const txn = txnOf(unpack(own))
  Encoded.remember(txn, own)
  return txn
}

/** The same from bytes of this very process, for who passes it to nobody: nothing is remembered. */
export function readTxn(bytes: Uint8Array): Txn {
  return txnOf(unpackOwn(copyOf(bytes)))
}

function txnOf(value: unknown): Txn {
  const fields = fieldsOf(value, 4)
  return {
    time: finiteOf(fields[0]),
    origin: optionalOf(fields[2], decodeOrigin),
    digest: digestOf(fields[1]),
    body: decodeBody(fields[3]),
  }
}

function decodeOrigin(value: unknown): TxnOrigin {
  const fields = fieldsOf(value, 3)
  return { session: zxidOf(fields[0]), cxid: countOf(fields[1]), settled: countOf(fields[2]) }
}

const CREATE = 1
const DELETE = 2
const SET_DATA = 3
const CHECK = 4
const MULTI = 5
const ERROR = 6
const SYNC = 7
const CREATE_SESSION = 8
const CLOSE_SESSION = 9
const REGISTER = 10
const ATTACH_SESSION = 11
const SET_ACL = 12

function encodeBody(body: TxnBody): Packable {
  switch (body.kind) {
    case 'multi':
      return [MULTI, body.operations.map(encodeOperation)]
    case 'error':
      return [ERROR, ERRNO[body.code], body.index, body.count]
    case 'sync':
      return [SYNC]
    case 'createSession':
      return [CREATE_SESSION, body.timeoutMs, encodeSessionOrigin(body.origin), body.password]
    case 'attachSession':
      return [ATTACH_SESSION, body.session, encodeSessionOrigin(body.origin)]
    case 'closeSession':
      return encodeCloseSession(body)
    case 'register':
      return [
        REGISTER,
        body.replica,
        encodeIncarnation(body.incarnation),
        encodeProcess(body.process),
        body.vote,
        body.closed.map(encodeCloseSession),
      ]
    case 'setAcl':
      return [SET_ACL, body.path, encodeAcl(body.acl), body.aversion]
    case 'create':
    case 'delete':
    case 'setData':
      return encodeOperation(body)
    default:
      return unreachable(body)
  }
}

function encodeOperation(operation: OperationTxn): Packable {
  switch (operation.kind) {
    case 'create':
      return encodeCreate(operation)
    case 'delete':
      return [DELETE, operation.path]
    case 'setData':
      return [SET_DATA, operation.path, operation.data, operation.version]
    case 'check':
      return [CHECK]
    default:
      return unreachable(operation)
  }
}

/** Two fields more for an ACL or retention of its own. */
function encodeCreate({ path, data, owner, parentCreated, acl, retention }: CreateTxn): Packable {
  if (acl === undefined && retention === undefined) {
    return [CREATE, path, data, owner, parentCreated]
  }
  return [CREATE, path, data, owner, parentCreated, acl && encodeAcl(acl), retention]
}

function encodeCloseSession(body: CloseSessionTxn): Packable {
  return [CLOSE_SESSION, body.session, body.paths]
}

function decodeBody(value: unknown): TxnBody {
  switch (codeOf(value)) {
    case MULTI: {
      const fields = fieldsOf(value, 2)
      const decode = (operation: unknown): OperationTxn => decodeOperation(operation, dataOf)
      return { kind: 'multi', operations: listOf(fields[1], MULTI_OPERATIONS_MAX, decode) }
    }
    case ERROR:
      return decodeError(value)
    case SYNC:
      fieldsOf(value, 1)
      return { kind: 'sync' }
    case CREATE_SESSION: {
      const fields = fieldsOf(value, 4)
      return {
        kind: 'createSession',
        timeoutMs: countOf(fields[1]),
        origin: decodeSessionOrigin(fields[2]),
        password: optionalOf(fields[3], passwordOf),
      }
    }
    case ATTACH_SESSION: {
      const fields = fieldsOf(value, 3)
      const origin = decodeSessionOrigin(fields[2])
      return { kind: 'attachSession', session: zxidOf(fields[1]), origin }
    }
    case SET_ACL: {
      const fields = fieldsOf(value, 4)
      const [path, acl] = [pathOf(fields[1]), aclOf(fields[2])]
      return { kind: 'setAcl', path, acl, aversion: int32Of(fields[3]) }
    }
    case CLOSE_SESSION:
      return decodeCloseSession(value)
    case REGISTER:
      return decodeRegister(value)
    default: {
      const operation = decodeOperation(value, dataViewOf)
      if (operation.kind === 'check') throw unexpected('a txn', CHECK)
      return operation
    }
  }
}

function decodeOperation(value: unknown, data: typeof dataOf): OperationTxn {
  const code = codeOf(value)
  switch (code) {
    case CREATE:
      return decodeCreate(value, data)
    case DELETE:
      return { kind: 'delete', path: pathOf(fieldsOf(value, 2)[1]) }
    case SET_DATA: {
      const fields = fieldsOf(value, 4)
      return {
        kind: 'setData',
        path: pathOf(fields[1]),
        data: data(fields[2]),
        version: int32Of(fields[3]),
      }
    }
    case CHECK:
      fieldsOf(value, 1)
      return { kind: 'check' }
    default:
      throw unexpected('a kind of txn', code)
  }
}

function decodeCreate(value: unknown, data: typeof dataOf): CreateTxn {
  const isPlain = Array.isArray(value) && value.length === 5
  const fields = fieldsOf(value, isPlain ? 5 : 7)
  const create: CreateTxn = {
    kind: 'create',
    path: pathOf(fields[1]),
    data: data(fields[2]),
    owner: zxidOf(fields[3]),
    parentCreated: countOf(fields[4]),
  }
  if (isPlain) return create
  const acl = optionalOf(fields[5], aclOf)
  const retention = optionalOf(fields[6], retentionOf)
  if (acl === undefined && retention === undefined) throw unexpected('what is not usual', undefined)
  return { ...create, acl, retention }
}

function decodeError(value: unknown): TxnBody {
  const fields = fieldsOf(value, 4)
  const code = txnErrorCodeOf(fields[1])
  const index = optionalOf(fields[2], countOf)
  const count = optionalOf(fields[3], countOf)
  if (index === undefined || count === undefined) {
    if (index !== count) throw unexpected('both index and count, or neither', index)
    return { kind: 'error', code }
  }
  return { kind: 'error', code, index, count }
}

function decodeCloseSession(value: unknown): CloseSessionTxn {
  if (codeOf(value) !== CLOSE_SESSION) throw unexpected('the end of a session', codeOf(value))
  const fields = fieldsOf(value, 3)
  return {
    kind: 'closeSession',
    session: zxidOf(fields[1]),
    paths: listOf(fields[2], Infinity, pathOf),
  }
}

function decodeRegister(value: unknown): RegisterTxn {
  const fields = fieldsOf(value, 6)
  return {
    kind: 'register',
    replica: uint32Of(fields[1]),
    incarnation: decodeIncarnation(fields[2]),
    process: decodeProcess(fields[3]),
    vote: booleanOf(fields[4]),
    closed: listOf(fields[5], Infinity, decodeCloseSession),
  }
}
