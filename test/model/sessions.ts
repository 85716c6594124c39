/** The sessions of the ensemble: which are open, what they own, and the outcomes that are kept for them. */
import {
  minus,
  outcomeHash,
  plus,
  remoteIdentityHash,
  sessionHash,
  sessionIdentityHash,
} from './digest.js'
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
  readonly timeoutMs: number
  /** Of one whose client is elsewhere. */
  readonly password: Uint8Array | undefined
  origin: Origin
  /** The txn that gave it to its View. */
  attached: Zxid
  /** Paths of its ephemerals. */
  readonly ephemerals: Set<string> = new Set<string>()
  ephemeralLength = 0
  lastCxid = 0
  #identity: number
  #kept: Kept[] = []
  #keptHash = 0

  constructor(id: SessionId, timeoutMs: number, origin: Origin, password?: Uint8Array) {
    this.id = id
    this.timeoutMs = timeoutMs
    this.password = password
    this.origin = origin
    this.attached = id
    this.#identity = this.#identify()
  }

  /** Another View has it from there on: it counts its requests from 1, and what became of the earlier ones is dropped. */
  attach(origin: Origin, zxid: Zxid): void {
    this.origin = origin
    this.attached = zxid
    this.lastCxid = 0
    this.#kept = []
    this.#keptHash = 0
    this.#identity = this.#identify()
  }

  #identify(): number {
    const { id, timeoutMs, origin, attached, password } = this
    const identity = sessionIdentityHash(id, timeoutMs, origin)
    return password === undefined ? identity : remoteIdentityHash(identity, attached, password)
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
