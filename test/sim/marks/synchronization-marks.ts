/** Rare states of synchronization: what a learner was brought by, and where it was cut off. */
import type { Write } from '../../../lib/replica/effect.js'
import type { Core } from '../../../lib/replica/core.js'
import type { Message } from '../../../lib/replica/message.js'
import { epochOf } from '../../../lib/protocol/zxid.js'
import type { Process } from '../../../lib/testing/process.js'
import { Following } from '../../../lib/zab/following.js'
import { Leading } from '../../../lib/zab/leading.js'
import type { NewLeaderMessage, UpToDateMessage } from '../../../lib/zab/message.js'
import type { Standing } from './standing.js'
import { Watcher } from './watcher.js'
import type { Step } from './watcher.js'

export class SynchronizationMarks extends Watcher {
  override stepped(step: Step): void {
    const { input, before, role } = step
    if (input.kind !== 'message' || role !== before.role || !(role instanceof Following)) return
    if (input.link !== role.link.link) return
    const { message } = input
    if (message.kind === 'newLeader') this.#concluded(step, message)
    if (message.kind === 'upToDate') this.#upToDate(before, message)
    const isBetween = before.learner === 'storing' || before.learner === 'acked'
    if (message.kind === 'proposal' && isBetween) this.setting.hit('sync-proposal-in-between')
  }

  override sent({ role, core }: Step, link: number, message: Message): void {
    if (!(role instanceof Leading) || (message.kind !== 'diff' && message.kind !== 'snap')) return
    const { hit } = this.setting
    const learner = role.learners.find((each) => each.link.link === link)
    if (role.isEstablished) hit('sync-late-learner')
    const told = learner?.history
    if (message.kind !== 'snap' || told === undefined) return
    if (told.lastZxid === 0) hit('snap-for-empty')
    else if (told.lastZxid < core.history.base) hit('snap-log-trimmed')
  }

  override wrote({ before, input }: Step, writes: readonly Write[]): void {
    const isConclusion = input.kind === 'message' && input.message.kind === 'newLeader'
    if (!isConclusion) return
    const truncation = writes.find((write) => write.kind === 'truncate')
    const ends = before.ackEpoch?.epochEnds ?? []
    if (truncation === undefined) return
    const last = ends.at(-1) ?? 0
    if (epochOf(truncation.after) < epochOf(last)) this.setting.hit('trunc-whole-epoch')
    const epochs = new Set(
      writes
        .flatMap((write) => (write.kind === 'append' ? write.entries : []))
        .map(({ zxid }) => epochOf(zxid)),
    )
    if (epochs.size > 1) this.setting.hit('trunc-several-epochs')
  }

  override left({ before }: Step): void {
    this.#cutOff(before)
  }

  override ended(_process: Process, core: Core, before: Standing): void {
    if (!(core.peer.role instanceof Following)) return
    this.#cutOff(before)
    if (before.learner === 'acked') this.setting.hit('crash-acked-newleader')
    if (before.learner === 'storing') this.setting.hit('crash-storing-newleader')
  }

  #concluded({ effects, before }: Step, message: NewLeaderMessage): void {
    const { hit } = this.setting
    const batch = effects.find((effect) => effect.kind === 'persist')
    const has = (kind: Write['kind']): boolean =>
      batch?.writes.some((write) => write.kind === kind) === true
    if (has('resetLog')) hit('snap')
    else if (has('truncate')) hit(has('append') ? 'trunc-diff' : 'trunc')
    else hit(has('append') ? 'diff' : 'diff-empty')
    const { givenUpEpoch } = before
    if (givenUpEpoch !== undefined && givenUpEpoch < message.epoch) hit('sync-next-epoch')
    before.givenUpEpoch = undefined
  }

  #upToDate({ newLeaderLast }: Standing, { committed }: UpToDateMessage): void {
    if (committed > newLeaderLast) this.setting.hit('sync-commit-in-between')
  }

  #cutOff({ role, learner, slices, isBySnapshot }: Standing): void {
    if (!(role instanceof Following)) return
    const { hit } = this.setting
    if (learner === 'diff') hit('diff-cut')
    if (learner === 'snap') hit(slices === 0 ? 'snap-cut-before-nodes' : 'snap-cut-within-nodes')
    if (learner === 'snapEnded') hit('snap-cut-before-newleader')
    if (learner === 'storing')
      hit(isBySnapshot ? 'snap-cut-before-durable' : 'diff-cut-before-durable')
  }
}
