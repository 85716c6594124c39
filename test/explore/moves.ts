/** All that may happen next to an ensemble, as numbers of actions. */
import { Ensemble } from './ensemble.js'
import type { Facts } from './machine.js'
import { ENDS, linkOf, memberAt } from './pair.js'
import type { End, Link } from './pair.js'
import { PAIR, at } from './row.js'
import type { Row } from './row.js'
import { Memo } from './table.js'

export class Moves extends Ensemble {
  readonly #onPair = new Memo<readonly number[]>()
  readonly #asked = new Memo<number>()

  /** What happens by itself, sooner or later, as numbers of actions. */
  pending(row: Row): number[] {
    const actions: number[] = []
    for (let pair = 0; pair < 3; pair += 1) {
      const number = at(row, PAIR + pair)
      for (const action of this.#onPair.get(pair, number, () => this.#actionsOn(pair, number))) {
        if (!this.isOracle || !this.#isEarly(row, pair, number, action)) actions.push(action)
      }
    }
    for (let member = 0; member < 3; member += 1) {
      if (!this.isUp(row, member)) continue
      if (this.queue(row, member).length > 0)
        actions.push(this.number({ kind: 'persisted', member }))
      const facts = this.facts(row, member)
      if (facts?.role !== 'looking') continue
      if (facts.finalizing && !this.isOracle)
        actions.push(this.number({ kind: 'finalize', member }))
      if (this.isOracle) this.#onFollow(actions, row, member, facts)
    }
    return actions
  }

  /** Where elections are left to chance, whoever asks to be led waits until the other one leads, or follows. */
  #isEarly(row: Row, pair: number, number: number, action: number): boolean {
    const member = this.#asked.get(action, number, () => this.#askedBy(pair, number, action))
    return member >= 0 && this.facts(row, member)?.role === 'looking'
  }

  /** Who would hear from that pair next that somebody wants to be led by it; -1 if nobody. */
  #askedBy(pair: number, number: number, action: number): number {
    const what = this.actions.at(action)
    if (what.kind !== 'deliver') return -1
    const [first] = linkOf(this.pairs.at(number), what.generation).way[what.end]
    const item = first === undefined ? undefined : this.pairs.items.at(first)
    const isAsking = item?.kind === 'message' && item.message.kind === 'followerInfo'
    return isAsking ? memberAt(pair, what.end)[0] : -1
  }

  #actionsOn(pair: number, number: number): number[] {
    const actions: number[] = []
    for (const link of this.pairs.at(number)) {
      for (const end of [0, 1] as const) this.#onLink(actions, pair, link, end)
    }
    return actions
  }

  #onLink(
    actions: number[],
    pair: number,
    { generation, broken, gone, way }: Link,
    end: End,
  ): void {
    if (gone[end]) return
    if (way[end].length > 0) actions.push(this.number({ kind: 'deliver', pair, generation, end }))
    if (broken) actions.push(this.number({ kind: 'hearDown', pair, generation, end }))
  }

  #onFollow(actions: number[], row: Row, member: number, { links }: Facts): void {
    for (let other = 0; other < 3; other += 1) {
      const facts = this.facts(row, other)
      const link = links[other] ?? 0
      if (facts?.role === 'leading' && link > 0)
        actions.push(this.number({ kind: 'follow', member, other, link }))
    }
  }

  /** What may happen or not, as far as the budget goes. */
  possible(row: Row): number[] {
    const { crashes, breaks, stalls, asks, elections } = this.budget(row)
    const actions: number[] = []
    for (let member = 0; member < 3; member += 1) {
      const facts = this.facts(row, member)
      if (facts === undefined) continue
      if (elections > 0 && this.isOracle && this.#mayLead(row, facts))
        actions.push(this.number({ kind: 'lead', member }))
      if (asks > 0 && facts.canAsk) actions.push(this.number({ kind: 'ask', member }))
      if (stalls > 0) actions.push(this.number({ kind: 'stall', member }))
      if (crashes === 0) continue
      for (let kept = 0; kept <= this.queue(row, member).length; kept += 1) {
        actions.push(this.number({ kind: 'crash', member, kept }))
      }
    }
    if (breaks === 0) return actions
    for (const [pair] of ENDS.entries()) {
      for (const { broken, generation } of this.links(row, pair)) {
        if (!broken) actions.push(this.number({ kind: 'break', pair, generation }))
      }
    }
    return actions
  }

  /** Nobody elects a database without a vote, but all the empty one of them. */
  #mayLead(row: Row, { role, voter, empty }: Facts): boolean {
    if (role !== 'looking') return false
    if (voter || !empty) return voter
    return [0, 1, 2].every((member) => this.facts(row, member)?.empty === true)
  }
}
