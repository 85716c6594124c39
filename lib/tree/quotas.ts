/**
 * Quotas: how many znodes and bytes of data a subtree has, and how many it may have. They are set by
 * znodes below {@link QUOTA_PATH}, as in ZooKeeper, and counted as txns are applied; what is counted
 * follows from the znodes and is neither stored nor part of the digest.
 *
 * A quota counts all of its subtree, its own znode included. Where one lies in another, both hold
 * (ZooKeeper looks at the lower one only, and its tools set none in another).
 *
 * @see org.apache.zookeeper.server.DataTree#updateQuotaStat, ZooKeeperServer#checkQuota
 */
import { assert } from '../base/assert.js'
import { joinPath, parentOf } from '../protocol/path.js'
import { formatUsage, parseLimits, NO_LIMITS } from './quota-limits.js'
import type { QuotaLimits } from './quota-limits.js'
import { QUOTA_PATH } from './system-nodes.js'
import type { Znode } from './znode.js'

const PREFIX = `${QUOTA_PATH}/`
const LIMITS = '/zookeeper_limits'
const STATS = '/zookeeper_stats'

/** Znodes of a subtree, and bytes of their data. */
export interface Usage {
  readonly count: number
  readonly bytes: number
}

/** A quota as of one moment: replaced, never changed. */
export interface Quota extends Usage {
  readonly limits: QuotaLimits
}

export interface QuotaUsage extends Quota {
  readonly path: string
}

/** What stood there before a change. */
interface Undo {
  readonly path: string
  readonly before: Quota | undefined
}

export class Quotas {
  /** By the path whose subtree it is about. */
  readonly #quotas: Map<string, Quota>
  #undo: Undo[] | undefined = undefined

  constructor(quotas: ReadonlyMap<string, Quota> = new Map()) {
    this.#quotas = new Map(quotas)
  }

  /** By the path whose subtree it is about; in no order that means anything. */
  get all(): ReadonlyMap<string, Quota> {
    return this.#quotas
  }

  get(path: string): Quota | undefined {
    return this.#quotas.get(path)
  }

  /** Sets the quota that the znode at `path` is about, if it is about one. `usageOf` counts a subtree. */
  limit(path: string, data: Uint8Array | undefined, usageOf: (root: string) => Usage): void {
    const root = quotaRoot(path, LIMITS)
    if (root === undefined) return
    const { count, bytes } = this.#quotas.get(root) ?? usageOf(root)
    this.#set(root, { count, bytes, limits: parseLimits(data) ?? NO_LIMITS })
  }

  /** The znode at `path` is gone, and with it the quota that it was about. */
  unlimit(path: string): void {
    if (this.#quotas.size === 0) return
    const root = quotaRoot(path, LIMITS)
    if (root !== undefined) this.#set(root, undefined)
  }

  /** The subtrees that `path` lies in have so many znodes and bytes more. */
  count(path: string, count: number, bytes: number): void {
    if (this.#quotas.size === 0) return
    for (const root of this.#rootsAbove(path)) {
      const before = this.#quotas.get(root)
      assert(before !== undefined, 'a quota that is found is there')
      const { limits } = before
      this.#set(root, { limits, count: before.count + count, bytes: before.bytes + bytes })
    }
  }

  /** Whether so much more at `path` would go over a hard limit. Whoever has gone over may only delete. */
  refuses(path: string, count: number, bytes: number): boolean {
    if (this.#quotas.size === 0) return false
    return this.#rootsAbove(path).some((root) => {
      const quota = this.#quotas.get(root)
      assert(quota !== undefined, 'a quota that is found is there')
      const { countHardLimit, byteHardLimit } = quota.limits
      if (count !== 0 && countHardLimit >= 0 && quota.count + count > countHardLimit) return true
      return bytes !== 0 && byteHardLimit >= 0 && quota.bytes + bytes > byteHardLimit
    })
  }

  /** What is changed from here on can be taken back. */
  beginStage(): void {
    this.#undo = []
  }

  commitStage(): void {
    this.#undo = undefined
  }

  rollbackStage(): void {
    const undo = this.#undo ?? []
    this.#undo = undefined
    for (const { path, before } of undo.toReversed()) this.#put(path, before)
  }

  #set(path: string, quota: Quota | undefined): void {
    this.#undo?.push({ path, before: this.#quotas.get(path) })
    this.#put(path, quota)
  }

  #put(path: string, quota: Quota | undefined): void {
    if (quota === undefined) this.#quotas.delete(path)
    else this.#quotas.set(path, quota)
  }

  #rootsAbove(path: string): string[] {
    const roots: string[] = []
    for (let root = path; root !== '/'; root = parentOf(root)) {
      if (this.#quotas.has(root)) roots.push(root)
    }
    return roots
  }
}

/** What quotas are counted from: the znodes by path, with the names of their children. */
export interface CountedTree {
  readonly quotas: Quotas
  get(path: string): Znode | undefined
}

/** Every quota of the state, and what is used of it, by path. */
export function quotaUsage(tree: CountedTree): readonly QuotaUsage[] {
  const usages = Array.from(tree.quotas.all, ([path, quota]) => ({ path, ...quota }))
  return usages.sort((left, right) => (left.path < right.path ? -1 : 1))
}

/**
 * What the znode at `path` shows if it is the usage of a quota: counted, whatever was written there.
 * `undefined` for every other znode.
 */
export function quotaStatsData(tree: CountedTree, path: string): Uint8Array | undefined {
  if (tree.quotas.all.size === 0) return undefined
  const root = quotaRoot(path, STATS)
  const quota = root === undefined ? undefined : tree.quotas.get(root)
  return quota && formatUsage(quota.count, quota.bytes)
}

/** Whether the znode at `path` may have that data: what sets a quota must say which, and for what. */
export function isQuotaData(path: string, data: Uint8Array | undefined): boolean {
  if (!path.startsWith(PREFIX) || !(path.endsWith(LIMITS) || path.endsWith(STATS))) return true
  if (path.lastIndexOf('/') < PREFIX.length) return false
  return parseLimits(data) !== undefined
}

/** Whether the znode at `path` sets a quota. */
export function setsQuota(path: string): boolean {
  return path.startsWith(PREFIX) && quotaRoot(path, LIMITS) !== undefined
}

/** Counts a subtree znode by znode. */
export function countUsage(tree: Pick<CountedTree, 'get'>, root: string): Usage {
  let count = 0
  let bytes = 0
  for (const [, znode] of subtree(tree, root)) {
    count += 1
    bytes += znode.data?.length ?? 0
  }
  return { count, bytes }
}

/** All quotas of a state, counted again. */
export function countQuotas(tree: Pick<CountedTree, 'get'>): Quotas {
  const quotas = new Quotas()
  for (const [path, { data }] of subtree(tree, QUOTA_PATH)) {
    quotas.limit(path, data, (root) => countUsage(tree, root))
  }
  return quotas
}

function* subtree(
  tree: Pick<CountedTree, 'get'>,
  root: string,
): Generator<readonly [string, Znode]> {
  const waiting = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const znode = tree.get(path)
    if (znode === undefined) continue
    yield [path, znode]
    for (const name of znode.children ?? []) waiting.push(joinPath(path, name))
  }
}

/** The path that a znode below the place of quotas is about, if its name is `name`; never the root. */
function quotaRoot(path: string, name: string): string | undefined {
  if (!path.startsWith(PREFIX) || !path.endsWith(name)) return undefined
  const root = path.slice(QUOTA_PATH.length, -name.length)
  return root === '' ? undefined : root
}
