/** What a replica tells of itself to its Views and its shell, and the counters behind it. */
import type { Txn } from '../tree/txn.js'
import type { Peer } from '../zab/peer.js'
import { COUNTERS } from './counters.js'
import type { ReplicaCounter } from './counters.js'
import type { Effect } from './effect.js'
import type { Pipeline } from './pipeline.js'
import type { Snapshots } from './snapshots.js'
import { StatusReporter } from './status.js'
import type { ReplicaStatus } from './view-message.js'
import type { Views } from './views.js'

export class Reports {
  readonly #peer: Peer<Txn>
  readonly #views: Views
  readonly #pipeline: Pipeline
  readonly #snapshots: Snapshots
  readonly #reporter: StatusReporter
  readonly #counters = new Map<ReplicaCounter, number>()

  constructor(
    now: number,
    tickMs: number,
    peer: Peer<Txn>,
    views: Views,
    pipeline: Pipeline,
    snapshots: Snapshots,
  ) {
    this.#peer = peer
    this.#views = views
    this.#pipeline = pipeline
    this.#snapshots = snapshots
    this.#reporter = new StatusReporter(now, tickMs)
  }

  count(counter: ReplicaCounter, by: number): void {
    this.#counters.set(counter, (this.#counters.get(counter) ?? 0) + by)
  }

  /** What others are to this replica has changed: everybody is told at the end of this step. */
  changed(): void {
    this.#reporter.changed()
  }

  status(): ReplicaStatus {
    const { history, counters: own } = this.#peer
    const counters = new Map<string, number>([
      ...Object.entries(COUNTERS),
      ...own,
      ...this.#counters,
    ])
    counters.set('snapshotsTaken', this.#snapshots.taken)
    counters.set('viewSnapshots', this.#views.snapshots)
    counters.set('requestsPending', this.#pipeline.size)
    counters.set('logBytes', history.logBytes)
    counters.set('logEntries', history.length)
    return this.#reporter.of(this.#peer, counters)
  }

  /** The first words to a View. */
  greet(view: number): Effect[] {
    const { incarnationKey } = this.#peer.incarnation()
    const replica = this.#peer.options.id
    return [
      { kind: 'view', view, input: { kind: 'attached', replica, incarnationKey, view } },
      { kind: 'view', view, input: { kind: 'status', status: this.status() } },
    ]
  }

  /** What is due at the end of a step: what handshakes must say from now on, and how the replica is. */
  due(now: number): Effect[] {
    const effects: Effect[] = []
    const identity = this.#reporter.identityOf(this.#peer.history)
    if (identity !== undefined) effects.push({ kind: 'identity', ...identity })
    if (!this.#reporter.isDue(now, this.#peer)) return effects
    const status = this.status()
    effects.push({ kind: 'status', status })
    for (const view of this.#views.ids) {
      effects.push({ kind: 'view', view, input: { kind: 'status', status } })
    }
    return effects
  }
}
