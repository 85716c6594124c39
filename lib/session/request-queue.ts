/**
 * The requests of one session that are not settled yet, in the order they were issued, each with the reads that
 * wait for exactly it.
 *
 * A request gets its cxid when it leaves this thread, so that one withdrawn before leaves no gap. Those that left
 * come first; the ensemble settles them in order.
 */
import { assert } from '../base/assert.js'
import type { Identity } from '../protocol/acl.js'
import type { Outcome, RequestBody, SessionId, SessionRequest } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'

/** An asynchronous read that waits for the session's earlier writes. */
export interface WaitingRead {
  /** Takes its result from the state of this very moment. */
  evaluate(): void
  fail(error: unknown): void
}

export interface PendingRequest {
  readonly body: RequestBody
  /** Of paths and data, for the bounds. */
  readonly bytes: number
  /** Who asks; absent: nobody in particular. */
  readonly auth?: readonly Identity[] | undefined
  settle(outcome: Outcome): void
  fail(error: unknown): void
}

interface Entry {
  readonly request: PendingRequest
  readonly reads: WaitingRead[]
}

/** In the place of an entry that was settled, so that its data is let go at once. */
const SETTLED: Entry = {
  request: { body: { kind: 'sync' }, bytes: 0, settle: () => undefined, fail: () => undefined },
  reads: [],
}

export class RequestQueue {
  /** Unsettled ones, oldest first, from `#head` on; those from `#unsent` on have not left. */
  #entries: Entry[] = []
  #head = 0
  #unsent = 0
  #lastCxid = 0

  get length(): number {
    return this.#entries.length - this.#head
  }

  get hasUnsent(): boolean {
    return this.#unsent < this.#entries.length
  }

  get lastSettledCxid(): number {
    return this.#oldestCxid - 1
  }

  /** cxid of the oldest request that has left and is not settled, or of the next to leave. */
  get #oldestCxid(): number {
    return this.#lastCxid - (this.#unsent - this.#head) + 1
  }

  push(request: PendingRequest): void {
    this.#entries.push({ request, reads: [] })
  }

  /** The read waits for the newest request. There must be one. */
  wait(read: WaitingRead): void {
    const last = this.#entries.at(-1)
    assert(last !== undefined && this.length > 0, 'a read waits for a request')
    last.reads.push(read)
  }

  /**
   * Takes back a request that has not left.
   *
   * @returns `undefined` if it has left; else the reads that now wait for nothing, for the caller to evaluate.
   */
  withdraw(request: PendingRequest): readonly WaitingRead[] | undefined {
    // Only among those that have not left: one signal may abort thousands that have.
    let index = this.#unsent
    while (index < this.#entries.length && this.#entries[index]?.request !== request) index += 1
    if (index === this.#entries.length) return undefined
    const [entry] = this.#entries.splice(index, 1)
    assert(entry !== undefined, 'the entry was found')
    const earlier = index > this.#head ? this.#entries[index - 1] : undefined
    if (earlier === undefined) return entry.reads
    earlier.reads.push(...entry.reads)
    return []
  }

  /**
   * Everything that has not left, with its cxid, in order: from here on it has left.
   *
   * @param attached zxid of the txn that gave the session to this View.
   */
  take(session: SessionId, attached: Zxid): SessionRequest[] {
    const taken = this.#entries.slice(this.#unsent)
    const settled = this.lastSettledCxid
    this.#unsent = this.#entries.length
    const owner = attached === session ? undefined : attached
    return taken.map(({ request: { body, auth } }) => {
      this.#lastCxid += 1
      const cxid = this.#lastCxid
      return { kind: 'request', session, cxid, settled, body, auth, attached: owner }
    })
  }

  /** The oldest request is settled; `undefined` when that cxid was settled before (told twice). */
  settle(cxid: number): Entry | undefined {
    if (cxid < this.#oldestCxid) return undefined
    assert(this.#head < this.#unsent, 'only what has left can be settled')
    assert(cxid === this.#oldestCxid, 'requests are settled in order')
    const entry = this.#entries[this.#head]
    assert(entry !== undefined, 'the oldest request is there')
    this.#entries[this.#head] = SETTLED
    this.#head += 1
    this.#compact()
    return entry
  }

  /** Takes every read off the queue. */
  takeReads(): WaitingRead[] {
    return this.#entries.slice(this.#head).flatMap((entry) => entry.reads.splice(0))
  }

  /** Empties the queue. */
  drain(): Entry[] {
    const entries = this.#entries.slice(this.#head)
    this.#entries = []
    this.#head = 0
    this.#unsent = 0
    return entries
  }

  #compact(): void {
    if (this.#head < 256 || this.#head * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#head)
    this.#unsent -= this.#head
    this.#head = 0
  }
}
