/** Seeded random values of every kind that travels: the material of the round-trip and fuzz tests. */
import type { Random } from '../../lib/base/random.js'
import type { Acl } from '../../lib/protocol/acl.js'
import type { TxnErrorCode } from '../../lib/protocol/error-code.js'
import type { Incarnation, ProcessIdentity } from '../../lib/protocol/member.js'
import type {
  Operation,
  OperationResult,
  Outcome,
  Request,
  RequestBody,
  SessionOrigin,
} from '../../lib/protocol/request.js'
import type { Stat } from '../../lib/protocol/stat.js'
import { makeZxid } from '../../lib/protocol/zxid.js'
import type { SnapshotTail, ZnodeRecord } from '../../lib/tree/record.js'
import type { CloseSessionTxn, OperationTxn, Txn, TxnBody } from '../../lib/tree/txn.js'
import { entryOf } from '../../lib/wire/entry.js'
import type { Entry, Registry } from '../../lib/zab/entry.js'

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

export function bool(random: Random): boolean {
  return random.integer(2) === 1
}

/** Small and large, on both sides of every width that MessagePack knows. */
export function count(random: Random): number {
  return Math.floor(random.next() * 2 ** random.integer(53))
}

export function uint32(random: Random): number {
  return random.integer(2 ** (1 + random.integer(32)))
}

export function epoch(random: Random): number {
  return random.integer(2 ** (1 + random.integer(21)))
}

export function zxid(random: Random): number {
  return makeZxid(epoch(random), 1 + random.integer(2 ** 32 - 1000))
}

const NAMES = ['a', 'servers', 'zoë', '鍵', '😀', '0000000001', 'x'.repeat(40)]

export function path(random: Random): string {
  return times(random.integer(5), () => `/${random.pick(NAMES)}`).join('') || '/'
}

export function data(random: Random): Uint8Array | undefined {
  if (random.integer(5) === 0) return undefined
  const bytes = new Uint8Array(
    random.integer(random.pick([1, 40, 300, 300, 300, 300, 300, 66_000])),
  )
  return bytes.fill(random.integer(256))
}

export function name(random: Random): string {
  return random.pick(['', 'd41d8cd98f00b204e9800998ecf8427e', 'é'])
}

const ERROR_CODES: readonly TxnErrorCode[] = [
  'NO_NODE',
  'NO_AUTH',
  'INVALID_ACL',
  'BAD_VERSION',
  'NOT_EMPTY',
  'BAD_ARGUMENTS',
]

function errorCode(random: Random): TxnErrorCode {
  return ERROR_CODES[random.integer(ERROR_CODES.length)]!
}

function acl(random: Random): Acl[] {
  return times(random.range(1, 4), () => ({
    perms: random.pick([0, 1, 31, -(2 ** 31), 2 ** 31 - 1]),
    scheme: random.pick(['world', 'digest', 'ip']),
    id: random.pick(['anyone', 'user:hash', '10.0.0.0/8', 'zoë:x']),
  }))
}

function retention(random: Random): number {
  return random.pick([-1, 1, 2 ** 40 - 1])
}

function password(random: Random): Uint8Array | undefined {
  return bool(random) ? undefined : new Uint8Array(16).fill(random.integer(256))
}

function origin(random: Random): SessionOrigin {
  return {
    replica: 1 + random.integer(9),
    incarnationKey: uint32(random),
    view: random.integer(4),
    number: 1 + random.integer(100),
  }
}

export function incarnation(random: Random): Incarnation {
  return { databaseId: name(random), incarnation: count(random), incarnationKey: uint32(random) }
}

function processIdentity(random: Random): ProcessIdentity | undefined {
  if (bool(random)) return undefined
  const [bootId, pidNamespace] = [name(random), name(random)]
  return { bootId, pidNamespace, pid: uint32(random), startTime: count(random) }
}

