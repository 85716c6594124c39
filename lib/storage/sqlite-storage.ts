/**
 * Storage in one SQLite database per replica, WAL mode, one fsync per write.
 *
 * This file opens, writes and closes; database-file.ts knows the file, recovery.ts reads it back, and
 * housekeeping.ts deletes and checkpoints in small steps.
 */
import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type Database from 'better-sqlite3'
import { assert, unreachable } from '../base/assert.js'
import { follows } from '../protocol/zxid.js'
import type { SnapshotTail, ZnodeRecord } from '../tree/record.js'
import type { Txn } from '../tree/txn.js'
import { packSnapshotTail, packZnodes } from '../wire/snapshot.js'
import { encodeTxn } from '../wire/txn.js'
import type { Entry, Meta } from '../zab/entry.js'
import { checksumOf } from './checksum.js'
import {
  checkSettings,
  createDatabase,
  hasWal,
  inspectHeader,
  markClean,
  moveAside,
  openDatabase,
  walPathOf,
  withCopy,
} from './database-file.js'
import { Housekeeping } from './housekeeping.js'
import { checkIdentity, mintDatabaseId } from './identity.js'
import { emptyMeta, readMeta, writeMeta } from './meta-row.js'
import type { MetaRow } from './meta-row.js'
import { preparePosition } from './position-row.js'
import type { Position } from './position-row.js'
import { Damage, batchId, damageOf, readContents } from './recovery.js'
import type { Contents } from './recovery.js'
import { SlotLock } from './slot-lock.js'
import { storageErrorOf } from './storage-error.js'
import type { StorageError } from './storage-error.js'
import type { Recovered, Storage, StorageIdentity, Write } from './storage.js'
import { walDamage } from './wal-check.js'

export interface SqliteStorageOptions {
  /** The database file; its directory is made if it is missing. */
  readonly path: string
  /** The slot's lock file, opened by nobody else. */
  readonly lockPath: string
  /** The slot's lock, held already by the caller, who lets go of it: a database may be opened again under one lock. */
  readonly lock?: SlotLock | undefined
  readonly identity: StorageIdentity
  /** Source of random uint32s for database ids and incarnation keys; the system's by default. */
  readonly random?: (() => number) | undefined
}

interface Statements {
  readonly begin: Database.Statement
  readonly commit: Database.Statement
  readonly append: Database.Statement
  readonly truncate: Database.Statement
  readonly clear: Database.Statement
  readonly insertBatch: Database.Statement
  readonly insertSnapshot: Database.Statement
  readonly completeSnapshot: Database.Statement
  readonly position: (position: Position) => void
}

/** A snapshot that is being written. */
interface OpenSnapshot {
  batches: number
}

const FRESH: Position = { base: 0, last: 0, snapshot: 0 }

export class SqliteStorage implements Storage {
  readonly #path: string
  readonly #identity: StorageIdentity
  readonly #random: () => number
  readonly #lock: SlotLock
  readonly #ownsLock: boolean
  readonly #openSnapshots = new Map<number, OpenSnapshot>()
  #database: Database.Database | undefined
  #statements: Statements | undefined
  #housekeeping: Housekeeping | undefined
  #meta: MetaRow | undefined
  /** As the last transaction that was committed left it. */
  #committedMeta: MetaRow | undefined
  #position: Position = FRESH
  #failed: StorageError | undefined

  constructor({ path, lockPath, lock, identity, random }: SqliteStorageOptions) {
    this.#path = path
    this.#identity = identity
    this.#random = random ?? systemRandom
    this.#lock = lock ?? new SlotLock(lockPath)
    this.#ownsLock = lock === undefined
  }

  get bytes(): number {
    return this.#housekeeping?.databaseBytes ?? 0
  }

  get failed(): StorageError | undefined {
    return this.#failed
  }

