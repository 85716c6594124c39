/**
 * The database file itself: created whole, recognised before it is opened, opened with the settings that
 * durability depends on, moved aside when it is damaged.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { readMeta, writeMeta } from './meta-row.js'
import type { MetaRow } from './meta-row.js'
import { writePosition } from './position-row.js'
import type { StorageIdentity } from './storage.js'
import { StorageError } from './storage-error.js'

/** 'vivr': tells our files from every other SQLite database. */
const APPLICATION_ID = 0x76697672
/** Raised when tables, rows or the bytes of txns and znodes change. */
export const FORMAT_VERSION = 2

const MAGIC = 'SQLite format 3\0'
const HEADER_BYTES = 100
/** `PRAGMA synchronous` as a number. */
const SYNCHRONOUS_FULL = 2
/** What remains of a WAL that was once longer. */
const WAL_BYTES_KEPT = 4 * 1024 * 1024

const SCHEMA = `
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    cluster_id TEXT NOT NULL,
    replica_id INTEGER NOT NULL,
    voter_ids TEXT NOT NULL,
    database_id TEXT NOT NULL,
    voter INTEGER NOT NULL,
    incarnation INTEGER NOT NULL,
    accepted_epoch INTEGER NOT NULL,
    current_epoch INTEGER NOT NULL,
    registry TEXT NOT NULL,
    damage TEXT,
    clean INTEGER NOT NULL,
    crc INTEGER NOT NULL
  );
  CREATE TABLE position (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    base INTEGER NOT NULL,
    last INTEGER NOT NULL,
    snapshot INTEGER NOT NULL,
    crc INTEGER NOT NULL
  );
  CREATE TABLE log (zxid INTEGER PRIMARY KEY, txn BLOB NOT NULL, crc INTEGER NOT NULL);
  CREATE TABLE snapshot (
    number INTEGER PRIMARY KEY,
    batches INTEGER NOT NULL,
    tail BLOB,
    crc INTEGER
  );
  CREATE TABLE snapshot_node (id INTEGER PRIMARY KEY, nodes BLOB NOT NULL, crc INTEGER NOT NULL);
`

/** Suffix of what SQLite puts beside a database. */
const WAL = '-wal'

export function walPathOf(path: string): string {
  return path + WAL
}

/** Where a damaged database is kept, WAL and all, for whoever wants to look into it; the last one only. */
export function damagedPathOf(path: string): string {
  return `${path}.damaged`
}

/**
 * Creates the database under a temporary name and renames it, so that a file at `path` is always whole.
 * An orphaned WAL at `path` is removed first: SQLite would replay it into the new database.
 */
export function createDatabase(path: string, meta: MetaRow): void {
  const temporary = `${path}.new`
  for (const suffix of ['', '-journal', WAL]) rmSync(temporary + suffix, { force: true })
  const database = new Database(temporary, { timeout: 0 })
  try {
    database.pragma('locking_mode = EXCLUSIVE')
    database.pragma('synchronous = FULL')
    database.pragma(`application_id = ${APPLICATION_ID}`)
    database.pragma(`user_version = ${FORMAT_VERSION}`)
    database.exec(SCHEMA)
    writeMeta(database, meta)
    writePosition(database, { base: 0, last: 0, snapshot: 0 })
    database.pragma('journal_mode = WAL')
  } finally {
    database.close()
  }
  rmSync(walPathOf(path), { force: true })
  renameSync(temporary, path)
  syncDirectory(path)
}

/** What the first bytes of a file say of it, before SQLite has touched it. */
export type HeaderFinding = 'sound' | 'damaged'

/**
 * @throws StorageError DAMAGED for a file that is no database of ours, NEWER_FORMAT or OLDER_FORMAT for one of
 *   another version; none is touched.
 */
export function inspectHeader(path: string): HeaderFinding {
  const header = Buffer.alloc(HEADER_BYTES)
  const file = openSync(path, 'r')
  try {
    readSync(file, header, 0, HEADER_BYTES, 0)
  } finally {
    closeSync(file)
  }
  const isSqlite = header.toString('latin1', 0, MAGIC.length) === MAGIC
  const isOurs = header.readUInt32BE(68) === APPLICATION_ID
  if (!isSqlite && !isOurs) {
    throw new StorageError('DAMAGED', `${path} is damaged: expected a database, found other bytes`)
  }
  if (!isOurs) {
    const found = header.readUInt32BE(68).toString(16)
    const expected = APPLICATION_ID.toString(16)
    throw new StorageError(
      'DAMAGED',
      `${path} is not a database of vivarium: expected application id ${expected}, found ${found}`,
    )
  }
  const version = header.readUInt32BE(60)
  if (isSqlite && version > FORMAT_VERSION) {
    throw new StorageError(
      'NEWER_FORMAT',
      `${path} has a newer format: expected at most ${FORMAT_VERSION}, found ${version}`,
    )
  }
  // Not damage, and nothing of it is touched: whoever wants what is in it can open it with what wrote it.
  if (isSqlite && version > 0 && version < FORMAT_VERSION) {
    throw new StorageError(
      'OLDER_FORMAT',
      `${path} has an older format: expected ${FORMAT_VERSION}, found ${version}; ` +
        'open it with the version that wrote it, or move it away and begin without its data',
    )
  }
  // Bytes 18 and 19 are 2 for WAL; anything else would make SQLite treat the WAL differently.
  const isWal = header[18] === 2 && header[19] === 2
  return isSqlite && version === FORMAT_VERSION && isWal ? 'sound' : 'damaged'
}

