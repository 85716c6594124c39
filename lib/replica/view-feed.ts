/**
 * What one View is fed: committed txns in zxid order, from the log in memory, as far as its credit goes.
 *
 * A View that lags (a blocked main thread) is fed from where it stands when it gives credit back; one that stands
 * before the log's beginning gets a snapshot, whose difference fires its watches. A new View is just that case.
 */
import { assert } from '../base/assert.js'
import { LOG_BYTES_PINNED_MAX, PROPOSAL_BYTES_MAX } from '../base/limits.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Tree } from '../tree/tree.js'
import type { Walk } from '../tree/walk.js'
import type { Txn } from '../tree/txn.js'
import type { History } from '../zab/history.js'
import type { ReplicaBounds } from './options.js'
import type { ViewInput } from './view-message.js'

/** What an entry-less message costs, so that credit is never free. */
const MESSAGE_BYTES = 64

export class ViewFeed {
  readonly view: number
  readonly #bounds: ReplicaBounds
  /** Newest zxid that was sent. */
  #sent: Zxid = 0
  #needsSnapshot = true
  #walk: { readonly tree: Tree; readonly walk: Walk; readonly start: Zxid } | undefined
  /** Bytes of each message on its way, oldest first. */
  #inFlight: number[] = []
  #inFlightBytes = 0
  snapshots = 0

  constructor(view: number, bounds: ReplicaBounds) {
    this.view = view
    this.#bounds = bounds
  }

  /** The log must not be trimmed past this. */
  get pinned(): Zxid {
    return this.#walk?.start ?? Infinity
  }

  get lag(): number {
    return this.#inFlightBytes
  }

  credit(messages: number): void {
    assert(messages <= this.#inFlight.length, 'a View gives back what it was sent')
    for (const bytes of this.#inFlight.splice(0, messages)) this.#inFlightBytes -= bytes
  }

  /** The View's state is not to be trusted: it gets a new one. */
  restart(): void {
    this.#needsSnapshot = true
    this.#walk = undefined
  }

  /** What may be sent now. The tree holds exactly what is committed. */
  next(tree: Tree, history: History<Txn>): ViewInput[] {
    const inputs: ViewInput[] = []
    if (this.#walk !== undefined && this.#walk.tree !== tree) this.restart()
    // A View that sleeps in the middle of a snapshot must not keep the log from being trimmed for ever.
    if (
      this.#walk !== undefined &&
      history.bytesBetween(this.#walk.start, tree.lastZxid) > LOG_BYTES_PINNED_MAX
    )
      this.restart()
    if (this.#walk === undefined && this.#sent < history.base) this.#needsSnapshot = true
    // After a reload this replica may know less for a moment than it has told: a View never goes back.
    if (tree.lastZxid < this.#sent) return inputs
    while (this.#hasCredit()) {
      const input = this.#needsSnapshot ? this.#nextSlice(tree, history) : this.#nextTxns(history)
      if (input === undefined) break
      inputs.push(input)
    }
    return inputs
  }

  #hasCredit(): boolean {
    return this.#inFlightBytes < this.#bounds.viewCreditBytes
  }

  #nextTxns(history: History<Txn>): ViewInput | undefined {
    if (this.#sent >= history.committed) return undefined
    const chunk = history.chunk(this.#sent, PROPOSAL_BYTES_MAX)
    const entries = chunk.at(-1)?.zxid ?? 0
    const decided =
      entries <= history.committed ? chunk : history.between(this.#sent, history.committed)
    const last = decided.at(-1)
    assert(last !== undefined, 'what is decided is in the log')
    this.#charge(history.bytesBetween(this.#sent, last.zxid))
    this.#sent = last.zxid
    return { kind: 'txns', entries: decided }
  }

  #nextSlice(tree: Tree, history: History<Txn>): ViewInput {
    if (this.#walk === undefined) {
      this.#walk = { tree, walk: tree.walk(tree.lastZxid), start: tree.lastZxid }
      this.snapshots += 1
      this.#charge(0)
      return { kind: 'snapshotBegin' }
    }
    const { walk, start } = this.#walk
    const nodes = walk.next(this.#bounds.snapshotSliceBytes)
    if (nodes.length > 0) {
      this.#charge(this.#bounds.snapshotSliceBytes)
      return { kind: 'snapshotNodes', nodes }
    }
    assert(walk.done, 'a walk that gives nothing is done')
    const tail = tree.tail(start)
    const entries = history.between(start, tail.end)
    this.#walk = undefined
    this.#needsSnapshot = false
    this.#sent = tail.end
    this.#charge(history.bytesBetween(start, tail.end))
    return { kind: 'snapshotEnd', tail, entries }
  }

  #charge(bytes: number): void {
    this.#inFlight.push(bytes + MESSAGE_BYTES)
    this.#inFlightBytes += bytes + MESSAGE_BYTES
  }
}
