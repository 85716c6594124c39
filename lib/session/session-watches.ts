/**
 * The watches that are made through one session object: who hears what. Which change fires which watch is the table's
 * (tree/watches.ts), the same for every session of a View; here are the watchers, one per listener, so that a
 * listener registered in several ways on one path hears of one change once.
 *
 * A session has one of these, and each of its namespaces one more, that tells the same events by other paths. They end
 * together.
 */
import { PERMS } from '../protocol/acl.js'
import type { Identity } from '../protocol/acl.js'
import type { WatchEvent, WatchEventType } from '../protocol/watch-event.js'
import type { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Zxid } from '../protocol/zxid.js'
import { mayDo } from '../tree/access.js'
import type { Firing, WatchKind, WatchTable } from '../tree/watches.js'
import { onAbort } from './abort.js'
import { badArguments, describe } from './arguments.js'
import type { WatchListener } from './arguments.js'
import { rethrowLater } from './listeners.js'
import { WatchIterator } from './watch-iterator.js'

/** ZooKeeper's modes of addWatch. */
export type WatchMode = 'persistent' | 'persistentRecursive'

/** What removeWatches removes: `data` is what exists and getData leave, `child` what getChildren leaves. */
export type WatchType = WatchKind | 'any'

/** Whom a watch tells. */
export interface Watcher {
  /** It only keeps the event for later: no code of the application runs. */
  readonly isBuffer: boolean
  /** For whom it watches: it is told only what they may read. */
  readonly auth: readonly Identity[]
  /** Must not throw. */
  tell(event: WatchEvent): void
  /** An event was kept from it; a one-shot watch is used up all the same. Must not throw. */
  withhold?(): void
}

/** Who is at the other end of a session's watches. */
export interface Audience {
  /** Who the session has said it is, by now. */
  readonly auth: readonly Identity[]
  /** The path as the application knows it. */
  leave(path: string): string
  /** For `watch: true`: the session's 'watch' event. Must not throw. */
  hear(event: WatchEvent): void
}

/** What a session and its namespaces have in common. */
interface Family {
  /** Those with a watch. */
  readonly members: Set<SessionWatches>
  ended: boolean
}

const KINDS: readonly WatchKind[] = ['data', 'child', 'persistent', 'persistentRecursive']

const REMOVED = {
  data: 'DataWatchRemoved',
  child: 'ChildWatchRemoved',
  persistent: 'PersistentWatchRemoved',
  persistentRecursive: 'PersistentWatchRemoved',
} as const satisfies Record<WatchKind, WatchEventType>

export function checkWatchMode(mode: unknown): asserts mode is WatchMode {
  if (mode === 'persistent' || mode === 'persistentRecursive') return
  const found = describe(mode)
  throw badArguments(`a watch's mode is 'persistent' or 'persistentRecursive', not ${found}`)
}

export function checkWatchType(type: unknown): asserts type is WatchType | undefined {
  if (type === undefined || type === 'any' || KINDS.some((kind) => kind === type)) return
  const names = KINDS.map((kind) => `'${kind}'`).join(', ')
  throw badArguments(`option 'type' is ${names} or 'any', not ${describe(type)}`)
}

/**
 * Tells everybody what one txn did. Buffers first: a callback can read the whole txn at once, so whatever a callback
 * does not have to bring about itself must be told before any callback runs.
 */
export function tell(firings: readonly Firing<Watcher>[]): void {
  for (const firing of firings) if (firing[0].isBuffer) tellOne(firing)
  for (const firing of firings) if (!firing[0].isBuffer) tellOne(firing)
}

/** Nobody hears of a znode that they may not read (CVE-2024-23944). */
function tellOne([watcher, event, readers]: Firing<Watcher>): void {
  if (readers === undefined || mayDo(readers, PERMS.READ, watcher.auth)) watcher.tell(event)
  else watcher.withhold?.()
}

export class SessionWatches {
  readonly #table: WatchTable<Watcher>
  readonly #audience: Audience
  readonly #family: Family
  /** For `watch: true`: the session's 'watch' event. */
  readonly #default: Watcher
  /** One watcher per listener; kept while the listener has a watch. */
  readonly #watchers = new Map<WatchListener, Watcher>()
  readonly #iterators = new Map<Watcher, WatchIterator>()

  constructor(table: WatchTable<Watcher>, audience: Audience, family?: Family) {
    this.#table = table
    this.#audience = audience
    this.#family = family ?? { members: new Set(), ended: false }
    this.#default = this.#watcher(false, (event) => audience.hear(event), undefined)
  }

