/** One replica per directory and process: the claim that the application's thread makes before it starts one. */
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { claimPath as claim } from '../storage/path-registry.js'
import { StorageError } from '../storage/storage-error.js'

/** @throws ZooKeeperError SLOT_TAKEN */
export function claimPath(dir: string): () => void {
  try {
    return claim(dir)
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    throw new ZooKeeperError(error.code, error.message, { cause: error })
  }
}
