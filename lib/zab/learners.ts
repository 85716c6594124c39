/** The learners of a leader, and whether those that count make a quorum. One member is one learner. */
import { assert } from '../base/assert.js'
import { majorityOf, reachedByQuorum } from './election.js'
import type { Learner } from './learner.js'
import type { LinkNumber } from './links.js'
import type { Peer } from './peer.js'

export class Learners<T> {
  readonly #peer: Peer<T>
  readonly #byLink = new Map<LinkNumber, Learner>()

  constructor(peer: Peer<T>) {
    this.#peer = peer
  }

  get(link: LinkNumber): Learner | undefined {
    return this.#byLink.get(link)
  }

  /** In the order in which they asked to be led. */
  all(): Learner[] {
    return [...this.#byLink.values()]
  }

  /** Only over the newest link of a member: a link that was replaced is as good as down. */
  add(learner: Learner): void {
    const { link } = learner.link
    assert(this.#peer.links.of(learner.id)?.link === link, 'a learner speaks over its newest link')
    assert(
      this.all().every(({ id }) => id !== learner.id),
      'one member is one learner, and has one vote',
    )
    this.#byLink.set(link, learner)
  }

  /** Returns the learner that was on that link, if any. */
  remove(link: LinkNumber): Learner | undefined {
    const learner = this.#byLink.get(link)
    this.#byLink.delete(link)
    return learner
  }

  /** It may have a vote one day; others only listen. */
  isConfigured({ id }: Learner): boolean {
    return this.#peer.options.voterIds.includes(id)
  }

  clear(): void {
    this.#byLink.clear()
  }

  /** What it says counts towards a quorum. */
  counts(learner: Learner): boolean {
    return this.#peer.counts(learner.link.member, learner.voter)
  }

  isQuorum(condition: (learner: Learner) => boolean): boolean {
    let count = this.#peer.countsItself() ? 1 : 0
    for (const learner of this.#byLink.values()) {
      if (this.counts(learner) && condition(learner)) count += 1
    }
    return count >= majorityOf(this.#peer.options.voterIds.length)
  }

  /**
   * The newest position that a quorum has reached.
   *
   * @param own  My own position, if I count.
   * @param of  A learner's; `undefined` if it has none.
   */
  reachedByQuorum(own: number, of: (learner: Learner) => number | undefined): number | undefined {
    const positions: number[] = this.#peer.countsItself() ? [own] : []
    for (const learner of this.#byLink.values()) {
      const position = this.counts(learner) ? of(learner) : undefined
      if (position !== undefined) positions.push(position)
    }
    return reachedByQuorum(positions, majorityOf(this.#peer.options.voterIds.length))
  }

  /**
   * Every voter is here and empty: the only time at which a cluster may start from nothing.
   *
   * @param condition  What must hold for each of them as well.
   */
  isFormation(condition: (learner: Learner) => boolean = () => true): boolean {
    const { history, options, isConfiguredVoter } = this.#peer
    if (!history.isEmpty || !isConfiguredVoter) return false
    const empty = new Set([options.id])
    for (const learner of this.#byLink.values()) {
      if (learner.info.empty && this.isConfigured(learner) && condition(learner))
        empty.add(learner.id)
    }
    return empty.size === options.voterIds.length
  }
}
