/** Real time: the events of the world run when the machine's clock says so, until the world is closed. */
import { clearTimeout, EVENTS_PER_TURN, setTimeout, Waits } from './flow.js'
import type { Flow, FlowOptions } from './flow.js'

/** The longest delay that a timer of Node.js can have. */
const TIMER_MS_MAX = 2 ** 31 - 1

export class RealFlow implements Flow {
  readonly #options: FlowOptions
  readonly #waits: Waits
  #timer: NodeJS.Timeout | undefined
  #isRunning = false
  #isStopped = false

  constructor(options: FlowOptions) {
    this.#options = options
    this.#waits = new Waits(options.scheduler)
  }

  wake(): void {
    if (this.#isRunning || this.#isStopped) return
    this.#arm()
  }

  pass(ms: number): Promise<void> {
    const passed = this.#waits.add(ms)
    this.wake()
    return passed
  }

  until(condition: () => boolean, ms: number, late: () => Error): Promise<void> {
    const met = this.#waits.add(ms, condition, late)
    this.wake()
    return met
  }

  stop(error: Error): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#waits.stop(error)
  }

  /** A world that was forgotten keeps no process alive; one that somebody waits for does. */
  #arm(): void {
    const { scheduler, pending } = this.#options
    clearTimeout(this.#timer)
    const nextAt = Math.min(scheduler.nextAt, this.#waits.nextAt)
    const delayMs = Math.min(Math.max(0, Math.ceil(nextAt - scheduler.now)), TIMER_MS_MAX)
    this.#timer = setTimeout(() => void this.#run(), delayMs)
    if (this.#waits.size === 0 && pending() === 0) this.#timer.unref()
  }

  /** All that is due by now. */
  async #run(): Promise<void> {
    const { scheduler, onFailure } = this.#options
    this.#isRunning = true
    try {
      for (let events = 0; !this.#isStopped && events < EVENTS_PER_TURN; events += 1) {
        this.#waits.askConditions()
        if (scheduler.isTouched) await scheduler.drain()
        if (this.#isStopped || !this.#step()) break
        if (scheduler.isTouched) await scheduler.drain()
      }
    } catch (error) {
      onFailure(error)
    }
    this.#isRunning = false
    if (!this.#isStopped) this.#arm()
  }

  #step(): boolean {
    const { scheduler } = this.#options
    const { nextAt } = this.#waits
    if (Math.min(scheduler.nextAt, nextAt) > scheduler.now) return false
    if (scheduler.nextAt <= nextAt) scheduler.runNext()
    else this.#waits.endDue()
    return true
  }
}
