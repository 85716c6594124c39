/**
 * What was changed by which txn, oldest first: how an overlay knows what the tree has caught up
 * with.
 */
import type { Zxid } from '../protocol/zxid.js'

/** Consumed touches are cut off when they are at least this many and half of all. */
const CONSUMED_MIN = 1024

/** A queue of things with the zxid that changed them; zxids ascend. Amortized O(1) per touch. */
export class Touches<T> {
  #zxids: Zxid[] = []
  #things: T[] = []
  #consumed: number = 0

  push(zxid: Zxid, thing: T): void {
    this.#zxids.push(zxid)
    this.#things.push(thing)
  }

  /**
   * Removes and returns the oldest thing changed at or before `zxid`; `undefined` if there is none.
   */
  take(zxid: Zxid): T | undefined {
    const oldest = this.#zxids[this.#consumed]
    if (oldest === undefined || oldest > zxid) {
      this.#compact()
      return undefined
    }
    return this.#things[this.#consumed++]
  }

  #compact(): void {
    if (this.#consumed === 0) return
    const length = this.#zxids.length
    if (this.#consumed < CONSUMED_MIN && this.#consumed < length) return
    if (this.#consumed * 2 < length) return
    this.#zxids = this.#zxids.slice(this.#consumed)
    this.#things = this.#things.slice(this.#consumed)
    this.#consumed = 0
  }
}
