/**
 * Applying a txn, strictly: whatever the txn presumes must hold, else an assertion fails and the
 * state must not be used any further. The same code runs on the tree and on the overlay. Not here:
 * replay over a fuzzy snapshot (replay.ts) and the comparison of digests (tree.ts, overlay.ts).
 */
import { assert, unreachable } from '../base/assert.js'
import { ERRNO } from '../protocol/error-code.js'
import { parentOf } from '../protocol/path.js'
import type { OperationResult, Outcome, OutcomeResult, SessionId } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import { addDigest, hashMember, subtractDigest } from './digest.js'
import type { Store } from './store.js'
import type {
  AttachSessionTxn,
  CloseSessionTxn,
  CreateSessionTxn,
  CreateTxn,
  ErrorTxn,
  MultiTxn,
  OperationTxn,
  RegisterTxn,
  SetAclTxn,
  SetDataTxn,
  Txn,
  TxnBody,
  TxnOrigin,
} from './txn.js'
import { createZnode } from './znode.js'
import type { Znode } from './znode.js'

const DELETED: OperationResult = Object.freeze({ kind: 'delete' })
const CHECKED: OperationResult = Object.freeze({ kind: 'check' })
const NONE: OutcomeResult = Object.freeze({ kind: 'none' })

/** Applies all of a txn. @returns the outcome of the request it answers, if it answers one. */
export function applyTxn(store: Store, zxid: Zxid, txn: Txn): Outcome | undefined {
  const { body, origin } = txn
  const result = applyBody(store, zxid, txn.time, body)
  if (origin === undefined) return undefined
  const outcome = body.kind === 'error' ? failed(zxid, body) : succeeded(zxid, result)
  // Its own closeSession took the session away, and the table with it: nothing is left to keep it
  // in.
  if (body.kind !== 'closeSession') keepOutcome(store, zxid, origin, outcome)
  return outcome
}

/** Applies what a txn does to znodes, sessions and members, but not the outcome of its request. */
export function applyBody(store: Store, zxid: Zxid, time: number, body: TxnBody): OutcomeResult {
  switch (body.kind) {
    case 'create':
    case 'setData': {
      const result = applyOperation(store, zxid, time, body)
      return result.kind === 'create' || result.kind === 'setData' ? result : NONE
    }
    case 'delete':
      applyOperation(store, zxid, time, body)
      return NONE
    case 'setAcl': {
      const znode = applySetAcl(store, body)
      return store.keepsResults ? { kind: 'setAcl', stat: znode.stat } : NONE
    }
    case 'multi':
      return applyMulti(store, zxid, time, body)
    case 'error':
    case 'sync':
      return NONE
    case 'createSession':
      applyCreateSession(store, zxid, body)
      return NONE
    case 'attachSession':
      applyAttachSession(store, zxid, body)
      return NONE
    case 'closeSession':
      applyCloseSession(store, zxid, body)
      return NONE
    case 'register':
      applyRegister(store, zxid, body)
      return NONE
    default:
      return unreachable(body)
  }
}

/** Applies one operation, alone or of a multi. */
export function applyOperation(
  store: Store,
  zxid: Zxid,
  time: number,
  operation: OperationTxn,
): OperationResult {
  switch (operation.kind) {
    case 'create': {
      const znode = applyCreate(store, zxid, time, operation)
      if (!store.keepsResults) return CHECKED
      return { kind: 'create', path: operation.path, stat: znode.stat }
    }
    case 'delete':
      applyDelete(store, zxid, operation.path)
      return DELETED
    case 'setData': {
      const znode = applySetData(store, zxid, time, operation)
      return store.keepsResults ? { kind: 'setData', stat: znode.stat } : CHECKED
    }
    case 'check':
      return CHECKED
    default:
      return unreachable(operation)
  }
}

/** Records how a request ended in the table of its session, and drops what its View has settled. */
export function keepOutcome(store: Store, zxid: Zxid, origin: TxnOrigin, outcome: Outcome): void {
  const session = store.changeSession(origin.session)
  assert(session !== undefined, 'only a living session has its requests answered')
  assert(origin.cxid > session.lastCxid, 'a request is applied once, after those before it')
  assert(origin.settled < origin.cxid, 'a request is settled only after it was applied')
  const before = subtractDigest(store.digest, session.hash)
  session.forget(origin.settled)
  session.keep(origin.cxid, zxid, outcome)
  store.digest = addDigest(before, session.hash)
}

export function succeeded(zxid: Zxid, result: OutcomeResult): Outcome {
  return { kind: 'ok', zxid, result }
}

export function failed(zxid: Zxid, error: ErrorTxn): Outcome {
  assert(ERRNO[error.code] < 0, 'a failure has a negative number')
  return { kind: 'error', zxid, code: error.code, index: error.index, count: error.count }
}

function applyMulti(store: Store, zxid: Zxid, time: number, multi: MultiTxn): OutcomeResult {
  if (!store.keepsResults) {
    for (const operation of multi.operations) applyOperation(store, zxid, time, operation)
    return NONE
  }
  const results: OperationResult[] = []
  for (const operation of multi.operations) {
    results.push(applyOperation(store, zxid, time, operation))
  }
  return { kind: 'multi', results }
}

