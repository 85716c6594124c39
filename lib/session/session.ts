/**
 * What the application holds: ZooKeeper's client handle. Checks arguments and shapes results; everything that
 * needs order or time is the core's (session-core.ts) and the View's (view.ts).
 */
import type { OperationResult, OutcomeResult, SessionId } from '../protocol/request.js'
import { InvariantError } from '../base/assert.js'
import type { Stat } from '../protocol/stat.js'
import type { WatchEvent } from '../protocol/watch-event.js'
import type { Znode } from '../tree/znode.js'
import {
  checkBoolean,
  checkDuration,
  checkListener,
  checkOptions,
  checkPath,
  checkSignal,
} from './arguments.js'
import type { WatchListener } from './arguments.js'
import type { Decoded, Encoding } from './data.js'
import type { ReplicaHandle } from './handle.js'
import type { Op } from './op.js'
import { refusalError } from './refusal.js'
import { checkReadOptions, readChildren, readData, readStat } from './read.js'
import type { ReadOptions } from './read.js'
import { createBody, deleteBody, multiBody, requestBytes, setDataBody } from './request-body.js'
import type { SessionCore, SessionEvents, SessionState } from './session-core.js'
import { checkWatchMode } from './session-watches.js'
import type { WatchMode } from './session-watches.js'

const CLOSE_TIMEOUT_MS = 2000
const CLOSE_TIMEOUT_MS_MAX = 2 ** 31 - 1

/** A string goes in as UTF-8. */
export type Data = string | Uint8Array

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
}

export interface CreateOptions extends RequestOptions {
  readonly ephemeral?: boolean | undefined
  readonly sequential?: boolean | undefined
  /** Answer with `{ path, stat }` instead of the path. */
  readonly stat?: boolean | undefined
}

export interface WatchOptions extends RequestOptions {
  readonly recursive?: boolean | undefined
}

export interface CloseOptions {
  /** ms to wait for the ensemble, 2000 unless told. */
  readonly timeout?: number | undefined
}

/** Ends what else belongs to the session's owner; gets the timeout that `close` was given. */
export type OnClose = (timeoutMs: number) => Promise<void>

export class Session {
  readonly replica: ReplicaHandle
  readonly #core: SessionCore
  readonly #onClose: OnClose | undefined
  #closing: Promise<void> | undefined

  /** For the View only: `View.openSession` gives sessions. */
  constructor(core: SessionCore, replica: ReplicaHandle, onClose?: OnClose) {
    this.#core = core
    this.replica = replica
    this.#onClose = onClose
  }

  /** zxid of the txn that created the session; 0 until it is committed (`readOnly` only). */
  get id(): SessionId {
    return this.#core.id
  }

  /** ms */
  get timeout(): number {
    return this.#core.timeoutMs
  }

  get state(): SessionState {
    return this.#core.state
  }

  /** Nobody else can have been given what the session owns (promise P8). */
  get alive(): boolean {
    return this.#core.alive
  }

