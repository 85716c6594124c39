/**
 * The journal: what has been asked of the disk, and what is known to be on it.
 *
 * Everything asked for in one step is one batch, one ticket, one transaction. A rule that must wait for the
 * disk remembers the ticket of its write and asks `isDurable`; nothing is ever matched by position in the log,
 * because a position can be truncated and written again while an older write is still on its way
 * (etcd-io/raft, `newStorageAppendRespMsg`).
 */
import { assert } from '../base/assert.js'

export type Ticket = number

export interface Batch<W> {
  readonly ticket: Ticket
  readonly writes: readonly W[]
}

/** The side of a journal that a rule of the protocol needs. */
export interface JournalWriter<W> {
  write(write: W): Ticket
  isDurable(ticket: Ticket): boolean
}

export class Journal<W> implements JournalWriter<W> {
  #writes: W[] = []
  #next: Ticket = 1
  #durable: Ticket = 0

  /** Adds to the batch of this step. Returns the ticket under which it will be on disk. */
  write(write: W): Ticket {
    this.#writes.push(write)
    return this.#next
  }

  /** Ends the batch of this step; `undefined` if nothing was written. */
  take(): Batch<W> | undefined {
    if (this.#writes.length === 0) return undefined
    const batch = { ticket: this.#next, writes: this.#writes }
    this.#writes = []
    this.#next += 1
    return batch
  }

  persisted(ticket: Ticket): void {
    assert(ticket < this.#next, 'only what was asked for can be persisted')
    assert(ticket > this.#durable, 'tickets are persisted in order, once')
    this.#durable = ticket
  }

  isDurable(ticket: Ticket): boolean {
    return ticket <= this.#durable
  }

  /** Batches that are asked for and not yet on disk. */
  get pending(): number {
    return this.#next - 1 - this.#durable
  }
}
