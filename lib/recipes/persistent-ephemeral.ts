/**
 * An ephemeral znode that outlives its session: when that has expired, the next session creates it again.
 *
 * @see org.apache.curator.framework.recipes.nodes.PersistentNode
 */
import { onAbort } from '../session/abort.js'
import { checkOptions, checkPath, copyData } from '../session/arguments.js'
import type { ReplicaHandle, SessionOptions } from '../session/handle.js'
import { Listeners } from '../session/listeners.js'
import type { RequestOptions } from '../session/readable-session.js'
import { refusalError } from '../session/refusal.js'
import type { Data, Session } from '../session/session.js'
import { awaitState } from './await-state.js'
import { codeOf, endOf } from './ends.js'
import { createParents } from './parents.js'

export interface PersistentEphemeralOptions {
  /** ms, of its sessions; 10,000 unless told. */
  readonly sessionTimeout?: SessionOptions['timeout']
}

export type PersistentEphemeralEvents = {
  /** The znode is there, by this session; `token` is its czxid. */
  created: (token: number, session: Session) => void
  /** It will not come again: what it met is not for trying again. Not after `close`. */
  failed: (error: unknown) => void
}

/**
 * Guarantees: while the replica has a leader and is not closed, the znode is there, or will be as soon as an earlier
 * session's has gone; there are never two. What an earlier session of its own left is waited out, not deleted: that
 * session may still be believed in somewhere. An ephemeral of somebody else is waited out, too. If somebody deletes the
 * znode it is created again.
 *
 * `close` leaves nothing behind (CURATOR-190): a session's requests take effect in their order, so a create that is
 * still under way comes before the end of its session, which takes the znode along.
 *
 * Not guaranteed: that the znode is there all the time. `token` tells of the one that is there now.
 */
export class PersistentEphemeral {
  readonly path: string
  readonly #replica: ReplicaHandle
  readonly #timeout: number | undefined
  readonly #closing = new AbortController()
  readonly #listeners = new Listeners<PersistentEphemeralEvents>(['created', 'failed'])
  readonly #running: Promise<void>
  readonly #waiting = new Set<{ resolve: (token: number) => void; reject: (e: unknown) => void }>()
  #data: Uint8Array
  #session: Session | undefined
  #czxid: number | undefined
  #failure: { readonly reason: unknown } | undefined

  /**
   * Begins at once.
   *
   * @throws TypeError (`BAD_ARGUMENTS`, `DATA_TOO_LARGE`)
   */
  constructor(
    replica: ReplicaHandle,
    path: string,
    data: Data,
    options?: PersistentEphemeralOptions,
  ) {
    checkOptions(options, ['sessionTimeout'])
    checkPath(path)
    this.path = path
    this.#replica = replica
    this.#timeout = options?.sessionTimeout
    this.#data = copyData(data)
    this.#running = this.#run()
  }

  /** Its session at this moment; `undefined` between two. */
  get session(): Session | undefined {
    return this.#session
  }

