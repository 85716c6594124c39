/**
 * Requests become txns: the leader resolves everything relative against the overlay and applies the
 * result to it, so that the next request is prepared against what this one will have done. The
 * caller gives the zxid, the next one, and the time; the txn is logged and broadcast by others.
 *
 * None of this fails for what a request asks: a refused request becomes an error txn, which has its
 * place in the order like any other.
 */
import { assert, unreachable } from '../base/assert.js'
import type { TxnErrorCode } from '../protocol/error-code.js'
import type { Incarnation, ProcessIdentity } from '../protocol/member.js'
import type {
  CreateSessionRequest,
  MultiOperation,
  Request,
  SessionId,
  SessionRequest,
} from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import { applyBody, applyOperation, failed, keepOutcome, succeeded } from './apply.js'
import { isExpired } from './expired.js'
import type { Overlay } from './overlay.js'
import { prepareOperation, prepareSetAcl } from './prepare-operation.js'
import type { CloseSessionTxn, ErrorTxn, OperationTxn, Txn, TxnBody, TxnOrigin } from './txn.js'

const SYNC: TxnBody = Object.freeze({ kind: 'sync' })

/** Which replica is to be registered, as which incarnation, in which process. */
export interface RegisteringMember {
  readonly replica: number
  readonly incarnation: Incarnation
  readonly process: ProcessIdentity | undefined
}

/**
 * Whether the request is none that can still be prepared: it was (its txn or the table of outcomes
 * answers it), its session is gone or another View's (the txn that closed or attached it answers it),
 * or the session it asks for exists. To be ignored silently.
 */
export function isDuplicate(overlay: Overlay, request: Request): boolean {
  if (request.kind === 'createSession') return isOpened(overlay, request)
  const { session, attached = session } = request
  const lastCxid = overlay.lastCxidOf(session)
  if (lastCxid === undefined || overlay.attachedOf(session) !== attached) return true
  return request.cxid <= lastCxid
}

/** A session that is to be attached is ignored too if it is another's by now: it was attached since, or never could be. */
function isOpened(overlay: Overlay, { origin, attach }: CreateSessionRequest): boolean {
  if (overlay.hasOrigin(origin)) return true
  if (attach === undefined) return false
  return overlay.attachedOf(attach.session) !== attach.from || !overlay.isRemote(attach.session)
}

/** The txn that answers the request, which must be no duplicate. */
export function prepare(overlay: Overlay, request: SessionRequest, zxid: Zxid, wall: number): Txn {
  assert(!isDuplicate(overlay, request), 'a request is prepared once')
  const { session, cxid, settled } = request
  const origin: TxnOrigin = { session, cxid, settled }
  overlay.begin(zxid)
  const body = prepareBody(overlay, request, zxid, wall)
  if (body.kind === 'error') keepOutcome(overlay, zxid, origin, failed(zxid, body))
  else if (body.kind !== 'closeSession') {
    keepOutcome(overlay, zxid, origin, succeeded(zxid, { kind: 'none' }))
  }
  overlay.end()
  return { time: wall, origin, digest: overlay.digest, body }
}

/** The txn that opens a session, its id is `zxid`, or that gives one to another View. */
export function prepareCreateSession(
  overlay: Overlay,
  request: CreateSessionRequest,
  zxid: Zxid,
  wall: number,
): Txn {
  assert(!isDuplicate(overlay, request), 'a request is prepared once')
  const { timeoutMs, origin, password, attach } = request
  const body: TxnBody =
    attach === undefined
      ? { kind: 'createSession', timeoutMs, origin, password }
      : { kind: 'attachSession', session: attach.session, origin }
  return prepareOwn(overlay, body, zxid, wall)
}

/** The txn by which the leader ends a session that it found expired. The session must exist. */
export function prepareCloseSession(
  overlay: Overlay,
  session: SessionId,
  zxid: Zxid,
  wall: number,
): Txn {
  return prepareOwn(overlay, closeSession(overlay, session), zxid, wall)
}

/**
 * The txn by which the leader deletes a container or a znode with a time to live. `undefined` if
 * there is nothing to delete any more: it is gone, has children, or is not due by now.
 */
