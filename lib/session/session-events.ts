/** What a session tells its application beside answers: its states, the end of its lease, and its `watch: true` events. */
import type { WatchEvent } from '../protocol/watch-event.js'
import type { ZooKeeperError } from '../protocol/zookeeper-error.js'

export type SessionState = 'connected' | 'suspended' | 'expired' | 'closed' | 'failed'

// A type and not an interface: only a type has the implicit index signature that `Listeners` asks for.
export type SessionEvents = {
  state: (state: SessionState, error?: ZooKeeperError) => void
  /**
   * `alive` has turned false, whyever: by the clock, also while suspended, or because the session is closing or over.
   * Told as soon as this thread runs, before any state that follows from it, and again after each time it was true.
   */
  lapse: () => void
  watch: (event: WatchEvent) => void
}

export const SESSION_EVENTS: readonly (keyof SessionEvents)[] = ['state', 'lapse', 'watch']
