/**
 * Prefix consistency: of any two histories of decided txns one is a prefix of the other. Everybody applies the decided
 * txns, all of them, in their order; and so they stand in every log that is known to be decided.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import type { Decided } from '../decided.js'
import type { LogSeen } from '../inside.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Prefix implements Checker {
  readonly name = 'prefix consistency'
  readonly sees = ['applied', 'log'] as const
  readonly #decided: Decided

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    if (observation.kind === 'log') return this.#onLog(observation)
    if (observation.kind !== 'applied') return
    const { replica, after, entry } = observation
    const index = after === 0 ? -1 : this.#decided.indexOf(after)
    const who = `replica ${replica}`
    demand(
      index !== undefined,
      this.name,
      () => `${who} stands at ${formatZxid(after)}, which was never decided`,
    )
    const expected = this.#decided.entries[(index ?? -1) + 1]
    // What nobody applied before is appended by whoever tells us; what is there must be the same.
    if (expected === undefined) return
    demand(isSame(expected, entry), this.name, () => {
      const found = `${formatZxid(entry.zxid)} (${entry.txn.body.kind})`
      const wanted = `${formatZxid(expected.zxid)} (${expected.txn.body.kind})`
      return `${who} applied ${found} after ${formatZxid(after)}; decided is ${wanted}`
    })
  }

  #onLog({ where, base, entries }: LogSeen): void {
    const index = base === 0 ? -1 : (this.#decided.indexOf(base) ?? Number.NaN)
    entries.forEach((entry, position) => {
      const expected = this.#decided.entries[index + 1 + position]
      demand(expected !== undefined && isSame(expected, entry), this.name, () => {
        return `${where} holds ${formatZxid(entry.zxid)} where ${formatZxid(expected?.zxid ?? 0)} is decided`
      })
    })
  }
}

export function isSame(left: Entry<Txn>, right: Entry<Txn>): boolean {
  if (left === right) return true
  if (left.zxid !== right.zxid || left.txn.digest !== right.txn.digest) return false
  if (left.txn.time !== right.txn.time || left.txn.body.kind !== right.txn.body.kind) return false
  const [a, b] = [left.txn.origin, right.txn.origin]
  return a?.session === b?.session && a?.cxid === b?.cxid
}
