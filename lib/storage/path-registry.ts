/**
 * The paths that replicas of this process have open, whichever copy of this package they come from.
 *
 * Two copies of the native addon in one process do not exclude each other: the locks of a file belong to the
 * process. So the main thread claims a path here before it starts a replica on it. (Per thread: a replica
 * started from another thread of the application is stopped only by a lock that the same addon holds.)
 */
import { StorageError } from './storage-error.js'

const KEY = Symbol.for('vivarium.slots')

/**
 * Claims a path for this process.
 *
 * @param realPath As `fs.realpath` gives it, so that two names of one directory are one claim.
 * @returns The release, to be called once the replica has let go of its files.
 * @throws StorageError SLOT_TAKEN
 */
export function claimPath(realPath: string): () => void {
  const paths = claimedPaths()
  if (paths.has(realPath)) {
    throw new StorageError('SLOT_TAKEN', `${realPath} is open in this process already`)
  }
  paths.add(realPath)
  return () => {
    paths.delete(realPath)
  }
}

function claimedPaths(): Set<string> {
  const shared: object = globalThis
  const slots = shared as { [KEY]?: Set<string> }
  slots[KEY] ??= new Set()
  return slots[KEY]
}