  /** @returns The actual path, with its sequence number if it is sequential. */
  create(
    path: string,
    data?: Data,
    options?: CreateOptions & { stat?: false | undefined },
  ): Promise<string>
  create(
    path: string,
    data: Data | undefined,
    options: CreateOptions & { stat: true },
  ): Promise<{ path: string; stat: Stat }>
  create(
    path: string,
    data?: Data,
    options?: CreateOptions,
  ): Promise<string | { path: string; stat: Stat }> {
    return this.#attempt(() => {
      checkOptions(options, ['ephemeral', 'sequential', 'stat', 'signal'])
      checkSignal(options?.signal)
      checkBoolean('stat', options?.stat)
      const body = createBody(path, data, options)
      const convert: (result: OutcomeResult) => string | { path: string; stat: Stat } =
        options?.stat === true ? createdWithStat : created
      return this.#core.submit(body, requestBytes(body), options?.signal, convert)
    })
  }

  /** Version −1 is "any". */
  delete(path: string, version = -1, options?: RequestOptions): Promise<void> {
    return this.#attempt(() => {
      checkRequestOptions(options)
      const body = deleteBody(path, version)
      return this.#core.submit(body, requestBytes(body), options?.signal, nothing)
    })
  }

  /** Version −1 is "any". */
  setData(path: string, data: Data, version = -1, options?: RequestOptions): Promise<Stat> {
    return this.#attempt(() => {
      checkRequestOptions(options)
      const body = setDataBody(path, data, version)
      return this.#core.submit(body, requestBytes(body), options?.signal, statOf)
    })
  }

  /** All or nothing, in one zxid; results in the order of the operations. */
  multi(ops: readonly Op[], options?: RequestOptions): Promise<OperationResult[]> {
    return this.#attempt(() => {
      checkRequestOptions(options)
      const body = multiBody(ops)
      return this.#core.submit(body, requestBytes(body), options?.signal, resultsOf)
    })
  }

  /** A read after it sees everything that was committed anywhere when it was called. */
  sync(path = '/', options?: RequestOptions): Promise<void> {
    return this.#attempt(() => {
      checkRequestOptions(options)
      checkPath(path)
      return this.#core.submit({ kind: 'sync' }, 0, options?.signal, nothing)
    })
  }

  /** `null` if there is no such znode. A watch is set in both cases. */
  exists(path: string, options?: ReadOptions): Promise<Stat | null> {
    return this.#attempt(() => {
      checkPath(path)
      checkReadOptions(options)
      return this.#core.read(() => readStat(this.#core, path, options), options?.signal)
    })
  }

  getData<E extends Encoding = 'buffer'>(
    path: string,
    options?: ReadOptions & { readonly encoding?: E | undefined },
  ): Promise<{ data: Decoded[E]; stat: Stat }> {
    return this.#attempt(() => {
      checkPath(path)
      checkReadOptions(options)
      return this.#core.read(() => readData<E>(this.#core, path, options), options?.signal)
    })
  }

  /** Names in the order of creation, as this replica met it: not to be relied on. */
  getChildren(path: string, options?: ReadOptions): Promise<{ children: string[]; stat: Stat }> {
    return this.#attempt(() => {
      checkPath(path)
      checkReadOptions(options)
      return this.#core.read(() => readChildren(this.#core, path, options), options?.signal)
    })
  }

  /** As `exists`, from this instant's memory: not behind this session's own unsettled writes. */
  existsSync(path: string, options?: ReadOptions): Stat | null {
    const core = this.#core
    if (core.syncRefusal !== undefined) throw refusalError(core.syncRefusal)
    const znode = core.memory.tree.get(path)
    if (options === undefined && znode !== undefined) return znode.stat
    checkSyncRead(path, znode, options)
    return readStat(core, path, options)
  }

  /** As `getData`, from this instant's memory: not behind this session's own unsettled writes. */
  getDataSync<E extends Encoding = 'buffer'>(
    path: string,
    options?: ReadOptions & { readonly encoding?: E | undefined },
  ): { data: Decoded[E]; stat: Stat } {
    const core = this.#core
    if (core.syncRefusal !== undefined) throw refusalError(core.syncRefusal)
    checkSyncRead(path, core.memory.tree.get(path), options)
    return readData<E>(core, path, options)
  }

  /** As `getChildren`, from this instant's memory: not behind this session's own unsettled writes. */
  getChildrenSync(path: string, options?: ReadOptions): { children: string[]; stat: Stat } {
    const core = this.#core
    if (core.syncRefusal !== undefined) throw refusalError(core.syncRefusal)
    checkSyncRead(path, core.memory.tree.get(path), options)
    return readChildren(core, path, options)
  }

  /**
   * Every event of the path from now on (with `recursive`, of everything below it), in zxid order. Persistent: it
   * lasts until the iterator returns, the signal is aborted or the session ends. An iterator that holds 10,000
   * events untaken ends with `OVERLOADED` after them.
   */
  watch(path: string, options?: WatchOptions): AsyncIterableIterator<WatchEvent, undefined> {
    checkOptions(options, ['recursive', 'signal'])
    checkSignal(options?.signal)
    checkPath(path)
    this.#checkOpen()
    options?.signal?.throwIfAborted()
    const mode = options?.recursive === true ? 'persistentRecursive' : 'persistent'
    return this.#core.watches.iterate(path, mode, options?.signal)
  }

  /** Registered before the call returns; adding the same listener in the same mode again changes nothing. */
  addWatch(path: string, mode: WatchMode, listener: WatchListener): Promise<void> {
    return this.#attempt(() => {
      checkPath(path)
      checkWatchMode(mode)
      checkListener(listener)
      this.#checkOpen()
      this.#core.watches.add(path, mode, listener)
      return Promise.resolve()
    })
  }

  /** Removes this session's watches of every kind on the path: all of them, or those of one listener. */
  removeWatches(path: string, listener?: WatchListener): Promise<void> {
    return this.#attempt(() => {
      checkPath(path)
      if (listener !== undefined) checkListener(listener)
      this.#checkOpen()
      this.#core.watches.remove(path, listener)
      return Promise.resolve()
    })
  }

  on<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#core.listeners.add(name, listener, false)
    return this
  }

  once<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#core.listeners.add(name, listener, true)
    return this
  }

  off<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#core.listeners.remove(name, listener)
    return this
  }

  /**
   * Ends the session and its ephemerals. Waits for the ensemble up to the timeout and resolves in any case; writes
   * still undecided then reject with `OUTCOME_UNKNOWN`. Every call gives the same promise.
   */
  close(options?: CloseOptions): Promise<void> {
    if (this.#closing !== undefined) return this.#closing
    return this.#attempt(() => {
      checkOptions(options, ['timeout'])
      const timeoutMs = options?.timeout ?? CLOSE_TIMEOUT_MS
      checkDuration('timeout', timeoutMs, 0, CLOSE_TIMEOUT_MS_MAX)
      this.#closing = this.#close(timeoutMs)
      return this.#closing
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    // At the same time: what else ends with this session waits no longer than this session does.
    await Promise.all([this.#core.close(timeoutMs), this.#onClose?.(timeoutMs)])
  }

  #checkOpen(): void {
    const refusal = this.#core.refusal
    if (refusal !== undefined) throw refusalError(refusal)
  }

  /** Asynchronous methods reject; the promise is handed on as it is, so that it can be marked as handled. */
  #attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return call()
    } catch (error) {
      return Promise.reject(error)
    }
  }
}

function checkRequestOptions(options: RequestOptions | undefined): void {
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

function nothing(): void {}

function created(result: OutcomeResult): string {
  if (result.kind === 'create') return result.path
  throw new InvariantError('a create answers with its path')
}

function createdWithStat(result: OutcomeResult): { path: string; stat: Stat } {
  if (result.kind === 'create') return { path: result.path, stat: result.stat }
  throw new InvariantError('a create answers with its path')
}

function statOf(result: OutcomeResult): Stat {
  if (result.kind === 'setData') return result.stat
  throw new InvariantError('a setData answers with its stat')
}

/** Copies: the table of outcomes holds the originals. */
function resultsOf(result: OutcomeResult): OperationResult[] {
  if (result.kind === 'multi') return result.results.map((part) => ({ ...part }))
  throw new InvariantError('a multi answers with its results')
}
