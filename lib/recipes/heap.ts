/** A binary heap: the least of what is in it comes out first. Knows nothing of what is in it. */
export class Heap<T> {
  readonly #isBefore: (left: T, right: T) => boolean
  readonly #values: T[] = []

  constructor(isBefore: (left: T, right: T) => boolean) {
    this.#isBefore = isBefore
  }

  push(value: T): void {
    const values = this.#values
    let index = values.length
    for (; index > 0;) {
      const above = (index - 1) >> 1
      if (!this.#isBefore(value, values[above]!)) break
      values[index] = values[above]!
      index = above
    }
    values[index] = value
  }

  peek(): T | undefined {
    return this.#values[0]
  }

  pop(): T | undefined {
    const values = this.#values
    const [least] = values
    const last = values.pop()
    if (last !== undefined && values.length > 0) this.#sink(last)
    return least
  }

  /** Puts a value in at the top, and down to its place. */
  #sink(value: T): void {
    const values = this.#values
    let index = 0
    for (;;) {
      let below = 2 * index + 1
      if (below >= values.length) break
      if (below + 1 < values.length && this.#isBefore(values[below + 1]!, values[below]!))
        below += 1
      if (!this.#isBefore(values[below]!, value)) break
      values[index] = values[below]!
      index = below
    }
    values[index] = value
  }
}