function operationTxn(random: Random): OperationTxn {
  const makers: readonly (() => OperationTxn)[] = [
    () => ({
      kind: 'create',
      path: path(random),
      data: data(random),
      owner: bool(random) ? 0 : zxid(random),
      parentCreated: count(random),
    }),
    () => ({
      kind: 'create',
      path: path(random),
      data: data(random),
      owner: 0,
      parentCreated: count(random),
      acl: bool(random) ? undefined : acl(random),
      retention: retention(random),
    }),
    () => ({ kind: 'delete', path: path(random) }),
    () => ({
      kind: 'setData',
      path: path(random),
      data: data(random),
      version: random.integer(2 ** 31),
    }),
    () => ({ kind: 'check' }),
  ]
  return makers[random.integer(makers.length)]!()
}

function closeSession(random: Random): CloseSessionTxn {
  const paths = times(random.integer(4), () => path(random))
  return { kind: 'closeSession', session: zxid(random), paths }
}

function txnBody(random: Random): TxnBody {
  const makers: readonly (() => TxnBody)[] = [
    () => {
      const operation = operationTxn(random)
      return operation.kind === 'check' ? { kind: 'sync' } : operation
    },
    () => ({ kind: 'multi', operations: times(random.integer(20), () => operationTxn(random)) }),
    () => ({ kind: 'error', code: errorCode(random) }),
    () => ({ kind: 'error', code: errorCode(random), index: random.integer(9), count: 10 }),
    () => ({
      kind: 'setAcl',
      path: path(random),
      acl: acl(random),
      aversion: random.integer(2 ** 31),
    }),
    () => ({
      kind: 'createSession',
      timeoutMs: random.integer(40_000),
      origin: origin(random),
      password: password(random),
    }),
    () => ({ kind: 'attachSession', session: zxid(random), origin: origin(random) }),
    () => closeSession(random),
    () => ({
      kind: 'register',
      replica: 1 + random.integer(9),
      incarnation: incarnation(random),
      process: processIdentity(random),
      vote: bool(random),
      closed: times(random.integer(3), () => closeSession(random)),
    }),
  ]
  return makers[random.integer(makers.length)]!()
}

export function txn(random: Random): Txn {
  return {
    time: count(random),
    origin: bool(random)
      ? undefined
      : { session: zxid(random), cxid: count(random), settled: count(random) },
    digest: random.integer(2 ** 52),
    body: txnBody(random),
  }
}

/** Consecutive entries of one epoch. */
export function entries(random: Random, length: number): Entry<Txn>[] {
  const first = zxid(random)
  return times(length, (index) => entryOf(first + index, txn(random)))
}

function operation(random: Random): Operation {
  const version = random.integer(100) - 1
  const makers: readonly (() => Operation)[] = [
    () => ({
      kind: 'create',
      path: path(random),
      data: data(random),
      ephemeral: bool(random),
      sequential: bool(random),
    }),
    () => ({
      kind: 'create',
      path: path(random),
      data: data(random),
      ephemeral: false,
      sequential: bool(random),
      acl: bool(random) ? undefined : acl(random),
      retention: retention(random),
    }),
    () => ({ kind: 'delete', path: path(random), version }),
    () => ({ kind: 'setData', path: path(random), data: data(random), version }),
    () => ({ kind: 'check', path: path(random), version }),
  ]
  return makers[random.integer(makers.length)]!()
}

function requestBody(random: Random): RequestBody {
  const makers: readonly (() => RequestBody)[] = [
    () => {
      const single = operation(random)
      return single.kind === 'check' ? { kind: 'sync' } : single
    },
    () => ({ kind: 'multi', operations: times(random.integer(20), () => operation(random)) }),
    () => ({ kind: 'closeSession' }),
    () => ({
      kind: 'setAcl',
      path: path(random),
      acl: acl(random),
      version: random.integer(100) - 1,
    }),
  ]
  return makers[random.integer(makers.length)]!()
}

