/**
 * How time passes in an ensemble for tests: who waits, and when the next event runs. What the events do is the
 * world's. There is one flow per kind of time: virtual-flow.ts and real-flow.ts.
 */
import timers from 'node:timers'
import type { Scheduler } from './scheduler.js'

/** Taken now: whoever replaces timers for a test of his own does not replace these. */
export const setImmediate: typeof timers.setImmediate = timers.setImmediate
export const setTimeout: typeof timers.setTimeout = timers.setTimeout
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout

/** After so many events the event loop has its turn, so that the time-outs of a test runner work. */
export const EVENTS_PER_TURN = 1000

export interface Flow {
  /** Somebody asked for something: time passes, at least for a while. */
  wake(): void
  /** Resolves when exactly so much time has passed, after all that is due by then and before anything later. */
  pass(ms: number): Promise<void>
  /**
   * Resolves as soon as the condition holds, asked after each event.
   *
   * @param late  What it rejects with after so many ms.
   */
  until(condition: () => boolean, ms: number, late: () => Error): Promise<void>
  /** No time passes any more. Whoever waits gets the error. Idempotent. */
  stop(error: Error): void
}

export interface FlowOptions {
  readonly scheduler: Scheduler
  /** How much is pending in sessions. */
  readonly pending: () => number
  /** For how long (virtual ms) time goes on when nobody waits any more. */
  readonly idleMs: () => number
  /** An event threw: a defect. */
  readonly onFailure: (error: unknown) => void
}

/** Somebody waits for a time or a condition. */
interface Wait {
  readonly at: number
  readonly condition: (() => boolean) | undefined
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  readonly late: (() => Error) | undefined
}

export class Waits {
  readonly #scheduler: Scheduler
  readonly #waits = new Set<Wait>()
  #error: Error | undefined

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  get size(): number {
    return this.#waits.size
  }

  /** When the first of them is over; Infinity if there is none. */
  get nextAt(): number {
    let next = Infinity
    for (const { at } of this.#waits) next = Math.min(next, at)
    return next
  }

  add(ms: number, condition?: () => boolean, late?: () => Error): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      if (this.#error !== undefined) return reject(this.#error)
      const at = this.#scheduler.now + ms
      this.#waits.add({ at, condition, resolve, reject, late })
    })
    // Who closes a world without looking back is not punished for what still waited.
    promise.catch(() => undefined)
    return promise
  }

  /** Those whose condition holds go on. */
  askConditions(): void {
    for (const wait of this.#waits) {
      if (wait.condition === undefined) continue
      try {
        if (wait.condition()) this.#end(wait, wait.resolve)
      } catch (error) {
        this.#end(wait, () => wait.reject(error))
      }
    }
  }

  /** Those whose time has come go on, or hear that they were late. */
  endDue(): void {
    const { now } = this.#scheduler
    for (const wait of this.#waits) {
      if (wait.at > now) continue
      const { late } = wait
      this.#end(wait, late === undefined ? wait.resolve : () => wait.reject(late()))
    }
  }

  stop(error: Error): void {
    this.#error ??= error
    for (const wait of this.#waits) this.#end(wait, () => wait.reject(error))
  }

  #end(wait: Wait, settle: () => void): void {
    this.#waits.delete(wait)
    this.#scheduler.isTouched = true
    settle()
  }
}
