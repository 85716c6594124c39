/**
 * What a View needs from outside: the way to its replica, and the time.
 *
 * In production the port crosses threads and the clock is the machine's; in the simulator and in memory both
 * are direct calls under virtual time. Nothing else in this folder may look at a clock or set a timer.
 */
import type { ViewInput, ViewOutput } from '../replica/view-message.js'

/** The View's end of the way between a replica and one of its Views: FIFO both ways. */
export interface ViewPort {
  /** Takes one turn’s outputs. Must not throw, nor call the receiver before it has returned. */
  send(outputs: readonly ViewOutput[]): void
  /** Names the one receiver of inputs; what came before it was named is delivered then, in order. */
  receive(handler: (inputs: readonly ViewInput[]) => void): void
  /** Nothing is delivered after it. Idempotent. */
  close(): void
}

/** Whatever a clock gives back for a timer; only that clock can read it. */
export type TimerHandle = unknown

export interface Clock {
  /** Monotonic ms since some moment of this process. */
  mono(): number
  /** Wall clock, ms since 1970. */
  wall(): number
  /** Calls `fire` once, not before `delayMs` have passed and never inside this call. */
  setTimer(delayMs: number, fire: () => void): TimerHandle
  /** The timer does not fire any more; a timer that has fired is ignored. */
  clearTimer(timer: TimerHandle): void
}
