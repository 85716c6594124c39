/**
 * Where a replica keeps what it must not forget: epochs, the log, snapshots. One interface, two
 * implementations: SQLite (sqlite-storage.ts) and memory (memory-storage.ts), one conformance suite for both.
 *
 * Everything is synchronous: it runs in the replica's thread, where the wait for the disk belongs.
 */
import type { RecoveredSnapshot } from '../tree/record.js'
import type { Txn } from '../tree/txn.js'
import type { SnapshotWrite } from '../tree/write.js'
import type { RecoveredLog } from '../zab/entry.js'
import type { ZabWrite } from '../zab/write.js'
import type { StorageError } from './storage-error.js'

export type Write = ZabWrite<Txn> | SnapshotWrite

/** What was found. The znodes of the snapshot are to be read before the first write. */
export interface Recovered extends RecoveredLog<Txn> {
  readonly snapshot: RecoveredSnapshot | undefined
  /** Next free snapshot number. */
  readonly nextSnapshot: number
}

/** Whose database this is; one of somebody else is refused. */
export interface StorageIdentity {
  readonly replicaId: number
  /** Ascending. */
  readonly voterIds: readonly number[]
}

export interface Storage {
  /**
   * Takes the slot, checks everything that is there, and raises the incarnation durably. Once only.
   *
   * @throws StorageError; then nothing was changed and nothing is held.
   */
  open(): Recovered
  /**
   * Executes the writes in order, as one transaction that is on the disk when this returns.
   *
   * @throws StorageError, the same one ever after: the first failure ends this incarnation's writing, because
   * after a failed fsync the next one may succeed without having written anything.
   */
  write(writes: readonly Write[]): void
  /** What the database takes, log and snapshots included; 0 while it is not open. */
  readonly bytes: number
  /** The error that ended all writing. */
  readonly failed: StorageError | undefined
  /**
   * Housekeeping in small steps until `budgetMs` have passed: moves the write-ahead log into the database,
   * deletes old snapshots and the trimmed part of the log. True if more remains.
   *
   * @throws StorageError like `write`.
   */
  maintain(budgetMs: number): boolean
  /** Releases everything; never throws. Whatever was written is safe with or without it. */
  close(): void
}
