/**
 * An ensemble of three as one small row of numbers, and all that can happen to it next.
 *
 * A row names each member's state, disk and writes on their way to it, what lies between each two, what has been
 * decided so far, and what is left of the budget of faults. What may happen at any moment has no moment of its own
 * where that is the same: a link that is gone is dialled anew at once (its first word may take for ever), and a
 * member that has died is started at once (nobody hears of it before that).
 */
import { PROTOCOL_VERSION } from '../../lib/protocol/member.js'
import type { Entry } from '../../lib/zab/entry.js'
import { describeMember, tell } from './story.js'
import { keyOf } from './action.js'
import type { Action } from './action.js'
import { Checks } from './checks.js'
import { VOTER_IDS, incarnationKeyOf } from './machine.js'
import type { AnyWrite, Carried, Facts, Image, MachineInput, MachineKind } from './machine.js'
import {
  ENDS,
  NO_LINK,
  Pairs,
  arrive,
  breakLink,
  close,
  connect,
  die,
  findLink,
  forget,
  linkFrom,
  linkNumber,
  memberAt,
  pairOf,
  send,
} from './pair.js'
import type { End, Link, Pair } from './pair.js'
import { States } from './states.js'
import type { Step } from './states.js'
import { Memo, Table } from './table.js'
import { Violation } from './violation.js'

/** Faults, and what clients ask, from here on. */
export interface Budget {
  readonly crashes: number
  readonly breaks: number
  readonly stalls: number
  readonly asks: number
  /** Times that somebody begins to lead, where elections are left to chance. */
  readonly elections: number
}

export interface WorldOptions {
  readonly kind: MachineKind
  /** What clients ask for, one after the other. */
  readonly requests: readonly string[]
  /** A new link may be up at one end before that end has heard of the old one's end. */
  readonly overlap: boolean
  /**
   * Elections are left to chance: whoever is looking may begin to lead, or to follow anybody who leads, at any moment.
   * What is safe then is safe whatever elections do; of their messages only that somebody looks again is heard.
   */
  readonly oracle: boolean
  /** A member that crashes may also stay away. */
  readonly leaves: boolean
  /** A name that no two decided entries may share. */
  readonly proposedOnce: (entry: Entry<unknown>) => string | undefined
}

/** Members 0 … 2, their disks, their queues; pairs 0-1, 0-2, 1-2; the past; the budget. */
export const WIDTH = 14
export type Row = Int32Array
const IMAGE = 3
const QUEUE = 6
const PAIR = 9
const PAST = 12
const BUDGET = 13

/** What a member's output does to a row. */
interface Order {
  readonly isElection?: boolean
  readonly execute: (row: Row) => void
}

export class World {
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
  readonly #written = new Memo<number>()
  readonly #onPair = new Memo<readonly number[]>()
  readonly #queued = new Memo<number>()
  readonly #changed = new Memo<number>()
  readonly #messages = new Memo<number>()
  readonly #compiled = new Map<Step, readonly Order[]>()

  constructor(options: WorldOptions) {
    this.options = options
    this.isOracle = options.oracle
    this.states = new States(options.kind)
    this.checks = new Checks(options.proposedOnce)
  }

