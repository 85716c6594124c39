/** The links that are up, by number and by member; the newest link of a member is the one that counts. */
import { assert } from '../base/assert.js'
import type { Member } from '../protocol/member.js'

export type LinkNumber = number

export interface LinkState {
  readonly link: LinkNumber
  readonly member: Member
  /** When anything last came from it. Any received message counts as a heartbeat. */
  heardAt: number
}

export class Links {
  readonly #byNumber = new Map<LinkNumber, LinkState>()

  up(link: LinkNumber, member: Member, now: number): LinkState {
    assert(!this.#byNumber.has(link), 'a link number is used once')
    const state = { link, member, heardAt: now }
    this.#byNumber.set(link, state)
    return state
  }

  down(link: LinkNumber): LinkState | undefined {
    const state = this.#byNumber.get(link)
    this.#byNumber.delete(link)
    return state
  }

  get(link: LinkNumber): LinkState | undefined {
    return this.#byNumber.get(link)
  }

  /** The newest link of that member. */
  of(replica: number): LinkState | undefined {
    let newest: LinkState | undefined
    for (const state of this.#byNumber.values()) {
      if (state.member.replicaId !== replica) continue
      if (newest === undefined || state.link > newest.link) newest = state
    }
    return newest
  }

  /** A link that was replaced is as good as down. */
  isNewest(state: LinkState): boolean {
    return this.of(state.member.replicaId) === state
  }

  get count(): number {
    return this.#byNumber.size
  }

  /** In the order of link numbers, so that effects come in one order on every run. */
  all(): LinkState[] {
    return [...this.#byNumber.values()].sort((a, b) => a.link - b.link)
  }
}
