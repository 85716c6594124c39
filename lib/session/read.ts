/**
 * Reads of one session, and the watches that they leave behind (zookeeper: FinalRequestProcessor). Called at the moment
 * whose state they show; when that is, is the session's business.
 */
import type { Identity } from '../protocol/acl.js'
import { ERRNO } from '../protocol/error-code.js'
import type { ErrorCode } from '../protocol/error-code.js'
import type { Stat } from '../protocol/stat.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { badArguments, checkOptions, checkSignal, describe } from './arguments.js'
import type { WatchListener } from './arguments.js'
import { checkEncoding, decodeData } from './data.js'
import type { Decoded, Encoding } from './data.js'
import type { GetDataOp, ReadOp } from './op.js'
import { childrenOf, dataOf, statOf } from './reads.js'
import { checkCount } from './request-body.js'
import type { Scope } from './scope.js'

export interface ReadOptions {
  /** Fires once: to the session's 'watch' event, or to this function. */
  readonly watch?: true | WatchListener | undefined
  /** Of `getData`: 'buffer' unless told. */
  readonly encoding?: Encoding | undefined
  readonly signal?: AbortSignal | undefined
}

/** What one read of a multiRead came to. */
export type ReadResult<R extends ReadOp = ReadOp> =
  | (R extends GetDataOp<infer E>
      ? { readonly kind: 'getData'; readonly data: Decoded[E]; readonly stat: Stat }
      : { readonly kind: 'getChildren'; readonly children: string[]; readonly stat: Stat })
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly errno: number }

/** One result per read, in their order. */
export type ReadResults<Reads extends readonly ReadOp[]> = {
  -readonly [Index in keyof Reads]: ReadResult<Reads[Index]>
}

/** A path that has entered, by the name under which errors tell it, and who asks. */
export interface Place {
  readonly at: string
  readonly shown: string
  readonly auth: readonly Identity[]
}

const READ_OPTIONS = ['watch', 'encoding', 'signal']

export function checkReadOptions(options: ReadOptions | undefined): void {
  if (options === undefined) return
  checkOptions(options, READ_OPTIONS)
  checkEncoding(options.encoding)
  checkSignal(options.signal)
  const watch: unknown = options.watch
  if (watch === undefined || watch === true || typeof watch === 'function') return
  throw badArguments(`option 'watch' is true or a function, not ${describe(watch)}`)
}

/** Where an asynchronous read looks: for whoever the session is when it is called. */
export function placeOf(scope: Scope, path: string): Place {
  return { at: scope.enter(path), shown: path, auth: scope.core.auth }
}

/** The watch is set whether or not the znode exists, but not if it may not be read. */
export function readStat(
  scope: Scope,
  { at, shown, auth }: Place,
  options: ReadOptions | undefined,
): Stat | null {
  const stat = statOf(scope.core.memory.tree, at, auth, shown)
  if (options?.watch !== undefined) scope.watches.addOnce(at, 'data', options.watch)
  return stat ?? null
}

/** The watch is set only if the read succeeds. */
export function readData<E extends Encoding>(
  scope: Scope,
  { at, shown, auth }: Place,
  options: ReadOptions | undefined,
): { data: Decoded[E]; stat: Stat } {
  const { data, stat } = dataOf(scope.core.memory.tree, at, auth, shown)
  // The encoding decides the type, which the caller has bound to it.
  const decoded = decodeData(shown, data, options?.encoding) as Decoded[E]
  if (options?.watch !== undefined) scope.watches.addOnce(at, 'data', options.watch)
  return { data: decoded, stat }
}

/** The watch is set only if the read succeeds. */
export function readChildren(
  scope: Scope,
  { at, shown, auth }: Place,
  options: ReadOptions | undefined,
): { children: string[]; stat: Stat } {
  const result = childrenOf(scope.core.memory.tree, at, auth, shown)
  if (options?.watch !== undefined) scope.watches.addOnce(at, 'child', options.watch)
  return result
}

/** Checked and copied; evaluates all of them at one moment. */
export function multiRead(scope: Scope, reads: readonly ReadOp[]): () => ReadResult[] {
  if (!Array.isArray(reads)) throw badArguments(`reads are an array, not ${describe(reads)}`)
  checkCount(reads.length)
  const evaluations = reads.map((read: ReadOp | undefined) => evaluation(scope, read))
  return () => evaluations.map((evaluate) => evaluate())
}

function evaluation(scope: Scope, read: ReadOp | undefined): () => ReadResult {
  switch (read?.kind) {
    case 'getData': {
      const { path, encoding } = read
      const place = placeOf(scope, path)
      checkEncoding(encoding)
      return () => orError(() => ({ kind: 'getData', ...readData(scope, place, { encoding }) }))
    }
    case 'getChildren': {
      const place = placeOf(scope, read.path)
      return () =>
        orError(() => ({ kind: 'getChildren', ...readChildren(scope, place, undefined) }))
    }
    default:
      throw badArguments(`a read comes from op.getData or op.getChildren, not ${describe(read)}`)
  }
}

function orError(evaluate: () => ReadResult): ReadResult {
  try {
    return evaluate()
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error
    return { kind: 'error', code: error.code, errno: ERRNO[error.code] }
  }
}