function applyCreate(store: Store, zxid: Zxid, time: number, txn: CreateTxn): Znode {
  const { path, owner } = txn
  const parentPath = parentOf(path)
  const parent = store.change(parentPath)
  assert(parent !== undefined, 'a znode is created under an existing parent')
  assert(parent.owner === 0, 'an ephemeral has no children')
  assert(parent.created + 1 === txn.parentCreated, 'a parent counts every child it gets')
  assert(store.get(path) === undefined, 'a znode is created where there is none')
  assert(owner === 0 || store.hasSession(owner), 'an ephemeral belongs to a session')

  const rest = subtractDigest(store.digest, parent.hash)
  const znode = createZnode(path, txn.data, owner, zxid, time, txn.acl, txn.retention)
  parent.childrenChanged(txn.parentCreated, zxid)
  store.insert(path, znode, parentPath, parent)
  store.digest = addDigest(addDigest(rest, parent.hash), znode.hash)
  return znode
}

function applyDelete(store: Store, zxid: Zxid, path: string): void {
  const parentPath = parentOf(path)
  const znode = store.get(path)
  const parent = store.change(parentPath)
  assert(path !== '/', 'the root stays')
  assert(znode !== undefined, 'a znode is deleted where there is one')
  assert(parent !== undefined, 'every znode but the root has a parent')
  assert(znode.numChildren === 0, 'a znode with children stays')

  const rest = subtractDigest(subtractDigest(store.digest, parent.hash), znode.hash)
  parent.childrenChanged(parent.created, zxid)
  store.remove(path, znode, parentPath, parent)
  store.digest = addDigest(rest, parent.hash)
}

function applySetData(store: Store, zxid: Zxid, time: number, txn: SetDataTxn): Znode {
  const znode = store.change(txn.path)
  assert(znode !== undefined, 'data is set where there is a znode')
  assert(txn.version === nextVersion(znode.version), 'versions are counted one by one')

  const bytes = lengthOf(txn.data) - lengthOf(znode.data)
  const rest = subtractDigest(store.digest, znode.hash)
  znode.setData(txn.data, txn.version, zxid, time)
  store.digest = addDigest(rest, znode.hash)
  store.dataChanged(txn.path, znode, bytes)
  return znode
}

function applySetAcl(store: Store, txn: SetAclTxn): Znode {
  const znode = store.change(txn.path)
  assert(znode !== undefined, 'an ACL is set where there is a znode')
  assert(txn.aversion === nextVersion(znode.aversion), 'versions are counted one by one')

  const rest = subtractDigest(store.digest, znode.hash)
  znode.setAcl(store.replaceAcl(znode.acl, txn.acl), txn.aversion)
  store.digest = addDigest(rest, znode.hash)
  return znode
}

function applyCreateSession(store: Store, zxid: Zxid, txn: CreateSessionTxn): void {
  assert(!store.hasSession(zxid), 'the zxid of its creation names one session')
  const session = store.openSession(zxid, txn.timeoutMs, txn.origin, txn.password)
  store.digest = addDigest(store.digest, session.hash)
}

function applyAttachSession(store: Store, zxid: Zxid, txn: AttachSessionTxn): void {
  const session = store.changeSession(txn.session)
  assert(session !== undefined, 'only a session that is there is attached')
  assert(session.isRemote, 'the session of a process stays with it')
  const rest = subtractDigest(store.digest, session.hash)
  store.attachSession(session, txn.origin, zxid)
  store.digest = addDigest(rest, session.hash)
}

function applyCloseSession(store: Store, zxid: Zxid, txn: CloseSessionTxn): void {
  for (const path of txn.paths) {
    assert(isOwner(store, path, txn.session), 'a session takes only its own ephemerals with it')
    applyDelete(store, zxid, path)
  }
  const session = store.changeSession(txn.session)
  assert(session !== undefined, 'a session ends once')
  store.digest = subtractDigest(store.digest, session.hash)
  store.endSession(session)
}

function applyRegister(store: Store, zxid: Zxid, txn: RegisterTxn): void {
  for (const closed of txn.closed) applyCloseSession(store, zxid, closed)
  const before = store.member(txn.replica)
  const member = { replica: txn.replica, incarnation: txn.incarnation, process: txn.process }
  if (before !== undefined) store.digest = subtractDigest(store.digest, hashMember(before))
  store.digest = addDigest(store.digest, hashMember(member))
  store.setMember(member)
}

/**
 * The version after `version`: 32 bits that wrap through the negative numbers and leave out −1,
 * which must go on meaning "any version" (ZOOKEEPER-4743).
 */
export function nextVersion(version: number): number {
  const next = (version + 1) | 0
  return next === -1 ? 0 : next
}

function isOwner(store: Store, path: string, session: SessionId): boolean {
  return store.get(path)?.owner === session
}

function lengthOf(data: Uint8Array | undefined): number {
  return data === undefined ? 0 : data.length
}
