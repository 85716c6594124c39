/**
 * Housekeeping of the SQLite database, in steps of a few milliseconds: moving the WAL into the database, and
 * deleting what does not count any longer (the trimmed part of the log, old and unfinished snapshots).
 *
 * SQLite would checkpoint by itself, in the middle of some commit and all at once, which is what makes the
 * slowest commits a hundred times slower than the others.
 */
import type Database from 'better-sqlite3'
import { batchId } from './recovery.js'
import type { Position } from './position-row.js'

const PAGE_BYTES = 4096
/** Pages of WAL that are worth a checkpoint: about 2 MiB. */
const CHECKPOINT_PAGES = 512
/** Pages of WAL after which a write does not return before a checkpoint: 32 MiB. */
const CHECKPOINT_PAGES_MAX = 8192
/** Pages that a commit writes beside its rows: the leaves that it touches, the row of positions. */
const PAGES_PER_COMMIT = 4
/** Log rows deleted in one step. */
const LOG_ROWS_PER_STEP = 512

export class Housekeeping {
  readonly #database: Database.Database
  readonly #pageCount: Database.Statement
  readonly #trimEnd: Database.Statement
  readonly #trimLog: Database.Statement
  readonly #deadSnapshots: Database.Statement
  readonly #lastBatch: Database.Statement
  readonly #deleteBatch: Database.Statement
  readonly #deleteSnapshot: Database.Statement
  /** Pages in the WAL since the last checkpoint, roughly. */
  #walPages: number = 0
  #pendingBytes: number = 0
  /** There may be something to delete. */
  #hasGarbage: boolean = true

  constructor(database: Database.Database) {
    this.#database = database
    this.#pageCount = database.prepare('PRAGMA page_count').pluck()
    this.#trimEnd = database
      .prepare('SELECT zxid FROM log WHERE zxid <= ? ORDER BY zxid LIMIT 1 OFFSET ?')
      .pluck()
    this.#trimLog = database.prepare('DELETE FROM log WHERE zxid <= ?')
    this.#deadSnapshots = database
      .prepare('SELECT number FROM snapshot WHERE number <> ? ORDER BY number')
      .pluck()
    this.#lastBatch = database
      .prepare('SELECT id FROM snapshot_node WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1')
      .pluck()
    this.#deleteBatch = database.prepare('DELETE FROM snapshot_node WHERE id = ?')
    this.#deleteSnapshot = database.prepare('DELETE FROM snapshot WHERE number = ?')
  }

  /** Of the whole database, what is still in the WAL included. */
  get databaseBytes(): number {
    return Number(this.#pageCount.get()) * PAGE_BYTES
  }

  /** Something was put aside for deletion. */
  addGarbage(): void {
    this.#hasGarbage = true
  }

  /** Bytes of a row went into the transaction. */
  wrote(bytes: number): void {
    this.#pendingBytes += bytes
  }

  /** A transaction was committed: bounds the WAL even if nobody ever calls `step`. */
  afterWrite(): void {
    this.#walPages += PAGES_PER_COMMIT + Math.ceil(this.#pendingBytes / PAGE_BYTES)
    this.#pendingBytes = 0
    if (this.#walPages >= CHECKPOINT_PAGES_MAX) this.#checkpoint()
  }

  /** One small piece of work; false if there is none. */
  step(position: Position, openSnapshots: ReadonlyMap<number, unknown>): boolean {
    if (this.#walPages >= CHECKPOINT_PAGES) {
      this.#checkpoint()
      return true
    }
    if (!this.#hasGarbage) return false
    if (this.#deleteTrimmed(position) || this.#deleteDead(position, openSnapshots)) {
      this.afterWrite()
      return true
    }
    this.#hasGarbage = false
    return false
  }

  #checkpoint(): void {
    this.#database.pragma('wal_checkpoint(PASSIVE)')
    this.#walPages = 0
  }

  #deleteTrimmed({ base }: Position): boolean {
    const end = this.#trimEnd.get(base, LOG_ROWS_PER_STEP) as number | undefined
    return this.#trimLog.run(end ?? base).changes > 0
  }

  /** From the last batch to the first, the snapshot's own row at the end: its number is not free before. */
  #deleteDead({ snapshot }: Position, openSnapshots: ReadonlyMap<number, unknown>): boolean {
    const dead = (this.#deadSnapshots.all(snapshot) as number[]).find(
      (each) => !openSnapshots.has(each),
    )
    if (dead === undefined) return false
    const batch = this.#lastBatch.get(batchId(dead, 0), batchId(dead + 1, 0)) as number | undefined
    if (batch === undefined) this.#deleteSnapshot.run(dead)
    else this.#deleteBatch.run(batch)
    return true
  }
}
