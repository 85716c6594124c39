/**
 * Looks into the database of a dead replica and changes nothing: neither the file nor what lies beside it.
 *
 * SQLite changes a database by merely opening it (it recovers the WAL, and removes it when it closes). So the files
 * are copied while nobody owns the slot, and everything is read from the copy. Recovery (recovery.ts) stops at the
 * first thing that is wrong; here every check is made, and says what it found.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { damagedPathOf, hasWal, inspectHeader, openDatabase, walPathOf } from './database-file.js'
import { inspectLog, inspectSnapshots } from './inspect-rows.js'
import type { LogFinding, SnapshotFinding } from './inspect-rows.js'
import { whileUnowned } from './inspect-lock.js'
import { readMeta } from './meta-row.js'
import type { MetaRow } from './meta-row.js'
import { readPosition } from './position-row.js'
import type { Position } from './position-row.js'
import { Damage, damageOf, readContents } from './recovery.js'
import type { Contents } from './recovery.js'
import { StorageError } from './storage-error.js'
import { walDamage } from './wal-check.js'

/** One thing that was checked. */
export interface Check {
  readonly name: string
  /** What is wrong; `undefined` if nothing is. */
  readonly problem: string | undefined
}

export interface DatabaseFinding {
  /** Of the database, of its WAL. */
  readonly bytes: number
  readonly walBytes: number
  /** Version of the format that the header names; `undefined` if it is no database of ours. */
  readonly format: number | undefined
  readonly meta: MetaRow | undefined
  readonly position: Position | undefined
  readonly log: LogFinding | undefined
  readonly snapshots: readonly SnapshotFinding[]
  readonly checks: readonly Check[]
  /** What a replica would start with; `undefined` if it would give the database up, or not open it. */
  readonly contents: Contents | undefined
  /** A database that was given up earlier is kept there. */
  readonly damagedPath: string | undefined
}

/**
 * @param use  Gets what was found while the copy is there: the snapshot's nodes are read from it.
 * @throws StorageError SLOT_TAKEN if a living process owns the slot (its database is not touched); STORAGE if
 *   there is no such file, or no room for the copy.
 */
export function inspectDatabase<T>(
  path: string,
  lockPath: string,
  use: (found: DatabaseFinding) => T,
): T {
  const directory = mkdtempSync(join(tmpdir(), 'vivarium-inspect-'))
  try {
    const copy = join(directory, 'copy.db')
    const sizes = whileUnowned(lockPath, () => copyFiles(path, copy))
    const damagedPath = existsSync(damagedPathOf(path)) ? damagedPathOf(path) : undefined
    return inspectCopy(path, copy, (found) => use({ ...found, ...sizes, damagedPath }))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

type Sizes = Pick<DatabaseFinding, 'bytes' | 'walBytes'>

function copyFiles(path: string, copy: string): Sizes {
  try {
    copyFileSync(path, copy, constants.COPYFILE_FICLONE)
    if (existsSync(walPathOf(path))) {
      copyFileSync(walPathOf(path), walPathOf(copy), constants.COPYFILE_FICLONE)
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StorageError('STORAGE', `${path} cannot be copied: ${reason}`, error)
  }
  return { bytes: sizeOf(copy), walBytes: sizeOf(walPathOf(copy)) }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

type Found = Omit<DatabaseFinding, keyof Sizes | 'damagedPath'>

const NOTHING: Found = {
  format: undefined,
  meta: undefined,
  position: undefined,
  log: undefined,
  snapshots: [],
  checks: [],
  contents: undefined,
}

function inspectCopy<T>(path: string, copy: string, use: (found: Found) => T): T {
  const format = formatOf(copy)
  const header = headerProblem(path, copy)
  const headerCheck: Check = { name: 'header', problem: header?.text }
  if (header?.isForeign === true) return use({ ...NOTHING, format, checks: [headerCheck] })
  const wal: Check = { name: 'write-ahead log', problem: walDamage(walPathOf(copy)) }
  const checks = [headerCheck, wal]
  const hadWal = hasWal(copy)
  const database = open(copy)
  if (typeof database === 'string') {
    return use({ ...NOTHING, format, checks: [...checks, { name: 'database', problem: database }] })
  }
  try {
    return use(readAll(database, format, checks, hadWal))
  } finally {
    database.close()
  }
}

/** The open database, or why SQLite cannot read it. */
function open(path: string): Database.Database | string {
  try {
    return openDatabase(path)
  } catch (error) {
    return problemOf(error)
  }
}

/** A database of another version, or none of ours, is not read any further. */
function headerProblem(
  path: string,
  copy: string,
): { readonly text: string; readonly isForeign: boolean } | undefined {
  try {
    if (inspectHeader(copy) === 'sound') return undefined
    return { text: 'its header is damaged', isForeign: false }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error
    return { text: error.message.replaceAll(copy, path), isForeign: true }
  }
}

/** `PRAGMA user_version`, from the file's header. */
function formatOf(path: string): number | undefined {
  const header = Buffer.alloc(100)
  const file = openSync(path, 'r')
  try {
    const bytes = readSync(file, header, 0, header.length, 0)
    const isOurs = bytes === header.length && header.toString('latin1', 68, 72) === 'vivr'
    return isOurs ? header.readUInt32BE(60) : undefined
  } finally {
    closeSync(file)
  }
}

function readAll(
  database: Database.Database,
  format: number | undefined,
  before: readonly Check[],
  hadWal: boolean,
): Found {
  const checks = [...before]
  /** Makes one check; what it throws is what it found. */
  const check = <T>(name: string, read: () => T): T | undefined => {
    try {
      const value = read()
      checks.push({ name, problem: undefined })
      return value
    } catch (error) {
      checks.push({ name, problem: problemOf(error) })
      return undefined
    }
  }
  const meta = check('durable variables', () => {
    const row = readMeta(database)
    if (row === undefined) throw new Damage('the row of durable variables is damaged')
    return row
  })
  const position = check('positions', () => {
    const row = readPosition(database)
    if (row === undefined) throw new Damage('the row of positions is damaged')
    return row
  })
  if (meta !== undefined) {
    check('nothing is missing', () => {
      if (!meta.clean && !hadWal) throw new Damage('its WAL is missing')
    })
  }
  const log = check('log', () => inspectLog(database, position))
  if (log?.problem !== undefined) checks.splice(-1, 1, { name: 'log', problem: log.problem })
  const snapshots = check('snapshots', () => inspectSnapshots(database, position)) ?? []
  const broken = snapshots.find(({ problem }) => problem !== undefined)
  if (broken !== undefined) checks.splice(-1, 1, { name: 'snapshots', problem: broken.problem })
  const contents = check('recovery', () => readContents(database))
  const isSound = checks.every(({ problem }) => problem === undefined)
  return {
    format,
    meta,
    position,
    log,
    snapshots,
    checks,
    contents: isSound ? contents : undefined,
  }
}

/** What the disk refuses is no finding. */
function problemOf(error: unknown): string {
  const damage = damageOf(error)
  if (damage instanceof Damage) return damage.message
  throw error
}
