/**
 * Something that is owned as long as an own znode is there and the session can be relied on: what a lock's handle, a
 * permit and a leadership have in common.
 */
import { refusalError } from '../session/refusal.js'
import type { Session } from '../session/session.js'
import { endOf } from './ends.js'
import { leave } from './entry.js'
import type { Entry } from './entry.js'
import { onLife } from './life.js'
import type { LockHandle } from './lock-handle.js'

export class Ownership implements LockHandle {
  readonly #session: Session
  readonly #path: string
  readonly #czxid: number
  readonly token: number
  readonly #ending = new AbortController()
  readonly #onEnd: (() => void) | undefined
  readonly #stopLife: () => void
  #isOver = false
  #releasing: Promise<void> | undefined

  /**
   * Call `look` next: it may be lost already.
   *
   * @param onEnd Called once, when it is no longer held, for whatever reason. Must not throw.
   * @param token The znode's czxid unless told.
   */
  constructor(
    session: Session,
    { path, czxid }: Pick<Entry, 'path' | 'czxid'>,
    onEnd?: () => void,
    token: number = czxid,
  ) {
    this.#session = session
    this.#path = path
    this.#czxid = czxid
    this.token = token
    this.#onEnd = onEnd
    this.#stopLife = onLife(session, this.look)
  }

  get path(): string {
    return this.#path
  }

  get session(): Session {
    return this.#session
  }

  /** Aborted when it is lost; of a release it hears nothing. */
  get lost(): AbortSignal {
    return this.#ending.signal
  }

  /** Latches: what is lost or released never comes back. */
  get held(): boolean {
    if (this.#isOver) return false
    if (this.#session.alive && this.#isThere) return true
    this.#lose()
    return false
  }

  /** Not held from the call on. Resolves when others can have it; every call gives the same promise. */
  release(): Promise<void> {
    this.surrender()
    this.#releasing ??= leave(this.#session, this.#path)
    return this.#releasing
  }

  /** The watch listener too. Whoever changes the znode's data takes nothing away. */
  readonly look = (): void => {
    if (this.held) this.#watch()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  /** False only if it is certain: while the replica's state is being repaired, the lease alone counts. */
  get #isThere(): boolean {
    try {
      return this.#session.existsSync(this.#path)?.czxid === this.#czxid
    } catch {
      return true
    }
  }

  #watch(): void {
    try {
      this.#session.existsSync(this.#path, { watch: this.look })
    } catch {
      // Looked at again when the session says that it can be.
    }
  }

  #lose(): void {
    if (!this.surrender()) return
    // The session may live on, and with it the znode: it would keep out all the others.
    this.#releasing ??= leave(this.#session, this.#path)
    this.#releasing.catch(() => undefined)
    this.#ending.abort(this.whyNotHeld())
  }

  /** In words of the session: it ended, its lease lapsed, or the znode is gone. */
  whyNotHeld(): Error {
    const end = endOf(this.#session)
    if (end !== undefined) return end
    return this.#isThere
      ? refusalError({ code: 'CONNECTION_LOSS', message: `${this.#path} is not held any more` })
      : refusalError({ code: 'NO_NODE', message: `${this.#path} was deleted` })
  }

  /**
   * Not held any more from here on; what becomes of the znode is the caller's business.
   *
   * @returns whether it was held until now, as far as anybody had looked.
   */
  surrender(): boolean {
    if (this.#isOver) return false
    this.#isOver = true
    this.#stopLife()
    this.#session.removeWatches(this.#path, this.look, { type: 'data' }).catch(() => undefined)
    this.#onEnd?.()
    return true
  }
}
