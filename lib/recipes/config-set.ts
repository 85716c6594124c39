/**
 * Several values that change together: the children of a path, each JSON, read as one.
 *
 * The paper's way (§2.3) is a znode `ready`: whoever changes the configuration deletes it, writes one value after the other
 * and creates it again, and whoever sees `ready` sees a complete configuration. One multi needs no `ready`: it is one txn,
 * all is there or nothing, and whoever reads in between reads the state before or after it. `ready` is still good for
 * what a multi does not hold, and for readers and writers that know no multi: `{ ready: true }`.
 */
import { badArguments, checkBoolean, checkOptions, checkPath } from '../session/arguments.js'
import { Listeners } from '../session/listeners.js'
import { op } from '../session/op.js'
import type { Op } from '../session/op.js'
import type { RequestOptions } from '../session/readable-session.js'
import { refusalError } from '../session/refusal.js'
import type { Session } from '../session/session.js'
import { abortable } from './abortable.js'
import { awaitState } from './await-state.js'
import { childOf } from './contenders.js'
import { codeOf, endOf } from './ends.js'
import { leave } from './entry.js'
import { toJson } from './json.js'
import { Latest } from './latest.js'
import { observe } from './observe.js'
import type { WatchEvent } from './observe.js'

/** With `ready`: it exists while the values are complete. */
const READY = 'ready'
/** An ephemeral of whoever is changing them: another has to wait, and one that died is in nobody's way. */
const WRITING = 'writing'
const IN_FLIGHT_MAX = 500

/** By name. */
export type ConfigValues = Readonly<Record<string, unknown>>

export interface ConfigSetOptions {
  /** Only states in which `<path>/ready` exists are shown; `replace` can be used. False unless told. */
  readonly ready?: boolean | undefined
}

export type ConfigSetEvents = {
  /** All of them, of one moment, and the names of those that are others. */
  change: (values: ConfigValues, names: readonly string[]) => void
  end: (error: Error) => void
}

/** One moment's values; each text decoded once. */
interface Shown {
  readonly values: ConfigValues
  /** mzxid of each: the values of an equal number are the same. */
  readonly zxids: ReadonlyMap<string, number>
}

/**
 * Guarantees: `values` is always a state that the ensemble was in, and with `ready` one that was complete: never half a
 * change, also after a catch-up by snapshot. Each state that is shown is newer than the one before. A value that is not
 * JSON is `undefined`.
 *
 * Without `ready` a change that was made in one `change` is never seen in part; one that somebody makes znode by znode
 * is.
 */
export class ConfigSet {
  readonly path: string
  readonly #session: Session
  readonly #hasReady: boolean
  readonly #listeners = new Listeners<ConfigSetEvents>(['change', 'end'])
  readonly #latest = new Latest<ConfigValues>()
  readonly #stop: () => void
  #shown: Shown | undefined
  #told: Shown | undefined
  /** zxid of the last event. */
  #lookedAt = 0
  #isLive = true

