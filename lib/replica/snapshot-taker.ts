/**
 * This replica's own snapshots: fuzzy, in slices, each written before the next is walked, while txns go on.
 *
 * Taken when the log has grown by so many bytes (or by a share of the tree, for a large one), jittered so that
 * replicas do not all pay at once. Only committed state is ever in the tree, so only that is in a snapshot
 * (a snapshot of uncommitted state is how ZooKeeper 3.8.0 was seen to diverge for good).
 */
import { assert } from '../base/assert.js'
import { LOG_BYTES_BEFORE_SNAPSHOT_MAX } from '../base/limits.js'
import type { Random } from '../base/random.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Tree } from '../tree/tree.js'
import type { Walk } from '../tree/walk.js'
import type { Txn } from '../tree/txn.js'
import type { History } from '../zab/history.js'
import type { JournalWriter, Ticket } from '../zab/journal.js'
import type { Write } from './effect.js'
import type { ReplicaBounds } from './options.js'

/** A log may grow to this share of the tree before it is worth a snapshot. */
const TREE_SHARE = 0.5

interface Running {
  readonly number: number
  readonly tree: Tree
  readonly walk: Walk
  readonly start: Zxid
  /** The last slice; the next is walked when it is on disk. */
  ticket: Ticket
}

export class SnapshotTaker {
  readonly #journal: JournalWriter<Write>
  readonly #random: Random
  readonly #bounds: ReplicaBounds
  #running: Running | undefined
  #next: number
  #lastStart: Zxid
  #jitter: number
  taken = 0

  constructor(
    journal: JournalWriter<Write>,
    random: Random,
    bounds: ReplicaBounds,
    next: number,
    last: Zxid,
  ) {
    this.#journal = journal
    this.#random = random
    this.#bounds = bounds
    this.#next = next
    this.#lastStart = last
    this.#jitter = 1 + random.next() / 2
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  get pinned(): Zxid {
    return this.#running?.start ?? Infinity
  }

  /** A number for a snapshot that comes from elsewhere. */
  reserve(): number {
    this.#next += 1
    return this.#next - 1
  }

  /** The tree is another one now: what was walked of the old one is void. */
  abandon(start: Zxid): void {
    if (this.#running !== undefined) {
      this.#journal.write({ kind: 'snapshotAbort', snapshot: this.#running.number })
    }
    this.#running = undefined
    this.#lastStart = start
  }

  /**
   * Begins a snapshot if it is time, or goes on with the one that runs.
   *
   * @param pinned  The log is still needed from here on by somebody else.
   */
  advance(tree: Tree, history: History<Txn>, pinned: Zxid): void {
    if (this.#running === undefined && this.#isDue(tree, history)) this.#begin(tree)
    const running = this.#running
    // Whoever kept the log from being trimmed when the last snapshot was complete may have let go of it.
    if (running === undefined) return this.#trim(history, Math.min(this.#lastStart, pinned))
    if (!this.#journal.isDurable(running.ticket)) return
    assert(running.tree === tree, 'a snapshot is of one tree')
    const nodes = running.walk.next(this.#bounds.snapshotSliceBytes)
    if (nodes.length > 0) {
      running.ticket = this.#journal.write({
        kind: 'snapshotNodes',
        snapshot: running.number,
        nodes,
      })
      return
    }
    assert(running.walk.done, 'a walk that gives nothing is done')
    this.#complete(running, history, pinned)
  }

  #isDue(tree: Tree, history: History<Txn>): boolean {
    const from = Math.max(this.#lastStart, history.base)
    const share = Math.min(tree.bytes * TREE_SHARE, LOG_BYTES_BEFORE_SNAPSHOT_MAX)
    const limit = Math.max(this.#bounds.logBytesBeforeSnapshot, share)
    return history.bytesBetween(from, history.committed) > limit * this.#jitter
  }

  #begin(tree: Tree): void {
    const start = tree.lastZxid
    this.#running = { number: this.reserve(), tree, walk: tree.walk(start), start, ticket: 0 }
    this.#jitter = 1 + this.#random.next() / 2
  }

  /** Snapshot complete, and the log behind it trimmed but for a tail for those who were shortly away. */
  #complete({ number, tree, start }: Running, history: History<Txn>, pinned: Zxid): void {
    const tail = tree.tail(start)
    assert(tail.end === history.committed, 'a snapshot ends with what is decided')
    this.#journal.write({ kind: 'snapshotComplete', snapshot: number, tail })
    this.#running = undefined
    this.#lastStart = start
    this.taken += 1
    this.#trim(history, Math.min(start, pinned))
  }

  /** Trims what is behind `newest`, but for a tail, if that is worth a write. */
  #trim(history: History<Txn>, newest: Zxid): void {
    const retained = this.#bounds.logBytesRetained
    if (newest <= history.base || history.bytesBetween(history.base, newest) <= 2 * retained) return
    const upTo = this.#trimPoint(history, newest)
    if (upTo <= history.base) return
    history.trim(upTo)
    this.#journal.write({ kind: 'trim', upTo })
  }

  /** Newest zxid that leaves enough log in front of `newest`. */
  #trimPoint(history: History<Txn>, newest: Zxid): Zxid {
    const retained = this.#bounds.logBytesRetained
    let low = history.indexAfter(history.base)
    let high = history.indexAfter(newest)
    if (high === 0) return history.base
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      const zxid = history.zxidAt(middle - 1)
      if (history.bytesBetween(zxid, newest) >= retained) low = middle
      else high = middle - 1
    }
    return low === 0 ? history.base : history.zxidAt(low - 1)
  }
}
