/**
 * Watches of a client that comes back with its session: what happened while it was away is told at once, the rest is
 * watched again. What ZooKeeper does for its one-shot watches (zookeeper: DataTree.setWatches) is done here to the
 * letter. It only re-registers persistent and recursive ones, so that what happened meanwhile is lost; here they are
 * told what the stats of the znodes show. Those know no names of what is gone: see docs/gateway.md.
 */
import { ZooKeeperError } from '../session/remote.js'
import type { RemoteSession, Stat, WatchEvent, Zxid } from '../session/remote.js'
import { CATCH_UP_NODES_MAX } from './bounds.js'

export interface WatchLists {
  /** What the client has seen: later changes are news. */
  readonly relativeZxid: Zxid
  readonly data: readonly string[]
  readonly exist: readonly string[]
  readonly child: readonly string[]
  readonly persistent: readonly string[]
  readonly persistentRecursive: readonly string[]
}

/** A znode that the client may not read: nothing is told of it. */
const HIDDEN = 'hidden'

/**
 * Registers and tells. To be called where reads are, so that nothing happens in between.
 *
 * @param zxid  Where the View stands: the events carry it, for each may stand for many txns.
 * @returns false if there were more znodes under recursive watches than are looked at: those got no news.
 */
export function catchUp(
  session: RemoteSession,
  lists: WatchLists,
  zxid: Zxid,
  tell: (event: WatchEvent) => void,
): boolean {
  return new CatchUp(session, lists, zxid, tell).run()
}

class CatchUp {
  readonly #session: RemoteSession
  readonly #lists: WatchLists
  readonly #since: Zxid
  readonly #zxid: Zxid
  readonly #tell: (event: WatchEvent) => void
  /** Persistent watches may overlap: a client hears of one change of one path once. */
  readonly #told = new Set<string>()
  #budget = CATCH_UP_NODES_MAX

  constructor(
    session: RemoteSession,
    lists: WatchLists,
    zxid: Zxid,
    tell: (event: WatchEvent) => void,
  ) {
    this.#session = session
    this.#lists = lists
    this.#since = lists.relativeZxid
    this.#zxid = zxid
    this.#tell = tell
  }

  run(): boolean {
    const { data, exist, child, persistent, persistentRecursive } = this.#lists
    for (const path of data) this.#data(path)
    for (const path of exist) this.#exist(path)
    for (const path of child) this.#child(path)
    for (const path of persistent) this.#persistent(path)
    for (const path of persistentRecursive) this.#recursive(path)
    return this.#budget >= 0
  }

  #data(path: string): void {
    const stat = this.#look(path)
    if (stat === undefined) this.#say('NodeDeleted', path)
    else if (stat !== HIDDEN && stat.mzxid > this.#since) this.#say('NodeDataChanged', path)
    else this.#session.addWatch(path, 'data')
  }

  #exist(path: string): void {
    const stat = this.#look(path)
    if (stat !== undefined && stat !== HIDDEN) this.#say('NodeCreated', path)
    else this.#session.addWatch(path, 'data')
  }

  #child(path: string): void {
    const stat = this.#look(path)
    if (stat === undefined) this.#say('NodeDeleted', path)
    else if (stat !== HIDDEN && stat.pzxid > this.#since) this.#say('NodeChildrenChanged', path)
    else this.#session.addWatch(path, 'child')
  }

  #persistent(path: string): void {
    this.#session.addWatch(path, 'persistent')
    const stat = this.#look(path)
    if (stat === HIDDEN) return
    if (stat === undefined) return this.#missing(path)
    this.#node(path, stat)
    // A znode that is new has its own birth there.
    const seen = Math.max(this.#since, stat.czxid)
    if (stat.pzxid > seen) this.#once('NodeChildrenChanged', path)
  }

  #recursive(path: string): void {
    this.#session.addWatch(path, 'persistentRecursive')
    const paths = [path]
    for (let next = paths.pop(); next !== undefined; next = paths.pop()) {
      this.#budget -= 1
      if (this.#budget < 0) return
      const stat = this.#look(next)
      if (stat === HIDDEN) continue
      if (stat === undefined) {
        this.#missing(next)
        continue
      }
      this.#node(next, stat)
      if (stat.numChildren === 0) continue
      const above = next === '/' ? '' : next
      for (const name of this.#session.children(next).children) paths.push(`${above}/${name}`)
    }
  }

  #node(path: string, stat: Stat): void {
    if (stat.czxid > this.#since) this.#once('NodeCreated', path)
    else if (stat.mzxid > this.#since) this.#once('NodeDataChanged', path)
  }

  /** It may have been missing before. It was, if the nearest znode above has neither won nor lost a child since. */
  #missing(path: string): void {
    const stat = this.#nearestAbove(path)
    const isUnchanged = stat !== undefined && stat !== HIDDEN && stat.pzxid <= this.#since
    if (!isUnchanged) this.#once('NodeDeleted', path)
  }

  /** From the root down to where nothing is any more: a client may name paths of thousands of parts. */
  #nearestAbove(path: string): Stat | typeof HIDDEN | undefined {
    let nearest = this.#look('/')
    for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      const stat = this.#look(path.slice(0, slash))
      if (stat === undefined) break
      nearest = stat
    }
    return nearest
  }

  #look(path: string): Stat | typeof HIDDEN | undefined {
    try {
      return this.#session.stat(path)
    } catch (error) {
      if (error instanceof ZooKeeperError && error.code === 'NO_AUTH') return HIDDEN
      throw error
    }
  }

  #once(type: WatchEvent['type'], path: string): void {
    const key = `${type} ${path}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    this.#say(type, path)
  }

  #say(type: WatchEvent['type'], path: string): void {
    this.#tell({ type, path, zxid: this.#zxid })
  }
}
