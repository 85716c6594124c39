/**
 * The leader's side of sessions' lives: when each expires, and which heartbeats a quorum confirms.
 *
 * A heartbeat is confirmed only once a quorum of voters has answered a ping that was sent after it arrived: so a
 * paused or deposed leader confirms nothing, and a new leader, which starts every session with its full timeout
 * when it is established, cannot expire one whose owner still believes in its lease (promise P8, DESIGN §7).
 */
import { assert } from '../base/assert.js'
import type { SessionId } from '../protocol/request.js'
import type { LinkNumber } from '../zab/links.js'

/** Where a confirmation goes: over a link, or to this replica's own Views. */
export type ReportSource = LinkNumber | 'self'

interface Lease {
  readonly timeoutMs: number
  /** Monotonic ms of the last report, or of the moment from which its timeout runs. */
  since: number
  /** Its closeSession is proposed. */
  isClosing: boolean
}

interface Report {
  readonly session: SessionId
  readonly heartbeat: number
  readonly source: ReportSource
  /** First ping that was sent after it arrived. */
  readonly ping: number
}

export interface Confirmation {
  readonly source: ReportSource
  readonly sessions: readonly (readonly [SessionId, number])[]
}

export class Leases {
  readonly #leases = new Map<SessionId, Lease>()
  /** In the order of arrival, so pings ascend. */
  #reports: Report[] = []

  open(now: number, session: SessionId, timeoutMs: number): void {
    assert(timeoutMs > 0, 'a session has a timeout')
    this.#leases.set(session, { timeoutMs, since: now, isClosing: false })
  }

  /** Its owner was heard of by another way than a report. */
  touch(now: number, session: SessionId): void {
    const lease = this.#leases.get(session)
    if (lease !== undefined && !lease.isClosing) lease.since = Math.max(lease.since, now)
  }

  close(session: SessionId): void {
    this.#leases.delete(session)
  }

  /** @param pings  Number of the newest ping that was sent. */
  report(
    now: number,
    session: SessionId,
    heartbeat: number,
    source: ReportSource,
    pings: number,
  ): void {
    const lease = this.#leases.get(session)
    // Expired, or closed, while the heartbeat was on its way.
    if (lease === undefined || lease.isClosing) return
    lease.since = Math.max(lease.since, now)
    this.#reports.push({ session, heartbeat, source, ping: pings + 1 })
  }

  /** A quorum has answered that ping: the reports before it are confirmed. */
  confirm(ping: number): Confirmation[] {
    let count = 0
    while (count < this.#reports.length && (this.#reports[count]?.ping ?? Infinity) <= ping)
      count += 1
    const bySource = new Map<ReportSource, [SessionId, number][]>()
    for (const { session, heartbeat, source } of this.#reports.splice(0, count)) {
      if (!this.#leases.has(session)) continue
      const list = bySource.get(source)
      if (list === undefined) bySource.set(source, [[session, heartbeat]])
      else list.push([session, heartbeat])
    }
    return [...bySource].map(([source, sessions]) => ({ source, sessions }))
  }

  /** I was late by so much: nobody could report to me meanwhile. */
  extend(delayMs: number): void {
    for (const lease of this.#leases.values()) lease.since += delayMs
  }

  /** Sessions whose time is up, once each, in the order in which they were opened. */
  expired(now: number): SessionId[] {
    const sessions: SessionId[] = []
    for (const [session, lease] of this.#leases) {
      if (lease.isClosing || now < lease.since + lease.timeoutMs) continue
      lease.isClosing = true
      sessions.push(session)
    }
    return sessions
  }

  /** The session's end is not proposed after all: it lives from now on. */
  reopen(now: number, session: SessionId): void {
    const lease = this.#leases.get(session)
    if (lease === undefined) return
    lease.isClosing = false
    lease.since = now
  }

  /** The session's end is being proposed for another reason. False if it is gone or ending already. */
  markClosing(session: SessionId): boolean {
    const lease = this.#leases.get(session)
    if (lease === undefined || lease.isClosing) return false
    lease.isClosing = true
    return true
  }
}
