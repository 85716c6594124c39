/** The Views attached to this replica, what they listen to, and the heartbeats they sent since the last report. */
import type { SessionId } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import type { History } from '../zab/history.js'
import type { Effect } from './effect.js'
import type { SessionReport } from './message.js'
import type { ReplicaBounds } from './options.js'
import { ViewFeed } from './view-feed.js'
import type { TraceKind } from './view-message.js'

const NOBODY: readonly number[] = []

export class Views {
  readonly #bounds: ReplicaBounds
  readonly #feeds = new Map<number, ViewFeed>()
  /** Which Views want traces of that kind. */
  readonly #listening = new Map<TraceKind, readonly number[]>()
  /** Newest heartbeat of each session since the last `takeHeartbeats`. */
  #heartbeats = new Map<SessionId, number>()

  constructor(bounds: ReplicaBounds) {
    this.#bounds = bounds
  }

  attach(view: number): void {
    this.#feeds.set(view, new ViewFeed(view, this.#bounds))
  }

  detach(view: number): void {
    this.#feeds.delete(view)
    this.listen(view, [])
  }

  /** That View wants traces of these kinds from now on. */
  listen(view: number, on: readonly TraceKind[]): void {
    for (const [kind, views] of this.#listening)
      this.#listening.set(
        kind,
        views.filter((each) => each !== view),
      )
    for (const kind of new Set(on)) this.#listening.set(kind, [...this.listening(kind), view])
  }

  listening(kind: TraceKind): readonly number[] {
    return this.#listening.get(kind) ?? NOBODY
  }

  credit(view: number, messages: number): void {
    this.#feeds.get(view)?.credit(messages)
  }

  restart(view: number): void {
    this.#feeds.get(view)?.restart()
  }

  heartbeat(heartbeat: number, sessions: readonly SessionId[]): void {
    for (const session of sessions) this.#heartbeats.set(session, heartbeat)
  }

  takeHeartbeats(): SessionReport {
    const report = [...this.#heartbeats]
    if (report.length > 0) this.#heartbeats = new Map()
    return report
  }

  /** The log is still needed from here on. */
  get pinned(): Zxid {
    let pinned = Infinity
    for (const feed of this.#feeds.values()) pinned = Math.min(pinned, feed.pinned)
    return pinned
  }

  get ids(): readonly number[] {
    return [...this.#feeds.keys()]
  }

  get snapshots(): number {
    let snapshots = 0
    for (const feed of this.#feeds.values()) snapshots += feed.snapshots
    return snapshots
  }

  /** What each View may be sent now. */
  feed(tree: Tree, history: History<Txn>): Effect[] {
    const effects: Effect[] = []
    for (const feed of this.#feeds.values()) {
      for (const input of feed.next(tree, history)) {
        effects.push({ kind: 'view', view: feed.view, input })
      }
    }
    return effects
  }

  /** Confirmed leases, to the View that each session belongs to. */
  lease(sessions: SessionReport, tree: Tree): Effect[] {
    const byView = new Map<number, (readonly [SessionId, number])[]>()
    for (const pair of sessions) {
      const view = tree.sessions.get(pair[0])?.origin.view
      if (view === undefined || !this.#feeds.has(view)) continue
      const list = byView.get(view)
      if (list === undefined) byView.set(view, [pair])
      else list.push(pair)
    }
    return [...byView].map(([view, list]) => {
      return { kind: 'view', view, input: { kind: 'lease', sessions: list } }
    })
  }
}
