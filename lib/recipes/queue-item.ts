/** One item that was taken with a lock: it stays in the queue until it is done with. */
import { op } from '../session/op.js'
import type { Session } from '../session/session.js'
import { leave } from './entry.js'
import { Ownership } from './ownership.js'

/** Where it lies, and what its lock is. */
export interface LockedPlace {
  readonly session: Session
  readonly item: string
  readonly lock: string
  /** czxid of the lock. */
  readonly token: number
  /** For one that goes to the end. */
  readonly stem: string
}

export interface RequeueOptions {
  /** Behind all others of its priority; at its old place unless told. */
  readonly atEnd?: boolean | undefined
}

export class QueueItem {
  readonly data: Buffer
  readonly #place: LockedPlace
  readonly #ownership: Ownership

  /** For `Queue` only. */
  constructor(data: Buffer, place: LockedPlace, onEnd: () => void) {
    this.data = data
    this.#place = place
    const { session, lock, token } = place
    this.#ownership = new Ownership(session, { path: lock, czxid: token }, onEnd)
    this.#ownership.look()
  }

  /** Of the znode that holds it. */
  get path(): string {
    return this.#place.item
  }

  /** A fencing token: whoever gets the item later has a greater one. */
  get token(): number {
    return this.#place.token
  }

  /** Nobody else can have it. Lost is lost, also when the session lives on. */
  get held(): boolean {
    return this.#ownership.held
  }

  /** Aborted when it is lost. */
  get lost(): AbortSignal {
    return this.#ownership.lost
  }

  /**
   * Removes it, with its lock, in one transaction.
   *
   * @throws Why it is not held any more: then somebody else gets it, or has it.
   */
  async done(): Promise<void> {
    const { item, lock } = this.#place
    await this.#settle((session) => session.multi([op.delete(item), op.delete(lock)]))
  }

  /** Gives it back: at once to whoever is next. One that is not held any more is given back already. */
  async requeue(options?: RequeueOptions): Promise<void> {
    if (options?.atEnd !== true) return this.#ownership.release()
    if (!this.held) return
    const { item, lock, stem } = this.#place
    const anew = op.create(stem, this.data, { sequential: true })
    await this.#settle((session) => session.multi([op.delete(item), op.delete(lock), anew]))
  }

  /** Gives it back, unless it is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ownership.release()
  }

  async #settle(ask: (session: Session) => Promise<unknown>): Promise<void> {
    const { session, lock } = this.#place
    if (!this.held) throw this.#ownership.whyNotHeld()
    this.#ownership.surrender()
    try {
      await ask(session)
    } catch (error) {
      leave(session, lock).catch(() => undefined)
      throw error
    }
  }
}
