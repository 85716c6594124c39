/**
 * What becomes of an ensemble to which nothing bad happens any more: everything that is on its way arrives, time goes by
 * for all alike, and within a bounded time somebody leads and everybody is caught up.
 */
import type { Facts } from './machine.js'
import { Violation } from './violation.js'
import type { Row } from './row.js'
import type { World } from './world.js'

/** Times that everything comes to rest and time goes by up to the next deadline. */
const WAITS_MAX = 500
/** What arrives between two waits. */
const ARRIVALS_MAX = 2000

export class Progress {
  readonly #world: World
  readonly #good = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  /** @throws Violation if it never comes to rest with a leader that all have caught up with. */
  check(end: Row): void {
    // From here on elections are real.
    const { isOracle } = this.#world
    this.#world.isOracle = false
    try {
      this.#goOn(end)
    } finally {
      this.#world.isOracle = isOracle
    }
  }

  #goOn(end: Row): void {
    const keys: string[] = []
    let row = end
    for (let wait = 0; wait < WAITS_MAX; wait += 1) {
      row = arriveAll(this.#world, row)
      const key = row.subarray(0, 12).join()
      keys.push(key)
      if (this.#good.has(key) || isSettled(this.#world, row)) {
        for (const each of keys) this.#good.add(each)
        return
      }
      row = waitForAll(this.#world, row)
    }
    throw new Violation(`progress: still ${this.#world.describe(row)}`)
  }
}

/** Everything that is on its way arrives, the oldest first as far as that can be told. */
export function arriveAll(world: World, start: Row): Row {
  let row = start
  for (let count = 0; count < ARRIVALS_MAX; count += 1) {
    const pending = world.pending(row)
    if (pending.length === 0) return row
    row = world.after(row, pending[count % pending.length] ?? 0)
  }
  throw new Violation(`progress: messages without end: ${world.describe(row)}`)
}

/** Time goes by up to the next deadline of anybody. */
export function waitForAll(world: World, start: Row): Row {
  const due = membersOf(world, start).map(([, { dueMs }]) => dueMs)
  const ms = Math.max(0, Math.min(...due))
  let row = start
  for (const [member] of membersOf(world, start)) {
    row = world.after(row, world.number({ kind: 'pass', member, ms }))
  }
  for (const [member, { dueMs }] of membersOf(world, row)) {
    if (dueMs <= 0) row = world.after(row, world.number({ kind: 'timeout', member }))
  }
  return row
}

/** The fair schedule, step by step, until `condition` holds. */
export function runUntil(world: World, start: Row, condition: (row: Row) => boolean): Row {
  let row = start
  for (let count = 0; count < ARRIVALS_MAX; count += 1) {
    if (condition(row)) return row
    const pending = world.pending(row)
    const next = pending[count % pending.length]
    row = next === undefined ? waitForAll(world, row) : world.after(row, next)
  }
  throw new Error(`never comes to the start of the space: ${world.describe(row)}`)
}

export function membersOf(world: World, row: Row): [member: number, facts: Facts][] {
  const members: [number, Facts][] = []
  for (let member = 0; member < 3; member += 1) {
    const facts = world.facts(row, member)
    if (facts !== undefined) members.push([member, facts])
  }
  return members
}

export function isSettled(world: World, row: Row): boolean {
  const members = membersOf(world, row)
  const leader = members.find(([, { established }]) => established)
  if (leader === undefined) return false
  const [index, { lastZxid }] = leader
  return members.every(([member, facts]) => {
    const isCaughtUp = facts.committed === lastZxid && facts.lastZxid === lastZxid
    const isAtRest = world.queue(row, member).length === 0 && facts.pending === 0
    return facts.serving && facts.leader === index + 1 && facts.voter && isCaughtUp && isAtRest
  })
}
