/** A value that changes, as async iterators: each gives the newest that it has not given, not all that there were. */

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void
  readonly reject: (error: unknown) => void
}

/** How it ended: without a reason, the iterators are done. */
type End = { readonly reason: unknown } | undefined

export class Latest<T> {
  readonly #iterators = new Set<LatestIterator<T>>()
  #end: { readonly how: End } | undefined

  push(value: T): void {
    for (const iterator of this.#iterators) iterator.push(value)
  }

  /** Each iterator throws the reason once, after what it has not given yet. Idempotent. */
  end(how: End): void {
    this.#end ??= { how }
    for (const iterator of this.#iterators) iterator.end(how)
    this.#iterators.clear()
  }

  /** @param first What it begins with. */
  iterate(first: { readonly value: T } | undefined): AsyncIterableIterator<T, undefined> {
    const iterator = new LatestIterator<T>(() => this.#iterators.delete(iterator))
    if (first !== undefined) iterator.push(first.value)
    if (this.#end === undefined) this.#iterators.add(iterator)
    else iterator.end(this.#end.how)
    return iterator
  }
}

class LatestIterator<T> implements AsyncIterableIterator<T, undefined> {
  #next: { readonly value: T } | undefined
  #end: { how: End } | undefined
  readonly #waiting: Waiting<T>[] = []
  readonly #forget: () => void

  constructor(forget: () => void) {
    this.#forget = forget
  }

  push(value: T): void {
    const waiting = this.#waiting.shift()
    if (waiting === undefined) this.#next = { value }
    else waiting.resolve({ value, done: false })
  }

  end(how: End): void {
    this.#end ??= { how }
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting, this.#end)
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      const next = this.#next
      this.#next = undefined
      if (next !== undefined) resolve({ value: next.value, done: false })
      else if (this.#end === undefined) this.#waiting.push({ resolve, reject })
      else this.#finish({ resolve, reject }, this.#end)
    })
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#forget()
    this.#next = undefined
    this.#end = { how: undefined }
    this.end(undefined)
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #finish(waiting: Waiting<T>, end: { how: End }): void {
    const { how } = end
    end.how = undefined
    if (how === undefined) waiting.resolve({ value: undefined, done: true })
    else waiting.reject(how.reason)
  }
}
