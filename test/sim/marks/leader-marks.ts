/** Rare states of leaders: how far they came before they were abandoned, and what they had decided or not. */
import type { Core } from '../../../lib/replica/core.js'
import type { Write } from '../../../lib/replica/effect.js'
import type { Message } from '../../../lib/replica/message.js'
import { counterOf } from '../../../lib/protocol/zxid.js'
import type { Process } from '../../../lib/testing/process.js'
import { majorityOf } from '../../../lib/zab/election.js'
import { Following } from '../../../lib/zab/following.js'
import { Leading } from '../../../lib/zab/leading.js'
import type { Standing } from './standing.js'
import { Watcher } from './watcher.js'
import type { Step } from './watcher.js'

export class LeaderMarks extends Watcher {
  /** Epochs whose leader was established, and whether any follower was told. */
  readonly #epochs = new Map<number, boolean>()
  #newestEpoch = 0

  override stepped(step: Step): void {
    const { role, core, before, input } = step
    const { hit } = this.setting
    const { committed, durableZxid } = core.history
    if (committed > durableZxid) {
      if (role instanceof Leading) hit('decided-before-own-disk')
      else if (before.learner === 'serving') hit('follower-applies-before-own-disk')
    }
    if (input.kind === 'message' && input.message.kind === 'upToDate')
      this.#epochs.set(input.message.epoch, true)
    if (input.kind === 'linkUp') this.#linkUp(step, input.member.replicaId)
    for (const effect of step.effects) {
      if (effect.kind !== 'closeLink') continue
      if (effect.reason === 'silent') hit('learner-silent')
      if (effect.reason === 'the leader is silent') hit('leader-silent')
      if (effect.reason === 'the log was trimmed past it') hit('learner-left-behind')
    }
  }

  override wrote({ role, process }: Step, writes: readonly Write[]): void {
    if (!(role instanceof Leading) || !role.isEstablished) return
    if (!writes.some(({ kind }) => kind === 'append')) return
    const { hit } = this.setting
    if (role.epoch < this.#newestEpoch) hit('old-leader-proposes')
    const { core } = process.replica
    const last = core?.history.lastZxid ?? 0
    if (role.learners.some((each) => each.isForwarded && each.sent < last)) hit('window-full')
  }

  override sent({ before }: Step, _link: number, message: Message): void {
    if (message.kind === 'newLeader' && message.formation && before.leader !== 'broadcast')
      this.setting.hit('formation')
  }

  override established(_process: Process, epoch: number): void {
    const { world, hit } = this.setting
    if (!this.#epochs.has(epoch) && world.options.size > 1) this.#epochs.set(epoch, false)
    this.#newestEpoch = Math.max(this.#newestEpoch, epoch)
    const established = world.processes.filter(({ replica }) => {
      const role = replica.core?.peer.role
      return role instanceof Leading && role.isEstablished
    })
    if (established.length > 1) hit('two-established')
  }

  override left({ before, core }: Step): void {
    this.#abandoned(before)
    const { role } = before
    // As it was when it was left: it may have been established in this very step.
    if (!(role instanceof Leading) || !role.isEstablished) return
    const { world, hit } = this.setting
    if (role.epoch < this.#newestEpoch) {
      hit('old-leader-steps-down')
      if (world.now - before.wokeAt < world.options.timing.tickMs) hit('old-leader-wakes')
    }
    if (counterOf(core.history.lastZxid) >= world.options.bounds.counterMax) hit('rollover')
  }

  override ended(process: Process, core: Core, before: Standing): void {
    this.#abandoned(before)
    if (!(core.peer.role instanceof Leading)) return
    const { world, hit } = this.setting
    if (before.leader !== 'broadcast') return hit('leader-crash-unestablished')
    const others = world.machines.filter((machine) => machine !== process.machine)
    const furthest = Math.max(0, ...others.map(({ disk }) => disk.lastZxid))
    if (others.length > 0 && process.machine.disk.lastZxid > furthest) hit('leader-crash-own-tail')
    const known = others.map((machine) => machine.process?.replica.core?.history.committed ?? 0)
    if (others.length > 0 && core.history.committed > Math.max(...known))
      hit('leader-crash-decided-unheard')
  }

  override finished(): void {
    for (const hasHeard of this.#epochs.values())
      if (!hasHeard) this.setting.hit('established-unheard')
  }

  #linkUp({ core, before, role }: Step, replica: number): void {
    const { hit } = this.setting
    const links = core.peer.links.all().filter(({ member }) => member.replicaId === replica)
    if (links.length > 1) hit('second-link')
    const isDropped = before.role instanceof Following && before.role.leader === replica
    if (isDropped && role !== before.role) hit('leader-dialled-anew')
  }

  #abandoned({ role, leader, acks }: Standing): void {
    if (!(role instanceof Leading) || role.isEstablished) return
    const { hit, world } = this.setting
    if (leader === 'gathering') hit('left-gathering')
    if (leader === 'promising') hit('left-promising')
    if (leader === 'discovery') hit('left-discovery')
    if (leader !== 'synchronization') return
    const isOwnDisk = acks >= majorityOf(world.options.size) - 1
    if (acks === 0) hit('left-synchronization-no-ack')
    else hit(isOwnDisk ? 'left-synchronization-own-disk' : 'left-synchronization-some-acks')
  }
}
