/**
 * What a session reads and watches. Asynchronous reads have their place behind the session's earlier writes
 * (session-core.ts); the Sync forms answer from this instant's memory. What is read, and by whom, is reads.ts.
 */
import { OPEN_ACL } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import type { Stat } from '../protocol/stat.js'
import type { WatchEvent } from '../protocol/watch-event.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Znode } from '../tree/znode.js'
import { checkListener, checkOptions, checkPath, checkSignal } from './arguments.js'
import type { WatchListener } from './arguments.js'
import type { Decoded, Encoding } from './data.js'
import type { ReplicaHandle } from './handle.js'
import type { ReadOp } from './op.js'
import { getQuota } from './quota.js'
import type { Quota } from './quota.js'
import { checkReadOptions, multiRead, placeOf, readChildren, readData, readStat } from './read.js'
import type { Place, ReadOptions, ReadResults } from './read.js'
import { aclOf, descendantsOf, ephemeralsOf } from './reads.js'
import { refusalError } from './refusal.js'
import { attempt } from './scope.js'
import type { Scope } from './scope.js'
import type { SessionCore } from './session-core.js'
import { SessionLife } from './session-life.js'
import type { OnClose } from './session-life.js'
import { checkWatchMode, checkWatchType } from './session-watches.js'
import type { WatchMode, WatchType } from './session-watches.js'

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
}

export interface WatchOptions extends RequestOptions {
  readonly recursive?: boolean | undefined
}

export interface RemoveWatchesOptions {
  /** 'any' unless told. */
  readonly type?: WatchType | undefined
}

export class ReadableSession extends SessionLife {
  readonly #core: SessionCore
  readonly #scope: Scope
  /** The scope's; empty for the session itself. Here, because the shortest way of a read looks at it. */
  readonly #prefix: string

  constructor(scope: Scope, replica: ReplicaHandle, onClose?: OnClose, whole?: ReadableSession) {
    super(scope, replica, onClose, whole)
    this.#core = scope.core
    this.#scope = scope
    this.#prefix = scope.prefix
  }

  /** `null` if there is no such znode. A watch is set in both cases. */
  exists(path: string, options?: ReadOptions): Promise<Stat | null> {
    return this.#read('exists', path, options, (place) => readStat(this.#scope, place, options))
  }

  getData<E extends Encoding = 'buffer'>(
    path: string,
    options?: ReadOptions & { readonly encoding?: E | undefined },
  ): Promise<{ data: Decoded[E]; stat: Stat }> {
    return this.#read('getData', path, options, (place) => readData<E>(this.#scope, place, options))
  }

  /** Names in the order of creation, as this replica met it: not to be relied on. */
  getChildren(path: string, options?: ReadOptions): Promise<{ children: string[]; stat: Stat }> {
    return this.#read('getChildren', path, options, (place) =>
      readChildren(this.#scope, place, options),
    )
  }

  /** All reads at one point of the total order; each has a result or an error of its own. Sets no watch. */
  multiRead<const Reads extends readonly ReadOp[]>(
    reads: Reads,
    options?: RequestOptions,
  ): Promise<ReadResults<Reads>> {
    return attempt(() => {
      checkRequestOptions(options)
      const evaluate = multiRead(this.#scope, reads)
      // One result for each read, of its kind.
      return this.#core.read(
        'multiRead',
        undefined,
        () => evaluate() as ReadResults<Reads>,
        options?.signal,
      )
    })
  }

