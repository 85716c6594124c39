/** What is known of an ensemble: the tables behind its rows, and what can be read off a row. */
import type { Entry } from '../../lib/zab/entry.js'
import { keyOf } from './action.js'
import type { Action } from './action.js'
import { Checks } from './checks.js'
import type { AnyWrite, Facts, Image } from './machine.js'
import { Pairs, linkOf } from './pair.js'
import type { End, Link } from './pair.js'
import { BUDGET, IMAGE, PAIR, PAST, QUEUE, at } from './row.js'
import type { Budget, Row, WorldOptions } from './row.js'
import { States } from './states.js'
import { describeMember, tell } from './story.js'
import { Table } from './table.js'

export class Ensemble {
  readonly options: WorldOptions
  /** Elections are left to chance at this moment. */
  isOracle: boolean
  readonly states: States
  readonly pairs: Pairs = new Pairs()
  readonly images: Table<Image> = new Table()
  readonly batches: Table<readonly AnyWrite[]> = new Table()
  readonly queues: Table<readonly number[]> = new Table()
  readonly budgets: Table<Budget> = new Table()
  readonly checks: Checks
  readonly actions: Table<Action> = new Table()

  constructor(options: WorldOptions) {
    this.options = options
    this.isOracle = options.oracle
    this.states = new States(options.kind)
    this.checks = new Checks(options.proposedOnce)
  }

  isUp(row: Row, member: number): boolean {
    return at(row, member) !== 0
  }

  facts(row: Row, member: number): Facts | undefined {
    return this.isUp(row, member) ? this.states.facts(at(row, member)) : undefined
  }

  image(row: Row, member: number): Image {
    return this.images.at(at(row, IMAGE + member))
  }

  queue(row: Row, member: number): readonly number[] {
    return this.queues.at(at(row, QUEUE + member))
  }

  links(row: Row, pair: number): readonly Link[] {
    return this.pairs.at(at(row, PAIR + pair))
  }

  /** Nothing lies between the two any more, as far as that end knows. */
  isGone(row: Row, pair: number, end: End): boolean {
    const [link] = this.links(row, pair)
    return link === undefined || link.gone[end]
  }

  budget(row: Row): Budget {
    return this.budgets.at(at(row, BUDGET))
  }

  withBudget(row: Row, budget: Budget): Row {
    const next = row.slice()
    next[BUDGET] = this.budgets.putData(budget)
    return next
  }

  decided(row: Row): readonly Entry<unknown>[] {
    return this.checks.decidedOf(at(row, PAST))
  }

  /** The number of an action. */
  number(action: Action): number {
    return this.actions.put(keyOf(action), () => action)
  }

  /** For people: what the members are. */
  describe(row: Row): string {
    return [0, 1, 2]
      .map((member) => describeMember(member + 1, this.facts(row, member)))
      .join(' | ')
  }

  /** For people: what is about to happen. */
  tell(row: Row, number: number): string {
    return tell(this.actions.at(number), (pair, generation, end) => {
      const [item] = linkOf(this.links(row, pair), generation).way[end]
      return item === undefined ? undefined : this.pairs.items.at(item)
    })
  }
}