  /** czxid of the znode; `undefined` while it is not certain that it is there. */
  get token(): number | undefined {
    const session = this.#session
    if (this.#czxid === undefined || session?.alive !== true) return undefined
    return this.#isThere(session) ? this.#czxid : undefined
  }

  /** Resolves with the token when the znode is there. */
  async ready(options?: RequestOptions): Promise<number> {
    checkOptions(options, ['signal'])
    options?.signal?.throwIfAborted()
    const { token } = this
    if (token !== undefined) return token
    if (this.#failure !== undefined) throw this.#failure.reason
    return new Promise((resolve, reject) => {
      const { signal } = options ?? {}
      const settle = (): void => {
        this.#waiting.delete(waiter)
        stop?.()
      }
      const waiter = {
        resolve: (made: number): void => {
          settle()
          resolve(made)
        },
        reject: (error: unknown): void => {
          settle()
          reject(error)
        },
      }
      const stop = signal && onAbort(signal, () => waiter.reject(signal.reason))
      this.#waiting.add(waiter)
    })
  }

  /** From now on, in this session and in later ones. Resolves when the znode has it, if it is there. */
  async update(data: Data): Promise<void> {
    this.#data = copyData(data)
    const session = this.#session
    if (session !== undefined && this.#czxid !== undefined) await this.#write(session)
  }

  async #write(session: Session): Promise<void> {
    try {
      await session.setData(this.path, this.#data)
    } catch (error) {
      // Whoever creates it again, does so with the new data.
      if (codeOf(error) !== 'NO_NODE' && endOf(session) === undefined) throw error
    }
  }

  on<Name extends keyof PersistentEphemeralEvents>(
    name: Name,
    listener: PersistentEphemeralEvents[Name],
  ): this {
    this.#listeners.add(name, listener, false)
    return this
  }

  off<Name extends keyof PersistentEphemeralEvents>(
    name: Name,
    listener: PersistentEphemeralEvents[Name],
  ): this {
    this.#listeners.remove(name, listener)
    return this
  }

  /** Ends its session, and the znode with it. Resolves in any case, as `Session.close` does. Idempotent. */
  async close(): Promise<void> {
    const reason = refusalError({ code: 'SESSION_CLOSED', message: `${this.path} was given up` })
    if (!this.#closing.signal.aborted) this.#closing.abort(reason)
    await this.#session?.close()
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#closing
    try {
      for (;;) await this.#live(await this.#open(signal))
    } catch (error) {
      this.#failure = { reason: error }
      for (const waiter of this.#waiting) waiter.reject(error)
      if (!signal.aborted) this.#listeners.emit('failed', error)
      await this.#session?.close()
    }
  }

  async #open(signal: AbortSignal): Promise<Session> {
    const session = await this.#replica.openSession({ timeout: this.#timeout, signal })
    this.#session = session
    return session
  }

  /** One session's life. Throws what is not for trying again. */
  async #live(session: Session): Promise<void> {
    const { signal } = this.#closing
    try {
      for (;;) {
        const data = this.#data
        this.#czxid = await this.#create(session, data)
        // It was not known that there is a znode to be updated.
        if (this.#data !== data) await this.#write(session)
        this.#tell(this.#czxid, session)
        const place = { session, path: this.path }
        await awaitState(place, () => !this.#isThere(session) || undefined, signal)
        this.#czxid = undefined
      }
    } catch (error) {
      this.#czxid = undefined
      // A session that expired is followed by the next; one that somebody closed, or whose replica has stopped, is not.
      const end = endOf(session)
      if (codeOf(end) !== 'SESSION_EXPIRED' || signal.aborted) throw end ?? error
    }
  }

  #tell(token: number, session: Session): void {
    for (const waiter of this.#waiting) waiter.resolve(token)
    this.#listeners.emit('created', token, session)
  }

  /** @returns czxid. */
  async #create(session: Session, data: Uint8Array): Promise<number> {
    const { signal } = this.#closing
    for (;;) {
      signal.throwIfAborted()
      try {
        const options = { ephemeral: true, stat: true } as const
        return (await session.create(this.path, data, options)).stat.czxid
      } catch (error) {
        const code = codeOf(error)
        if (code !== 'NODE_EXISTS' && code !== 'NO_NODE') throw error
        if (code === 'NO_NODE') await createParents(session, this.path, signal)
        else await this.#vacancy(session, error, signal)
      }
    }
  }

  async #vacancy(session: Session, error: unknown, signal: AbortSignal): Promise<void> {
    const look = (): true | undefined => {
      const stat = session.existsSync(this.path)
      // One that is nobody's would be waited for without end.
      if (stat?.ephemeralOwner === 0) throw error
      return stat === null || undefined
    }
    await awaitState({ session, path: this.path }, look, signal)
  }

  #isThere(session: Session): boolean {
    const stat = session.existsSync(this.path)
    return stat !== null && stat.czxid === this.#czxid
  }
}
