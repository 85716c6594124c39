/**
 * Reads: what a client hears of this replica's state. To be evaluated where the session's order puts them; nothing of a
 * later txn is visible then. Checks and their order are ZooKeeper's: no grammar, a path that is none names nothing.
 */
import { ERRNO, ZooKeeperError } from '../session/remote.js'
import type { RemoteSession } from '../session/remote.js'
import { MULTI_READ_BYTES_MAX, OPERATIONS_MAX } from './bounds.js'
import { WIRE_ERROR } from './jute/opcodes.js'
import type { ReadOperation } from './jute/operations.js'
import type { ReplyBody } from './jute/replies.js'
import type { OperationResult } from './jute/results.js'
import type { RequestOf } from './request-of.js'

export type ReadRequest = RequestOf<
  | 'exists'
  | 'getData'
  | 'getACL'
  | 'getChildren'
  | 'getChildren2'
  | 'getEphemerals'
  | 'getAllChildrenNumber'
  | 'multiRead'
>

/** `err` is 0 or ZooKeeper's number; only with 0 there may be a body. */
export interface Answer {
  readonly err: number
  readonly body: ReplyBody | undefined
}

/** The whole answer is its header. */
export const DONE: Answer = { err: 0, body: undefined }

export function refusal(err: number): Answer {
  return { err, body: undefined }
}

/** @throws ZooKeeperError */
export function evaluate(session: RemoteSession, request: ReadRequest): Answer {
  switch (request.kind) {
    case 'exists':
      return exists(session, request.path, request.watch)
    case 'getData': {
      const { path, watch } = request
      const { data, stat } = session.data(path)
      if (watch) session.addWatch(path, 'data')
      return answer({ kind: 'getData', data, stat })
    }
    case 'getChildren':
    case 'getChildren2': {
      const { kind, path, watch } = request
      const { children, stat } = session.children(path)
      if (watch) session.addWatch(path, 'child')
      return answer(kind === 'getChildren' ? { kind, children } : { kind, children, stat })
    }
    case 'getACL': {
      const { acl, stat } = session.acl(request.path)
      return answer({ kind: 'getACL', acl, stat })
    }
    case 'getAllChildrenNumber':
      return answer({ kind: 'getAllChildrenNumber', total: session.descendants(request.path) })
    case 'getEphemerals':
      return answer({ kind: 'getEphemerals', paths: ephemerals(session, request.prefix) })
    case 'multiRead':
      return multiRead(session, request.operations)
  }
}

/** The number of what a read threw; anything but a ZooKeeperError is a defect and thrown on. */
export function errnoOf(error: unknown): number {
  // Ours has no number there: the nearest is that of a request that was throttled.
  if (error instanceof ZooKeeperError && error.code === 'OVERLOADED') return WIRE_ERROR.THROTTLED_OP
  if (error instanceof ZooKeeperError) return error.errno
  throw error
}

/** Missing is an error too, but one that leaves a watch. */
function exists(session: RemoteSession, path: string, watch: boolean): Answer {
  if (path.includes('\0')) return refusal(ERRNO.BAD_ARGUMENTS)
  const stat = session.stat(path)
  if (watch) session.addWatch(path, 'data')
  return stat === undefined ? refusal(ERRNO.NO_NODE) : answer({ kind: 'exists', stat })
}

/** A prefix of nothing but blanks is none. */
function ephemerals(session: RemoteSession, prefix: string): string[] {
  const trimmed = prefix.trim()
  return session.ephemerals(trimmed === '' || trimmed === '/' ? '' : prefix)
}

/** What one client reads at once is held in memory once more for its connection: more is refused as a whole. */
function multiRead(session: RemoteSession, operations: readonly ReadOperation[]): Answer {
  if (operations.length > OPERATIONS_MAX) return refusal(ERRNO.BAD_ARGUMENTS)
  const results: OperationResult[] = []
  let bytes = 0
  for (const operation of operations) {
    const result = readOne(session, operation)
    results.push(result)
    bytes += bytesOf(result)
    if (bytes > MULTI_READ_BYTES_MAX) return refusal(ERRNO.BAD_ARGUMENTS)
  }
  return answer({ kind: 'multiRead', results })
}

function bytesOf(result: OperationResult): number {
  if (result.kind === 'getData') return result.data?.length ?? 0
  if (result.kind !== 'getChildren') return 0
  return result.children.reduce((sum, name) => sum + name.length, 0)
}

/** One that fails does not stop the others. Nothing is watched. */
function readOne(session: RemoteSession, { kind, path }: ReadOperation): OperationResult {
  try {
    if (kind === 'getData') return { kind, ...session.data(path) }
    return { kind, children: session.children(path).children }
  } catch (error) {
    return { kind: 'error', err: errnoOf(error) }
  }
}

function answer(body: ReplyBody): Answer {
  return { err: 0, body }
}
