/**
 * One session as it will be once everything proposed is committed. It holds only what proposed txns
 * changed; the outcomes that the tree keeps are looked up there when they are dropped.
 */
import { assert } from '../base/assert.js'
import type { Outcome, SessionId, SessionOrigin } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import { addDigest, hashOutcome, hashSession, subtractDigest } from './digest.js'
import { identityOf } from './session-state.js'
import type { SessionSlot } from './store.js'
import type { Tree } from './tree.js'
import type { Digest } from './txn.js'

/** The outcome of a proposed txn. */
interface ProposedOutcome {
  readonly cxid: number
  readonly zxid: Zxid
  readonly hash: Digest
}

const CREATED_MIN = 64
const TAKEN_MIN = 64

export class OverlaySession implements SessionSlot {
  readonly id: SessionId
  readonly timeoutMs: number
  /** Of a remote session. */
  readonly password: Uint8Array | undefined
  /** zxid of the last proposed txn that changed it. */
  zxid: Zxid = 0
  /** A proposed txn ends it. */
  isClosed: boolean = false
  /** Paths where proposed txns created an ephemeral of it; some may be gone again. */
  readonly created: Set<string> = new Set()
  #createdMax: number = CREATED_MIN
  readonly #tree: Tree
  #origin: SessionOrigin
  #attached: Zxid
  #identity: Digest
  #lastCxid: number = 0
  #settled: number = 0
  #outcomesDigest: Digest = 0
  #proposed: ProposedOutcome[] = []
  #taken: number = 0

  /** As the tree has it now, or new if the tree does not know the id. */
  constructor(
    tree: Tree,
    id: SessionId,
    timeoutMs: number,
    origin: SessionOrigin,
    password: Uint8Array | undefined,
  ) {
    this.id = id
    this.timeoutMs = timeoutMs
    this.password = password
    this.#tree = tree
    const session = tree.sessions.get(id)
    this.#origin = origin
    this.#attached = session?.attached ?? id
    this.#identity = session?.identity ?? identityOf(id, timeoutMs, origin, password, id)
    if (session === undefined) return
    this.#lastCxid = session.lastCxid
    this.#settled = session.settled
    this.#outcomesDigest = session.outcomesDigest
  }

  get origin(): SessionOrigin {
    return this.#origin
  }

  /** zxid of the txn that gave it to its View. */
  get attached(): Zxid {
    return this.#attached
  }

  get isRemote(): boolean {
    return this.password !== undefined
  }

  get lastCxid(): number {
    return this.#lastCxid
  }

  get hash(): Digest {
    return addDigest(hashSession(this.#identity, this.#lastCxid), this.#outcomesDigest)
  }

  /** As {@link SessionState.attach}. */
  attach(origin: SessionOrigin, zxid: Zxid): void {
    assert(zxid > this.#attached, 'a session is attached later than it was before')
    this.#origin = origin
    this.#attached = zxid
    this.#identity = identityOf(this.id, this.timeoutMs, origin, this.password, zxid)
    this.#lastCxid = 0
    this.#settled = 0
    this.#outcomesDigest = 0
    this.#proposed = []
    this.#taken = 0
  }

  keep(cxid: number, zxid: Zxid, outcome: Outcome): void {
    assert(cxid > this.#lastCxid, 'the requests of a session are prepared in their order')
    const hash = hashOutcome(this.id, cxid, outcome)
    this.#lastCxid = cxid
    this.#proposed.push({ cxid, zxid, hash })
    this.#outcomesDigest = addDigest(this.#outcomesDigest, hash)
  }

  /**
   * An outcome is dropped once: from the tree's list if its txn is applied there, from the proposed
   * ones if not. The tree has dropped no more than this overlay, which runs ahead of it.
   */
  forget(settled: number): void {
    if (settled <= this.#settled) return
    const applied = this.#tree.lastZxid
    const committed = this.#tree.sessions.get(this.id)
    // The tree may still hold what came of the requests of the owner before.
    const isSame = committed?.attached === this.#attached
    const inTree = isSame ? committed.digestBetween(this.#settled, settled) : 0
    let dropped = inTree
    for (; this.#taken < this.#proposed.length; this.#taken++) {
      const proposed = this.#proposed[this.#taken]
      if (proposed === undefined || proposed.cxid > settled) break
      if (proposed.zxid > applied) dropped = addDigest(dropped, proposed.hash)
    }
    this.#outcomesDigest = subtractDigest(this.#outcomesDigest, dropped)
    this.#settled = settled
  }

  /**
   * Lets go of what the tree now knows. `isProposed` tells whether a path still has a proposed
   * state.
   */
  prune(applied: Zxid, isProposed: (path: string) => boolean): void {
    while ((this.#proposed[this.#taken]?.zxid ?? Infinity) <= applied) this.#taken++
    if (this.#taken >= TAKEN_MIN && this.#taken * 2 >= this.#proposed.length) {
      this.#proposed = this.#proposed.slice(this.#taken)
      this.#taken = 0
    }
    if (this.created.size <= this.#createdMax) return
    for (const path of this.created) if (!isProposed(path)) this.created.delete(path)
    this.#createdMax = Math.max(CREATED_MIN, 2 * this.created.size)
  }
}
