/**
 * The newest of something that changes, as an async iterator. Unlike the events of a watch it has nothing to overflow:
 * whoever is slow to ask gets what is so by then.
 */
import { onAbort } from '../session/abort.js'
import type { Session } from '../session/session.js'
import { codeOf } from './ends.js'
import { onLife } from './life.js'

/** Sets a one-shot watch of what was looked at: of a znode itself, there or not, or of its children. */
export type Watch = (path: string, kind: 'data' | 'child') => void

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
  readonly reject: (error: unknown) => void
}

export class Observation<T> implements AsyncIterableIterator<T, undefined> {
  readonly #session: Session
  readonly #read: (watch: Watch) => T
  readonly #isSame: (left: T, right: T) => boolean
  readonly #waiting: Waiting<T>[] = []
  readonly #watched = new Set<string>()
  readonly #stops: (() => void)[] = []
  /** What is to be told next. */
  #next: { readonly value: T } | undefined
  #told: { readonly value: T } | undefined
  #isOver = false
  #error: { readonly reason: unknown } | undefined

  /** @param read Looks, and watches all that its answer depends on. */
  constructor(
    session: Session,
    read: (watch: Watch) => T,
    isSame: (left: T, right: T) => boolean,
    signal: AbortSignal | undefined,
  ) {
    signal?.throwIfAborted()
    this.#session = session
    this.#read = read
    this.#isSame = isSame
    this.#stops.push(onLife(session, this.#look))
    if (signal !== undefined) {
      this.#stops.push(onAbort(signal, () => this.#end({ reason: signal.reason })))
    }
    this.#look()
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#tell()
    })
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#next = undefined
    this.#end(undefined)
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  /** The watch listener too. */
  readonly #look = (): void => {
    if (this.#isOver) return
    try {
      const value = this.#read(this.#watch)
      const isOld = this.#told !== undefined && this.#isSame(this.#told.value, value)
      this.#next = isOld ? undefined : { value }
      this.#tell()
    } catch (error) {
      // While the replica's state is being repaired there is nothing to see; afterwards the session says so.
      if (codeOf(error) !== 'CONNECTION_LOSS') this.#end({ reason: error })
    }
  }

  readonly #watch: Watch = (path, kind) => {
    this.#watched.add(path)
    if (kind === 'data') this.#session.existsSync(path, { watch: this.#look })
    else this.#session.getChildrenSync(path, { watch: this.#look })
  }

  #tell(): void {
    while (this.#waiting.length > 0) {
      if (this.#next !== undefined) {
        const { value } = this.#next
        this.#told = this.#next
        this.#next = undefined
        this.#waiting.shift()?.resolve({ value, done: false })
      } else if (this.#isOver) {
        const error = this.#error
        this.#error = undefined
        const waiting = this.#waiting.shift()
        if (error === undefined) waiting?.resolve({ value: undefined, done: true })
        else waiting?.reject(error.reason)
      } else {
        return
      }
    }
  }

  #end(error: { readonly reason: unknown } | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#error = error
    for (const stop of this.#stops) stop()
    for (const path of this.#watched) {
      this.#session.removeWatches(path, this.#look).catch(() => undefined)
    }
    this.#tell()
  }
}
