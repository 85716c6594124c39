/**
 * What must hold in every state that is reached, by the names of the paper and of Zab.tla: leadership, prefix
 * consistency, integrity, total order, primary order, leader log completeness, committed log durability, epochs that
 * never go back, and that nothing is said of a disk which is not on it.
 */
import { epochOf, formatZxid } from '../../lib/protocol/zxid.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Entry } from '../../lib/zab/entry.js'
import type { Carried, Image, Output } from './machine.js'
import { Memo, Table } from './table.js'
import { Violation } from './violation.js'

/** What has happened so far, as far as it binds the future. */
export interface Past {
  /** Numbers of the entries that were delivered anywhere, in their order. */
  readonly decided: readonly number[]
  /** Established leaders: epoch and member. */
  readonly reigns: readonly (readonly [epoch: number, id: number])[]
}

/** What a message says of its sender's disk. */
interface Claim {
  readonly zxid: Zxid
  readonly acceptedEpoch: number
  readonly currentEpoch: number
  readonly voter: boolean
}

const MAJORITY = 2

export class Checks {
  readonly #pasts = new Table<Past>()
  readonly #entries = new Table<Entry<unknown>>()
  readonly #holds = new Memo<boolean>()
  readonly #true = new Memo<true>()
  readonly #proposedOnce: (entry: Entry<unknown>) => string | undefined

  /** @param proposedOnce  A name that no two decided entries may share. */
  constructor(proposedOnce: (entry: Entry<unknown>) => string | undefined) {
    this.#proposedOnce = proposedOnce
  }

  begin(decided: readonly Entry<unknown>[]): number {
    return this.#put({ decided: decided.map((entry) => this.#entries.putData(entry)), reigns: [] })
  }

  past(number: number): Past {
    return this.#pasts.at(number)
  }

