/**
 * One value that everybody reads and few change: JSON, validated, live. Values that change together belong into one, or
 * into a ConfigSet.
 *
 * @see org.apache.curator.framework.recipes.shared.SharedValue
 */
import { badArguments, checkOptions, checkPath, describe } from '../session/arguments.js'
import { Listeners } from '../session/listeners.js'
import type { RequestOptions } from '../session/readable-session.js'
import { refusalError } from '../session/refusal.js'
import type { Session } from '../session/session.js'
import { awaitState } from './await-state.js'
import { codeOf } from './ends.js'
import { toJson } from './json.js'
import { Latest } from './latest.js'
import { observe } from './observe.js'
import type { Stat } from './observe.js'
import { createParents } from './parents.js'

/** Gives the value that is used (as the `parse` of zod and others do), or throws why it is none. */
export type Validate<T> = (value: unknown) => T

export interface ConfigOptions<T> {
  readonly validate: Validate<T>
  /** Shown, and by `ready` written, while there is no znode. */
  readonly initial?: T
}

export interface SetOptions extends RequestOptions {
  /** Only if the znode has this version, else `BAD_VERSION`. */
  readonly version?: number | undefined
}

export type ConfigEvents<T> = {
  change: (value: T, version: number) => void
  /** What is there now is not shown, and why. */
  invalid: (error: unknown) => void
  end: (error: Error) => void
}

/** What is shown. */
interface Shown<T> {
  readonly value: T
  /** Of the znode; −1 for what was given as `initial`. */
  readonly version: number
}

/**
 * Guarantees: `value` is always one that `validate` has given. It is the newest that this process's memory shows, unless
 * that is none: then the last good one stays, and `invalid` tells. Changes come in their order, inside the apply loop; an
 * iterator that is slow gets the newest, not all. `update` loses nobody's change: it is a compare-and-set.
 *
 * Not guaranteed: that others see a change in the same instant, or that `value` is not behind what somebody has set
 * elsewhere (`await ready()` makes it so).
 *
 * When the session ends, the last value stays readable, `live` turns false and `end` tells.
 */
export class Config<T> {
  readonly path: string
  readonly #session: Session
  readonly #validate: Validate<T>
  readonly #initial: { readonly value: T } | undefined
  readonly #listeners = new Listeners<ConfigEvents<T>>(['change', 'invalid', 'end'])
  readonly #latest = new Latest<T>()
  readonly #stop: () => void
  #shown: Shown<T> | undefined
  /** Why what is there is not shown. */
  #fault: unknown
  /** Of the znode that was looked at last. */
  #seen: Stat | null | undefined
  #untold: (() => void)[] = []
  #isLive = true

