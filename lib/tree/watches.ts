/**
 * Who watches what: ZooKeeper's two tables with one-shot, persistent and persistent recursive
 * watches. A watcher is whatever the owner of the table calls one; it has at most one entry per
 * path and table, however often and in however many modes it is registered there. Nothing is called
 * from here: firing returns who is to be told what.
 *
 * @see org.apache.zookeeper.server.watch.WatchManager, ZOOKEEPER-4466, 4471, 4475
 */
import { assert, unreachable } from '../base/assert.js'
import type { Acl } from '../protocol/acl.js'
import { parentOf } from '../protocol/path.js'
import type { WatchEvent, WatchEventType } from '../protocol/watch-event.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Change } from './change.js'

/**
 * `data`: one-shot, what getData and exists leave; the znode is created, set or deleted.
 * `child`: one-shot, what getChildren leaves; a child comes or goes, or the znode is deleted.
 * `persistent`: both, again and again.
 * `persistentRecursive`: creation, data and deletion of the path and all below, again and again.
 */
export type WatchKind = 'data' | 'child' | 'persistent' | 'persistentRecursive'

/**
 * One watcher, what it is to be told, and the ACL that it must be able to read to be told so (CVE-2024-23944). Most
 * events are for everybody: they come without. Whoever tells them looks; the table knows nobody's identity.
 */
export type Firing<W> = readonly [W, WatchEvent] | readonly [W, WatchEvent, readonly Acl[]]

/** Who may be told; `undefined`: everybody. */
type Readers = readonly Acl[] | undefined

const ONE_SHOT = 1
const PERSISTENT = 2
const RECURSIVE = 4

/** Modes of each watcher of a path, in order of registration. */
type Watchers<W> = Map<W, number>
type Table<W> = Map<string, Watchers<W>>

export class WatchTable<W> {
  readonly #data: Table<W> = new Map()
  readonly #child: Table<W> = new Map()
  /** Paths of each watcher, in either table. */
  readonly #pathsOf: Map<W, Set<string>> = new Map()
  /**
   * How many watchers watch each path recursively: no ancestor is looked at while there is none.
   */
  readonly #recursive: Map<string, number> = new Map()

