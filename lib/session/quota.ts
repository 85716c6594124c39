/**
 * Quotas as the application sets them: over the znodes below `/zookeeper/quota`, as ZooKeeper's tools do. What a quota
 * counts and refuses is the tree's (tree/quotas.ts).
 *
 * Each change is one multi that also rewrites `/zookeeper/quota` at the version that was looked at: so two sessions
 * that set quotas at once cannot overlook each other.
 */
import { assert } from '../base/assert.js'
import { parentOf } from '../protocol/path.js'
import type { Operation } from '../protocol/request.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { NO_LIMITS, parseLimits } from '../tree/quota-limits.js'
import { QUOTA_PATH } from '../tree/system-nodes.js'
import type { Tree } from '../tree/tree.js'
import { nothing } from './answers.js'
import { badArguments, checkOptions, describe } from './arguments.js'
import { refusalError } from './refusal.js'
import { Scope } from './scope.js'

/** A soft limit is only shown; a hard one refuses what would go over it, with `QUOTA_EXCEEDED`. */
export interface QuotaLimits {
  /** Znodes, the one that the quota is set on included. */
  readonly count?: number | undefined
  /** Bytes of data. */
  readonly bytes?: number | undefined
  readonly hardCount?: number | undefined
  readonly hardBytes?: number | undefined
}

/** Limits that there are, and what is used of them. */
export interface Quota extends QuotaLimits {
  readonly used: { readonly count: number; readonly bytes: number }
}

const NAMES = ['count', 'bytes', 'hardCount', 'hardBytes'] as const
const FIELDS = {
  count: 'count',
  bytes: 'bytes',
  hardCount: 'countHardLimit',
  hardBytes: 'byteHardLimit',
} as const
const RESERVED = '/zookeeper'
/** What somebody else's change of quotas, meanwhile, looks like. */
const RACES: ReadonlySet<string> = new Set(['BAD_VERSION', 'NODE_EXISTS', 'NO_NODE', 'NOT_EMPTY'])

/** What is not named stays as it is; −1 is no limit. */
export async function setQuota(
  scope: Scope,
  path: string,
  limits: QuotaLimits,
  signal: AbortSignal | undefined,
): Promise<void> {
  const at = enterQuota(scope, path)
  const given = checkLimits(limits)
  await commit(scope, path, signal, (tree) => {
    refuseNested(tree, at, path)
    return [{ kind: 'check', path: at, version: -1 }, ...settingOf(tree, at, given)]
  })
}

export function getQuota(scope: Scope, path: string): () => Quota | undefined {
  const at = enterQuota(scope, path)
  return () => {
    const quota = scope.core.memory.tree.quotas.get(at)
    if (quota === undefined) return undefined
    const { limits, count, bytes } = quota
    const shown: { -readonly [Name in keyof QuotaLimits]: QuotaLimits[Name] } = {}
    for (const name of NAMES) if (limits[FIELDS[name]] >= 0) shown[name] = limits[FIELDS[name]]
    return { ...shown, used: { count, bytes } }
  }
}

/** @throws ZooKeeperError `NO_NODE` if there is none. */
export async function removeQuota(
  scope: Scope,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const at = enterQuota(scope, path)
  // Only the ensemble can say that there is none.
  await scope.submit({ kind: 'sync' }, signal, nothing)
  await commit(scope, path, signal, (tree) => {
    if (tree.get(limitsPath(at)) !== undefined) return removalOf(tree, at)
    throw new ZooKeeperError('NO_NODE', `${path} has no quota`, { path })
  })
}

/**
 * Tries until nothing has come between the plan and its commit. A plan that met something is answered by a txn, so
 * that the next one sees what the first had overlooked.
 *
 * @throws ZooKeeperError of the plan's first operation, and whatever is no race.
 */
async function commit(
  { core }: Scope,
  path: string,
  signal: AbortSignal | undefined,
  plan: (tree: Tree) => Operation[],
): Promise<void> {
  const whole = new Scope(core)
  for (;;) {
    if (core.syncRefusal !== undefined) throw refusalError(core.syncRefusal)
    const { tree } = core.memory
    const operations = [...plan(tree), guard(tree)]
    try {
      return await whole.submit({ kind: 'multi', operations }, signal, nothing)
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.index === undefined) throw error
      const { code, index } = error
      if (index > 0 && RACES.has(code)) continue
      if (index === 0 && operations[0]?.kind !== 'check' && RACES.has(code)) continue
      throw new ZooKeeperError(code, `the quota of ${path} was refused: ${code}`, {
        path,
        cause: error,
      })
    }
  }
}

