/** The znode above, by name, and its creation. */
import type { Session } from '../session/session.js'

/** Of the root, the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1))
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Creates what is missing above a znode: plain znodes, for a recipe's own are not the last to use them. */
export async function createParents(
  session: Session,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await session.createPath(parentOf(path), '', { signal })
}
