/** What recipes ask of errors and of sessions: has it ended, and why? */
import type { Session } from '../session/session.js'

/** `code` of an error of this library; `undefined` of anything else. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

/** Why the session refuses every call; `undefined` while it goes on. */
export function endOf(session: Session): Error | undefined {
  try {
    session.existsSync('/')
    return undefined
  } catch (error) {
    return error instanceof Error && codeOf(error) !== 'CONNECTION_LOSS' ? error : undefined
  }
}

/**
 * Of what rejects because its session has ended, whoever let go of it is told by the session's state: it is marked as
 * handled, so that it does not end the process. Whoever holds the promise sees the rejection as ever.
 */
export function quietAtEnd<T>(session: Session, promise: Promise<T>): Promise<T> {
  const quiet = promise.catch((error: unknown) => {
    if (endOf(session) !== undefined) quiet.catch(() => undefined)
    throw error
  })
  return quiet
}