export function request(random: Random): Request {
  if (random.integer(5) === 0) {
    return {
      kind: 'createSession',
      origin: origin(random),
      timeoutMs: random.range(1, 40_000),
      password: password(random),
      attach: bool(random) ? undefined : { session: zxid(random), from: zxid(random) },
    }
  }
  const [session, settled] = [zxid(random), count(random)]
  const cxid = settled + random.range(1, 100)
  const request = { kind: 'request', session, cxid, settled, body: requestBody(random) } as const
  if (bool(random)) return request
  const auth = times(random.integer(3), () => ({ scheme: 'digest', id: `u:${count(random)}` }))
  return { ...request, auth, attached: bool(random) ? undefined : zxid(random) }
}

function stat(random: Random): Stat {
  return {
    czxid: zxid(random),
    mzxid: zxid(random),
    pzxid: zxid(random),
    ctime: count(random),
    mtime: count(random),
    version: random.integer(2 ** 31),
    cversion: uint32(random),
    aversion: random.integer(2 ** 31) - 1,
    ephemeralOwner: bool(random) ? 0 : zxid(random),
    dataLength: random.integer(1000),
    numChildren: random.integer(1000),
  }
}

function operationResult(random: Random): OperationResult {
  const makers: readonly (() => OperationResult)[] = [
    () => ({ kind: 'create', path: path(random), stat: stat(random) }),
    () => ({ kind: 'delete' }),
    () => ({ kind: 'setData', stat: stat(random) }),
    () => ({ kind: 'check' }),
    () => ({ kind: 'error', code: 'OK', errno: 0 }),
    () => ({ kind: 'error', code: errorCode(random), errno: -101 }),
  ]
  return makers[random.integer(makers.length)]!()
}

function outcome(random: Random): Outcome {
  const at = zxid(random)
  const makers: readonly (() => Outcome)[] = [
    () => ({ kind: 'error', zxid: at, code: errorCode(random) }),
    () => ({ kind: 'error', zxid: at, code: errorCode(random), index: 1, count: 3 }),
    () => ({
      kind: 'ok',
      zxid: at,
      result: { kind: 'create', path: path(random), stat: stat(random) },
    }),
    () => ({ kind: 'ok', zxid: at, result: { kind: 'setData', stat: stat(random) } }),
    () => ({ kind: 'ok', zxid: at, result: { kind: 'setAcl', stat: stat(random) } }),
    () => ({
      kind: 'ok',
      zxid: at,
      result: { kind: 'multi', results: times(random.integer(9), () => operationResult(random)) },
    }),
    () => ({ kind: 'ok', zxid: at, result: { kind: 'none' } }),
  ]
  return makers[random.integer(makers.length)]!()
}

export function znode(random: Random): ZnodeRecord {
  const record: ZnodeRecord = {
    path: path(random),
    data: data(random),
    czxid: zxid(random),
    ctime: count(random),
    mzxid: zxid(random),
    mtime: count(random),
    pzxid: zxid(random),
    version: random.integer(2 ** 31),
    created: count(random),
    owner: bool(random) ? 0 : zxid(random),
  }
  if (bool(random)) return record
  const special = { aversion: random.integer(2 ** 31) - 1, retention: retention(random) }
  return { ...record, acl: bool(random) ? undefined : acl(random), ...special }
}

export function tail(random: Random): SnapshotTail {
  const start = zxid(random)
  return {
    start,
    end: start + random.integer(900),
    digest: random.integer(2 ** 52),
    sessions: times(random.integer(4), () => ({
      id: zxid(random),
      timeoutMs: random.integer(40_000),
      origin: origin(random),
      lastCxid: count(random),
      outcomes: times(random.integer(6), () => ({ cxid: count(random), outcome: outcome(random) })),
      password: password(random),
      attached: bool(random) ? undefined : zxid(random),
    })),
    members: times(random.integer(4), (index) => ({
      replica: index + 1,
      incarnation: incarnation(random),
      process: processIdentity(random),
    })),
  }
}

export function report(random: Random): (readonly [number, number])[] {
  return times(random.integer(5), () => [zxid(random), count(random)] as const)
}

export function registry(random: Random): Registry {
  const voters = times(random.integer(4), (index) => ({
    replica: index + 1,
    ...incarnation(random),
  }))
  return { asOf: zxid(random), voters }
}
