/**
 * Quotas, from ZooKeeper's znodes for them: `/zookeeper/quota/<path>/zookeeper_limits` says how many znodes and bytes the
 * subtree at `/<path>` may have, `…/zookeeper_stats` shows how many it has. Everything is counted anew each time.
 */
import { isAtOrBelow, parentPath } from './path.js'
import type { Znode } from './znode.js'

const PLACE = '/zookeeper/quota'
const LIMITS = '/zookeeper_limits'
const STATS = '/zookeeper_stats'
const TEXT_MAX = 1024
const TTL_MAX = 2 ** 40 - 1

/** All znodes that there are. */
export type Znodes = Iterable<readonly [string, Znode | undefined]>

interface Usage {
  readonly count: number
  readonly bytes: number
}

/** Whether a znode may be kept so long. */
export function isRetention(retention: number, ephemeral: boolean): boolean {
  if (retention === 0) return true
  if (ephemeral || !Number.isInteger(retention)) return false
  return retention >= -1 && retention <= TTL_MAX
}

/** Whether the znode at `path`, if it is about a quota, may say that. */
export function isQuotaText(path: string, data: Uint8Array | undefined): boolean {
  if (!path.startsWith(`${PLACE}/`)) return true
  if (!path.endsWith(LIMITS) && !path.endsWith(STATS)) return true
  return path.lastIndexOf('/') > PLACE.length && keysOf(data) !== undefined
}

/** Whether any quota above `path` forbids so many znodes and bytes more. */
export function isOverQuota(
  path: string,
  count: number,
  bytes: number,
  znodeAt: (path: string) => Znode | undefined,
  znodes: () => Znodes,
): boolean {
  for (let root = path; root !== '/'; root = parentPath(root)) {
    const limits = znodeAt(PLACE + root + LIMITS)
    if (limits === undefined) continue
    const keys = keysOf(limits.data)
    const used = usageOf(root, znodes())
    const most = keys?.get('countHardLimit') ?? -1
    if (count !== 0 && most >= 0 && used.count + count > most) return true
    const mostBytes = keys?.get('byteHardLimit') ?? -1
    if (bytes !== 0 && mostBytes >= 0 && used.bytes + bytes > mostBytes) return true
  }
  return false
}

/** What a znode that shows the usage of a quota shows; `undefined` for every other. */
export function shownUsage(
  path: string,
  znodeAt: (path: string) => Znode | undefined,
  znodes: () => Znodes,
): string | undefined {
  if (!path.startsWith(`${PLACE}/`) || !path.endsWith(STATS)) return undefined
  const root = path.slice(PLACE.length, -STATS.length)
  if (root === '' || znodeAt(PLACE + root + LIMITS) === undefined) return undefined
  const { count, bytes } = usageOf(root, znodes())
  return `count=${count},bytes=${bytes}`
}

function usageOf(root: string, znodes: Znodes): Usage {
  let count = 0
  let bytes = 0
  for (const [path, znode] of znodes) {
    if (znode === undefined || !isAtOrBelow(path, root)) continue
    count += 1
    bytes += znode.data?.length ?? 0
  }
  return { count, bytes }
}

/** `key=number` pairs between commas and semicolons; a `=` too many at the end of one means nothing. */
function keysOf(data: Uint8Array | undefined): ReadonlyMap<string, number> | undefined {
  if (data === undefined || data.length === 0) return new Map()
  if (data.length > TEXT_MAX) return undefined
  const pairs = new TextDecoder('latin1').decode(data).split(/[,;]+/)
  const keys = new Map<string, number>()
  for (const pair of pairs) {
    if (!/^[a-z]+=(?:-?\d{1,19})?=*$/i.test(pair)) return undefined
    const [key = '', value = ''] = pair.split('=')
    keys.set(key, value === '' ? -1 : Number(value))
  }
  return keys
}
