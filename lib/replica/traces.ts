/**
 * What took time in this replica, kept until the end of the step for the Views that want to hear of it. Times are those
 * of the steps in which something began and ended: there is no clock here. Writes to the disk are timed by the shell.
 */
import type { Effect } from './effect.js'
import type { Instant } from './input.js'
import type { ElectionTrace, SnapshotTrace, Timed, Trace } from './view-message.js'
import type { Views } from './views.js'

type Facts = Omit<ElectionTrace, keyof Timed> | Omit<SnapshotTrace, keyof Timed>

export class Traces {
  readonly #views: Views
  /** Since when nobody serves this replica. */
  #leaderlessSince: Instant | undefined
  #pending: Trace[] = []

  constructor(now: Instant, views: Views) {
    this.#views = views
    this.#leaderlessSince = now
  }

  /** @param begun When it began; it ends now. */
  ended(begun: Instant, now: Instant, facts: Facts): void {
    if (this.#views.listening(facts.kind).length === 0) return
    this.#pending.push({ ...facts, start: begun.wall, durationMs: now.mono - begun.mono })
  }

  /** There is no leader any more. */
  suspended(now: Instant): void {
    this.#leaderlessSince ??= now
  }

  /** A leader serves this replica, or it does so itself. */
  served(now: Instant, facts: Omit<ElectionTrace, keyof Timed | 'kind'>): void {
    const since = this.#leaderlessSince
    this.#leaderlessSince = undefined
    if (since !== undefined) this.ended(since, now, { kind: 'election', ...facts })
  }

  /** To each View what it asked for. */
  take(): Effect[] {
    if (this.#pending.length === 0) return []
    const pending = this.#pending
    this.#pending = []
    return this.#views.ids.flatMap((view): Effect[] => {
      const traces = pending.filter(({ kind }) => this.#views.listening(kind).includes(view))
      return traces.length === 0 ? [] : [{ kind: 'view', view, input: { kind: 'trace', traces } }]
    })
  }
}