  /** For a namespace of the same session. */
  of(audience: Audience): SessionWatches {
    return new SessionWatches(this.#table, audience, this.#family)
  }

  /** One-shot: to the session's 'watch' event, or to a listener. */
  addOnce(path: string, kind: 'data' | 'child', target: true | WatchListener): void {
    this.#add(path, kind, target === true ? this.#default : this.#watcherFor(target))
  }

  add(path: string, mode: WatchMode, listener: WatchListener): void {
    this.#add(path, mode, this.#watcherFor(listener))
  }

  iterate(path: string, mode: WatchMode, signal: AbortSignal | undefined): WatchIterator {
    const iterator = new WatchIterator(() => {
      this.#table.removeAll(watcher)
      this.#iterators.delete(watcher)
      stopListening?.()
      this.#restIfIdle()
    })
    const watcher = this.#watcher(true, (event) => iterator.push(event), undefined)
    const stopListening = signal && onAbort(signal, () => iterator.end({ reason: signal.reason }))
    this.#iterators.set(watcher, iterator)
    this.#add(path, mode, watcher)
    return iterator
  }

  /**
   * Removes watches of that type on the path: all that were made here, or those of one listener. Whoever had them is
   * told so, once per kind; iterators end after it.
   *
   * @param zxid Of the events: where this View stands.
   * @returns whether there was any.
   */
  remove(path: string, listener: WatchListener | undefined, type: WatchType, zxid: Zxid): boolean {
    const firings: Firing<Watcher>[] = []
    for (const watcher of this.#watchersOf(listener)) {
      for (const event of this.#take(path, watcher, type)) {
        firings.push([watcher, Object.freeze({ type: event, path, zxid })])
      }
    }
    tell(firings)
    for (const [watcher, iterator] of this.#iterators) {
      if (!this.#table.isWatching(watcher)) iterator.end()
    }
    return firings.length > 0
  }

  /** The session has ended; iterators end with the error, if there is one. */
  end(error: ZooKeeperError | undefined): void {
    this.#family.ended = true
    for (const member of this.#family.members) member.#end(error)
    this.#family.members.clear()
  }

  #end(error: ZooKeeperError | undefined): void {
    this.#table.removeAll(this.#default)
    for (const watcher of this.#watchers.values()) this.#table.removeAll(watcher)
    this.#watchers.clear()
    for (const iterator of this.#iterators.values()) {
      iterator.end(error === undefined ? undefined : { reason: error })
    }
  }

  #add(path: string, kind: WatchKind, watcher: Watcher): void {
    if (this.#family.ended) return
    this.#family.members.add(this)
    this.#table.add(path, kind, watcher)
  }

  #watchersOf(listener: WatchListener | undefined): Watcher[] {
    if (listener === undefined) {
      return [this.#default, ...this.#watchers.values(), ...this.#iterators.keys()]
    }
    const watcher = this.#watchers.get(listener)
    return watcher === undefined ? [] : [watcher]
  }

  /** Takes the watcher's watches of that type out of the table; what it is to be told of that. */
  #take(path: string, watcher: Watcher, type: WatchType): Set<WatchEventType> {
    const events = new Set<WatchEventType>()
    for (const kind of type === 'any' ? KINDS : [type]) {
      if (this.#table.remove(path, kind, watcher)) events.add(REMOVED[kind])
    }
    return events
  }

  #watcherFor(listener: WatchListener): Watcher {
    const known = this.#watchers.get(listener)
    if (known !== undefined) return known
    const call = (event: WatchEvent): void => {
      try {
        listener(event)
      } catch (error) {
        rethrowLater(error)
      }
    }
    const watcher = this.#watcher(false, call, listener)
    this.#watchers.set(listener, watcher)
    return watcher
  }

  #watcher(
    isBuffer: boolean,
    hear: (event: WatchEvent) => void,
    listener: WatchListener | undefined,
  ): Watcher {
    const audience = this.#audience
    const watcher: Watcher = {
      isBuffer,
      get auth() {
        return audience.auth
      },
      tell: (event) => {
        if (this.#family.ended) return
        const path = audience.leave(event.path)
        hear(path === event.path ? event : Object.freeze({ ...event, path }))
        this.#forgetIfIdle(watcher, listener)
      },
      withhold: () => this.#forgetIfIdle(watcher, listener),
    }
    return watcher
  }

  /** A service that reads with a new function each time must not collect them. */
  #forgetIfIdle(watcher: Watcher, listener: WatchListener | undefined): void {
    if (this.#table.isWatching(watcher)) return
    // Another watcher may have taken its place meanwhile.
    if (listener !== undefined && this.#watchers.get(listener) === watcher) {
      this.#watchers.delete(listener)
    }
    this.#restIfIdle()
  }

  #restIfIdle(): void {
    if (this.#watchers.size > 0 || this.#iterators.size > 0) return
    if (!this.#table.isWatching(this.#default)) this.#family.members.delete(this)
  }
}
