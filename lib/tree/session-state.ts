/**
 * One session in the replicated state: how far its requests got, and the outcomes its View has not
 * confirmed. Whether it is alive is not known here: that is a matter of clocks, and of the leader.
 */
import { assert } from '../base/assert.js'
import type { Outcome, SessionId, SessionOrigin } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import {
  addDigest,
  hashOutcome,
  hashRemote,
  hashSession,
  hashSessionIdentity,
  subtractDigest,
} from './digest.js'
import type { KeptOutcome, SessionRecord } from './record.js'
import type { SessionSlot } from './store.js'
import type { Digest } from './txn.js'

/** Dropped outcomes are cut off the array when they are at least this many and half of it. */
const DROPPED_MIN = 64

export class SessionState implements SessionSlot {
  readonly id: SessionId
  readonly timeoutMs: number
  /** Of a session that belongs to a client elsewhere and can be attached by whoever knows this. */
  readonly password: Uint8Array | undefined
  /** Paths of the ephemerals it owns. */
  readonly ephemerals: Set<string> = new Set()
  lastCxid: number = 0
  /** Outcomes at or below this cxid have been dropped. */
  settled: number = 0
  /** Sum of the hashes of the kept outcomes. */
  outcomesDigest: Digest = 0
  #kept: KeptOutcome[] = []
  #dropped: number = 0

  #origin: SessionOrigin
  #attached: Zxid
  #identity: Digest

  constructor(
    id: SessionId,
    timeoutMs: number,
    origin: SessionOrigin,
    password?: Uint8Array,
    attached: Zxid = id,
  ) {
    assert(password !== undefined || attached === id, 'only a remote session is attached')
    this.id = id
    this.timeoutMs = timeoutMs
    this.password = password
    this.#origin = origin
    this.#attached = attached
    this.#identity = identityOf(id, timeoutMs, origin, password, attached)
  }

  /** The View that it belongs to, and by which of its requests. */
  get origin(): SessionOrigin {
    return this.#origin
  }

  /** zxid of the txn that gave it to that View. */
  get attached(): Zxid {
    return this.#attached
  }

  get isRemote(): boolean {
    return this.password !== undefined
  }

  get identity(): Digest {
    return this.#identity
  }

  /** Outcomes above the newest cxid that the View has settled, ascending. */
  get outcomes(): readonly KeptOutcome[] {
    return this.#kept.slice(this.#dropped)
  }

  get hash(): Digest {
    return addDigest(hashSession(this.#identity, this.lastCxid), this.outcomesDigest)
  }

  /** Another View owns it from here on: it counts from 1, and nobody waits for what came of the requests before. */
  attach(origin: SessionOrigin, zxid: Zxid): void {
    assert(zxid > this.#attached, 'a session is attached later than it was before')
    this.#origin = origin
    this.#attached = zxid
    this.#identity = identityOf(this.id, this.timeoutMs, origin, this.password, zxid)
    this.lastCxid = 0
    this.settled = 0
    this.outcomesDigest = 0
    this.#kept = []
    this.#dropped = 0
  }

  keep(cxid: number, _zxid: Zxid, outcome: Outcome): void {
    assert(cxid > this.lastCxid, 'the requests of a session are applied in their order')
    this.lastCxid = cxid
    this.#kept.push({ cxid, outcome })
    this.outcomesDigest = addDigest(this.outcomesDigest, hashOutcome(this.id, cxid, outcome))
  }

  forget(settled: number): void {
    if (settled <= this.settled) return
    for (; this.#dropped < this.#kept.length; this.#dropped++) {
      const kept = this.#kept[this.#dropped]
      if (kept === undefined || kept.cxid > settled) break
      this.outcomesDigest = subtractDigest(this.outcomesDigest, hashKept(this.id, kept))
    }
    this.settled = settled
    if (this.#dropped < DROPPED_MIN || this.#dropped * 2 < this.#kept.length) return
    this.#kept = this.#kept.slice(this.#dropped)
    this.#dropped = 0
  }

  /** Sum of the hashes of the kept outcomes with a cxid in (`after`, `upTo`]. */
  digestBetween(after: number, upTo: number): Digest {
    let sum = 0
    for (let index = this.#firstAbove(after); index < this.#kept.length; index++) {
      const kept = this.#kept[index]
      if (kept === undefined || kept.cxid > upTo) break
      sum = addDigest(sum, hashKept(this.id, kept))
    }
    return sum
  }

  /** Index of the first kept outcome with a cxid above `cxid`. */
  #firstAbove(cxid: number): number {
    let from = this.#dropped
    let to = this.#kept.length
    while (from < to) {
      const middle = (from + to) >>> 1
      const kept = this.#kept[middle]
      assert(kept !== undefined, 'the middle of a range lies in it')
      if (kept.cxid <= cxid) from = middle + 1
      else to = middle
    }
    return from
  }

  toRecord(): SessionRecord {
    return {
      id: this.id,
      timeoutMs: this.timeoutMs,
      origin: this.origin,
      lastCxid: this.lastCxid,
      password: this.password,
      attached: this.#attached === this.id ? undefined : this.#attached,
      outcomes: this.outcomes,
    }
  }
}

/** A session as a snapshot holds it, without its ephemerals: their owner is in their own rows. */
export function sessionFromRecord(record: SessionRecord): SessionState {
  const { id, timeoutMs, origin, password, attached } = record
  const session = new SessionState(id, timeoutMs, origin, password, attached)
  for (const { cxid, outcome } of record.outcomes) session.keep(cxid, outcome.zxid, outcome)
  assert(record.lastCxid >= session.lastCxid, 'no outcome is newer than the last request')
  session.lastCxid = record.lastCxid
  const oldest = record.outcomes[0]
  session.settled = oldest === undefined ? record.lastCxid : oldest.cxid - 1
  return session
}

/** The part of a session's hash that changes only when it is attached. */
export function identityOf(
  id: SessionId,
  timeoutMs: number,
  origin: SessionOrigin,
  password: Uint8Array | undefined,
  attached: Zxid,
): Digest {
  const identity = hashSessionIdentity(id, timeoutMs, origin)
  return password === undefined ? identity : hashRemote(identity, attached, password)
}

/** One text per origin, to find a session by who asked for it. */
export function originKey(origin: SessionOrigin): string {
  return `${origin.replica} ${origin.incarnationKey} ${origin.view} ${origin.number}`
}

function hashKept(session: SessionId, kept: KeptOutcome): Digest {
  return hashOutcome(session, kept.cxid, kept.outcome)
}
