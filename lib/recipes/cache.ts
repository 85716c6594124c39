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
export class Cache<E extends Encoding = 'buffer'>
  implements ReadonlyMap<string, CacheEntry<Decoded[E]>>
{
  readonly path: string
  readonly #session: Session
  readonly #encoding: E | undefined
  readonly #entries = new Map<string, CacheEntry<Decoded[E]>>()
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
    this.#look(path)
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
    // A child that comes or goes changes its parent's stat, of which a recursive watch does not tell.
    const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 1))
    if (this.#tryLook(path) && this.#covers(parent)) this.#tryLook(parent)
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

  /** @returns false if nothing can be read now: the last that was known stays. */
  #tryLook(path: string): boolean {
    try {
      this.#look(path)
      return true
    } catch {
      return false
    }
  }

  /**
   * Makes it show every znode as it is now. A stat is one object per state of a znode, and another one when a child
   * comes or goes: if all that is known has its stat still, nothing is unknown.
   */
  #catchUp(): void {
    if (!this.#isLive) return
    try {
      if (this.#isInStep()) return
      const there = this.#walk()
      const gone = [...this.#entries.keys()].filter((path) => !there.has(path))
      for (const path of gone.sort((left, right) => right.length - left.length)) this.#look(path)
      for (const path of there) this.#look(path)
    } catch {
      // The memory is being repaired, or the session is ending: both are told by its state.
    }
  }

  #isInStep(): boolean {
    if (this.#statOf(this.path) !== (this.#entries.get(this.path)?.stat ?? null)) return false
    for (const [path, { stat }] of this.#entries) if (this.#statOf(path) !== stat) return false
    return this.#entries.size !== 1 || this.#isWalked
  }
}
