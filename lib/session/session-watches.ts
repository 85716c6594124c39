/**
 * The watches of one session: who hears what. Which change fires which watch is the table's (tree/watches.ts), the
 * same for every session of a View; here are the watchers, one per listener, so that a listener registered in
 * several ways on one path hears of one change once.
 */
import type { WatchEvent } from '../protocol/watch-event.js'
import type { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Firing, WatchTable } from '../tree/watches.js'
import { onAbort } from './abort.js'
import { badArguments, describe } from './arguments.js'
import type { WatchListener } from './arguments.js'
import { rethrowLater } from './listeners.js'
import type { Listeners } from './listeners.js'
import type { SessionEvents } from './session-core.js'
import { WatchIterator } from './watch-iterator.js'

/** ZooKeeper's modes of addWatch. */
export type WatchMode = 'persistent' | 'persistentRecursive'

/** Whom a watch tells. */
export interface Watcher {
  /** It only keeps the event for later: no code of the application runs. */
  readonly isBuffer: boolean
  /** Must not throw. */
  tell(event: WatchEvent): void
}

/** The watcher of one listener, with the paths that it may still watch. */
interface ListenerWatcher extends Watcher {
  readonly paths: Set<string>
}

export function checkWatchMode(mode: unknown): asserts mode is WatchMode {
  if (mode === 'persistent' || mode === 'persistentRecursive') return
  const found = describe(mode)
  throw badArguments(`a watch's mode is 'persistent' or 'persistentRecursive', not ${found}`)
}

/**
 * Tells everybody what one txn did. Buffers first: a callback can read the whole txn at once, so whatever a callback
 * does not have to bring about itself must be told before any callback runs.
 */
export function tell(firings: readonly Firing<Watcher>[]): void {
  for (const [watcher, event] of firings) if (watcher.isBuffer) watcher.tell(event)
  for (const [watcher, event] of firings) if (!watcher.isBuffer) watcher.tell(event)
}

export class SessionWatches {
  readonly #table: WatchTable<Watcher>
  /** For `watch: true`: the session's 'watch' event. */
  readonly #default: Watcher
  /** One watcher per listener; kept while the listener has a watch. */
  readonly #watchers = new Map<WatchListener, ListenerWatcher>()
  readonly #iterators = new Set<WatchIterator>()
  #ended = false

  constructor(table: WatchTable<Watcher>, listeners: Listeners<SessionEvents>) {
    this.#table = table
    this.#default = {
      isBuffer: false,
      tell: (event) => {
        if (!this.#ended) listeners.emit('watch', event)
      },
    }
  }

  /** One-shot: to the session's 'watch' event, or to a listener. */
  addOnce(path: string, kind: 'data' | 'child', target: true | WatchListener): void {
    if (target === true) this.#table.add(path, kind, this.#default)
    else this.#table.add(path, kind, this.#watcherFor(target, path))
  }

  add(path: string, mode: WatchMode, listener: WatchListener): void {
    this.#table.add(path, mode, this.#watcherFor(listener, path))
  }

  /** All watches on the path, or those of one listener; iterators are ended by their own `return`. */
  remove(path: string, listener: WatchListener | undefined): void {
    if (listener === undefined) {
      this.#table.remove(path, 'any', this.#default)
      for (const known of this.#watchers.keys()) this.#remove(path, known)
    } else {
      this.#remove(path, listener)
    }
  }

  iterate(path: string, mode: WatchMode, signal: AbortSignal | undefined): WatchIterator {
    const iterator = new WatchIterator(() => {
      this.#table.removeAll(watcher)
      this.#iterators.delete(iterator)
      stopListening?.()
    })
    const watcher: Watcher = { isBuffer: true, tell: (event) => iterator.push(event) }
    const stopListening = signal && onAbort(signal, () => iterator.end({ reason: signal.reason }))
    this.#table.add(path, mode, watcher)
    this.#iterators.add(iterator)
    return iterator
  }

  /** The session has ended; iterators end with the error, if there is one. */
  end(error: ZooKeeperError | undefined): void {
    this.#ended = true
    this.#table.removeAll(this.#default)
    for (const watcher of this.#watchers.values()) this.#table.removeAll(watcher)
    this.#watchers.clear()
    for (const iterator of this.#iterators) {
      iterator.end(error === undefined ? undefined : { reason: error })
    }
  }

  #remove(path: string, listener: WatchListener): void {
    const watcher = this.#watchers.get(listener)
    if (watcher === undefined) return
    this.#table.remove(path, 'any', watcher)
    this.#forgetIfIdle(listener, watcher, path)
  }

  #watcherFor(listener: WatchListener, path: string): ListenerWatcher {
    const known = this.#watchers.get(listener)
    known?.paths.add(path)
    if (known !== undefined) return known
    const watcher: ListenerWatcher = {
      isBuffer: false,
      paths: new Set([path]),
      tell: (event) => {
        if (this.#ended) return
        try {
          listener(event)
        } catch (error) {
          rethrowLater(error)
        }
        this.#forgetIfIdle(listener, watcher, event.path)
      },
    }
    this.#watchers.set(listener, watcher)
    return watcher
  }

  /** A service that reads with a new function each time must not collect them. */
  #forgetIfIdle(listener: WatchListener, watcher: ListenerWatcher, path: string): void {
    if (this.#table.has(path, 'any', watcher)) return
    watcher.paths.delete(path)
    // Another watcher may have taken its place meanwhile.
    if (watcher.paths.size > 0 || this.#watchers.get(listener) !== watcher) return
    this.#watchers.delete(listener)
  }
}
