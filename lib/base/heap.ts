/**
 * A binary heap: the smallest first, and of equals the one pushed first. The stable order is what
 * lets a simulation replay exactly. Not a set: equal values may be in it several times.
 */

interface Entry<T> {
  readonly value: T
  readonly sequence: number
}

/** A priority queue; `push` and `pop` take O(log size), `peek` O(1). */
export class Heap<T> {
  readonly #compare: (left: T, right: T) => number
  readonly #entries: Entry<T>[] = []
  #pushed: number = 0

  /** @param compare Negative if `left` comes first, as for `Array.sort`; must not change over time. */
  constructor(compare: (left: T, right: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#entries.length
  }

  /** The value that `pop` would give; `undefined` if the heap is empty. */
  peek(): T | undefined {
    return this.#entries[0]?.value
  }

  push(value: T): void {
    const entry = { value, sequence: this.#pushed++ }
    this.#entries.push(entry)
    this.#rise(this.#entries.length - 1, entry)
  }

  /** Removes and returns the first value; `undefined` if the heap is empty. */
  pop(): T | undefined {
    const first = this.#entries[0]
    const last = this.#entries.pop()
    if (first === undefined || last === undefined) return undefined
    if (this.#entries.length > 0) this.#sink(last)
    return first.value
  }

  /** Moves the hole at `index` up until `entry` fits into it. */
  #rise(index: number, entry: Entry<T>): void {
    let hole = index
    while (hole > 0) {
      const parentIndex = (hole - 1) >> 1
      const parent = this.#entries[parentIndex]
      if (parent === undefined || this.#isBefore(parent, entry)) break
      this.#entries[hole] = parent
      hole = parentIndex
    }
    this.#entries[hole] = entry
  }

  /** Moves the hole at the top down until `entry` fits into it. */
  #sink(entry: Entry<T>): void {
    let hole = 0
    for (;;) {
      const childIndex = this.#smallerChildOf(hole)
      const child = this.#entries[childIndex]
      if (child === undefined || this.#isBefore(entry, child)) break
      this.#entries[hole] = child
      hole = childIndex
    }
    this.#entries[hole] = entry
  }

  /** Index of the child that comes first; past the end if there is none. */
  #smallerChildOf(index: number): number {
    const left = this.#entries[2 * index + 1]
    const right = this.#entries[2 * index + 2]
    if (left === undefined || right === undefined) return 2 * index + 1
    return this.#isBefore(left, right) ? 2 * index + 1 : 2 * index + 2
  }

  #isBefore(left: Entry<T>, right: Entry<T>): boolean {
    const order = this.#compare(left.value, right.value)
    return order !== 0 ? order < 0 : left.sequence < right.sequence
  }
}
