/**
 * Containers and znodes with a time to live that are due: what a leader deletes by itself. Looks, and
 * changes nothing; whether a znode is still due is decided again when its deletion is prepared.
 *
 * @see org.apache.zookeeper.server.ContainerManager
 */
import { CONTAINER_NEVER_USED_MS } from '../base/limits.js'
import { CONTAINER, KEPT } from '../protocol/retention.js'
import type { Tree } from './tree.js'
import type { Znode } from './znode.js'

/**
 * Whether the znode has outlived what it was created for: a container that had children and has none,
 * or was never used for long; a znode whose time to live has passed since its data was last set, and
 * that has no children. `wall` is ms since 1970.
 */
export function isExpired(
  znode: Znode,
  wall: number,
  neverUsedMs: number = CONTAINER_NEVER_USED_MS,
): boolean {
  const { retention } = znode
  if (retention === KEPT || znode.numChildren > 0) return false
  const age = wall - znode.mtime
  if (retention === CONTAINER) return znode.created > 0 || age > neverUsedMs
  return age > retention
}

/** A walk over what may be due, again and again, in slices: a million of them must hold up nobody. */
export class ExpiredWalk {
  readonly #tree: Tree
  readonly #neverUsedMs: number
  #paths: Iterator<string> | undefined = undefined

  constructor(tree: Tree, neverUsedMs: number = CONTAINER_NEVER_USED_MS) {
    this.#tree = tree
    this.#neverUsedMs = neverUsedMs
  }

  /** Paths that are due, at most `pathsMax`, among the next `looksMax`. Ends a slice at the end of a round. */
  next(wall: number, looksMax: number, pathsMax: number): string[] {
    const due: string[] = []
    if (this.#tree.retained.size === 0) return due
    this.#paths ??= this.#tree.retained.values()
    for (let looks = 0; looks < looksMax && due.length < pathsMax; looks++) {
      const { done, value: path } = this.#paths.next()
      if (done === true) {
        this.#paths = undefined
        break
      }
      const znode = this.#tree.get(path)
      if (znode !== undefined && isExpired(znode, wall, this.#neverUsedMs)) due.push(path)
    }
    return due
  }
}