/** Fails if anybody set a quota since. */
function guard(tree: Tree): Operation {
  const znode = tree.get(QUOTA_PATH)
  assert(znode !== undefined, 'the place of quotas is always there')
  return { kind: 'setData', path: QUOTA_PATH, data: znode.data, version: znode.version }
}

function settingOf(tree: Tree, at: string, given: QuotaLimits): Operation[] {
  const before = parseLimits(tree.get(limitsPath(at))?.data) ?? NO_LIMITS
  const limits = { ...before }
  for (const name of NAMES) limits[FIELDS[name]] = given[name] ?? before[FIELDS[name]]
  const data = Buffer.from(
    `count=${limits.count},bytes=${limits.bytes}` +
      `=;byteHardLimit=${limits.byteHardLimit};countHardLimit=${limits.countHardLimit}`,
  )
  const operations: Operation[] = missing(tree, QUOTA_PATH + at).map((path) =>
    create(path, undefined),
  )
  const path = limitsPath(at)
  if (tree.get(path) === undefined) operations.push(create(path, data))
  else operations.push({ kind: 'setData', path, data, version: -1 })
  if (tree.get(statsPath(at)) === undefined) operations.push(create(statsPath(at), undefined))
  return operations
}

/** With what stood there for this quota alone. */
function removalOf(tree: Tree, at: string): Operation[] {
  const operations: Operation[] = [remove(limitsPath(at))]
  if (tree.get(statsPath(at)) !== undefined) operations.push(remove(statsPath(at)))
  let left = (tree.get(QUOTA_PATH + at)?.numChildren ?? 0) - operations.length
  for (let path = QUOTA_PATH + at; path !== QUOTA_PATH && left === 0;) {
    operations.push(remove(path))
    path = parentOf(path)
    left = (tree.get(path)?.numChildren ?? 0) - 1
  }
  return operations
}

/** ZooKeeper looks at the lowest quota only, so there is one at most on the way from the root to a leaf. */
function refuseNested(tree: Tree, at: string, path: string): void {
  for (const other of tree.quotas.all.keys()) {
    if (!other.startsWith(`${at}/`) && !at.startsWith(`${other}/`)) continue
    const message = `${path} cannot have a quota: ${other} has one, and one of them lies in the other`
    throw new ZooKeeperError('BAD_ARGUMENTS', message, { path })
  }
}

/** What does not exist on the way to `path`, and `path` itself, from the top down. */
function missing(tree: Tree, path: string): string[] {
  const paths: string[] = []
  for (let at = path; tree.get(at) === undefined; at = parentOf(at)) paths.unshift(at)
  return paths
}

function create(path: string, data: Uint8Array | undefined): Operation {
  return { kind: 'create', path, data, ephemeral: false, sequential: false }
}

function remove(path: string): Operation {
  return { kind: 'delete', path, version: -1 }
}

function limitsPath(at: string): string {
  return `${QUOTA_PATH}${at}/zookeeper_limits`
}

function statsPath(at: string): string {
  return `${QUOTA_PATH}${at}/zookeeper_stats`
}

function enterQuota(scope: Scope, path: string): string {
  const at = scope.enter(path)
  if (at !== '/' && at !== RESERVED && !at.startsWith(`${RESERVED}/`)) return at
  throw badArguments(`${path} cannot have a quota`)
}

function checkLimits(limits: unknown): QuotaLimits {
  if (typeof limits !== 'object' || limits === null) {
    throw badArguments(`a quota is an object, not ${describe(limits)}`)
  }
  checkOptions(limits, NAMES)
  const given: { readonly [Name in keyof QuotaLimits]?: unknown } = limits
  for (const name of NAMES) {
    const value = given[name]
    if (value === undefined) continue
    if (Number.isSafeInteger(value) && Number(value) >= -1) continue
    throw badArguments(
      `option '${name}' is a number from 0, or −1 for none, not ${describe(value)}`,
    )
  }
  if (NAMES.some((name) => given[name] !== undefined)) return { ...limits }
  throw badArguments(`a quota has at least one of ${NAMES.join(', ')}`)
}
