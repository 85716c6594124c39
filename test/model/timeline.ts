/** One value as it changes from txn to txn: every state it ever had, found by position in O(log n). */
import type { Zxid } from './types.js'

export class Timeline<T> {
  readonly #zxids: Zxid[] = []
  readonly #values: T[] = []

  get length(): number {
    return this.#values.length
  }

  /** The newest value. */
  get last(): T | undefined {
    return this.#values.at(-1)
  }

  /** From `zxid` on the value is this. Of several in one txn the last counts: nobody sees the others. */
  set(zxid: Zxid, value: T): void {
    if (this.#zxids.at(-1) === zxid) this.#values[this.#values.length - 1] = value
    else this.push(zxid, value)
  }

  /** As `set`, but of several in one txn all are kept. */
  push(zxid: Zxid, value: T): void {
    this.#zxids.push(zxid)
    this.#values.push(value)
  }

  /** The value right after the txn at `zxid`; `undefined` before the first. */
  at(zxid: Zxid): T | undefined {
    return this.#values[this.indexAfter(zxid) - 1]
  }

  /** Everything that was set in (after, upTo]. */
  between(after: Zxid, upTo: Zxid): T[] {
    return this.#values.slice(this.indexAfter(after), this.indexAfter(upTo))
  }

  /** What was set first after that position. */
  firstAfter(after: Zxid): T | undefined {
    return this.#values[this.indexAfter(after)]
  }

  get(index: number): T | undefined {
    return this.#values[index]
  }

  /** How many were set at or before `zxid`. */
  indexAfter(zxid: Zxid): number {
    const last = this.#zxids.at(-1)
    if (last === undefined || last <= zxid) return this.#zxids.length
    let from = 0
    let to = this.#zxids.length - 1
    while (from < to) {
      const middle = (from + to) >>> 1
      if (this.#zxids[middle]! <= zxid) from = middle + 1
      else to = middle
    }
    return from
  }
}
