/** Rare states of snapshots of the own state, and of Views that lag. */
import type { Core } from '../../../lib/replica/core.js'
import type { Write } from '../../../lib/replica/effect.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Message } from '../../../lib/replica/message.js'
import type { Process } from '../../../lib/testing/process.js'
import type { ViewHost } from '../../../lib/testing/view-host.js'
import type { SnapshotTail } from '../../../lib/tree/record.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Following } from '../../../lib/zab/following.js'
import type { Standing } from './standing.js'
import { Watcher } from './watcher.js'
import type { Step } from './watcher.js'

export class SnapshotMarks extends Watcher {
  /** Snapshots that processes are taking of their own state, by number. */
  readonly #taking = new WeakMap<Process, number>()
  readonly #views = new WeakMap<ViewHost, number>()
  /** What each View of a process was sent last. */
  readonly #sent = new WeakMap<Process, Map<number, Zxid>>()

  override stepped({ process, effects, core }: Step): void {
    for (const effect of effects) {
      if (effect.kind !== 'view') continue
      if (effect.input.kind === 'snapshotEnd')
        this.#fed(process, effect.view, effect.input.tail.end)
      if (effect.input.kind === 'txns')
        this.#fed(process, effect.view, effect.input.entries.at(-1)?.zxid ?? 0)
    }
    for (const zxid of this.#sent.get(process)?.values() ?? [])
      if (zxid < core.history.committed) this.setting.hit('view-without-credit')
  }

  override wrote({ process, role, before }: Step, writes: readonly Write[]): void {
    for (const write of writes) {
      if (write.kind === 'snapshotNodes') {
        const isReceived = role instanceof Following && before.learner === 'snap'
        if (!isReceived) this.#taking.set(process, write.snapshot)
      }
      const isEnd = write.kind === 'snapshotComplete' || write.kind === 'snapshotAbort'
      if (!isEnd || this.#taking.get(process) !== write.snapshot) continue
      this.#taking.delete(process)
      if (write.kind === 'snapshotAbort') this.setting.hit('snapshot-void')
    }
    if (writes.some(({ kind }) => kind === 'trim')) this.setting.hit('log-trimmed')
  }

  override sent(_step: Step, _link: number, message: Message): void {
    if (message.kind === 'snapEnd' && message.tail.end > message.tail.start)
      this.setting.hit('snap-while-deciding')
  }

  override ended(process: Process, _core: Core, _before: Standing): void {
    if (this.#taking.has(process)) this.setting.hit('crash-taking-snapshot')
  }

  /** What is applied while a snapshot is taken is in it in part. */
  override snapshotTaken(_process: Process, { start, end }: SnapshotTail): void {
    if (end <= start) return
    const { decided, hit } = this.setting
    hit('snapshot-fuzzy')
    for (const { txn } of between(decided.entries, start, end)) {
      if (txn.body.kind === 'multi') hit('snapshot-over-multi')
      if (txn.body.kind === 'closeSession' && txn.body.paths.length > 0) hit('snapshot-over-close')
    }
  }

  override viewAdvanced(view: ViewHost, from: Zxid): void {
    const known = this.#views.get(view) ?? 0
    this.#views.set(view, view.snapshots)
    if (view.snapshots > known && from > 0) this.setting.hit('view-caught-up-by-snapshot')
  }

  #fed(process: Process, view: number, zxid: Zxid): void {
    const sent = this.#sent.get(process) ?? new Map<number, Zxid>()
    this.#sent.set(process, sent.set(view, zxid))
  }
}

function between(entries: readonly Entry<Txn>[], after: Zxid, upTo: Zxid): Entry<Txn>[] {
  const found: Entry<Txn>[] = []
  for (let index = entries.length - 1; index >= 0; index -= 1) {
    const entry = entries[index]
    if (entry === undefined || entry.zxid <= after) break
    if (entry.zxid <= upTo) found.push(entry)
  }
  return found
}
