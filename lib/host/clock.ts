/** The machine's clocks. The only place of the replica's thread that reads them. */
import type { Instant } from '../replica/input.js'

/** Both clocks at once, read once per input. */
export function instant(): Instant {
  return { mono: performance.now(), wall: Date.now() }
}

/** The clock of a View in the application's thread. Its timers alone do not keep a process alive: the replica does. */
export const systemClock: {
  mono(): number
  wall(): number
  setTimer(delayMs: number, fire: () => void): NodeJS.Timeout
  clearTimer(timer: unknown): void
} = {
  mono: () => performance.now(),
  wall: () => Date.now(),
  setTimer: (delayMs, fire) => setTimeout(fire, delayMs).unref(),
  clearTimer: (timer) => {
    if (timer !== undefined) clearTimeout(timer as NodeJS.Timeout)
  },
}