  /** Everybody has just been started, and dials everybody. */
  begin(images: readonly Image[], decided: readonly Entry<unknown>[], budget: Budget): Row {
    const row = new Int32Array(WIDTH)
    row[PAST] = this.checks.begin(decided)
    row[BUDGET] = this.budgets.putData(budget)
    const nothing = this.queues.putData([])
    for (const [member, image] of images.entries()) {
      row[IMAGE + member] = this.images.putData(image)
      row[QUEUE + member] = nothing
    }
    for (const pair of ENDS.keys()) row[PAIR + pair] = this.pairs.put(NO_LINK)
    for (const member of images.keys()) this.#start(row, member)
    this.#connect(row)
    return row
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

  /** What happens by itself, sooner or later, as numbers of actions. */
  pending(row: Row): number[] {
    const actions: number[] = []
    for (let pair = 0; pair < 3; pair += 1) {
      const number = at(row, PAIR + pair)
      actions.push(...this.#onPair.get(pair, number, () => this.#actionsOn(pair, number)))
    }
    for (let member = 0; member < 3; member += 1) {
      if (!this.isUp(row, member)) continue
      if (this.queue(row, member).length > 0)
        actions.push(this.#action({ kind: 'persisted', member }))
      const facts = this.facts(row, member)
      if (facts?.role !== 'looking') continue
      if (facts.finalizing && !this.isOracle)
        actions.push(this.#action({ kind: 'finalize', member }))
      if (this.isOracle) this.#onFollow(actions, row, member, facts)
    }
    return actions
  }

  #actionsOn(pair: number, number: number): number[] {
    const actions: number[] = []
    for (const link of this.pairs.at(number)) {
      for (const end of [0, 1] as const) this.#onLink(actions, pair, link, end)
    }
    return actions
  }

  #onLink(actions: number[], pair: number, { generation, broken, gone, way }: Link, end: End): void {
    if (gone[end]) return
    if (way[end].length > 0) actions.push(this.#action({ kind: 'deliver', pair, generation, end }))
    if (broken) actions.push(this.#action({ kind: 'hearDown', pair, generation, end }))
  }

  #onFollow(actions: number[], row: Row, member: number, { links }: Facts): void {
    for (let other = 0; other < 3; other += 1) {
      const facts = this.facts(row, other)
      const link = links[other] ?? 0
      if (facts?.role === 'leading' && link > 0)
        actions.push(this.#action({ kind: 'follow', member, other, link }))
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
        actions.push(this.#action({ kind: 'lead', member }))
      if (asks > 0 && facts.canAsk) actions.push(this.#action({ kind: 'ask', member }))
      if (stalls > 0) actions.push(this.#action({ kind: 'stall', member }))
      if (crashes === 0) continue
      for (let kept = 0; kept <= this.queue(row, member).length; kept += 1) {
        actions.push(this.#action({ kind: 'crash', member, kept }))
        if (this.options.leaves) actions.push(this.#action({ kind: 'leave', member, kept }))
      }
    }
    if (breaks === 0) return actions
    for (const [pair] of ENDS.entries()) {
      for (const { broken, generation } of this.links(row, pair)) {
        if (!broken) actions.push(this.#action({ kind: 'break', pair, generation }))
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

  #action(action: Action): number {
    return this.actions.put(keyOf(action), () => action)
  }

  /** The number of an action. */
  number(action: Action): number {
    return this.#action(action)
  }

  /** What that makes of the ensemble. */
  after(row: Row, number: number): Row {
    const next = row.slice()
    this.#act(next, this.actions.at(number))
    this.#connect(next)
    this.checks.durable(at(next, PAST), next, IMAGE, (image) => this.images.at(image))
    return next
  }

  #act(row: Row, action: Action): void {
    switch (action.kind) {
      case 'deliver':
        return this.#deliver(row, action.pair, action.generation, action.end)
      case 'hearDown':
        return this.#hearDown(row, action.pair, action.generation, action.end)
      case 'persisted':
        this.#write(row, action.member, 1)
        return this.#step(row, action.member, { kind: 'persisted' })
      case 'finalize':
      case 'timeout':
        return this.#step(row, action.member, { kind: 'timeout' })
      case 'stall':
        this.#spend(row, 'stalls')
        return this.#step(row, action.member, { kind: 'stall' })
      case 'lead':
        this.#spend(row, 'elections')
        return this.#step(row, action.member, { kind: 'lead' })
      case 'follow':
        return this.#step(row, action.member, { kind: 'follow', link: action.link })
      case 'ask': {
        const { asks } = this.budget(row)
        this.#spend(row, 'asks')
        const request = this.options.requests[this.options.requests.length - asks] ?? ''
        return this.#step(row, action.member, { kind: 'ask', request })
      }
      case 'crash':
      case 'leave':
        this.#spend(row, 'crashes')
        this.#die(row, action.member, action.kept)
        if (action.kind === 'crash') this.#start(row, action.member)
        return
      case 'break':
        this.#spend(row, 'breaks')
        return this.#change(row, action.pair, codeOf(1, action.generation, 0), (pair) => {
          return breakLink(pair, linkOf(pair, action.generation))
        })
      case 'request':
        return this.#step(row, action.member, { kind: 'ask', request: action.request })
      case 'pass':
        return this.#step(row, action.member, { kind: 'pass', ms: action.ms })
    }
  }

  /** For people: what the members are. */
  describe(row: Row): string {
    return [0, 1, 2].map((member) => describeMember(member + 1, this.facts(row, member))).join(' | ')
  }

  /** For people: what is about to happen. */
  tell(row: Row, number: number): string {
    return tell(this.actions.at(number), (pair, generation, end) => {
      const [item] = linkOf(this.links(row, pair), generation).way[end]
      return item === undefined ? undefined : this.pairs.items.at(item)
    })
  }

  #spend(row: Row, what: keyof Budget): void {
    const budget = this.budget(row)
    row[BUDGET] = this.budgets.putData({ ...budget, [what]: budget[what] - 1 })
  }

  /** @param code  A number that stands for the change. */
  #change(row: Row, pair: number, code: number, change: (pair: Pair) => Pair): void {
    const before = at(row, PAIR + pair)
    row[PAIR + pair] = this.#changed.get(before, code, () => {
      return this.pairs.put(change(this.pairs.at(before)))
    })
  }

  #deliver(row: Row, pair: number, generation: number, end: End): void {
    const link = linkOf(this.links(row, pair), generation)
    const [number] = link.way[end]
    if (number === undefined) throw new Error('nothing is on its way')
    const [member, other] = memberAt(pair, end)
    this.#change(row, pair, codeOf(2, generation, end), (links) => arrive(links, link, end))
    const item = this.pairs.items.at(number)
    const name = linkNumber(generation, other)
    if (item.kind === 'message' && this.#isUnheard(row, member, item.message)) return
    const input = this.#messages.get(number, name, () => {
      if (item.kind === 'up') {
        return this.states.input({ kind: 'up', link: name, member: item.member })
      }
      return this.states.input({ kind: 'message', link: name, message: item.message })
    })
    this.#stepBy(row, member, input)
  }

  /** Where elections are left to chance nobody who is looking listens to what others say of theirs. */
  #isUnheard(row: Row, member: number, message: Carried): boolean {
    if (!this.isOracle || this.facts(row, member)?.role !== 'looking') return false
    return message.kind === 'notification' || message.kind === 'followerInfo'
  }

  #hearDown(row: Row, pair: number, generation: number, end: End): void {
    const link = linkOf(this.links(row, pair), generation)
    const [member, other] = memberAt(pair, end)
    const [first] = link.way[end]
    const isKnown = first === undefined || this.pairs.items.at(first).kind !== 'up'
    this.#change(row, pair, codeOf(3, generation, end), (links) => forget(links, link, end))
    if (isKnown) this.#step(row, member, { kind: 'down', link: linkNumber(generation, other) })
  }

  /** The oldest writes of that member's queue reach its disk. */
  #write(row: Row, member: number, count: number): void {
    const queue = this.queue(row, member)
    for (const batch of queue.slice(0, count)) {
      row[IMAGE + member] = this.#written.get(at(row, IMAGE + member), batch, () => {
        return this.images.putData(
          this.options.kind.write(this.image(row, member), this.batches.at(batch)),
        )
      })
    }
    row[QUEUE + member] = this.queues.putData(queue.slice(count))
  }

  #die(row: Row, member: number, kept: number): void {
    this.#write(row, member, kept)
    row[QUEUE + member] = this.queues.putData([])
    row[member] = 0
    for (const [pair, ends] of ENDS.entries()) {
      const end = ends.indexOf(member)
      if (end === 0 || end === 1)
        this.#change(row, pair, codeOf(4, 0, end), (links) => die(links, end))
    }
  }

  #start(row: Row, member: number): void {
    const before = this.image(row, member)
    const image = { ...before, incarnation: before.incarnation + 1 }
    const number = this.images.putData(image)
    row[IMAGE + member] = number
    this.#follow(row, member, this.states.start(member + 1, image, number), undefined)
  }

  #step(row: Row, member: number, input: MachineInput): void {
    this.#stepBy(row, member, this.states.input(input))
  }

  #stepBy(row: Row, member: number, input: number): void {
    const before = at(row, member)
    this.#follow(row, member, this.states.step(before, input), this.states.facts(before))
  }

  #follow(row: Row, member: number, step: Step, past: Facts | undefined): void {
    if (step.error !== undefined) throw new Violation(`member ${member + 1}: ${step.error}`)
    row[member] = step.next
    let orders = this.#compiled.get(step)
    if (orders === undefined) {
      orders = this.#compile(member, step, past)
      this.#compiled.set(step, orders)
    }
    const hasLeft =
      past !== undefined &&
      past.role !== 'looking' &&
      this.states.facts(step.next).role === 'looking'
    for (const order of orders) {
      if (this.isOracle && !hasLeft && order.isElection === true) continue
      order.execute(row)
    }
  }

  /** What a member asks for, made ready to be carried out many times. */
  #compile(member: number, { outputs, next }: Step, past: Facts | undefined): readonly Order[] {
    let delivered = past?.committed ?? 0
    const orders = outputs.map((output): Order => {
      switch (output.kind) {
        case 'send':
          return this.#sending(member, output.link, output.message)
        case 'close': {
          const [generation, other] = linkFrom(output.link)
          const [pair, end] = pairOf(member, other)
          const code = codeOf(5, generation, end)
          return {
            execute: (row) =>
              this.#change(row, pair, code, (links) => close(links, generation, end)),
          }
        }
        case 'persist': {
          const batch = this.batches.putData(output.writes)
          return { execute: (row) => this.#enqueue(row, member, batch) }
        }
        case 'deliver': {
          const after = delivered
          delivered = output.entries.at(-1)?.zxid ?? delivered
          return {
            execute: (row) => {
              row[PAST] = this.checks.deliver(at(row, PAST), after, output.entries)
            },
          }
        }
        case 'established':
          return {
            execute: (row) => {
              row[PAST] = this.checks.establish(at(row, PAST), member + 1, output)
            },
          }
        case 'broken':
          throw new Violation(`member ${member + 1}: ${output.what}`)
      }
    })
    const { committed } = this.states.facts(next)
    // A snapshot from the leader has brought it further.
    if (committed > delivered)
      orders.push({ execute: (row) => this.checks.jump(at(row, PAST), committed) })
    return orders
  }

  #sending(member: number, link: number, message: Carried): Order {
    const [generation, other] = linkFrom(link)
    const [pair, end] = pairOf(member, other)
    const item = this.pairs.item({ kind: 'message', message })
    const to = end === 0 ? 1 : 0
    const code = codeOf(6 + item, generation, to)
    const execute = (row: Row): void => {
      this.checks.said(at(row, IMAGE + member), this.image(row, member), item, message)
      this.#change(row, pair, code, (links) => send(links, generation, to, item))
    }
    return { isElection: message.kind === 'notification', execute }
  }

  #enqueue(row: Row, member: number, batch: number): void {
    const before = at(row, QUEUE + member)
    row[QUEUE + member] = this.#queued.get(before, batch, () => {
      return this.queues.putData([...this.queues.at(before), batch])
    })
  }

  #connect(row: Row): void {
    for (const [pair, [one, other]] of ENDS.entries()) {
      if (!this.isUp(row, one) || !this.isUp(row, other)) continue
      const links = this.links(row, pair)
      const isFree = this.options.overlap ? links.length < 2 : links.length === 0
      if (!isFree || links.some(({ broken }) => !broken)) continue
      const words = [this.#upOf(row, one), this.#upOf(row, other)] as const
      row[PAIR + pair] = this.pairs.put(connect(links, words))
      if (!this.isOracle || this.options.overlap) continue
      // Whether it has heard of a link changes nothing for a member that does not use it: both hear at once.
      const generation = this.links(row, pair).at(-1)?.generation ?? 0
      for (const end of [0, 1] as const) this.#deliver(row, pair, generation, end)
    }
  }

  #upOf(row: Row, member: number): number {
    const { meta, incarnation } = this.image(row, member)
    const replicaId = member + 1
    const opening = {
      databaseId: meta.databaseId,
      incarnation,
      incarnationKey: incarnationKeyOf(replicaId, incarnation),
    }
    const about = { protocol: PROTOCOL_VERSION, clusterId: '', voterIds: VOTER_IDS, empty: false }
    const said = { ...about, ...opening, replicaId, role: 'voter' as const, process: undefined }
    return this.pairs.item({ kind: 'up', member: said })
  }
}

function at(row: Row, index: number): number {
  return row[index] ?? 0
}

function linkOf(links: readonly Link[], generation: number): Link {
  const link = findLink(links, generation)
  if (link === undefined) throw new Error('no such link')
  return link
}

/** One change of a pair, as a number. */
function codeOf(kind: number, generation: number, end: number): number {
  return (kind * 8 + generation) * 2 + end
}
