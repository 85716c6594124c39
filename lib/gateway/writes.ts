/**
 * Writes: from what a client sends to what the leader is asked, and back. The leader makes all checks, in ZooKeeper's
 * order, so that errors keep their place among the session's requests; what cannot be said to it at all is said as an
 * operation that it refuses for the same reason.
 */
import { CONTAINER, ERRNO, TTL_MS_MAX } from '../session/remote.js'
import type {
  Acl,
  CreateOperation,
  Operation,
  OperationResult,
  Outcome,
  OutcomeResult,
  RequestBody,
} from '../session/remote.js'
import {
  ACL_BYTES_MAX,
  ACL_ENTRIES_MAX,
  DATA_BYTES_MAX,
  IDENTITY_UNITS_MAX,
  OPERATIONS_MAX,
  PATH_BYTES_MAX,
} from './bounds.js'
import { CREATE_FLAGS } from './jute/opcodes.js'
import type { CreateRequest, CreateTtlRequest, WriteOperation } from './jute/operations.js'
import type { WireAcl } from './jute/records.js'
import type { ReplyBody } from './jute/replies.js'
import type { OperationResult as WireResult } from './jute/results.js'
import type { Answer } from './reads.js'
import type { RequestOf } from './request-of.js'

export type WriteRequest = RequestOf<
  | 'create'
  | 'create2'
  | 'createContainer'
  | 'createTTL'
  | 'delete'
  | 'setData'
  | 'setACL'
  | 'multi'
  | 'sync'
  | 'closeSession'
>

/** Data over its bound, which no replica takes: ZooKeeper closes the connection (jute.maxbuffer). */
export class DataTooLarge extends Error {
  override readonly name = 'DataTooLarge'
}

/** NUL is in no path, and the first thing that is looked at: BAD_ARGUMENTS, whatever else is wrong. */
const REFUSED: CreateOperation = {
  kind: 'create',
  path: '\0',
  data: undefined,
  ephemeral: false,
  sequential: false,
}

/** No list that a znode may have, as none at all is: INVALID_ACL. */
const NO_ACL: readonly Acl[] = [{ perms: 0, scheme: '', id: '' }]

/** @throws DataTooLarge */
export function bodyOf(request: WriteRequest): RequestBody {
  switch (request.kind) {
    case 'sync':
    case 'closeSession':
      return { kind: request.kind }
    case 'setACL': {
      const { path, version } = request
      if (!isPathInBounds(path)) return REFUSED
      return { kind: 'setAcl', path, acl: boundedAcl(request.acl), version }
    }
    case 'multi': {
      const { operations } = request
      // One that is refused stands for all: more are no request that a replica takes.
      if (operations.length > OPERATIONS_MAX) return { kind: 'multi', operations: [REFUSED] }
      return { kind: 'multi', operations: operations.map(operationOf) }
    }
    default: {
      const operation = operationOf(request)
      // Legal in a multi only; the codec gives none alone.
      return operation.kind === 'check' ? REFUSED : operation
    }
  }
}

/** What a write came to. The error of a multi is in its body; that of its session is not. */
export function answerOf(request: WriteRequest, outcome: Outcome): Answer {
  if (outcome.kind === 'ok') return { err: 0, body: bodyOfResult(request, outcome.result) }
  const err = ERRNO[outcome.code]
  if (request.kind !== 'multi' || outcome.index === undefined) return { err, body: undefined }
  const failing = outcome.index
  const results = request.operations.map((_, index): WireResult => {
    if (index === failing) return { kind: 'error', err }
    return { kind: 'error', err: index < failing ? 0 : ERRNO.RUNTIME_INCONSISTENCY }
  })
  return { err: 0, body: { kind: 'multi', results } }
}

function operationOf(request: WriteOperation): Operation {
  if (!isPathInBounds(request.path)) return REFUSED
  switch (request.kind) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return createOf(request)
    case 'delete':
    case 'check':
      return { kind: request.kind, path: request.path, version: request.version }
    case 'setData':
      checkData(request.data)
      return { kind: 'setData', path: request.path, data: request.data, version: request.version }
  }
}

/** Opcode and flags must agree: ZooKeeper lets one choose the checks and the other the effect. */
function createOf(request: CreateRequest | CreateTtlRequest): CreateOperation {
  const { path, data, flags } = request
  checkData(data)
  const acl = boundedAcl(request.acl)
  const plain = { kind: 'create', path, data, acl, ephemeral: false, sequential: false } as const
  switch (request.kind) {
    case 'create':
    case 'create2':
      if (flags < CREATE_FLAGS.persistent || flags > CREATE_FLAGS.ephemeralSequential)
        return REFUSED
      return {
        ...plain,
        ephemeral: flags === CREATE_FLAGS.ephemeral || flags === CREATE_FLAGS.ephemeralSequential,
        sequential: flags >= CREATE_FLAGS.persistentSequential,
      }
    case 'createContainer':
      return flags === CREATE_FLAGS.container ? { ...plain, retention: CONTAINER } : REFUSED
    case 'createTTL': {
      const { ttl } = request
      if (typeof ttl !== 'number' || ttl < 1 || ttl > TTL_MS_MAX) return REFUSED
      if (flags === CREATE_FLAGS.persistentTTL) return { ...plain, retention: ttl }
      if (flags !== CREATE_FLAGS.persistentSequentialTTL) return REFUSED
      return { ...plain, sequential: true, retention: ttl }
    }
  }
}

function bodyOfResult(request: WriteRequest, result: OutcomeResult): ReplyBody | undefined {
  const { kind } = request
  switch (result.kind) {
    case 'create':
      return kind === 'create2' || kind === 'createContainer' || kind === 'createTTL'
        ? { kind, path: result.path, stat: result.stat }
        : { kind: 'create', path: result.path }
    case 'setData':
      return { kind: 'setData', stat: result.stat }
    case 'setAcl':
      return { kind: 'setACL', stat: result.stat }
    case 'multi':
      return {
        kind: 'multi',
        results: result.results.map((one, at) => wireResult(request, one, at)),
      }
    case 'none':
      return kind === 'sync' ? { kind, path: request.path } : undefined
  }
}

function wireResult(request: WriteRequest, result: OperationResult, index: number): WireResult {
  switch (result.kind) {
    case 'create': {
      const asked = request.kind === 'multi' ? request.operations[index]?.kind : undefined
      return asked === 'create'
        ? { kind: 'create', path: result.path }
        : { kind: 'create2', path: result.path, stat: result.stat }
    }
    case 'setData':
      return { kind: 'setData', stat: result.stat }
    case 'error':
      return { kind: 'error', err: result.errno }
    case 'delete':
    case 'check':
      return { kind: result.kind }
  }
}

function boundedAcl(acl: readonly WireAcl[]): readonly Acl[] {
  if (acl.length === 0 || acl.length > ACL_ENTRIES_MAX) return NO_ACL
  let bytes = 0
  for (const { scheme, id } of acl) {
    if (scheme.length > IDENTITY_UNITS_MAX || id.length > IDENTITY_UNITS_MAX) return NO_ACL
    bytes += Buffer.byteLength(scheme) + Buffer.byteLength(id)
  }
  return bytes > ACL_BYTES_MAX ? NO_ACL : acl
}

function isPathInBounds(path: string): boolean {
  return path.length <= PATH_BYTES_MAX && Buffer.byteLength(path) <= PATH_BYTES_MAX
}

function checkData(data: Uint8Array | undefined): void {
  if (data === undefined || data.length <= DATA_BYTES_MAX) return
  throw new DataTooLarge(`${data.length} bytes of data`)
}
