/**
 * Keeps a slot's owner out while its files are copied, and leaves no trace.
 *
 * An owner holds the lock file exclusively (slot-lock.ts), so a shared lock is refused while it lives and refuses
 * it afterwards. A shared lock needs no right to write, and several that look may hold it at once.
 */
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { StorageError, codeOf, storageErrorOf } from './storage-error.js'

/**
 * Runs `look` while nobody owns the slot.
 *
 * A directory without the lock file (a copy, a backup) has no owner; the file is not made. If an owner came
 * meanwhile, what `look` gave is worth nothing and is not returned.
 *
 * @throws StorageError SLOT_TAKEN if a living process owns the slot.
 */
export function whileUnowned<T>(lockPath: string, look: () => T): T {
  if (!existsSync(lockPath)) {
    const found = look()
    if (existsSync(lockPath)) throw taken(lockPath, undefined)
    return found
  }
  const lock = acquire(lockPath)
  try {
    return look()
  } finally {
    lock.close()
  }
}

function acquire(lockPath: string): Database.Database {
  let database: Database.Database | undefined
  try {
    database = new Database(lockPath, { readonly: true, fileMustExist: true, timeout: 0 })
    // The lock comes with the first read and stays until the transaction ends.
    database.exec('BEGIN')
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return database
  } catch (error) {
    database?.close()
    if (codeOf(error).startsWith('SQLITE_BUSY')) throw taken(lockPath, error)
    throw storageErrorOf(lockPath, error)
  }
}

function taken(lockPath: string, cause: unknown): StorageError {
  return new StorageError('SLOT_TAKEN', `${lockPath} is locked by a living process`, cause)
}
