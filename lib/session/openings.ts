/**
 * Sessions that this View has asked for and that are not its own yet. Each has a number of the View's own: its txn,
 * or the session table of a snapshot, is recognized by it.
 */
import { assert } from '../base/assert.js'
import type {
  Attachment,
  CreateSessionRequest,
  SessionId,
  SessionOrigin,
} from '../protocol/request.js'
import type { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Moment } from './lease.js'
import type { ViewSession } from './view-session.js'

/** Whoever asked, and waits. */
export interface Asker {
  readonly isOpen: boolean
  resolve(): void
  rejectQuietly(error: ZooKeeperError): void
}

export interface Opening {
  readonly core: ViewSession
  readonly asker: Asker
  /** Of a remote session that is to be created. */
  readonly password?: Uint8Array | undefined
  /** The remote session that is wanted; absent: a new one. */
  readonly attach?: Attachment | undefined
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
    return [...this.#asked.values()].filter(({ asker }) => asker.isOpen).length
  }

  add(opening: Opening): void {
    this.#newest += 1
    this.#asked.set(this.#newest, { ...opening, sent: undefined, abandoned: false })
  }

  /** Nobody waits for it any more. One that has not left is forgotten, and will never be. */
  abandon(core: ViewSession): void {
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
      const { core, password, attach } = asked
      const origin = { ...identity, number }
      const { timeoutMs } = core
      requests.push({ kind: 'createSession', origin, timeoutMs, password, attach })
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

  /** The session of that number is this View's; `undefined` when that is not news. */
  born(number: number): Birth | undefined {
    const asked = this.#asked.get(number)
    if (asked === undefined) return undefined
    const { sent } = asked
    assert(sent !== undefined, 'only what was asked for is born')
    this.#asked.delete(number)
    return { ...asked, sent }
  }

  /** Whoever wanted to attach that session, as it was then, cannot have it any more. */
  lost(session: SessionId, error: ZooKeeperError): void {
    for (const [number, { attach, asker }] of this.#asked) {
      if (attach?.session !== session) continue
      this.#asked.delete(number)
      asker.rejectQuietly(error)
    }
  }

  /** Sessions that somebody wants to attach. */
  wanted(): Attachment[] {
    return [...this.#asked.values()].flatMap(({ attach }) => attach ?? [])
  }

  /** Answers everybody who waits and whose session can be used before it is committed. */
  answerAll(): void {
    for (const { asker, password, attach } of this.#asked.values()) {
      if (password === undefined && attach === undefined) asker.resolve()
    }
  }

  /** No session comes any more. */
  drain(error: ZooKeeperError): ViewSession[] {
    const asked = [...this.#asked.values()]
    this.#asked.clear()
    for (const { asker } of asked) asker.rejectQuietly(error)
    return asked.map(({ core }) => core)
  }
}
