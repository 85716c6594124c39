/** The sessions of the ensemble: which are open, what they own, and the outcomes that are kept for them. */
import { minus, outcomeHash, plus, sessionHash, sessionIdentityHash } from './digest.js'
import type { FailureCode, Origin, SessionId, Zxid } from './types.js'

export interface Failure {
  readonly code: FailureCode
  /** Of a multi. */
  readonly index?: number
  readonly count?: number
}

interface Kept {
  readonly cxid: number
  readonly hash: number
}

export class OpenSession {
  readonly id: SessionId
  readonly origin: Origin
  /** Paths of its ephemerals. */
  readonly ephemerals: Set<string> = new Set<string>()
  ephemeralLength = 0
  lastCxid = 0
  readonly #identity: number
  #kept: Kept[] = []
  #keptHash = 0

  constructor(id: SessionId, timeoutMs: number, origin: Origin) {
    this.id = id
    this.origin = origin
    this.#identity = sessionIdentityHash(id, timeoutMs, origin)
  }

  /** Its part of the digest. */
  get hash(): number {
    return plus(sessionHash(this.#identity, this.lastCxid), this.#keptHash)
  }

  /** A request of it was decided; outcomes up to `settled` are not needed any longer. */
  answer(cxid: number, settled: number, zxid: Zxid, failure: Failure | undefined): void {
    while (this.#kept[0] !== undefined && this.#kept[0].cxid <= settled) {
      this.#keptHash = minus(this.#keptHash, this.#kept.shift()!.hash)
    }
    const hash = outcomeHash(this.id, cxid, zxid, failure)
    this.#kept.push({ cxid, hash })
    this.#keptHash = plus(this.#keptHash, hash)
    this.lastCxid = cxid
  }

  owns(path: string): void {
    this.ephemerals.add(path)
    this.ephemeralLength += path.length
  }

  disowns(path: string): void {
    if (this.ephemerals.delete(path)) this.ephemeralLength -= path.length
  }
}
