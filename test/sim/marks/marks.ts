/** The marks of one run: tells every group of them what happens, and counts what they saw. */
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Effect } from '../../../lib/replica/effect.js'
import type { Input } from '../../../lib/replica/input.js'
import type { Process } from '../../../lib/testing/process.js'
import type { ViewHost } from '../../../lib/testing/view-host.js'
import type { World } from '../../../lib/testing/world.js'
import type { SnapshotTail } from '../../../lib/tree/record.js'
import type { RemoteEnd } from '../../../lib/session/remote.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import type { Decided } from '../decided.js'
import type { Observation } from '../observation.js'
import { ElectionMarks } from './election-marks.js'
import { LeaderMarks } from './leader-marks.js'
import { RemoteMarks } from './remote-marks.js'
import { RequestMarks } from './request-marks.js'
import { RestartMarks } from './restart-marks.js'
import { SnapshotMarks } from './snapshot-marks.js'
import { Standing } from './standing.js'
import { SynchronizationMarks } from './synchronization-marks.js'
import { MARKS } from './table.js'
import type { MarkName } from './table.js'
import { ViewMarks } from './view-marks.js'
import type { Setting, Step, Watcher } from './watcher.js'

export class Marks {
  readonly counts: Map<MarkName, number> = new Map()
  readonly #setting: Setting
  readonly #watchers: readonly Watcher[]
  readonly #remote: RemoteMarks
  readonly #standings = new WeakMap<Process, Standing>()
  readonly #positions = new WeakMap<ViewHost, Zxid>()

  constructor(world: World, decided: Decided) {
    const setting: Setting = {
      world,
      decided,
      hit: (mark) => this.#hit(mark),
    }
    this.#setting = setting
    this.#remote = new RemoteMarks(setting)
    this.#watchers = [
      new SynchronizationMarks(setting),
      new ElectionMarks(setting),
      new LeaderMarks(setting),
      new SnapshotMarks(setting),
      new RestartMarks(setting),
      new RequestMarks(setting),
      new ViewMarks(setting),
      this.#remote,
    ]
  }

  stepped(process: Process, input: Input, effects: readonly Effect[]): void {
    const { core } = process.replica
    // While it loads again there is nothing to see.
    if (core === undefined) return
    const before = this.#standingOf(process)
    const { role } = core.peer
    const step: Step = { process, input, effects, core, role, before }
    const isLeft = before.role !== undefined && before.role !== role
    for (const watcher of this.#watchers) {
      watcher.stepped(step)
      if (isLeft) watcher.left(step)
    }
    for (const effect of effects) this.#executed(step, effect)
    before.update(this.#setting.world.now, core, input, effects)
  }

  processEnded(process: Process): void {
    const { core } = process.replica
    if (core === undefined) return
    const before = this.#standingOf(process)
    for (const watcher of this.#watchers) watcher.ended(process, core, before)
  }

  decided(entry: Entry<Txn>): void {
    for (const watcher of this.#watchers) watcher.decided(entry)
  }

  snapshotTaken(process: Process, tail: SnapshotTail): void {
    for (const watcher of this.#watchers) watcher.snapshotTaken(process, tail)
  }

  established(process: Process, epoch: number): void {
    for (const watcher of this.#watchers) watcher.established(process, epoch)
  }

  viewAdvanced(view: ViewHost): void {
    const from = this.#positions.get(view) ?? 0
    this.#positions.set(view, view.position)
    for (const watcher of this.#watchers) watcher.viewAdvanced(view, from)
  }

  observed(observation: Observation): void {
    for (const watcher of this.#watchers) watcher.observed(observation)
  }

  connectionEnded(view: number, position: Zxid, reason: RemoteEnd, unsettled: number): void {
    this.#remote.connectionEnded(view, position, reason, unsettled)
  }

  finished(): void {
    for (const watcher of this.#watchers) watcher.finished()
  }

  /** Its first time is told, so that whoever reads a trace finds it. */
  #hit(mark: MarkName): void {
    const times = this.counts.get(mark) ?? 0
    this.counts.set(mark, times + 1)
    if (times > 0) return
    const { trace, now } = this.#setting.world
    trace.add(now, 'mark', [], () => `~~~ ${mark}: ${MARKS[mark]}`)
  }

  #executed(step: Step, effect: Effect): void {
    if (effect.kind === 'send') {
      for (const watcher of this.#watchers) watcher.sent(step, effect.link, effect.message)
    } else if (effect.kind === 'persist') {
      for (const watcher of this.#watchers) watcher.wrote(step, effect.writes)
    }
  }

  #standingOf(process: Process): Standing {
    const known = this.#standings.get(process)
    if (known !== undefined) return known
    const standing = new Standing()
    this.#standings.set(process, standing)
    return standing
  }
}
