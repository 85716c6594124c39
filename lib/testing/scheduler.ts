/** Virtual time: one heap of due events, run one at a time in a fixed order. Nothing here looks at a real clock. */
import { Heap } from '../base/heap.js'

export interface Due {
  readonly at: number
  readonly run: () => void
  isCancelled: boolean
}

export class Scheduler {
  /** True time, ms. */
  now = 0
  events = 0
  /** Promises may have been settled since the last drain: their continuations run before the next event. */
  isTouched = false
  readonly #heap = new Heap<Due>((left, right) => left.at - right.at)

  at(time: number, run: () => void): Due {
    const due = { at: Math.max(time, this.now), run, isCancelled: false }
    this.#heap.push(due)
    return due
  }

  after(ms: number, run: () => void): Due {
    return this.at(this.now + ms, run)
  }

  /** Runs what is due until `end`, or until `isDone`, asked before each event, says so. True if it did. */
  async runUntil(end: number, isDone: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      if (isDone()) return true
      const next = this.#heap.peek()
      if (next === undefined || next.at > end) break
      this.#heap.pop()
      if (next.isCancelled) continue
      this.now = next.at
      this.events += 1
      next.run()
      if (this.isTouched) await this.drain()
    }
    this.now = end
    return isDone()
  }

  /** A tick comes only after every microtask that is there, and every one that those leave. */
  async drain(): Promise<void> {
    this.isTouched = false
    await new Promise<void>((resolve) => {
      process.nextTick(resolve)
    })
  }
}