  /** READ or ADMIN is needed; without ADMIN, hashes of passwords are masked. */
  getACL(path: string, options?: RequestOptions): Promise<{ acl: readonly Acl[]; stat: Stat }> {
    return this.#look('getACL', path, options, ({ at, auth, shown }) => {
      return aclOf(this.#core.memory.tree, at, auth, shown)
    })
  }

  /** Paths of this session's ephemerals that begin with the prefix, which is not a path: `/a` finds `/ab`. */
  getEphemerals(prefix = '/', options?: RequestOptions): Promise<string[]> {
    return this.#look('getEphemerals', prefix, options, () => {
      const { core, prefix: own } = this.#scope
      // Below a namespace's root, and not beside it.
      const begin = prefix === '/' && own !== '' ? `${own}/` : own + prefix
      const paths = ephemeralsOf(core.memory.tree, core.id, begin)
      return paths.map((path) => this.#scope.leave(path))
    })
  }

  /** The number of all znodes below. Takes time in proportion to it. */
  getAllChildrenNumber(path: string, options?: RequestOptions): Promise<number> {
    return this.#look('getAllChildrenNumber', path, options, ({ at, auth, shown }) => {
      return descendantsOf(this.#core.memory.tree, at, auth, shown)
    })
  }

  /** `undefined` if there is none on the znode itself. */
  getQuota(path: string, options?: RequestOptions): Promise<Quota | undefined> {
    return attempt(() => {
      checkRequestOptions(options)
      const at = this.#scope.enter(path)
      return this.#core.read('getQuota', at, getQuota(this.#scope, path), options?.signal)
    })
  }

  /** As `exists`, from this instant's memory: not behind this session's own unsettled writes. */
  existsSync(path: string, options?: ReadOptions): Stat | null {
    const core = this.#core
    if (core.syncRefusal !== undefined) throw refusalError(core.syncRefusal)
    const at = this.#prefix === '' ? path : this.#scope.enter(path)
    const znode = core.memory.tree.get(at)
    if (options === undefined && znode !== undefined && znode.acl === OPEN_ACL) return znode.stat
    checkSyncRead(path, znode, options)
    return readStat(this.#scope, { at, shown: path, auth: core.auth }, options)
  }

  /** As `getData`, from this instant's memory: not behind this session's own unsettled writes. */
  getDataSync<E extends Encoding = 'buffer'>(
    path: string,
    options?: ReadOptions & { readonly encoding?: E | undefined },
  ): { data: Decoded[E]; stat: Stat } {
    return readData<E>(this.#scope, this.#syncPlace(path, options), options)
  }

  /** As `getChildren`, from this instant's memory: not behind this session's own unsettled writes. */
  getChildrenSync(path: string, options?: ReadOptions): { children: string[]; stat: Stat } {
    return readChildren(this.#scope, this.#syncPlace(path, options), options)
  }

  /**
   * Every event of the path from now on (with `recursive`, of everything below it), in zxid order. Persistent: it
   * lasts until the iterator returns, `removeWatches` removes it, the signal is aborted or the session ends. An
   * iterator that holds 10,000 events untaken ends with `OVERLOADED` after them.
   */
  watch(path: string, options?: WatchOptions): AsyncIterableIterator<WatchEvent, undefined> {
    checkOptions(options, ['recursive', 'signal'])
    checkSignal(options?.signal)
    const at = this.#scope.enter(path)
    this.#scope.checkOpen()
    options?.signal?.throwIfAborted()
    const mode = options?.recursive === true ? 'persistentRecursive' : 'persistent'
    return this.#scope.watches.iterate(at, mode, options?.signal)
  }

  /** Registered before the call returns; adding the same listener in the same mode again changes nothing. */
  addWatch(path: string, mode: WatchMode, listener: WatchListener): Promise<void> {
    return attempt(() => {
      const at = this.#scope.enter(path)
      checkWatchMode(mode)
      checkListener(listener)
      this.#scope.checkOpen()
      this.#scope.watches.add(at, mode, listener)
      return Promise.resolve()
    })
  }

  /**
   * Removes the watches of that type on the path that were set through this session object: all of them, or those of
   * one listener. Before the call returns each listener is told which (`DataWatchRemoved`, `ChildWatchRemoved`,
   * `PersistentWatchRemoved`); iterators end after that event. `NO_WATCHER` if there was none.
   */
  removeWatches(
    path: string,
    listener?: WatchListener,
    options?: RemoveWatchesOptions,
  ): Promise<void> {
    return attempt(() => {
      const at = this.#scope.enter(path)
      if (listener !== undefined) checkListener(listener)
      checkOptions(options, ['type'])
      checkWatchType(options?.type)
      this.#scope.checkOpen()
      const { lastZxid } = this.#core.memory.tree
      if (this.#scope.watches.remove(at, listener, options?.type ?? 'any', lastZxid)) {
        return Promise.resolve()
      }
      throw new ZooKeeperError('NO_WATCHER', `no such watch on ${path}`, { path })
    })
  }

  #syncPlace(path: string, options: ReadOptions | undefined): Place {
    const core = this.#core
    if (core.syncRefusal !== undefined) throw refusalError(core.syncRefusal)
    const at = this.#prefix === '' ? path : this.#scope.enter(path)
    checkSyncRead(path, core.memory.tree.get(at), options)
    return { at, shown: path, auth: core.auth }
  }

  #read<T>(
    operation: string,
    path: string,
    options: ReadOptions | undefined,
    evaluate: (place: Place) => T,
  ): Promise<T> {
    return attempt(() => {
      const place = placeOf(this.#scope, path)
      checkReadOptions(options)
      return this.#core.read(operation, place.at, () => evaluate(place), options?.signal)
    })
  }

  /** A read that sets no watch. */
  #look<T>(
    operation: string,
    path: string,
    options: RequestOptions | undefined,
    evaluate: (place: Place) => T,
  ): Promise<T> {
    return attempt(() => {
      const place = placeOf(this.#scope, path)
      checkRequestOptions(options)
      return this.#core.read(operation, place.at, () => evaluate(place), options?.signal)
    })
  }
}

export function checkRequestOptions(options: RequestOptions | undefined): void {
  checkOptions(options, ['signal'])
  checkSignal(options?.signal)
}

/** Only a path that names no znode can be one that breaks the grammar. */
function checkSyncRead(
  path: string,
  znode: Znode | undefined,
  options: ReadOptions | undefined,
): void {
  if (znode === undefined) checkPath(path)
  if (options === undefined) return
  checkReadOptions(options)
  options.signal?.throwIfAborted()
}
