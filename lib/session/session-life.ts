/**
 * The life of a session, as its owner sees it: who it is, whether it can be relied on, how it ends. What it does is
 * readable-session.ts and session.ts.
 */
import type { SessionId } from '../protocol/request.js'
import { checkDuration, checkOptions } from './arguments.js'
import type { ReplicaHandle } from './handle.js'
import type { Listeners } from './listeners.js'
import { attempt } from './scope.js'
import type { Scope } from './scope.js'
import type { SessionCore } from './session-core.js'
import type { SessionEvents, SessionState } from './session-events.js'

const CLOSE_TIMEOUT_MS = 2000
const CLOSE_TIMEOUT_MS_MAX = 2 ** 31 - 1

export interface CloseOptions {
  /** ms to wait for the ensemble, 2000 unless told. */
  readonly timeout?: number | undefined
}

/** Ends what else belongs to the session's owner; gets the timeout that `close` was given. */
export type OnClose = (timeoutMs: number) => Promise<void>

export class SessionLife {
  readonly replica: ReplicaHandle
  readonly #core: SessionCore
  readonly #scope: Scope
  readonly #onClose: OnClose | undefined
  /** The session itself, of a namespace. */
  readonly #whole: SessionLife
  #closing: Promise<void> | undefined

  /** @param whole Of a namespace: what it is a part of. */
  constructor(scope: Scope, replica: ReplicaHandle, onClose?: OnClose, whole?: SessionLife) {
    this.#core = scope.core
    this.#scope = scope
    this.replica = replica
    this.#onClose = onClose
    this.#whole = whole ?? this
  }

  /** zxid of the txn that created the session; 0 until it is committed (`readOnly` only). */
  get id(): SessionId {
    return this.#core.id
  }

  /** ms */
  get timeout(): number {
    return this.#core.timeoutMs
  }

  get state(): SessionState {
    return this.#core.state
  }

  /** Nobody else can have been given what the session owns (promise P8). */
  get alive(): boolean {
    return this.#core.alive
  }

  /**
   * `state`: it changed, with why if it ended by itself. `watch`: a watch set with `watch: true` fired; a namespace
   * tells of those that were set through it. A listener that throws disturbs nobody: its error is thrown by itself.
   */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#listeners(name).add(name, listener, false)
    return this
  }

  once<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#listeners(name).add(name, listener, true)
    return this
  }

  off<Name extends keyof SessionEvents>(name: Name, listener: SessionEvents[Name]): this {
    this.#listeners(name).remove(name, listener)
    return this
  }

  /**
   * Ends the session and its ephemerals, also if this is a namespace of it. Waits for the ensemble up to the timeout
   * and resolves in any case; writes still undecided then reject with `OUTCOME_UNKNOWN`. Every call gives the same
   * promise.
   */
  close(options?: CloseOptions): Promise<void> {
    const whole = this.#whole
    if (whole.#closing !== undefined) return whole.#closing
    return attempt(() => {
      checkOptions(options, ['timeout'])
      const timeoutMs = options?.timeout ?? CLOSE_TIMEOUT_MS
      checkDuration('timeout', timeoutMs, 0, CLOSE_TIMEOUT_MS_MAX)
      whole.#closing = whole.#close(timeoutMs)
      return whole.#closing
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    // At the same time: what else ends with this session waits no longer than this session does.
    await Promise.all([this.#core.close(timeoutMs), this.#onClose?.(timeoutMs)])
  }

  #listeners(name: keyof SessionEvents): Listeners<SessionEvents> {
    return name === 'watch' ? this.#scope.listeners : this.#core.listeners
  }
}
