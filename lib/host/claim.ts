/** One replica per directory and process: the claim that the application's thread makes before it starts one. */
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { claimPath as claim } from '../storage/path-registry.js'
import { StorageError } from '../storage/storage-error.js'

/**
 * @returns The release. Called again it does nothing: by then the claim may be somebody else's.
 * @throws ZooKeeperError SLOT_TAKEN
 */
export function claimPath(dir: string): () => void {
  let release: (() => void) | undefined
  try {
    release = claim(dir)
    return () => {
      release?.()
      release = undefined
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    throw new ZooKeeperError(error.code, error.message, { cause: error })
  }
}