  /** Watches: pairs of a path and a watcher, whatever the modes. */
  get size(): number {
    let size = 0
    for (const paths of this.#pathsOf.values()) size += paths.size
    return size
  }

  /** Paths with a watch of any kind. */
  *paths(): Generator<string> {
    yield* this.#data.keys()
    for (const path of this.#child.keys()) if (!this.#data.has(path)) yield path
  }

  /** Paths where that watcher has a watch of any kind. */
  pathsOf(watcher: W): Iterable<string> {
    return this.#pathsOf.get(watcher) ?? []
  }

  /** Paths that are watched recursively. */
  recursivePaths(): Iterable<string> {
    return this.#recursive.keys()
  }

  /** Whether the watcher has any watch. */
  isWatching(watcher: W): boolean {
    return this.#pathsOf.has(watcher)
  }

  /** Registering again changes nothing, the order least of all. */
  add(path: string, kind: WatchKind, watcher: W): void {
    switch (kind) {
      case 'data':
        this.#set(this.#data, path, watcher, ONE_SHOT)
        return
      case 'child':
        this.#set(this.#child, path, watcher, ONE_SHOT)
        return
      case 'persistent':
        this.#set(this.#data, path, watcher, PERSISTENT)
        this.#set(this.#child, path, watcher, PERSISTENT)
        return
      case 'persistentRecursive':
        this.#set(this.#data, path, watcher, RECURSIVE)
        return
      default:
        unreachable(kind)
    }
  }

  has(path: string, kind: WatchKind | 'any', watcher: W): boolean {
    if (kind === 'any') return this.#pathsOf.get(watcher)?.has(path) === true
    const table = kind === 'child' ? this.#child : this.#data
    return ((table.get(path)?.get(watcher) ?? 0) & modeOf(kind)) !== 0
  }

  /** @returns whether there was such a watch. */
  remove(path: string, kind: WatchKind | 'any', watcher: W): boolean {
    if (!this.has(path, kind, watcher)) return false
    const mode = kind === 'any' ? ONE_SHOT | PERSISTENT | RECURSIVE : modeOf(kind)
    if (kind !== 'child') this.#clear(this.#data, path, watcher, mode)
    if (kind !== 'data') this.#clear(this.#child, path, watcher, mode)
    return true
  }

  /** Removes every watch of the watcher. */
  removeAll(watcher: W): void {
    const paths = this.#pathsOf.get(watcher)
    if (paths === undefined) return
    for (const path of paths) this.remove(path, 'any', watcher)
    assert(!this.#pathsOf.has(watcher), 'a watcher without watches is forgotten')
  }

  /**
   * Who is to be told of one change, and takes the one-shot watches among them out of the table.
   * Watchers of the path come first, then those of ever higher ancestors, then those of the
   * parent's children; in each group those registered first come first. A watcher hears the same
   * event once.
   */
  trigger(change: Change, zxid: Zxid): Firing<W>[] {
    const firings: Firing<W>[] = []
    if (this.#pathsOf.size === 0) return firings
    switch (change.kind) {
      case 'created':
        this.fireData('NodeCreated', change.path, zxid, change.acl, firings)
        this.fireChildren(change.parent, zxid, change.parentAcl, firings)
        break
      case 'deleted':
        this.fireDeleted(change.path, zxid, change.acl, firings)
        this.fireChildren(change.parent, zxid, change.parentAcl, firings)
        break
      case 'data':
        this.fireData('NodeDataChanged', change.path, zxid, change.acl, firings)
        break
      default:
        unreachable(change.kind)
    }
    return firings
  }

  /** Appends what the watches of a path's data, and recursive ones at or above it, give. */
  fireData(
    type: WatchEventType,
    path: string,
    zxid: Zxid,
    readers: Readers,
    firings: Firing<W>[],
  ): void {
    if (this.#recursive.size === 0 && !this.#data.has(path)) return
    const event = Object.freeze({ type, path, zxid })
    const start = firings.length
    this.#fire(this.#data, path, event, readers, firings, undefined)
    if (this.#recursive.size === 0 || path === '/') return
    const told = new Set<W>()
    for (let index = start; index < firings.length; index++) told.add(firings[index]![0])
    for (let ancestor = path; ancestor !== '/';) {
      ancestor = parentOf(ancestor)
      if (!this.#recursive.has(ancestor)) continue
      for (const [watcher, modes] of this.#data.get(ancestor) ?? []) {
        if ((modes & RECURSIVE) === 0 || told.has(watcher)) continue
        told.add(watcher)
        firings.push(firing(watcher, event, readers))
      }
    }
  }

  /**
   * Appends what the deletion of a path gives: once to who watches both its data and its children.
   */
  fireDeleted(path: string, zxid: Zxid, readers: Readers, firings: Firing<W>[]): void {
    const start = firings.length
    this.fireData('NodeDeleted', path, zxid, readers, firings)
    if (!this.#child.has(path)) return
    const told = new Set<W>()
    for (let index = start; index < firings.length; index++) told.add(firings[index]![0])
    const event = Object.freeze({ type: 'NodeDeleted', path, zxid } as const)
    this.#fire(this.#child, path, event, readers, firings, told)
  }

  /** Appends what a child that came or went gives to those who watch the children of `path`. */
  fireChildren(path: string, zxid: Zxid, readers: Readers, firings: Firing<W>[]): void {
    if (!this.#child.has(path)) return
    const event = Object.freeze({ type: 'NodeChildrenChanged', path, zxid } as const)
    this.#fire(this.#child, path, event, readers, firings, undefined)
  }

  #fire(
    table: Table<W>,
    path: string,
    event: WatchEvent,
    readers: Readers,
    firings: Firing<W>[],
    told: ReadonlySet<W> | undefined,
  ): void {
    const watchers = table.get(path)
    if (watchers === undefined) return
    for (const [watcher, modes] of watchers) {
      // One who was told of the deletion already has its other watch used up all the same.
      if (told?.has(watcher) !== true) firings.push(firing(watcher, event, readers))
      if ((modes & ONE_SHOT) !== 0) this.#clear(table, path, watcher, ONE_SHOT)
    }
  }

  #set(table: Table<W>, path: string, watcher: W, mode: number): void {
    let watchers = table.get(path)
    if (watchers === undefined) {
      watchers = new Map()
      table.set(path, watchers)
    }
    const modes = watchers.get(watcher) ?? 0
    if (mode === RECURSIVE && (modes & RECURSIVE) === 0) this.#countRecursive(path, 1)
    watchers.set(watcher, modes | mode)
    const paths = this.#pathsOf.get(watcher)
    if (paths === undefined) this.#pathsOf.set(watcher, new Set([path]))
    else paths.add(path)
  }

  #clear(table: Table<W>, path: string, watcher: W, mode: number): void {
    const watchers = table.get(path)
    const modes = watchers?.get(watcher)
    if (watchers === undefined || modes === undefined) return
    if ((modes & mode & RECURSIVE) !== 0) this.#countRecursive(path, -1)
    const rest = modes & ~mode
    if (rest !== 0) {
      watchers.set(watcher, rest)
      return
    }
    watchers.delete(watcher)
    if (watchers.size === 0) table.delete(path)
    this.#forgetPath(path, watcher)
  }

  /** Once neither table has the watcher at that path. */
  #forgetPath(path: string, watcher: W): void {
    if (this.#data.get(path)?.has(watcher) === true) return
    if (this.#child.get(path)?.has(watcher) === true) return
    const paths = this.#pathsOf.get(watcher)
    assert(paths !== undefined, 'a watcher’s paths are known while it has any')
    paths.delete(path)
    if (paths.size === 0) this.#pathsOf.delete(watcher)
  }

  #countRecursive(path: string, change: 1 | -1): void {
    const count = (this.#recursive.get(path) ?? 0) + change
    assert(count >= 0, 'a recursive watch is removed once')
    if (count === 0) this.#recursive.delete(path)
    else this.#recursive.set(path, count)
  }
}

function firing<W>(watcher: W, event: WatchEvent, readers: Readers): Firing<W> {
  return readers === undefined ? [watcher, event] : [watcher, event, readers]
}

function modeOf(kind: WatchKind): number {
  switch (kind) {
    case 'data':
    case 'child':
      return ONE_SHOT
    case 'persistent':
      return PERSISTENT
    case 'persistentRecursive':
      return RECURSIVE
    default:
      return unreachable(kind)
  }
}
