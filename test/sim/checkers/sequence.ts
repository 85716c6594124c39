/** Sequence numbers under one parent grow, and none is given twice, whatever was deleted meanwhile. */
import { parentOf } from '../../../lib/protocol/path.js'
import type { OperationTxn } from '../../../lib/tree/txn.js'
import type { Decided } from '../decided.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

const SEQUENTIAL = /\/(?:n-)?(\d{10,})$/

export class Sequence implements Checker {
  readonly name = 'sequence'
  readonly #decided: Decided
  /** Newest number, by the parent's path and the txn that created it. */
  readonly #newest = new Map<string, number>()

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    if (observation.kind !== 'decided') return
    const { body } = observation.entry.txn
    if (body.kind === 'create') this.#onOperation(body)
    if (body.kind === 'multi') for (const operation of body.operations) this.#onOperation(operation)
  }

  #onOperation(operation: OperationTxn): void {
    if (operation.kind !== 'create') return
    const digits = SEQUENTIAL.exec(operation.path)?.[1]
    if (digits === undefined) return
    const parent = parentOf(operation.path)
    const key = `${parent} ${this.#decided.createdAt(parent)}`
    const last = this.#newest.get(key) ?? -1
    demand(Number(digits) > last, this.name, () => `${operation.path} comes after number ${last}`)
    this.#newest.set(key, Number(digits))
  }
}