  /** Begins to watch. @throws TypeError (`BAD_ARGUMENTS`); why the session has ended. */
  constructor(session: Session, path: string, options?: ConfigSetOptions) {
    checkPath(path)
    checkOptions(options, ['ready'])
    checkBoolean('ready', options?.ready)
    this.path = path
    this.#session = session
    this.#hasReady = options?.ready === true
    const end = endOf(session)
    if (end !== undefined) throw end
    this.#look()
    this.#told = this.#shown
    this.#stop = observe(session, path, 'persistentRecursive', {
      onEvent: (event) => this.#onEvent(event),
      onState: () => this.#tell(),
      onEnd: (error) => this.#onEnd(error),
    })
  }

  /** Frozen, and of one moment; `undefined` while nothing complete has been seen. */
  get values(): ConfigValues | undefined {
    this.#look()
    return this.#shown?.values
  }

  /** Kept in step: false after `close` and after the session's end. */
  get live(): boolean {
    return this.#isLive
  }

  /** Resolves with complete values that are as new as the call, or newer. */
  async ready(options?: RequestOptions): Promise<ConfigValues> {
    checkOptions(options, ['signal'])
    await this.#session.sync(this.path, options)
    const place = { session: this.#session, path: this.path, mode: 'persistentRecursive' } as const
    const shown = await awaitState(place, () => this.#read(), options?.signal)
    return shown.values
  }

  /**
   * All of it or nothing, in one transaction: `undefined` removes a value, what is not named stays. Two that change the
   * same at the same time take effect one after the other. With `ready` it waits for a `replace` that is under way.
   *
   * @throws TypeError (`BAD_ARGUMENTS`) for names with a slash, what is not JSON, more than fits in a multi; with
   *   `ready`, `NO_NODE` if what is there is incomplete, as after a `replace` whose process died: `replace` it.
   */
  async change(values: ConfigValues, options?: RequestOptions): Promise<void> {
    checkOptions(options, ['signal'])
    const changes = this.#encode(values)
    await this.#attempt(options?.signal, () => {
      const ops = changes.flatMap(([path, data]) => this.#operation(path, data) ?? [])
      if (!this.#hasReady) return ops
      // Created and deleted in one: possible only while nobody else writes.
      const writing = this.#at(WRITING)
      const begin = op.create(writing, '', { ephemeral: true })
      return [begin, ...this.#seal(), ...ops, op.delete(writing)]
    })
  }

  /**
   * All values anew, however many: what is not named is removed. Not in one transaction: the paper's way, for which
   * `ready` must have been told. Nobody sees anything of it before it is complete; while it is under way, and after it
   * has failed, all see what they saw before, and a process that starts then waits. One at a time: it waits for others.
   */
  async replace(values: ConfigValues, options?: RequestOptions): Promise<void> {
    checkOptions(options, ['signal'])
    if (!this.#hasReady) throw badArguments("replace needs the option 'ready'")
    const changes = new Map(this.#encode(values))
    const end = [op.delete(this.#at(WRITING)), op.create(this.#at(READY))]
    const undo = (): void => void this.#session.multi(end).catch(() => undefined)
    // It must not be told of the signal: only its answer says whether there is something to undo.
    const beginning = this.#attempt(undefined, () => this.#beginning(), options?.signal)
    await abortable(beginning, options?.signal, undo)
    try {
      for (const name of this.#names()) {
        if (!changes.has(this.#at(name))) changes.set(this.#at(name), undefined)
      }
      await this.#write([...changes], options?.signal)
      await this.#session.multi(end)
    } catch (error) {
      leave(this.#session, this.#at(WRITING)).catch(() => undefined)
      throw error
    }
  }

  /** `change` is told inside the apply loop, once per txn. A listener that throws disturbs nobody. */
  on<Name extends keyof ConfigSetEvents>(name: Name, listener: ConfigSetEvents[Name]): this {
    this.#listeners.add(name, listener, false)
    return this
  }

  off<Name extends keyof ConfigSetEvents>(name: Name, listener: ConfigSetEvents[Name]): this {
    this.#listeners.remove(name, listener)
    return this
  }

  /** The values, if there are any, and then each later state of them, or the newest. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ConfigValues, undefined> {
    const { values } = this
    return this.#latest.iterate(values && { value: values })
  }

  /** Stops watching; leaves no watch behind. The values stay. Idempotent. */
  close(): void {
    if (!this.#isLive) return
    this.#isLive = false
    this.#stop()
    this.#latest.end(undefined)
    this.#listeners.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /** A multi of what fits the state that this process knows, until one does. */
  async #attempt(
    signal: AbortSignal | undefined,
    plan: () => readonly Op[],
    waitSignal: AbortSignal | undefined = signal,
  ): Promise<void> {
    const session = this.#session
    const isFree = (): true | undefined => !this.#isThere(this.#at(WRITING)) || undefined
    for (;;) {
      waitSignal?.throwIfAborted()
      if (this.#hasReady) await awaitState({ session, path: this.#at(WRITING) }, isFree, waitSignal)
      const ops = plan()
      if (ops.length === 0) return
      try {
        await session.multi(ops, { signal })
        return
      } catch (error) {
        // Somebody was faster, and what this process knows is new by now; or there is not even the path.
        const code = codeOf(error)
        if (code === 'NODE_EXISTS' || code === 'BAD_VERSION') continue
        if (code !== 'NO_NODE') throw error
      }
      await session.createPath(this.path, '', { signal })
    }
  }

  /** Nobody else writes, and nothing is complete: what this process has seen of it may be old, so it is made sure. */
  #beginning(): Op[] {
    const ready = this.#at(READY)
    const isThere = this.#isThere(ready)
    return [
      // A new version of the path itself: see `#seal`.
      op.setData(this.path, ''),
      op.create(this.#at(WRITING), '', { ephemeral: true }),
      ...(isThere ? [] : [op.create(ready)]),
      op.delete(ready),
    ]
  }

  /** What makes a change of complete values one of complete values again; of nothing it makes the first. */
  #seal(): Op[] {
    const ready = this.#at(READY)
    if (this.#isThere(ready)) return [op.check(ready)]
    const stat = this.#session.existsSync(this.path)
    if (stat !== null && this.#names().length > 0) {
      throw refusalError({ code: 'NO_NODE', message: `${this.path} is incomplete: replace it` })
    }
    // Nobody has begun to replace it since this process saw it empty.
    return [op.check(this.path, stat?.version ?? 0), op.create(ready)]
  }

  /** One after the other, not waiting for each: they take effect in their order. */
  async #write(
    changes: readonly (readonly [path: string, data: string | undefined])[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (let begin = 0; begin < changes.length; begin += IN_FLIGHT_MAX) {
      signal?.throwIfAborted()
      const writes = changes.slice(begin, begin + IN_FLIGHT_MAX).flatMap(([path, data]) => {
        const operation = this.#operation(path, data)
        return operation === undefined ? [] : [this.#session.multi([operation])]
      })
      await Promise.all(writes)
    }
  }

  #operation(path: string, data: string | undefined): Op | undefined {
    const isThere = this.#isThere(path)
    if (data === undefined) return isThere ? op.delete(path) : undefined
    return isThere ? op.setData(path, data) : op.create(path, data)
  }

  #encode(values: ConfigValues): (readonly [path: string, data: string | undefined])[] {
    return Object.entries(values).map(([name, value]) => {
      const path = this.#at(name)
      checkPath(path)
      const isReserved = this.#hasReady && (name === READY || name === WRITING)
      if (name.includes('/') || isReserved) throw badArguments(`no value can be named '${name}'`)
      return [path, value === undefined ? undefined : toJson(value)]
    })
  }

  #onEvent({ zxid }: WatchEvent): void {
    // The first event of a txn shows all of it.
    if (zxid !== this.#lookedAt) this.#tell()
    this.#lookedAt = zxid
  }

  #tell(): void {
    this.#look()
    const before = this.#told
    const shown = this.#shown
    if (shown === undefined || shown === before) return
    this.#told = shown
    const names = differences(before?.zxids, shown.zxids)
    this.#latest.push(shown.values)
    this.#listeners.emit('change', shown.values, names)
  }

  #look(): void {
    if (!this.#isLive) return
    try {
      this.#shown = this.#read() ?? this.#shown
    } catch {
      // The memory is being repaired, or the session is ending: both are told by its state.
    }
  }

  /** `undefined`: it is not complete. */
  #read(): Shown | undefined {
    if (this.#hasReady && !this.#isThere(this.#at(READY))) return undefined
    const names = this.#names()
    const zxids = new Map(names.map((name) => [name, this.#zxidOf(name)]))
    const before = this.#shown
    if (before !== undefined && differences(before.zxids, zxids).length === 0) return before
    const values = Object.fromEntries(names.map((name) => [name, this.#valueOf(name)]))
    return { values: Object.freeze(values), zxids }
  }

  #names(): string[] {
    if (!this.#isThere(this.path)) return []
    const { children } = this.#session.getChildrenSync(this.path)
    if (!this.#hasReady) return children
    return children.filter((name) => name !== READY && name !== WRITING)
  }

  #zxidOf(name: string): number {
    return this.#session.existsSync(this.#at(name))?.mzxid ?? 0
  }

  #valueOf(name: string): unknown {
    try {
      return this.#session.getDataSync(this.#at(name), { encoding: 'json' }).data
    } catch (error) {
      if (codeOf(error) === 'BAD_DATA') return undefined
      throw error
    }
  }

  #isThere(path: string): boolean {
    return this.#session.existsSync(path) !== null
  }

  #at(name: string): string {
    return childOf(this.path, name)
  }

  #onEnd(error: Error): void {
    this.#isLive = false
    this.#latest.end({ reason: error })
    this.#listeners.emit('end', error)
    this.#listeners.clear()
  }
}

function differences(
  before: ReadonlyMap<string, number> | undefined,
  after: ReadonlyMap<string, number>,
): string[] {
  const changed = [...after.keys()].filter((name) => before?.get(name) !== after.get(name))
  const removed = [...(before?.keys() ?? [])].filter((name) => !after.has(name))
  return [...changed, ...removed]
}