/** Opens an existing database for this process alone. */
export function openDatabase(path: string): Database.Database {
  const database = new Database(path, { timeout: 0, fileMustExist: true })
  try {
    // EXCLUSIVE before WAL: then there is no shared-memory file, and nobody else gets in.
    database.pragma('locking_mode = EXCLUSIVE')
    database.pragma('journal_mode = WAL')
    // Belongs to the connection, not to the file, and the built-in default for WAL is NORMAL, which does
    // not sync a commit at all.
    database.pragma('synchronous = FULL')
    database.pragma('fullfsync = ON')
    database.pragma('checkpoint_fullfsync = ON')
    database.pragma('wal_autocheckpoint = 0')
    database.pragma(`journal_size_limit = ${WAL_BYTES_KEPT}`)
    database.pragma('temp_store = MEMORY')
    database.pragma('trusted_schema = OFF')
    database.pragma('cell_size_check = ON')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Reads the settings back. To be called after a write transaction: before one, SQLite shows what it will
 * fall back from.
 */
export function checkSettings(path: string, database: Database.Database): void {
  expectSetting(path, database, 'synchronous', SYNCHRONOUS_FULL)
  expectSetting(path, database, 'journal_mode', 'wal')
  expectSetting(path, database, 'locking_mode', 'exclusive')
}

function expectSetting(
  path: string,
  database: Database.Database,
  name: string,
  expected: unknown,
): void {
  const found = database.pragma(name, { simple: true })
  if (found === expected) return
  throw new StorageError(
    'STORAGE',
    `${path} cannot be made durable: expected ${name} ${String(expected)}, found ${String(found)}`,
  )
}

/** Whether there is a WAL with anything in it. Before the database is opened only. */
export function hasWal(path: string): boolean {
  const size = statSync(walPathOf(path), { throwIfNoEntry: false })?.size ?? 0
  return size > 0
}

/**
 * After a closing that was not in good order: if SQLite has moved the whole WAL into the database all the
 * same, and removed it, says so in the database. Otherwise the missing WAL would be taken for a loss.
 */
export function markClean(path: string): void {
  if (hasWal(path)) return
  const database = new Database(path, { timeout: 0, fileMustExist: true })
  try {
    database.pragma('synchronous = FULL')
    const meta = readMeta(database)
    if (meta !== undefined && !meta.clean) writeMeta(database, { ...meta, clean: true })
  } finally {
    database.close()
  }
}

/** Copies a closed database and its WAL, runs `look` on the copy, and removes it: the original stays as it is. */
export function withCopy<T>(path: string, look: (database: Database.Database) => T): T {
  const copy = `${path}.copy`
  const remove = (): void => {
    for (const suffix of ['', '-journal', WAL]) rmSync(copy + suffix, { force: true })
  }
  remove()
  try {
    copyFileSync(path, copy)
    if (existsSync(walPathOf(path))) copyFileSync(walPathOf(path), walPathOf(copy))
    const database = new Database(copy, { timeout: 0, fileMustExist: true })
    try {
      database.pragma('locking_mode = EXCLUSIVE')
      return look(database)
    } finally {
      database.close()
    }
  } finally {
    remove()
  }
}

/**
 * Moves a damaged database out of the way, the main file first: a crash in between leaves no database, which
 * has no vote, and not one without its WAL, which would have forgotten what it acknowledged.
 */
export function moveAside(path: string, identity: StorageIdentity, damage: string): void {
  refuseIfAlone(path, identity, damage)
  const aside = damagedPathOf(path)
  for (const suffix of ['', WAL]) rmSync(aside + suffix, { force: true })
  renameSync(path, aside)
  syncDirectory(path)
  if (existsSync(walPathOf(path))) renameSync(walPathOf(path), walPathOf(aside))
  syncDirectory(path)
}

/** Makes a rename in the directory of `path` durable. */
function syncDirectory(path: string): void {
  // Windows has no such thing, and needs none.
  if (process.platform === 'win32') return
  const directory = openSync(dirname(path), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** Nobody could ever refill the only voter: what is left of its data is for people to look at. */
function refuseIfAlone(path: string, identity: StorageIdentity, damage: string): void {
  if (identity.voterIds.length > 1 || !identity.voterIds.includes(identity.replicaId)) return
  const way = 'put a sound copy in its place, or remove it to begin with nothing'
  throw new StorageError(
    'DAMAGED',
    `${path} is damaged: ${damage}. It belongs to the only voter, so no other can refill it, and was left as it is: ${way}`,
  )
}
