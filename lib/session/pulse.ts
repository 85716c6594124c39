/**
 * The View's heartbeat, and the one timer behind it: it beats for all sessions at once, and wakes when the first
 * lease would lapse, so that its owner is told without asking.
 */
import type { SessionId } from '../protocol/request.js'
import type { SessionReport } from '../replica/message.js'
import { HeartbeatLog, heartbeatIntervalMs } from './lease.js'
import type { Moment } from './lease.js'
import type { Clock, TimerHandle } from './port.js'
import type { SessionCore } from './session-core.js'

type Beat = (heartbeat: number, sessions: readonly SessionId[]) => void

export class Pulse {
  readonly #clock: Clock
  readonly #sessions: ReadonlyMap<SessionId, SessionCore>
  readonly #beat: Beat
  readonly #log = new HeartbeatLog()
  #timer: TimerHandle
  #isDue = false
  #nextBeatMono = -Infinity
  #stopped = false

  constructor(clock: Clock, sessions: ReadonlyMap<SessionId, SessionCore>, beat: Beat) {
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
      if (core === undefined || sent === undefined) continue
      // If the lease had lapsed meanwhile, its owner is told so before it is told that all is well again.
      core.refresh()
      core.lease.confirm(sent)
      core.refresh()
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
    this.#beat(this.#log.send(now, longest), [...this.#sessions.keys()])
  }

  #arm(): void {
    if (this.#stopped || this.#sessions.size === 0) return
    const now = this.#clock.mono()
    let wake = this.#nextBeatMono
    for (const { lease } of this.#sessions.values()) {
      if (lease.until > now) wake = Math.min(wake, lease.until)
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
