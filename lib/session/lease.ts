/**
 * The lease of one session: until when this thread may believe, by its own clock, that the session lives.
 *
 * The ensemble counts a session's timeout from a moment that is *after* this View sent the heartbeat that a
 * quorum confirmed, so `send time + timeout` here ends before the leader can give anything away; the margin
 * makes it end earlier still. A wall clock that gained on the monotonic one means that the machine was
 * suspended while the monotonic clock stood still: then nothing is known until the next confirmation.
 */
import { assert } from '../base/assert.js'
import { SESSION_TIMEOUT_MS_LIMIT } from '../base/limits.js'

/** Shortest session timeout; a shorter one is raised to it, as ZooKeeper does. A few rounds of pings must fit in. */
export const SESSION_TIMEOUT_MS_MIN = 500
/** Longest session timeout, a day; a longer one is lowered to it. */
export const SESSION_TIMEOUT_MS_MAX: number = SESSION_TIMEOUT_MS_LIMIT
export const SESSION_TIMEOUT_MS_DEFAULT = 10_000

const MARGIN_MS_MIN = 50
const MARGIN_MS_MAX = 1000
const HEARTBEAT_MS_MIN = 50
const HEARTBEAT_MS_MAX = 2000

/** A moment by both clocks, ms. */
export interface Moment {
  readonly mono: number
  readonly wall: number
}

/**
 * How much earlier than the ensemble's count a lease ends: a tenth of the timeout within 50 … 1000 ms, and
 * never more than half of it. Covers the drift between two monotonic clocks and one round of pings.
 */
export function leaseMarginMs(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs / 10, MARGIN_MS_MIN), MARGIN_MS_MAX, timeoutMs / 2)
}

/** Time between two heartbeats of a View whose shortest session timeout is `timeoutMs`. */
export function heartbeatIntervalMs(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs / 6, HEARTBEAT_MS_MIN), HEARTBEAT_MS_MAX, timeoutMs / 3)
}

export class Lease {
  readonly #timeoutMs: number
  readonly #marginMs: number
  #untilMono = -Infinity
  /** Wall minus monotonic clock when the newest confirmed heartbeat was sent. */
  #offset = 0

  constructor(timeoutMs: number) {
    assert(timeoutMs > 0, 'a session has a timeout')
    this.#timeoutMs = timeoutMs
    this.#marginMs = leaseMarginMs(timeoutMs)
  }

  /** Monotonic ms at which it ends unless it is confirmed again; −Infinity before the first confirmation. */
  get until(): number {
    return this.#untilMono
  }

  /** A quorum confirmed what this View sent at that moment. Older news than what is known changes nothing. */
  confirm(sent: Moment): void {
    const until = sent.mono + this.#timeoutMs - this.#marginMs
    if (until <= this.#untilMono) return
    this.#untilMono = until
    this.#offset = sent.wall - sent.mono
  }

  alive(mono: number, wall: number): boolean {
    return mono < this.#untilMono && wall - mono - this.#offset <= this.#marginMs
  }
}

/** When each heartbeat was sent, for as long as its confirmation could still lengthen a lease. */
export class HeartbeatLog {
  readonly #sent = new Map<number, Moment>()
  #newest = 0

  /** @returns The number of the heartbeat sent now. */
  send(now: Moment, timeoutMsMax: number): number {
    for (const [number, sent] of this.#sent) {
      if (sent.mono + timeoutMsMax > now.mono) break
      this.#sent.delete(number)
    }
    this.#newest += 1
    this.#sent.set(this.#newest, now)
    return this.#newest
  }

  /** `undefined`: too old to lengthen any lease. */
  sentAt(heartbeat: number): Moment | undefined {
    return this.#sent.get(heartbeat)
  }
}
