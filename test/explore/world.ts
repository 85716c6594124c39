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
import type { Action } from './action.js'
import { VOTER_IDS, incarnationKeyOf } from './machine.js'
import type { Carried, Facts, Image, MachineInput } from './machine.js'
import {
  ENDS,
  NO_LINK,
  arrive,
  breakLink,
  close,
  connect,
  die,
  forget,
  linkFrom,
  linkNumber,
  linkOf,
  memberAt,
  pairOf,
  send,
} from './pair.js'
import type { End, Pair } from './pair.js'
import { BUDGET, IMAGE, PAIR, PAST, QUEUE, WIDTH, at } from './row.js'
import type { Budget, Row } from './row.js'
import { Moves } from './moves.js'
import type { Step } from './states.js'
import { Memo } from './table.js'
import { Violation } from './violation.js'

/** What a member's output does to a row. */
interface Order {
  readonly isElection?: boolean
  readonly execute: (row: Row) => void
}

export class World extends Moves {
  readonly #written = new Memo<number>()
  readonly #queued = new Memo<number>()
  readonly #changed = new Memo<number>()
  readonly #messages = new Memo<number>()
  readonly #compiled = new Map<Step, readonly Order[]>()

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
    return message.kind === 'notification'
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

/** One change of a pair, as a number. */
function codeOf(kind: number, generation: number, end: number): number {
  return (kind * 8 + generation) * 2 + end
}
