/** Whose database it is: ids that are minted, and ids that must match. */
import { StorageError } from './storage-error.js'
import type { StorageIdentity } from './storage.js'

/** A random id of 128 bits, as hex. */
export function mintDatabaseId(random: () => number): string {
  return Array.from({ length: 4 }, () => random().toString(16).padStart(8, '0')).join('')
}

/** @throws StorageError FOREIGN_REPLICA */
export function checkIdentity(
  path: string,
  expected: StorageIdentity,
  found: StorageIdentity,
): void {
  if (found.replicaId !== expected.replicaId) {
    throw new StorageError(
      'FOREIGN_REPLICA',
      `${path} belongs to another replica: expected id ${expected.replicaId}, found ${found.replicaId}`,
    )
  }
  const voters = expected.voterIds.join(', ')
  const foundVoters = found.voterIds.join(', ')
  if (foundVoters !== voters) {
    throw new StorageError(
      'FOREIGN_REPLICA',
      `${path} belongs to another ensemble: expected voters ${voters}, found ${foundVoters}`,
    )
  }
}
