/** Time that passes only when a test says so. Timers fire in the order of their moments, then of their setting. */
import type { Clock, TimerHandle } from '../../lib/session/port.js'

interface Timer {
  readonly at: number
  readonly fire: () => void
}

export class VirtualClock implements Clock {
  #mono = 1000
  /** Wall clock minus monotonic clock, ms. */
  offset = 1_700_000_000_000
  readonly #timers = new Map<number, Timer>()
  #newest = 0

  /** Timers that are set. */
  get timers(): number {
    return this.#timers.size
  }

  mono(): number {
    return this.#mono
  }

  wall(): number {
    return this.#mono + this.offset
  }

  setTimer(delayMs: number, fire: () => void): TimerHandle {
    this.#newest += 1
    this.#timers.set(this.#newest, { at: this.#mono + delayMs, fire })
    return this.#newest
  }

  clearTimer(timer: TimerHandle): void {
    this.#timers.delete(timer as number)
  }

  /** Time passes and timers fire, each at its moment. */
  advance(ms: number): void {
    const end = this.#mono + ms
    for (;;) {
      const next = this.#earliest(end)
      if (next === undefined) break
      const [number, timer] = next
      this.#timers.delete(number)
      this.#mono = Math.max(this.#mono, timer.at)
      timer.fire()
    }
    this.#mono = end
  }

  /** Time passes, but no timer fires: the thread was blocked. */
  block(ms: number): void {
    this.#mono += ms
  }

  #earliest(end: number): [number, Timer] | undefined {
    let earliest: [number, Timer] | undefined
    for (const entry of this.#timers) {
      if (entry[1].at > end) continue
      if (earliest === undefined || entry[1].at < earliest[1].at) earliest = entry
    }
    return earliest
  }
}
