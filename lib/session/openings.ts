/**
 * Sessions that this View has asked for and that do not exist yet. Each has a number of the View's own: its txn, or
 * the session table of a snapshot, is recognized by it.
 */
import { assert } from '../base/assert.js'
import type { CreateSessionRequest, SessionOrigin } from '../protocol/request.js'
import type { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Answer } from './answer.js'
import type { Moment } from './lease.js'
import type { SessionCore } from './session-core.js'
import type { Session } from './session.js'

export interface Opening {
  readonly core: SessionCore
  readonly session: Session
  readonly answer: Answer<Session>
}

interface Asked extends Opening {
  /** When it left; `undefined` before. */
  sent: Moment | undefined
  /** Nobody waits any more: once it is born, it is to be closed. */
  abandoned: boolean
}

/** Which View this is, as the replica told it. */
export type ViewIdentity = Omit<SessionOrigin, 'number'>

export interface Birth extends Opening {
  readonly sent: Moment
  readonly abandoned: boolean
}

export class Openings {
  readonly #asked = new Map<number, Asked>()
  #newest = 0

  get size(): number {
    return this.#asked.size
  }

  /** Those that somebody still waits for. */
  get awaited(): number {
    return [...this.#asked.values()].filter(({ answer }) => answer.isOpen).length
  }

  add(opening: Opening): void {
    this.#newest += 1
    this.#asked.set(this.#newest, { ...opening, sent: undefined, abandoned: false })
  }

  /** Nobody waits for it any more. One that has not left is forgotten, and will never be. */
  abandon(core: SessionCore): void {
    for (const [number, asked] of this.#asked) {
      if (asked.core !== core) continue
      if (asked.sent === undefined) this.#asked.delete(number)
      else asked.abandoned = true
    }
  }

  /** What has not left yet; from here on it has left, at `now`. */
  take(identity: ViewIdentity, now: Moment): CreateSessionRequest[] {
    const requests: CreateSessionRequest[] = []
    for (const [number, asked] of this.#asked) {
      if (asked.sent !== undefined) continue
      asked.sent = now
      const origin = { ...identity, number }
      requests.push({ kind: 'createSession', origin, timeoutMs: asked.core.timeoutMs })
    }
    return requests
  }

  /** What has left was lost on the way: it leaves again, unless nobody waits for it any more. */
  askAgain(): void {
    for (const [number, asked] of this.#asked) {
      if (asked.abandoned) this.#asked.delete(number)
      else asked.sent = undefined
    }
  }

  /** The session of that number exists; `undefined` when that is not news. */
  born(number: number): Birth | undefined {
    const asked = this.#asked.get(number)
    if (asked === undefined) return undefined
    const { sent } = asked
    assert(sent !== undefined, 'only what was asked for is born')
    this.#asked.delete(number)
    return { ...asked, sent }
  }

  /** Answers everybody who waits and whose session can be used before it is committed. */
  answerAll(): void {
    for (const asked of this.#asked.values()) asked.answer.resolve(asked.session)
  }

  /** No session comes any more. */
  drain(error: ZooKeeperError): SessionCore[] {
    const asked = [...this.#asked.values()]
    this.#asked.clear()
    for (const { answer } of asked) answer.rejectQuietly(error)
    return asked.map(({ core }) => core)
  }
}
