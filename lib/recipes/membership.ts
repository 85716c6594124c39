/** One's own membership of a group. */
import type { RequestOptions } from '../session/readable-session.js'
import type { Session } from '../session/session.js'
import { toJson } from './json.js'
import { Ownership } from './ownership.js'

/** As `GroupMembership.join` gives it. */
export class Membership {
  readonly name: string
  readonly path: string
  readonly #session: Session
  readonly #ownership: Ownership

  /** For `GroupMembership` only. */
  constructor(session: Session, name: string, path: string, czxid: number) {
    this.name = name
    this.path = path
    this.#session = session
    this.#ownership = new Ownership(session, { path, czxid })
    this.#ownership.look()
  }

  /** czxid of the znode: who came later has a greater one. */
  get token(): number {
    return this.#ownership.token
  }

  /** The others can not have seen it leave. Lost is lost: join again. */
  get held(): boolean {
    return this.#ownership.held
  }

  /** Aborted when it is lost: the session ended or its lease lapsed, or somebody deleted the znode. Not by `leave`. */
  get lost(): AbortSignal {
    return this.#ownership.lost
  }

  /**
   * Says something else of itself. Of two calls the later one counts.
   *
   * @param metadata JSON.
   * @throws ZooKeeperError `NO_NODE` after `leave`, or if somebody deleted it.
   */
  async update(metadata: unknown, options?: RequestOptions): Promise<void> {
    await this.#session.setData(this.path, toJson(metadata), -1, options)
  }

  /** Resolves when it is gone. Every call gives the same promise. */
  leave(): Promise<void> {
    return this.#ownership.release()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave()
  }
}
