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
