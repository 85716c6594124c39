/**
 * A live read-only Map over a subtree: path → data and stat, kept in step with the apply loop. The whole tree is in this
 * process's memory already; what is kept here is what was last told, so that a change can say what was before, and data
 * that is decoded once.
 *
 * What Curator's caches do with watches, reads and rebuilds after each reconnect is not needed: no event is lost while
 * the session lives, not even when the replica is caught up by a snapshot, and there is no buffer that could overflow.
 *
 * @see org.apache.curator.framework.recipes.cache.CuratorCache; khepri's projections
 */
import { checkOptions } from '../session/arguments.js'
import { checkEncoding } from '../session/data.js'
import type { Decoded, Encoding } from '../session/data.js'
import { Listeners } from '../session/listeners.js'
import type { RequestOptions } from '../session/readable-session.js'
import type { Session } from '../session/session.js'
import { childOf } from './contenders.js'
import { codeOf } from './ends.js'
import { observe } from './observe.js'
import type { Stat, WatchEvent } from './observe.js'
import { parentOf } from './parents.js'

export interface CacheOptions<E extends Encoding = Encoding> {
  /** Of the data: 'buffer' unless told. A Buffer is shared by all who read the entry: not to be written to. */
  readonly encoding?: E | undefined
}

/** Frozen, like its stat. Another one whenever the stat is another. */
export interface CacheEntry<D> {
  /** `undefined` if it is not what the encoding needs. */
  readonly data: D | undefined
  readonly stat: Stat
  /** `BAD_DATA`: why there is no data. */
  readonly error?: unknown
}

/** One change of one znode. A znode that was deleted and created again makes two. */
export interface CacheChange<D> {
  readonly kind: 'created' | 'changed' | 'deleted'
  readonly path: string
  readonly before: CacheEntry<D> | undefined
  readonly after: CacheEntry<D> | undefined
}

// A type and not an interface: only a type has the implicit index signature that `Listeners` asks for.
export type CacheEvents<D> = {
  change: (change: CacheChange<D>) => void
  end: (error: Error) => void
}

/**
 * Guarantees: a read is never behind `session.getDataSync` of the same session at the same moment, not even inside a
 * watch of a txn of which the cache has not been told; iteration shows one point of the total order, never half a txn.
 * Changes are told in zxid order inside the apply loop, after a snapshot at most one per path and kind.
 *
 * Not guaranteed: to be current for other processes, as no local read is (`await ready()` makes it so). A znode that the
 * session may not read is not there; a change of its ACL shows with the next event.
 *
 * When the session ends the last state stays readable, and `live` turns false.
 */
export class Cache<E extends Encoding = 'buffer'> implements ReadonlyMap<
  string,
  CacheEntry<Decoded[E]>