  decidedOf(past: number): readonly Entry<unknown>[] {
    return this.past(past).decided.map((number) => this.#entries.at(number))
  }

  /** Prefix consistency, integrity, total order and primary order. */
  deliver(past: number, after: Zxid, entries: readonly Entry<unknown>[]): number {
    const { decided, reigns } = this.past(past)
    const zxids = decided.map((number) => this.#entries.at(number).zxid)
    let index = after === 0 ? 0 : zxids.indexOf(after) + 1
    if (after !== 0 && index === 0)
      throw new Violation(`delivered after ${formatZxid(after)}, which is not decided`)
    const next = [...decided]
    for (const entry of entries) {
      const number = this.#entries.putData(entry)
      if (next[index] === undefined) next[index] = this.#decide(next, reigns, entry, number)
      else if (next[index] !== number) {
        throw new Violation(
          `prefix consistency: ${name(entry)} is delivered where another member has delivered ${name(this.#entries.at(next[index] ?? 0))}`,
        )
      }
      index += 1
    }
    return next.length === decided.length ? past : this.#put({ decided: next, reigns })
  }

  /** A snapshot holds what is decided, and nothing else. */
  jump(past: number, zxid: Zxid): void {
    if (this.#isDecided(this.past(past).decided, zxid)) return
    throw new Violation(
      `prefix consistency: a snapshot ends at ${formatZxid(zxid)}, which is not decided`,
    )
  }

  #decide(
    decided: readonly number[],
    reigns: Past['reigns'],
    entry: Entry<unknown>,
    number: number,
  ): number {
    const last = decided.at(-1)
    if (last !== undefined && this.#entries.at(last).zxid >= entry.zxid)
      throw new Violation(`total order: ${name(entry)} is delivered late`)
    const proposal = this.#proposedOnce(entry)
    const isTwice = decided.some((each) => this.#proposedOnce(this.#entries.at(each)) === proposal)
    if (proposal !== undefined && isTwice)
      throw new Violation(`integrity: ${proposal} is decided twice`)
    const later = reigns.find(([epoch]) => epoch > epochOf(entry.zxid))
    if (later !== undefined) {
      throw new Violation(
        `leader completeness: ${name(entry)} is decided, and the leader of epoch ${later[0]} has begun without it`,
      )
    }
    return number
  }

  /** Leadership, and leader log completeness: it has delivered its whole log by now. */
  establish(past: number, id: number, output: Output & { kind: 'established' }): number {
    const { decided, reigns } = this.past(past)
    const { epoch, base, entries } = output
    if (reigns.some((reign) => reign[0] === epoch))
      throw new Violation(`leadership: epoch ${epoch} has two established leaders`)
    const log = entries.map((entry) => this.#entries.putData(entry))
    const wanted = decided.filter((number) => this.#entries.at(number).zxid > base)
    const isWhole =
      wanted.length === log.length && wanted.every((each, index) => each === log[index])
    if (!isWhole || (base > 0 && !this.#isDecided(decided, base))) {
      throw new Violation(
        `leader completeness: the leader of epoch ${epoch} begins with another log than what is decided`,
      )
    }
    const next = [...reigns, [epoch, id] as const].sort((a, b) => a[0] - b[0])
    return this.#put({ decided, reigns: next })
  }

  /** Committed log durability: what is decided is on the disks of a majority of the databases that vote. */
  durable(past: number, row: Int32Array, from: number, imageOf: (number: number) => Image): void {
    if (this.past(past).decided.length === 0) return
    let holding = 0
    for (let member = 0; member < 3; member += 1) {
      const image = row[from + member] ?? 0
      const holds = this.#holds.get(past, image, () => this.#isHeld(past, imageOf(image)))
      if (holds) holding += 1
    }
    if (holding < MAJORITY)
      throw new Violation(`durability: what is decided is on ${holding} disk(s) that vote`)
  }

  /** Nothing is said of a disk that is not on it. */
  said(number: number, image: Image, item: number, message: Carried): void {
    this.#true.get(item, number, () => this.#check(image, message))
  }

  #check(image: Image, message: Carried): true {
    const claim = claimOf(message)
    if (claim === undefined) return true
    const { meta, base, entries } = image
    const isHeld = claim.zxid <= base || entries.some(({ zxid }) => zxid === claim.zxid)
    if (!isHeld)
      throw new Violation(
        `acked ⇒ durable: ${message.kind} of ${formatZxid(claim.zxid)}, which is not on the disk`,
      )
    if (claim.acceptedEpoch > meta.acceptedEpoch)
      throw new Violation(
        `${message.kind}: epoch ${claim.acceptedEpoch} is not promised on the disk`,
      )
    if (claim.currentEpoch > meta.currentEpoch)
      throw new Violation(`${message.kind}: epoch ${claim.currentEpoch} is not adopted on the disk`)
    if (claim.voter && !meta.voter)
      throw new Violation(`${message.kind}: a vote that is not on the disk`)
    return true
  }

  #isHeld(past: number, image: Image): boolean {
    const { decided } = this.past(past)
    if (!image.meta.voter) return false
    const held = new Set(image.entries.map((entry) => this.#entries.putData(entry)))
    return decided.every((number) => {
      return held.has(number) || this.#entries.at(number).zxid <= image.base
    })
  }

  #isDecided(decided: readonly number[], zxid: Zxid): boolean {
    return decided.some((number) => this.#entries.at(number).zxid === zxid)
  }

  #put(past: Past): number {
    const key = `${past.decided.join()}/${past.reigns.map((reign) => reign.join(':')).join()}`
    return this.#pasts.put(key, () => past)
  }
}

function name({ zxid, txn }: Entry<unknown>): string {
  return `${formatZxid(zxid)} (${typeof txn === 'string' ? txn : JSON.stringify(txn)})`
}

function claimOf(message: Carried): Claim | undefined {
  const said = message as Carried & Record<string, unknown>
  const number = (key: string): number => (typeof said[key] === 'number' ? said[key] : 0)
  const nothing = { zxid: 0, acceptedEpoch: 0, currentEpoch: 0, voter: said['voter'] === true }
  switch (message.kind) {
    case 'notification':
      return nothing
    case 'followerInfo':
      return nothing
    case 'ackEpoch':
      // Only a new promise counts; what was asked of the disk before it is there before it.
      if (said['fresh'] !== true) return nothing
      return {
        ...nothing,
        acceptedEpoch: number('epoch'),
        currentEpoch: number('currentEpoch'),
        zxid: number('lastZxid'),
      }
    case 'leaderInfo':
      return { ...nothing, acceptedEpoch: number('epoch') }
    case 'ackNewLeader':
      return { ...nothing, currentEpoch: number('epoch'), zxid: number('lastZxid') }
    case 'ack':
      return { ...nothing, zxid: number('zxid') }
    case 'upToDate':
      return { ...nothing, currentEpoch: number('epoch') }
    default:
      return undefined
  }
}
