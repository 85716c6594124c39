/**
 * A persistent watch as recipes keep one: with the end of its session, and not to be taken away by an application that
 * removes all watches of a path. Not about what to do with the events.
 */
import type { WatchListener } from '../session/arguments.js'
import type { Session } from '../session/session.js'
import type { WatchMode } from '../session/session-watches.js'
import { endOf } from './ends.js'

/** What a watch tells. */
export type WatchEvent = Parameters<WatchListener>[0]

/** Of a znode. */
export type Stat = NonNullable<ReturnType<Session['existsSync']>>

export interface Observer {
  /** Inside the apply loop: the memory shows the whole txn already, and nobody has read it but other watches. */
  readonly onEvent: (event: WatchEvent) => void
  /** The session goes on in another state; a memory that was being repaired may be readable again. */
  readonly onState?: () => void
  /** The session has ended: nothing more comes, and nothing is left to be stopped. */
  readonly onEnd: (error: Error) => void
}

/**
 * Registered before it returns. Of a session that has ended it tells nothing.
 *
 * @returns Stops it; no watch is left behind. Idempotent.
 */
export function observe(
  session: Session,
  path: string,
  mode: WatchMode,
  { onEvent, onState, onEnd }: Observer,
): () => void {
  let isOpen = true
  const listener = (event: WatchEvent): void => {
    if (!isOpen) return
    if (event.type === 'PersistentWatchRemoved') add()
    else onEvent(event)
  }
  // The only reason to refuse it is the session's end, which is told by its state.
  const add = (): void => void session.addWatch(path, mode, listener).catch(() => undefined)
  const stateListener = (state: Session['state'], error?: Error): void => {
    if (!isOpen) return
    if (state === 'connected' || state === 'suspended') return onState?.()
    stop()
    onEnd(error ?? endOf(session) ?? new Error('the session has ended'))
  }
  const stop = (): void => {
    if (!isOpen) return
    isOpen = false
    session.off('state', stateListener)
    void session.removeWatches(path, listener, { type: mode }).catch(() => undefined)
  }
  session.on('state', stateListener)
  add()
  return stop
}
