/**
 * What one session object acts through: a session, and the part of the tree that it shows. The session itself shows
 * the whole tree; a namespace shows what is below a path, under names that begin there. Nothing but names differs: id,
 * lease, order and identities are the session's.
 *
 * @see org.apache.zookeeper.client.Chroot
 */
import type { Identity } from '../protocol/acl.js'
import type { OutcomeResult, RequestBody } from '../protocol/request.js'
import type { WatchEvent } from '../protocol/watch-event.js'
import { checkPath } from './arguments.js'
import { Listeners } from './listeners.js'
import { refusalError } from './refusal.js'
import { requestBytes } from './request-body.js'
import type { SessionCore } from './session-core.js'
import { SESSION_EVENTS } from './session-events.js'
import type { SessionEvents } from './session-events.js'
import type { Audience, SessionWatches } from './session-watches.js'

export class Scope implements Audience {
  readonly core: SessionCore
  /** Path of what is the root here; empty for the whole tree. */
  readonly prefix: string
  readonly watches: SessionWatches
  /** Of the 'watch' event: a namespace's own. The 'state' event is the session's, `core.listeners`. */
  readonly listeners: Listeners<SessionEvents>

  constructor(core: SessionCore, prefix = '') {
    this.core = core
    this.prefix = prefix
    const isWhole = prefix === ''
    this.listeners = isWhole ? core.listeners : new Listeners<SessionEvents>(SESSION_EVENTS)
    this.watches = isWhole ? core.watches : core.watches.of(this)
  }

  /** The part of this part that is below a path. */
  below(path: unknown): Scope {
    const prefix = this.enter(path)
    return prefix === '/' || prefix === this.prefix ? this : new Scope(this.core, prefix)
  }

  get auth(): readonly Identity[] {
    return this.core.auth
  }

  /**
   * The path in the tree, of a path as the application knows it. Checked before the two are joined, so that no name
   * leads out of a namespace.
   *
   * @param sequential A number will follow: a trailing slash is legal, and `/` is not the root itself.
   * @throws TypeError (`BAD_ARGUMENTS`) if it is no path, or too long with the namespace's own.
   */
  enter(path: unknown, sequential = false): string {
    checkPath(path, sequential)
    if (this.prefix === '') return path
    const entered = path === '/' && !sequential ? this.prefix : this.prefix + path
    checkPath(entered, sequential)
    return entered
  }

  /** The path as the application knows it, of a path in this part of the tree. */
  leave(path: string): string {
    if (this.prefix === '') return path
    return path.length === this.prefix.length ? '/' : path.slice(this.prefix.length)
  }

  hear(event: WatchEvent): void {
    this.listeners.emit('watch', event)
  }

  /** @throws ZooKeeperError Why the session refuses every call. */
  checkOpen(): void {
    const { refusal } = this.core
    if (refusal !== undefined) throw refusalError(refusal)
  }

  /** A request whose paths have entered; results keep the tree's paths for `convert` to bring out. */
  submit<T>(
    body: Exclude<RequestBody, { readonly kind: 'closeSession' }>,
    signal: AbortSignal | undefined,
    convert: (result: OutcomeResult) => T,
  ): Promise<T> {
    const bytes = body.kind === 'sync' ? 0 : requestBytes(body)
    return this.core.submit(body, bytes, signal, convert, this)
  }
}

/** Asynchronous methods reject; the promise is handed on as it is, so that it can be marked as handled. */
export function attempt<T>(call: () => Promise<T>): Promise<T> {
  try {
    return call()
  } catch (error) {
    return Promise.reject(error)
  }
}
