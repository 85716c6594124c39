/**
 * A barrier that everybody waits at while it is closed. Closed is a znode that exists.
 *
 * @see org.apache.curator.framework.recipes.barriers.DistributedBarrier
 */
import { checkOptions, checkPath } from '../session/arguments.js'
import type { RequestOptions } from '../session/readable-session.js'
import type { Session } from '../session/session.js'
import { awaitState } from './await-state.js'
import { codeOf } from './ends.js'

export interface BarrierCloseOptions extends RequestOptions {
  /** It opens when this session ends. Of no effect on one that is closed already. */
  readonly ephemeral?: boolean | undefined
}

/**
 * Guarantees: a `wait` that is called after a `close` has resolved, anywhere, does not resolve before somebody opens the
 * barrier; nothing else lets it pass: no change of the session's state (Curator's GH-1290), no new leader, no snapshot.
 * What is looked at is the znode, in a state that is at least as new as the call.
 *
 * Not guaranteed: that it is still open when `wait` has resolved.
 */
export class Barrier {
  readonly path: string
  readonly #session: Session

  /** @throws TypeError (`BAD_ARGUMENTS`) if it is no path. */
  constructor(session: Session, path: string) {
    checkPath(path)
    this.path = path
    this.#session = session
  }

  /** Closed already is as well. Missing ancestors are created. */
  async close(options?: BarrierCloseOptions): Promise<void> {
    checkOptions(options, ['ephemeral', 'signal'])
    try {
      await this.#session.createPath(this.path, '', options)
    } catch (error) {
      if (codeOf(error) !== 'NODE_EXISTS') throw error
    }
  }

  /** Open already is as well. */
  async open(options?: RequestOptions): Promise<void> {
    checkOptions(options, ['signal'])
    try {
      await this.#session.delete(this.path, -1, options)
    } catch (error) {
      if (codeOf(error) !== 'NO_NODE') throw error
    }
  }

  /** Resolves once the barrier is open; at once if it is. Aborted, it leaves no watch behind. */
  async wait(options?: RequestOptions): Promise<void> {
    checkOptions(options, ['signal'])
    // This process may not have heard yet that it was closed.
    await this.#session.sync(this.path, options)
    const place = { session: this.#session, path: this.path }
    await awaitState(place, () => this.#isOpen() || undefined, options?.signal)
  }

  #isOpen(): boolean {
    return this.#session.existsSync(this.path) === null
  }
}