> {
  readonly path: string
  readonly #session: Session
  readonly #encoding: E | undefined
  readonly #entries = new Map<string, CacheEntry<Decoded[E]>>()
  /** How many of each znode's children are known. */
  readonly #children = new Map<string, number>()
  readonly #listeners = new Listeners<CacheEvents<Decoded[E]>>(['change', 'end'])
  /** Found by a read before the watch told of it: told then. */
  readonly #untold: CacheChange<Decoded[E]>[] = []
  readonly #stop: () => void
  #isLive = true

  /**
   * Filled when it returns, as far as this replica is; kept in step until `close` or the session's end.
   *
   * @throws TypeError (`BAD_ARGUMENTS`); why the session has ended.
   */
  constructor(session: Session, path: string, options?: CacheOptions<E>) {
    checkOptions(options, ['encoding'])
    checkEncoding(options?.encoding)
    this.path = path
    this.#session = session
    this.#encoding = options?.encoding
    checkReadable(session, path)
    this.#stop = observe(session, path, 'persistentRecursive', {
      onEvent: (event) => this.#onEvent(event),
      onState: () => this.#onState(),
      onEnd: (error) => this.#onEnd(error),
    })
    this.#catchUp()
    this.#untold.length = 0
  }

  /** It is kept in step; false after `close` and after the session's end. */
  get live(): boolean {
    return this.#isLive
  }

  get size(): number {
    this.#catchUp()
    return this.#entries.size
  }

  get(path: string): CacheEntry<Decoded[E]> | undefined {
    if (this.#isLive && this.#covers(path)) this.#tryLook(path)
    return this.#entries.get(path)
  }

  has(path: string): boolean {
    return this.get(path) !== undefined
  }

  keys(): MapIterator<string> {
    this.#catchUp()
    return this.#entries.keys()
  }

  values(): MapIterator<CacheEntry<Decoded[E]>> {
    this.#catchUp()
    return this.#entries.values()
  }

  entries(): MapIterator<[string, CacheEntry<Decoded[E]>]> {
    this.#catchUp()
    return this.#entries.entries()
  }

  [Symbol.iterator](): MapIterator<[string, CacheEntry<Decoded[E]>]> {
    return this.entries()
  }

  forEach(
    callback: (
      entry: CacheEntry<Decoded[E]>,
      path: string,
      map: ReadonlyMap<string, CacheEntry<Decoded[E]>>,
    ) => void,
    thisArgument?: unknown,
  ): void {
    for (const [path, entry] of this.entries()) callback.call(thisArgument, entry, path, this)
  }

  /** Resolves when the cache shows everything that was committed anywhere when it was called. */
  async ready(options?: RequestOptions): Promise<this> {
    await this.#session.sync(this.path, options)
    return this
  }

  /**
   * `change`: told inside the apply loop. `end`: the session has ended, and why; not after `close`. A listener that
   * throws disturbs nobody: its error is rethrown from a microtask of its own.
   */
  on<Name extends keyof CacheEvents<Decoded[E]>>(
    name: Name,
    listener: CacheEvents<Decoded[E]>[Name],
  ): this {
    this.#listeners.add(name, listener, false)
    return this
  }

  off<Name extends keyof CacheEvents<Decoded[E]>>(
    name: Name,
    listener: CacheEvents<Decoded[E]>[Name],
  ): this {
    this.#listeners.remove(name, listener)
    return this
  }

  /** Stops keeping it in step and leaves no watch behind. What it shows stays. Idempotent. */
  close(): void {
    if (!this.#isLive) return
    this.#catchUp()
    this.#isLive = false
    this.#stop()
    this.#listeners.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  #onEvent({ path }: WatchEvent): void {
    this.#tryLook(path)
    // A child that comes or goes changes its parent's stat, of which a recursive watch does not tell.
    const parent = parentOf(path)
    if (path !== this.path && this.#covers(parent)) this.#tryLook(parent)
    this.#tell()
  }

  /** What was refused while the memory was being repaired may be readable now. */
  #onState(): void {
    this.#catchUp()
    this.#tell()
  }

  #onEnd(error: Error): void {
    this.#isLive = false
    this.#listeners.emit('end', error)
    this.#listeners.clear()
  }

  /** Also what a listener finds meanwhile. */
  #tell(): void {
    for (let change = this.#untold.shift(); change !== undefined; change = this.#untold.shift()) {
      this.#listeners.emit('change', change)
    }
  }

  #covers(path: string): boolean {
    if (path === this.path) return true
    return path.startsWith(this.path === '/' ? '/' : `${this.path}/`)
  }

  /** If nothing can be read now, the last that was known stays. */
  #tryLook(path: string): void {
    try {
      this.#look(path)
    } catch {
      // The memory is being repaired, or the session is ending: both are told by its state.
    }
  }

  /** Makes it show every znode as it is now. */
  #catchUp(): void {
    if (!this.#isLive) return
    try {
      if (this.#isInStep()) return
      const there = this.#walk()
      const gone = [...this.#entries.keys()].filter((path) => !there.has(path))
      for (const path of gone.sort((left, right) => right.length - left.length)) this.#look(path)
      for (const path of there) this.#look(path)
    } catch {
      // As above.
    }
  }

  /**
   * A stat is one object per state of a znode, and another one when a child comes or goes. So if each znode that is
   * known is still as it is known, and has as many children as are known, nothing is unknown.
   */
  #isInStep(): boolean {
    if (this.#statOf(this.path) !== this.#entries.get(this.path)?.stat) return false
    for (const [path, { stat }] of this.#entries) {
      if (this.#statOf(path) !== stat) return false
      if (stat.numChildren !== (this.#children.get(path) ?? 0)) return false
    }
    return true
  }

  /** All paths, parents first. */
  #walk(): Set<string> {
    const paths = new Set<string>()
    const waiting = [this.path]
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (this.#statOf(path) === undefined) continue
      paths.add(path)
      for (const name of this.#session.getChildrenSync(path).children) {
        waiting.push(childOf(path, name))
      }
    }
    return paths
  }

  /** Takes one znode as it is now. */
  #look(path: string): void {
    const stat = this.#statOf(path)
    const before = this.#entries.get(path)
    if (before?.stat === stat) return
    if (before !== undefined && stat?.czxid === before.stat.czxid) {
      const isSame = stat.mzxid === before.stat.mzxid
      const after = isSame ? Object.freeze({ ...before, stat }) : this.#read(path, stat)
      this.#entries.set(path, after)
      if (!isSame) this.#untold.push({ kind: 'changed', path, before, after })
      return
    }
    if (before !== undefined) this.#forget(path, before)
    if (stat !== undefined) this.#add(path, this.#read(path, stat))
  }

  #add(path: string, after: CacheEntry<Decoded[E]>): void {
    this.#entries.set(path, after)
    this.#count(path, 1)
    this.#untold.push({ kind: 'created', path, before: undefined, after })
  }

  #forget(path: string, before: CacheEntry<Decoded[E]>): void {
    this.#entries.delete(path)
    this.#count(path, -1)
    this.#untold.push({ kind: 'deleted', path, before, after: undefined })
  }

  #count(path: string, change: 1 | -1): void {
    if (path === this.path) return
    const parent = parentOf(path)
    const count = (this.#children.get(parent) ?? 0) + change
    if (count === 0) this.#children.delete(parent)
    else this.#children.set(parent, count)
  }

  #read(path: string, stat: Stat): CacheEntry<Decoded[E]> {
    try {
      const { data } = this.#session.getDataSync(path, { encoding: this.#encoding })
      return Object.freeze({ data, stat })
    } catch (error) {
      if (codeOf(error) !== 'BAD_DATA') throw error
      return Object.freeze({ data: undefined, stat, error })
    }
  }

  /** `undefined` if there is none for this session. */
  #statOf(path: string): Stat | undefined {
    try {
      return this.#session.existsSync(path) ?? undefined
    } catch (error) {
      if (codeOf(error) === 'NO_AUTH') return undefined
      throw error
    }
  }
}

function checkReadable(session: Session, path: string): void {
  try {
    session.existsSync(path)
  } catch (error) {
    if (codeOf(error) !== 'NO_AUTH' && codeOf(error) !== 'CONNECTION_LOSS') throw error
  }
}