  open(): Recovered {
    assert(this.#database === undefined && this.#failed === undefined, 'a storage is opened once')
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 })
      if (this.#ownsLock) this.#lock.acquire()
      // Any other answer than "there is none" must not end in a new database in its place.
      if (lstatSync(this.#path, { throwIfNoEntry: false }) === undefined)
        this.#create('', undefined)
      const contents = this.#load()
      return this.#begin(contents)
    } catch (error) {
      this.#failed = storageErrorOf(this.#path, error)
      this.close()
      throw this.#failed
    }
  }

  write(writes: readonly Write[]): void {
    if (this.#failed !== undefined) throw this.#failed
    const statements = this.#statements
    assert(statements !== undefined, 'a storage is open when it is written')
    this.#latching(() => {
      const before = this.#position
      statements.begin.run()
      for (const write of writes) this.#execute(statements, write)
      if (this.#position !== before) statements.position(this.#position)
      statements.commit.run()
      this.#committedMeta = this.#meta
    })
    this.#latching(() => this.#housekeeping?.afterWrite())
  }

  maintain(budgetMs: number): boolean {
    if (this.#failed !== undefined) throw this.#failed
    const housekeeping = this.#housekeeping
    if (housekeeping === undefined) return false
    const end = performance.now() + budgetMs
    return this.#latching(() => {
      do {
        if (!housekeeping.step(this.#position, this.#openSnapshots)) return false
      } while (performance.now() < end)
      return true
    })
  }

  close(): void {
    const database = this.#database
    this.#database = undefined
    this.#statements = undefined
    this.#housekeeping = undefined
    try {
      if (database !== undefined) this.#closeDatabase(database)
    } catch {
      // Whatever was acknowledged is safe in the WAL or in the database, and the next opening looks at both.
    } finally {
      if (this.#ownsLock) this.#lock.release()
    }
  }

  /**
   * "Clean" is written into the WAL, also after a failure, before SQLite may move the WAL into the database and
   * remove it: so it reaches the database with the very checkpoint that makes it true, or the WAL is still there.
   */
  #closeDatabase(database: Database.Database): void {
    let isSaid = false
    try {
      if (this.#committedMeta !== undefined) {
        writeMeta(database, { ...this.#committedMeta, clean: true })
        isSaid = true
      }
      if (this.#failed === undefined) database.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
      // Refused before it was begun, or a full disk did not take it: SQLite may have removed the WAL all the same.
      if (!isSaid) markClean(this.#path)
    }
  }

  /** Runs a piece of work of which the first failure is the last. */
  #latching<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      this.#failed = storageErrorOf(this.#path, error)
      if (this.#database?.inTransaction === true) this.#rollback()
      throw this.#failed
    }
  }

  #rollback(): void {
    try {
      this.#database?.exec('ROLLBACK')
    } catch {
      // SQLite rolls back by itself when it cannot be told to.
    }
  }

  #create(clusterId: string, damage: string | undefined): void {
    const { replicaId, voterIds } = this.#identity
    const meta = emptyMeta(clusterId, mintDatabaseId(this.#random))
    createDatabase(this.#path, { replicaId, voterIds, meta, incarnation: 0, damage, clean: true })
  }

  /** Opens and reads the database; a damaged one is moved aside and replaced by an empty one without a vote. */
  #load(): Contents {
    try {
      if (inspectHeader(this.#path) === 'damaged') throw new Damage('its header is damaged')
      const damage = walDamage(walPathOf(this.#path))
      if (damage !== undefined) throw new Damage(damage)
      const hadWal = hasWal(this.#path)
      this.#database = openDatabase(this.#path)
      const contents = this.#read(this.#database)
      if (!contents.meta.clean && !hadWal) throw new Damage('its WAL is missing')
      return contents
    } catch (error) {
      const damage = damageOf(error)
      if (!(damage instanceof Damage)) throw error
      return this.#replace(damage.message)
    }
  }

  #read(database: Database.Database): Contents {
    const contents = readContents(database)
    checkIdentity(this.#path, this.#identity, contents.meta)
    return contents
  }

  #replace(damage: string): Contents {
    this.#database?.close()
    this.#database = undefined
    const found = salvageMeta(this.#path)
    if (found !== undefined) checkIdentity(this.#path, this.#identity, found)
    moveAside(this.#path, this.#identity, damage)
    this.#create(found?.meta.clusterId ?? '', damage)
    this.#database = openDatabase(this.#path)
    return this.#read(this.#database)
  }

  /** Raises the incarnation, durably, and proves with that first transaction that commits are synced. */
  #begin(contents: Contents): Recovered {
    const database = this.#database
    assert(database !== undefined, 'the database is open')
    const { meta, position, entries, snapshot, nextSnapshot } = contents
    this.#meta = { ...meta, incarnation: meta.incarnation + 1, clean: false }
    this.#position = position
    database.exec('BEGIN IMMEDIATE')
    writeMeta(database, this.#meta)
    database.exec('COMMIT')
    this.#committedMeta = this.#meta
    checkSettings(this.#path, database)
    // A new generation of the WAL: nothing that a crash left behind its end can be taken for its own.
    database.pragma('wal_checkpoint(RESTART)')
    this.#statements = prepare(database)
    this.#housekeeping = new Housekeeping(database)
    const isEmpty = position.last === 0 && position.snapshot === 0
    return {
      meta: this.#meta.meta,
      incarnation: this.#meta.incarnation,
      incarnationKey: this.#random(),
      base: position.base,
      entries,
      damage: isEmpty ? this.#meta.damage : undefined,
      snapshot,
      nextSnapshot,
    }
  }

  #execute(statements: Statements, write: Write): void {
    switch (write.kind) {
      case 'meta':
        return this.#writeMeta(write.meta)
      case 'append':
        return this.#append(statements, write.entries)
      case 'truncate':
        return this.#truncate(statements, write.after)
      case 'resetLog':
        statements.clear.run()
        this.#position = { ...this.#position, base: write.base, last: write.base }
        return undefined
      case 'trim':
        return this.#trim(write.upTo)
      case 'snapshotNodes':
        return this.#snapshotNodes(statements, write.snapshot, write.nodes)
      case 'snapshotComplete':
        return this.#snapshotComplete(statements, write.snapshot, write.tail)
      case 'snapshotAbort':
        this.#openSnapshots.delete(write.snapshot)
        this.#housekeeping?.addGarbage()
        return undefined
      default:
        return unreachable(write)
    }
  }

  #writeMeta(meta: Meta): void {
    const database = this.#database
    assert(
      database !== undefined && this.#meta !== undefined,
      'a storage is open when it is written',
    )
    this.#meta = { ...this.#meta, meta, damage: meta.voter ? undefined : this.#meta.damage }
    writeMeta(database, this.#meta)
  }

  #append(statements: Statements, entries: readonly Entry<Txn>[]): void {
    let { last } = this.#position
    for (const { zxid, txn } of entries) {
      assert(follows(last, zxid), 'a log has no holes')
      const bytes = encodeTxn(txn)
      statements.append.run(zxid, bytes, checksumOf(zxid, bytes))
      this.#housekeeping?.wrote(bytes.length)
      last = zxid
    }
    this.#position = { ...this.#position, last }
  }

  #truncate(statements: Statements, after: number): void {
    const { base, last } = this.#position
    assert(after >= base, 'a log is not truncated below its base')
    if (after >= last) return
    statements.truncate.run(after)
    this.#position = { ...this.#position, last: after }
  }

  /** Only the base moves; the rows go in slices. */
  #trim(upTo: number): void {
    const { base, last, snapshot } = this.#position
    if (upTo <= base) return
    assert(snapshot !== 0, 'a log is trimmed behind a snapshot')
    assert(upTo <= last, 'a log is trimmed within its extent')
    this.#position = { ...this.#position, base: upTo }
    this.#housekeeping?.addGarbage()
  }

  #snapshotNodes(statements: Statements, snapshot: number, nodes: readonly ZnodeRecord[]): void {
    const open = this.#openSnapshot(statements, snapshot)
    const id = batchId(snapshot, open.batches)
    const bytes = packZnodes(nodes)
    statements.insertBatch.run(id, bytes, checksumOf(id, bytes))
    this.#housekeeping?.wrote(bytes.length)
    open.batches += 1
  }

  #snapshotComplete(statements: Statements, snapshot: number, tail: SnapshotTail): void {
    const { batches } = this.#openSnapshot(statements, snapshot)
    const bytes = packSnapshotTail(tail)
    const checksum = checksumOf(batchId(snapshot, batches), bytes)
    statements.completeSnapshot.run(batches, bytes, checksum, snapshot)
    this.#housekeeping?.wrote(bytes.length)
    this.#housekeeping?.addGarbage()
    this.#openSnapshots.delete(snapshot)
    this.#position = { ...this.#position, snapshot }
  }

  #openSnapshot(statements: Statements, snapshot: number): OpenSnapshot {
    const known = this.#openSnapshots.get(snapshot)
    if (known !== undefined) return known
    assert(snapshot > this.#position.snapshot, 'numbers of snapshots ascend')
    statements.insertSnapshot.run(snapshot)
    const open: OpenSnapshot = { batches: 0 }
    this.#openSnapshots.set(snapshot, open)
    return open
  }
}

function prepare(database: Database.Database): Statements {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    append: database.prepare('INSERT INTO log (zxid, txn, crc) VALUES (?, ?, ?)'),
    truncate: database.prepare('DELETE FROM log WHERE zxid > ?'),
    clear: database.prepare('DELETE FROM log'),
    insertBatch: database.prepare('INSERT INTO snapshot_node (id, nodes, crc) VALUES (?, ?, ?)'),
    insertSnapshot: database.prepare('INSERT INTO snapshot (number, batches) VALUES (?, 0)'),
    completeSnapshot: database.prepare(
      'UPDATE snapshot SET batches = ?, tail = ?, crc = ? WHERE number = ?',
    ),
    position: preparePosition(database),
  }
}

/** The durable variables of a damaged database, if at least they are sound. */
function salvageMeta(path: string): MetaRow | undefined {
  try {
    return withCopy(path, readMeta)
  } catch {
    return undefined
  }
}

function systemRandom(): number {
  return randomBytes(4).readUInt32LE(0)
}
