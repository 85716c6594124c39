/**
 * Virtual time: it flows as fast as the machine allows while somebody waits for something, and then for a while, so
 * that what a fault brings about comes by itself; then it stands still until it is woken. Between two turns of the
 * event loop it runs by ticks only: whoever awaits nothing but the world sees the same order every time.
 */
import { EVENTS_PER_TURN, setImmediate, Waits } from './flow.js'
import type { Flow, FlowOptions } from './flow.js'

export class VirtualFlow implements Flow {
  readonly #options: FlowOptions
  readonly #waits: Waits
  /** Until then time flows though nobody waits. */
  #idleUntil = 0
  #isRunning = false
  #isStopped = false

  constructor(options: FlowOptions) {
    this.#options = options
    this.#waits = new Waits(options.scheduler)
  }

  wake(): void {
    this.#idleUntil = this.#options.scheduler.now + this.#options.idleMs()
    this.#start()
  }

  pass(ms: number): Promise<void> {
    const passed = this.#waits.add(ms)
    this.#start()
    return passed
  }

  until(condition: () => boolean, ms: number, late: () => Error): Promise<void> {
    const met = this.#waits.add(ms, condition, late)
    this.#start()
    return met
  }

  stop(error: Error): void {
    this.#isStopped = true
    this.#waits.stop(error)
  }

  get #isWaitedFor(): boolean {
    return this.#waits.size > 0 || this.#options.pending() > 0
  }

  #start(): void {
    if (this.#isRunning || this.#isStopped) return
    this.#isRunning = true
    void this.#run()
  }

  async #run(): Promise<void> {
    const { scheduler, onFailure } = this.#options
    try {
      await turn()
      for (let events = 1; await this.#isGoingOn(); events += 1) {
        this.#step()
        if (scheduler.isTouched) await scheduler.drain()
        if (events % EVENTS_PER_TURN === 0 && this.#isWaitedFor) await turn()
      }
    } catch (error) {
      this.#isRunning = false
      onFailure(error)
    }
  }

  /** Whose condition holds goes on first: what it does is done at this very moment. */
  async #isGoingOn(): Promise<boolean> {
    const { scheduler, idleMs } = this.#options
    this.#waits.askConditions()
    if (scheduler.isTouched) await scheduler.drain()
    const nextAt = Math.min(scheduler.nextAt, this.#waits.nextAt)
    if (this.#isStopped || nextAt === Infinity) return this.#rest()
    if (nextAt <= this.#idleUntil) return true
    if (!this.#isWaitedFor) {
      scheduler.passUntil(this.#idleUntil)
      return this.#rest()
    }
    if (this.#options.pending() > 0) this.#idleUntil = scheduler.now + idleMs()
    return true
  }

  /** At once, so that whoever wakes it from now on is not overheard. */
  #rest(): false {
    this.#isRunning = false
    return false
  }

  /** One event, or the end of a time that somebody waits for. */
  #step(): void {
    const { scheduler } = this.#options
    const { nextAt } = this.#waits
    if (scheduler.nextAt <= nextAt) return scheduler.runNext()
    scheduler.passUntil(nextAt)
    this.#waits.endDue()
  }
}

/** Everything else in this process has its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
