/**
 * One watcher (in ZooKeeper a connection, here a listener) with its watches, and what it must be told as the state that
 * it watches moves on: txn by txn, or over many at once, by a snapshot.
 */
import { isAllowed } from './access.js'
import type { Placed } from './changes.js'
import type { Model } from './model.js'
import { isAtOrBelow } from './path.js'
import type { Acl, Identity, WatchEvent, WatchKind, Zxid } from './types.js'

interface Watch {
  readonly path: string
  readonly kind: WatchKind
}

/** What the removal of a watch tells, of a watcher's on one path each once and in this order. */
const REMOVED = {
  data: 'DataWatchRemoved',
  child: 'ChildWatchRemoved',
  persistent: 'PersistentWatchRemoved',
  persistentRecursive: 'PersistentWatchRemoved',
} as const

/** What is left to be told after a snapshot, and the txn at which it last happened. */
interface News {
  readonly event: WatchEvent
  readonly at: Zxid
  /** Who may read what it tells of. */
  readonly acl: readonly Acl[]
}

export class Watcher {
  readonly #model: Model
  /** Who watches: an event of what he may not read uses a one-shot watch up, and he is told nothing. */
  readonly #auth: readonly Identity[]
  /** Where the state stands, as far as this watcher was told. */
  #position: Zxid
  #watches: Watch[] = []

  constructor(model: Model, position: Zxid, auth: readonly Identity[] = []) {
    this.#auth = auth
    this.#model = model
    this.#position = position
  }

  get position(): Zxid {
    return this.#position
  }

  get isIdle(): boolean {
    return this.#watches.length === 0
  }

  /** From the present position on. To watch again in the same way changes nothing. */
  watch(path: string, kind: WatchKind): void {
    if (this.#watches.some((known) => known.path === path && known.kind === kind)) return
    this.#watches.push({ path, kind })
  }

  /** All its watches on the path, or those of one kind, are removed. @returns what the watcher is told, in this order. */
  unwatch(path: string, kind?: WatchKind): WatchEvent[] {
    const isMeant = (watch: Watch): boolean => {
      return watch.path === path && (kind === undefined || watch.kind === kind)
    }
    const types = new Set(this.#watches.filter(isMeant).map((watch) => REMOVED[watch.kind]))
    this.#watches = this.#watches.filter((watch) => !isMeant(watch))
    const inOrder = Object.values(REMOVED).filter((type) => types.delete(type))
    return inOrder.map((type) => ({ type, path, zxid: this.#position }))
  }

  /** The state moves on to `upTo`, txn by txn. @returns what the watcher is told, in this order. */
  advance(upTo: Zxid): WatchEvent[] {
    const { changes } = this.#model
    const after = this.#position
    this.#position = Math.max(after, upTo)
    const told = new Map<number, Placed>()
    this.#watches = this.#watches.filter(({ path, kind }) => {
      if (changes.isQuiet(path, after, upTo)) return true
      const heard = changes.heard(path, kind, after, upTo)
      if (isPersistent(kind)) {
        for (const placed of heard) told.set(placed.place, placed)
        return true
      }
      const [first] = heard
      if (first !== undefined) told.set(first.place, first)
      return first === undefined
    })
    if (told.size === 0) return []
    return [...told.values()]
      .filter(({ acl }) => isAllowed(acl, 1, this.#auth))
      .sort((left, right) => left.place - right.place)
      .map(({ event }) => event)
  }

  /**
   * The state is replaced by that at `upTo` at once. The watcher is told what is left of the history in between: at
   * most one event per path and kind, at the later position. A znode that has another czxid was deleted and created
   * again.
   */
  jump(upTo: Zxid): Catchup {
    const from = this.#position
    this.#position = Math.max(from, upTo)
    const news: News[] = []
    this.#watches = this.#watches.filter((watch) => {
      const missed = this.#missed(watch, from, upTo)
      if (isPersistent(watch.kind)) {
        news.push(...missed)
        return true
      }
      const first = missed.toSorted((left, right) => (mustPrecede(left, right) ? -1 : 1))[0]
      if (first !== undefined) news.push(first)
      return first === undefined
    })
    return new Catchup(news.filter(({ acl }) => isAllowed(acl, 1, this.#auth)))
  }

  #missed({ path, kind }: Watch, from: Zxid, upTo: Zxid): News[] {
    if (kind === 'persistentRecursive') {
      const paths = [...this.#model.changes.pathsBelow(path, from, upTo)]
      return paths.flatMap((below) => this.#missedOf(below, from, upTo, true, false))
    }
    const missed = this.#missedOf(path, from, upTo, kind !== 'child', kind !== 'data')
    return missed
  }

  #missedOf(path: string, from: Zxid, upTo: Zxid, data: boolean, children: boolean): News[] {
    const old = this.#model.znodeAt(path, from)
    const now = this.#model.znodeAt(path, upTo)
    const news: News[] = []
    const add = (type: WatchEvent['type'], at: Zxid): void => {
      const acl = (type === 'NodeDeleted' ? old : now)?.acl ?? []
      news.push({ event: { type, path, zxid: upTo }, at, acl })
    }
    if (old !== undefined && old.czxid !== now?.czxid) add('NodeDeleted', old.czxid)
    if (now === undefined) return news
    if (data && old?.czxid !== now.czxid) add('NodeCreated', now.czxid)
    if (data && now.mzxid > from && now.mzxid !== now.czxid) add('NodeDataChanged', now.mzxid)
    if (children && now.pzxid > from && now.pzxid !== now.czxid) {
      add('NodeChildrenChanged', now.pzxid)
    }
    return news
  }
}

/** What one watcher must be told after a snapshot: each once; in an order, as far as there is one. */
export class Catchup {
  #news: News[]

  constructor(news: readonly News[]) {
    // The same by two watches is one.
    const known = new Map(news.map((each) => [`${each.event.type} ${each.event.path}`, each]))
    this.#news = [...known.values()]
  }

  get pending(): readonly WatchEvent[] {
    return this.#news.map(({ event }) => event)
  }

  /** The watcher was told that. @returns whether it had to be, now. */
  take({ type, path, zxid }: WatchEvent): boolean {
    const told = this.#news.find(
      ({ event }) => event.type === type && event.path === path && event.zxid === zxid,
    )
    if (told === undefined) return false
    this.#news = this.#news.filter((each) => each !== told)
    return !this.#news.some((other) => mustPrecede(other, told))
  }
}

/** Deletions come first, children's before their parents'; the rest as it happened, parents before their children. */
function mustPrecede(left: News, right: News): boolean {
  const isLoss = left.event.type === 'NodeDeleted'
  if (isLoss !== (right.event.type === 'NodeDeleted')) return isLoss
  const [{ path: leftPath }, { path: rightPath }] = [left.event, right.event]
  if (isLoss) return leftPath !== rightPath && isAtOrBelow(leftPath, rightPath)
  if (left.at !== right.at) return left.at < right.at
  return left.event.type === 'NodeCreated' && isAtOrBelow(rightPath, leftPath)
}

function isPersistent(kind: WatchKind): boolean {
  return kind === 'persistent' || kind === 'persistentRecursive'
}
