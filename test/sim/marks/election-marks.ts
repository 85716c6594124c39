/** Rare states of elections: ties, rounds that do not end as they began, and who was not there. */
import type { Message } from '../../../lib/replica/message.js'
import type { Process } from '../../../lib/testing/process.js'
import { compareHistories } from '../../../lib/zab/election.js'
import { Following } from '../../../lib/zab/following.js'
import { Leading } from '../../../lib/zab/leading.js'
import { Looking } from '../../../lib/zab/looking.js'
import type { Vote } from '../../../lib/zab/message.js'
import { Watcher } from './watcher.js'
import type { Step } from './watcher.js'

export class ElectionMarks extends Watcher {
  /** Candidates that each looking member has heard of in its present election. */
  readonly #rivals = new WeakMap<Process, Map<number, Vote>>()

  override stepped(step: Step): void {
    const { before, input, role } = step
    if (before.role instanceof Looking && input.kind === 'message')
      this.#heard(step, input.link, input.message)
    if (!(role instanceof Looking) || role !== before.role || !before.isFinalizing) return
    const { hit } = this.setting
    if (role.deadline > before.deadline && input.kind !== 'timeout') hit('finalizing-lost-majority')
    else if (role.notification().vote.leader !== before.votedFor) hit('finalizing-better-vote')
  }

  override left(step: Step): void {
    const { process, before, input, role } = step
    const { hit } = this.setting
    const wasLooking = before.role instanceof Looking
    if (wasLooking && before.isFinalizing && input.kind === 'timeout') hit('finalizing-ended')
    if (role instanceof Leading) this.#elected(step)
    const isLate =
      input.kind === 'message' &&
      input.message.kind === 'notification' &&
      input.message.state === 'leading' &&
      input.message.established
    if (wasLooking && isLate && role instanceof Following) hit('joined-established-leader')
    this.#rivals.delete(process)
  }

  #heard({ process, core, before }: Step, link: number, message: Message): void {
    const { hit } = this.setting
    if (message.kind === 'followerInfo') hit('asked-to-lead-while-looking')
    if (message.kind !== 'notification' || message.state !== 'looking') return
    const { vote, round } = message
    if (round < core.peer.round) hit('notification-of-older-round')
    if (core.peer.role === before.role && round > before.round) hit('notification-of-newer-round')
    const sender = core.peer.links.get(link)?.member.replicaId
    if (vote.leader !== sender || !message.voter) return
    const rivals = this.#rivals.get(process) ?? new Map<number, Vote>()
    rivals.set(sender, vote)
    this.#rivals.set(process, rivals)
  }

  #elected({ process, core }: Step): void {
    const { world, hit } = this.setting
    const { meta, lastZxid } = core.history
    const own = { currentEpoch: meta.currentEpoch, lastZxid }
    for (const [id, { epoch, zxid }] of this.#rivals.get(process) ?? []) {
      const isEqual = epoch === meta.currentEpoch && zxid === lastZxid
      if (isEqual && zxid > 0 && id < process.id) hit('election-tie')
    }
    const isBetter = world.machines.some(({ disk }) => {
      const { currentEpoch, voter } = disk.meta
      return voter && compareHistories({ currentEpoch, lastZxid: disk.lastZxid }, own) > 0
    })
    if (isBetter) hit('best-history-absent')
    const leading = world.processes.filter(({ replica }) => {
      return replica.core?.peer.isStarted === true && replica.core.peer.role instanceof Leading
    })
    if (leading.length > 1) hit('two-leading')
  }
}