  /** Begins to watch. @throws TypeError (`BAD_ARGUMENTS`); what `validate` says of `initial`; why the session has ended. */
  constructor(session: Session, path: string, options: ConfigOptions<T>) {
    checkPath(path)
    checkOptions(options, ['validate', 'initial'])
    if (typeof options?.validate !== 'function') {
      const found = describe(options?.validate)
      throw badArguments(`option 'validate' is a function, not ${found}`)
    }
    this.path = path
    this.#session = session
    this.#validate = options.validate
    if (options.initial !== undefined) {
      toJson(options.initial)
      this.#initial = { value: options.validate(options.initial) }
      this.#shown = { value: this.#initial.value, version: -1 }
    }
    this.#look()
    this.#untold.length = 0
    this.#stop = observe(session, path, 'persistent', {
      onEvent: () => this.#tell(),
      onState: () => this.#tell(),
      onEnd: (error) => this.#onEnd(error),
    })
  }

  /** @throws why there is none: nothing valid was there since this object was made, and no `initial` was given. */
  get value(): T {
    this.#look()
    if (this.#shown !== undefined) return this.#shown.value
    throw this.#fault
  }

  /** Of the znode when `value` was in it; −1 of `initial`. */
  get version(): number {
    this.#look()
    return this.#shown?.version ?? -1
  }

  /** Why the newest is not shown; `undefined` if it is. */
  get fault(): unknown {
    this.#look()
    return this.#fault
  }

  /** Kept in step: false after `close` and after the session's end. */
  get live(): boolean {
    return this.#isLive
  }

  /**
   * Resolves with the value when it is as new as the call. Writes `initial` if there is no znode; else waits until
   * there is a valid one.
   */
  async ready(options?: RequestOptions): Promise<T> {
    checkOptions(options, ['signal'])
    const session = this.#session
    await session.sync(this.path, options)
    const initial = this.#initial
    if (initial !== undefined && session.existsSync(this.path) === null) {
      await this.#create(toJson(initial.value), options?.signal)
    }
    return awaitState({ session, path: this.path }, () => this.#shownNow(), options?.signal).then(
      ({ value }) => value,
    )
  }

  /**
   * @returns The new version.
   * @throws What `validate` throws; `BAD_VERSION`, with `version`, `NO_NODE` if there is no znode.
   */
  async set(value: T, options?: SetOptions): Promise<number> {
    checkOptions(options, ['version', 'signal'])
    const { version = -1, signal } = options ?? {}
    const data = toJson(this.#validate(value))
    for (;;) {
      try {
        return (await this.#session.setData(this.path, data, version, { signal })).version
      } catch (error) {
        if (codeOf(error) !== 'NO_NODE' || version !== -1) throw error
      }
      if (await this.#create(data, signal)) return 0
    }
  }

  /**
   * Replaces what is there by what the function makes of it; if somebody else was faster, again.
   *
   * @param change Gets the value that is there (of no znode, `initial`), and must not change it.
   * @returns The new value.
   * @throws What `change` and `validate` throw; why what is there is not valid: it would be lost.
   */
  async update(change: (value: T) => T | Promise<T>, options?: RequestOptions): Promise<T> {
    checkOptions(options, ['signal'])
    if (typeof change !== 'function') throw badArguments('update takes a function')
    const signal = options?.signal
    for (;;) {
      signal?.throwIfAborted()
      const { value, version } = this.#current()
      const next = this.#validate(await change(value))
      const data = toJson(next)
      if (version === -1) {
        if (await this.#create(data, signal)) return next
        continue
      }
      try {
        await this.#session.setData(this.path, data, version, { signal })
        return next
      } catch (error) {
        if (codeOf(error) !== 'BAD_VERSION' && codeOf(error) !== 'NO_NODE') throw error
      }
    }
  }

  /** `change` and `invalid` are told inside the apply loop. A listener that throws disturbs nobody. */
  on<Name extends keyof ConfigEvents<T>>(name: Name, listener: ConfigEvents<T>[Name]): this {
    this.#listeners.add(name, listener, false)
    return this
  }

  off<Name extends keyof ConfigEvents<T>>(name: Name, listener: ConfigEvents<T>[Name]): this {
    this.#listeners.remove(name, listener)
    return this
  }

  /** The value, if there is one, and then each later one, or the newest of them. Ends with `close`; throws why the session ended. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    this.#look()
    return this.#latest.iterate(this.#shown)
  }

  /** Stops watching; leaves no watch behind. The value stays. Idempotent. */
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

  /** What is there, and by which version it would be replaced. */
  #current(): Shown<T> {
    if (this.#session.existsSync(this.path) === null) {
      if (this.#initial !== undefined) return { value: this.#initial.value, version: -1 }
      throw noNode(this.path)
    }
    const { data, stat } = this.#session.getDataSync(this.path, { encoding: 'json' })
    return { value: this.#validate(data), version: stat.version }
  }

  /** `undefined` while what is there is not valid. */
  #shownNow(): Shown<T> | undefined {
    this.#look()
    return this.#fault === undefined ? this.#shown : undefined
  }

  /** Told when its own watch fires, so that nobody hears of a change in the midst of a read. */
  #tell(): void {
    this.#look()
    for (let tell = this.#untold.shift(); tell !== undefined; tell = this.#untold.shift()) tell()
  }

  #look(): void {
    if (!this.#isLive) return
    try {
      const stat = this.#session.existsSync(this.path)
      const before = this.#seen
      if (stat === before) return
      this.#seen = stat
      // Of no concern: its ACL, or a child.
      if (stat !== null && stat.mzxid === before?.mzxid) return
      this.#judge(stat)
    } catch {
      // The memory is being repaired, or the session is ending: both are told by its state.
    }
  }

  /** Something else is there, or nothing any more. */
  #judge(stat: Stat | null): void {
    if (stat === null) {
      if (this.#shown?.version === -1) return
      return this.#refuse(noNode(this.path))
    }
    const { version } = stat
    try {
      const { data } = this.#session.getDataSync(this.path, { encoding: 'json' })
      const value = this.#validate(data)
      this.#shown = { value, version }
      this.#fault = undefined
      this.#latest.push(value)
      this.#untold.push(() => this.#listeners.emit('change', value, version))
    } catch (error) {
      this.#refuse(error)
    }
  }

  #refuse(error: unknown): void {
    this.#fault = error
    this.#untold.push(() => this.#listeners.emit('invalid', error))
  }

  /** @returns false if somebody else has created it. */
  async #create(data: string, signal: AbortSignal | undefined): Promise<boolean> {
    for (;;) {
      try {
        await this.#session.create(this.path, data, { signal })
        return true
      } catch (error) {
        if (codeOf(error) === 'NODE_EXISTS') return false
        if (codeOf(error) !== 'NO_NODE') throw error
      }
      await createParents(this.#session, this.path, signal)
    }
  }

  #onEnd(error: Error): void {
    this.#isLive = false
    this.#latest.end({ reason: error })
    this.#listeners.emit('end', error)
    this.#listeners.clear()
  }
}

function noNode(path: string): Error {
  return refusalError({ code: 'NO_NODE', message: `there is no value at ${path}` })
}
