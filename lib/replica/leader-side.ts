/**
 * What belongs to this replica only while it leads: the leadership, whose deaths it wants to hear of, and who says
 * that its state is wrong. Outside of its reign every question has the answer of one who does not lead.
 */
import { assert } from '../base/assert.js'
import type { SessionId } from '../protocol/request.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import { majorityOf } from '../zab/election.js'
import type { Entry } from '../zab/entry.js'
import { Leading } from '../zab/leading.js'
import type { LinkNumber } from '../zab/links.js'
import type { Peer } from '../zab/peer.js'
import { DeathWatch } from './death-watch.js'
import type { Effect } from './effect.js'
import type { Instant } from './input.js'
import { Leadership } from './leadership.js'
import type { Cleaned } from './leadership.js'
import type { Confirmation, ReportSource } from './leases.js'
import type { ReplicaOptions } from './options.js'

export class LeaderSide {
  readonly #options: ReplicaOptions
  readonly #peer: Peer<Txn>
  readonly #emit: (effect: Effect) => void
  readonly #deaths: DeathWatch
  readonly #divergent = new Set<number>()
  #leadership: Leadership | undefined

  constructor(options: ReplicaOptions, peer: Peer<Txn>, emit: (effect: Effect) => void) {
    this.#options = options
    this.#peer = peer
    this.#emit = emit
    this.#deaths = new DeathWatch(options.id)
  }

  get isLeading(): boolean {
    return this.#leadership !== undefined
  }

  get leadership(): Leadership | undefined {
    return this.#leadership
  }

  /** The leadership, if that link carries one of my learners; what others say is of the past. */
  over(link: LinkNumber): Leadership | undefined {
    return this.#leadership?.leads(link) === true ? this.#leadership : undefined
  }

  begin(now: Instant, role: Leading<Txn>, tree: Tree): void {
    assert(this.#leadership === undefined, 'a reign begins after the last has ended')
    const { id, process, bounds } = this.#options
    const max = bounds.outstandingProposalsMax
    this.#leadership = new Leadership(now.mono, role, this.#peer.history, tree, max)
    this.#leadership.register({ ...this.#peer.incarnation(), replicaId: id, process }, false)
    this.watchDeaths()
  }

  end(): void {
    this.#leadership = undefined
    this.#divergent.clear()
    for (const effect of this.#deaths.stop()) this.#emit(effect)
  }

  linkUp(replica: number): void {
    for (const effect of this.#deaths.linkUp(replica)) this.#emit(effect)
  }

  /** Somebody's link is gone, or I have just begun to lead. */
  watchDeaths(): void {
    if (this.#leadership === undefined) return
    const owners = this.#leadership.owners()
    for (const effect of this.#deaths.watch(owners, this.#peer.links)) this.#emit(effect)
  }

  /** Makes the opening of a learner known, and gives its database the vote if it has none. */
  learnerServing(link: LinkNumber): void {
    const state = this.#peer.links.get(link)
    const { role } = this.#peer
    if (state === undefined || this.#leadership === undefined || !(role instanceof Leading)) return
    const newest = this.#peer.history.registry.newerThan(state.member.replicaId, state.member)
    // I may have heard of its later opening only after it had linked: not this one is to be registered.
    if (newest !== undefined)
      return this.#emit({ kind: 'send', link, message: { kind: 'oldCopy', newest } })
    const learner = role.learners.find((each) => each.link.link === link)
    const isVoter = this.#options.voterIds.includes(state.member.replicaId)
    this.#leadership.register(state.member, isVoter && learner?.voter === false)
  }

  applied(now: Instant, entry: Entry<Txn>): void {
    this.#leadership?.applied(now.mono, entry)
  }

  /** False if the counter of the epoch is used up: then the next epoch is due. */
  propose(now: Instant): boolean {
    return this.#leadership?.propose(now) ?? true
  }

  report(
    now: Instant,
    sessions: readonly (readonly [SessionId, number])[],
    source: ReportSource,
  ): void {
    this.#leadership?.report(now.mono, sessions, source)
  }

  confirm(ping: number): Confirmation[] {
    return this.#leadership?.confirm(ping) ?? []
  }

  extend(delayMs: number): void {
    this.#leadership?.extend(delayMs)
  }

  expire(now: Instant): number {
    return this.#leadership?.expire(now.mono) ?? 0
  }

  clean(now: Instant): void {
    this.#leadership?.clean(now)
  }

  takeCleaned(): Cleaned | undefined {
    return this.#leadership?.takeCleaned()
  }

  processGone(replica: number, incarnationKey: number): number {
    return this.#leadership?.processGone(replica, incarnationKey) ?? 0
  }

  /** A learner's state differs from mine. True if so many say so that it is I who is wrong. */
  isOutvoted(replica: number): boolean {
    this.#divergent.add(replica)
    return this.#divergent.size >= majorityOf(this.#options.voterIds.length)
  }
}
