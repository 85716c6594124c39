/**
 * Hearing that a session can no longer be relied on. The one place of the recipes that knows which events tell so;
 * whether it can be relied on right now is `session.alive`, which needs no event.
 */
import type { Session } from '../session/session.js'

/**
 * Calls back whenever the session may have stopped being alive, or be alive again: look at it.
 *
 * @returns Stops it.
 */
export function onLife(session: Session, look: () => void): () => void {
  // A lapse is told the moment `alive` turns false, also by `close` and while the state stays the same; the state tells
  // when it may be true again, and the end.
  session.on('lapse', look)
  session.on('state', look)
  return () => {
    session.off('lapse', look)
    session.off('state', look)
  }
}