export function prepareDeleteExpired(
  overlay: Overlay,
  path: string,
  zxid: Zxid,
  wall: number,
): Txn | undefined {
  const znode = overlay.get(path)
  if (znode === undefined || !isExpired(znode, wall)) return undefined
  return prepareOwn(overlay, { kind: 'delete', path }, zxid, wall)
}

/**
 * The txn that makes an incarnation known. It ends the sessions of the incarnation recorded so far
 * if that was of the same database, because then it is proved gone; another database proves
 * nothing.
 */
export function prepareRegister(
  overlay: Overlay,
  member: RegisteringMember,
  vote: boolean,
  zxid: Zxid,
  wall: number,
): Txn {
  const { replica, incarnation, process } = member
  const closed = predecessorSessions(overlay, member).map((id) => closeSession(overlay, id))
  const body: TxnBody = { kind: 'register', replica, incarnation, process, vote, closed }
  return prepareOwn(overlay, body, zxid, wall)
}

/** A txn that answers no session's request. */
function prepareOwn(overlay: Overlay, body: TxnBody, zxid: Zxid, wall: number): Txn {
  overlay.begin(zxid)
  applyBody(overlay, zxid, wall, body)
  overlay.end()
  return { time: wall, origin: undefined, digest: overlay.digest, body }
}

/** Prepares what the request asks for and applies it to the overlay. */
function prepareBody(overlay: Overlay, request: SessionRequest, zxid: Zxid, wall: number): TxnBody {
  const { body, session, auth } = request
  switch (body.kind) {
    case 'create':
    case 'delete':
    case 'setData': {
      const operation = prepareOperation(overlay, session, body, auth)
      if (typeof operation === 'string') return { kind: 'error', code: operation }
      assert(operation.kind !== 'check', 'a check stands in a multi only')
      applyOperation(overlay, zxid, wall, operation)
      return operation
    }
    case 'setAcl': {
      const set = prepareSetAcl(overlay, body, auth)
      if (typeof set === 'string') return { kind: 'error', code: set }
      applyBody(overlay, zxid, wall, set)
      return set
    }
    case 'multi':
      return prepareMulti(overlay, request, body, zxid, wall)
    case 'sync':
      return SYNC
    case 'closeSession': {
      const closed = closeSession(overlay, session)
      applyBody(overlay, zxid, wall, closed)
      return closed
    }
    default:
      return unreachable(body)
  }
}

/**
 * Each operation is prepared against what those before it did; the first failure takes all of them
 * back.
 */
function prepareMulti(
  overlay: Overlay,
  { session, auth }: SessionRequest,
  multi: MultiOperation,
  zxid: Zxid,
  wall: number,
): TxnBody {
  const count = multi.operations.length
  const operations: OperationTxn[] = []
  overlay.beginStage()
  for (const operation of multi.operations) {
    const prepared = prepareOperation(overlay, session, operation, auth)
    if (typeof prepared === 'string') {
      overlay.rollbackStage()
      return multiError(prepared, operations.length, count)
    }
    applyOperation(overlay, zxid, wall, prepared)
    operations.push(prepared)
  }
  overlay.commitStage()
  return { kind: 'multi', operations }
}

function multiError(code: TxnErrorCode, index: number, count: number): ErrorTxn {
  assert(index < count, 'the operation that failed is one of the multi')
  return { kind: 'error', code, index, count }
}

function closeSession(overlay: Overlay, session: SessionId): CloseSessionTxn {
  assert(overlay.hasSession(session), 'a session ends once')
  return { kind: 'closeSession', session, paths: overlay.ephemeralsOf(session) }
}

function predecessorSessions(overlay: Overlay, member: RegisteringMember): SessionId[] {
  const recorded = overlay.member(member.replica)?.incarnation
  if (recorded === undefined) return []
  if (recorded.databaseId !== member.incarnation.databaseId) return []
  if (recorded.incarnationKey === member.incarnation.incarnationKey) return []
  const sessions: SessionId[] = []
  for (const { id, origin, isRemote } of overlay.sessions()) {
    // A remote session's client is alive until its timeout says otherwise.
    if (isRemote || origin.replica !== member.replica) continue
    if (origin.incarnationKey === recorded.incarnationKey) sessions.push(id)
  }
  return sessions
}
