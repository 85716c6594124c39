/**
 * The View's heartbeat, and the one timer behind it: it beats for all sessions at once, and wakes when the first
 * lease would lapse, so that its owner is told without asking.
 */
import type { SessionId } from '../protocol/request.js'
import type { SessionReport } from '../replica/message.js'
import { HeartbeatLog, heartbeatIntervalMs } from './lease.js'
import type { Moment } from './lease.js'
import type { Clock, TimerHandle } from './port.js'
import type { ViewSession } from './view-session.js'

type Beat = (heartbeat: number, sessions: readonly SessionId[]) => void

export class Pulse {
  readonly #clock: Clock
  readonly #sessions: ReadonlyMap<SessionId, ViewSession>
  readonly #beat: Beat
  readonly #log = new HeartbeatLog()
  #timer: TimerHandle
  #isDue = false
  #nextBeatMono = -Infinity
  #stopped = false

  constructor(clock: Clock, sessions: ReadonlyMap<SessionId, ViewSession>, beat: Beat) {
    this.#clock = clock
    this.#sessions = sessions
    this.#beat = beat
  }

  now(): Moment {
    return { mono: this.#clock.mono(), wall: this.#clock.wall() }
  }

  /** A session began: it must not wait for the next beat. Beats once however many began, at `tick`. */
  hasten(): void {
    this.#isDue = true
  }

  /** To be called when inputs were processed. */
  tickIfDue(): void {
    if (this.#isDue) this.#tick()
  }

  confirm(report: SessionReport): void {
    for (const [id, heartbeat] of report) {
      const core = this.#sessions.get(id)
      const sent = this.#log.sentAt(heartbeat)
      if (core !== undefined && sent !== undefined) core.confirm(sent)
    }
  }

  /** A session ended: without any there is no timer. */
  rest(): void {
    if (this.#sessions.size === 0) this.#disarm()
  }

  stop(): void {
    this.#stopped = true
    this.#disarm()
  }

  #tick(): void {
    this.#disarm()
    if (this.#sessions.size === 0 || this.#stopped) return
    const now = this.now()
    if (this.#isDue || now.mono >= this.#nextBeatMono) this.#send(now)
    this.#isDue = false
    for (const core of this.#sessions.values()) core.refresh()
    this.#arm()
  }

  #send(now: Moment): void {
    const timeouts = [...this.#sessions.values()].map((core) => core.timeoutMs)
    const longest = timeouts.reduce((a, b) => Math.max(a, b))
    const shortest = timeouts.reduce((a, b) => Math.min(a, b))
    this.#nextBeatMono = now.mono + heartbeatIntervalMs(shortest)
    const beating = [...this.#sessions.values()].filter((core) => core.takeBeat())
    if (beating.length === 0) return
    this.#beat(
      this.#log.send(now, longest),
      beating.map(({ id }) => id),
    )
  }

  #arm(): void {
    if (this.#stopped || this.#sessions.size === 0) return
    const now = this.#clock.mono()
    let wake = this.#nextBeatMono
    for (const { leaseUntil } of this.#sessions.values()) {
      if (leaseUntil > now) wake = Math.min(wake, leaseUntil)
    }
    // At least a ms: a timer that fires early must not spin.
    const delayMs = Math.max(1, Math.ceil(wake - now))
    this.#timer = this.#clock.setTimer(delayMs, () => this.#tick())
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer)
    this.#timer = undefined
  }
}
