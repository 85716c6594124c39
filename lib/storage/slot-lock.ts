/**
 * The lock of a slot: a file of its own, locked as long as its owner lives.
 *
 * The lock on the database itself is not enough. POSIX locks of a file vanish when anything in the owning
 * process closes any descriptor of that file, a backup script's read of the database included. Nobody has a
 * reason to open this file, and nothing of ours ever does but here. The kernel releases it with the process.
 */
import { randomInt } from 'node:crypto'
import Database from 'better-sqlite3'
import { StorageError, codeOf, storageErrorOf } from './storage-error.js'

const ATTEMPTS = 6
const PAUSE_MS_MAX = 8
/** Nobody wakes it: waiting on it is sleeping, which only the replica's own thread may do. */
const SLEEP = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

export class SlotLock {
  readonly #path: string
  #database: Database.Database | undefined

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Tries for some milliseconds: two that try at the same moment can refuse each other a free slot (each holds
   * what the other needs on the way to the exclusive lock), while an owner holds it for good.
   *
   * @throws StorageError SLOT_TAKEN if another process holds it.
   */
  acquire(): void {
    for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
      try {
        return this.#acquire()
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'SLOT_TAKEN') throw error
      }
      Atomics.wait(SLEEP, 0, 0, randomInt(PAUSE_MS_MAX) + 1)
    }
    this.#acquire()
  }

  #acquire(): void {
    try {
      const database = new Database(this.#path, { timeout: 0 })
      this.#database = database
      // No journal file: nothing is ever written, the transaction only holds the lock.
      database.pragma('journal_mode = MEMORY')
      database.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      this.release()
      if (codeOf(error).startsWith('SQLITE_BUSY')) {
        throw new StorageError('SLOT_TAKEN', `${this.#path} is locked by another process`, error)
      }
      throw storageErrorOf(this.#path, error)
    }
  }

  /** Idempotent. */
  release(): void {
    this.#database?.close()
    this.#database = undefined
  }
}
