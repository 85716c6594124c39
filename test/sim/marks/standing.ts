/**
 * Where a replica stood before the input that it has just taken, as far as that can be told from outside: by its role
 * object, by what it was given and by what it asked for. The library keeps none of this for anybody.
 */
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Core } from '../../../lib/replica/core.js'
import type { Effect } from '../../../lib/replica/effect.js'
import type { Input } from '../../../lib/replica/input.js'
import type { Message } from '../../../lib/replica/message.js'
import type { Txn } from '../../../lib/tree/txn.js'
import { Following } from '../../../lib/zab/following.js'
import { Leading } from '../../../lib/zab/leading.js'
import type { AckEpochMessage } from '../../../lib/zab/message.js'
import type { AnyRole } from '../../../lib/zab/peer.js'

/** How far a learner is: what it has taken in, or said, last. */
export type LearnerStep =
  | 'asking'
  /** Was told the epoch; its promise is on its way to the disk, or said. */
  | 'promising'
  | 'promised'
  | 'diff'
  | 'snap'
  /** The whole snapshot is here, NEWLEADER is not. */
  | 'snapEnded'
  /** NEWLEADER is here; what it concludes is on its way to the disk. */
  | 'storing'
  | 'acked'
  | 'serving'

/** How far a leader is. */
export type LeaderStep =
  | 'gathering'
  /** Its own promise of the epoch is on its way to its disk. */
  | 'promising'
  | 'discovery'
  | 'synchronization'
  | 'broadcast'

/** A replica that runs takes an input at least every tick. */
const LONG_TICKS = 4

export class Standing {
  core: Core | undefined
  role: AnyRole<Txn> | undefined
  /** True ms of its last input. */
  steppedAt = 0
  /** True ms at which it took its last input after a long sleep. */
  wokeAt: number = -Infinity
  learner: LearnerStep = 'asking'
  /** It was sent a snapshot in this role. */
  isBySnapshot = false
  /** Slices of the snapshot that have come. */
  slices = 0
  /** What it said of its history in this role. */
  ackEpoch: AckEpochMessage | undefined
  /** Last zxid of the history that NEWLEADER concluded. */
  newLeaderLast: Zxid = 0
  /** Epoch of a synchronization that was given up before it was durable. */
  givenUpEpoch: number | undefined
  leader: LeaderStep = 'gathering'
  /** Learners that have acknowledged NEWLEADER. */
  acks = 0
  /** A round that a majority has agreed on, and that waits for better votes. */
  isFinalizing = false
  deadline: number = Infinity
  /** Of a looking member. */
  votedFor = 0
  /** Logical clock of elections. */
  round = 0
  /** Everything up to here was applied. */
  committed: Zxid = 0

  /** After everybody has looked at the step. */
  update(now: number, core: Core, input: Input, effects: readonly Effect[]): void {
    const { role } = core.peer
    if (role !== this.role) this.#enter(role)
    this.core = core
    if (now - this.steppedAt > LONG_TICKS * core.peer.options.timing.tickMs) this.wokeAt = now
    this.steppedAt = now
    if (role instanceof Following) this.#follow(role, input, effects)
    else if (role instanceof Leading) this.#lead(role, core, effects)
    else {
      this.#look(role.deadline, input)
      this.votedFor = role.notification().vote.leader
    }
    this.deadline = role.deadline
    this.round = core.peer.round
    this.committed = core.history.committed
  }

  #enter(role: AnyRole<Txn>): void {
    const isUnfinished = this.learner === 'diff' || this.learner === 'snap'
    if (this.role instanceof Following && (isUnfinished || this.learner === 'storing'))
      this.givenUpEpoch = this.ackEpoch?.epoch
    this.role = role
    this.learner = 'asking'
    this.isBySnapshot = false
    this.slices = 0
    this.ackEpoch = undefined
    this.newLeaderLast = 0
    this.leader = 'gathering'
    this.acks = 0
    this.isFinalizing = false
    this.deadline = Infinity
  }

  /** The repetition of what a looking member says only moves on; so a deadline that comes nearer is another one. */
  #look(deadline: number, input: Input): void {
    if (deadline < this.deadline) this.isFinalizing = this.deadline !== Infinity
    else if (deadline > this.deadline && input.kind !== 'timeout') this.isFinalizing = false
  }

  #follow(role: Following<Txn>, input: Input, effects: readonly Effect[]): void {
    if (input.kind === 'message' && input.link === role.link.link) this.#taken(input.message)
    for (const effect of effects) {
      if (effect.kind !== 'send' || effect.link !== role.link.link) continue
      if (effect.message.kind === 'ackEpoch') {
        this.learner = 'promised'
        this.ackEpoch = effect.message
      }
      if (effect.message.kind === 'ackNewLeader') this.learner = 'acked'
    }
    if (role.isServing) this.learner = 'serving'
  }

  #taken(message: Message): void {
    switch (message.kind) {
      case 'leaderInfo':
        this.learner = 'promising'
        return
      case 'diff':
        this.learner = 'diff'
        return
      case 'snap':
        this.learner = 'snap'
        this.isBySnapshot = true
        return
      case 'snapNodes':
        if (this.learner === 'snap') this.slices += 1
        return
      case 'snapEnd':
        if (this.learner === 'snap') this.learner = 'snapEnded'
        return
      case 'newLeader':
        this.learner = 'storing'
        this.newLeaderLast = message.lastZxid
        return
      default:
    }
  }

  #lead(role: Leading<Txn>, core: Core, effects: readonly Effect[]): void {
    if (this.leader === 'broadcast') return
    this.acks = role.learners.filter(({ isSynchronized }) => isSynchronized).length
    if (role.isEstablished) this.leader = 'broadcast'
    else if (role.epoch === 0) this.leader = 'gathering'
    else if (core.history.meta.currentEpoch === role.epoch) this.leader = 'synchronization'
    else if (this.leader !== 'discovery') {
      const hasTold = effects.some((each) => {
        return each.kind === 'send' && each.message.kind === 'leaderInfo'
      })
      this.leader = hasTold ? 'discovery' : 'promising'
    }
  }
}
