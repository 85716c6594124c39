/**
 * One heap of due events, run one at a time in a fixed order, and the time at which they run: virtual, unless it is
 * told of a clock. Nothing here looks at a real clock by itself, or decides when to run.
 */
import { assert } from '../base/assert.js'
import { Heap } from '../base/heap.js'

/** Taken now: whoever replaces timers for a test of his own does not replace this one. */
const nextTick: (callback: () => void) => void = process.nextTick.bind(process)

export interface Due {
  readonly at: number
  readonly run: () => void
  isCancelled: boolean
}

export class Scheduler {
  events = 0
  /** Promises may have been settled since the last drain: their continuations run before the next event. */
  isTouched = false
  readonly #heap = new Heap<Due>((left, right) => left.at - right.at)
  readonly #clock: (() => number) | undefined
  #now = 0

  /** @param clock  Ms, monotonic; without it time is virtual, and moves from event to event. */
  constructor(clock?: () => number) {
    this.#clock = clock
  }

  /** True time, ms. */
  get now(): number {
    return this.#clock === undefined ? this.#now : this.#clock()
  }

  /** When the next event is due; Infinity if there is none. */
  get nextAt(): number {
    for (;;) {
      const next = this.#heap.peek()
      if (next === undefined) return Infinity
      if (!next.isCancelled) return next.at
      this.#heap.pop()
    }
  }

  at(time: number, run: () => void): Due {
    const due = { at: Math.max(time, this.now), run, isCancelled: false }
    this.#heap.push(due)
    return due
  }

  after(ms: number, run: () => void): Due {
    return this.at(this.now + ms, run)
  }

  /** Runs the next event, and makes it the time at which it was due. */
  runNext(): void {
    if (this.nextAt === Infinity) return
    const next = this.#heap.pop()
    if (next === undefined) return
    this.#now = next.at
    this.events += 1
    next.run()
  }

  /** Virtual time passes, with no event in it. */
  passUntil(time: number): void {
    assert(time <= this.nextAt, 'no event is overtaken')
    this.#now = Math.max(this.#now, time)
  }

  /** Runs what is due until `end`, or until `isDone`, asked before each event, says so. True if it did. */
  async runUntil(end: number, isDone: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      if (isDone()) return true
      if (this.nextAt > end) break
      this.runNext()
      if (this.isTouched) await this.drain()
    }
    this.passUntil(end)
    return isDone()
  }

  /** A tick comes only after every microtask that is there, and every one that those leave. */
  async drain(): Promise<void> {
    this.isTouched = false
    await new Promise<void>((resolve) => {
      nextTick(resolve)
    })
  }
}
