/**
 * Reading a database back: every row that counts is read and checked, all of it, before anything is believed.
 *
 * SQLite has no torn rows, so there is no tail to forgive: a wrong checksum, a hole in the log, a log or a
 * snapshot that ends too early, all are damage, and damage costs the database its vote (the amnesia rule).
 */
import type Database from 'better-sqlite3'
import type { Zxid } from '../protocol/zxid.js'
import { follows, formatZxid } from '../protocol/zxid.js'
import type { RecoveredSnapshot, SnapshotTail, ZnodeRecord } from '../tree/record.js'
import type { Txn } from '../tree/txn.js'
import { entryOf } from '../wire/entry.js'
import { unpackSnapshotTail, unpackZnodes } from '../wire/snapshot.js'
import { decodeTxn } from '../wire/txn.js'
import { WireError } from '../wire/wire-error.js'
import type { Entry } from '../zab/entry.js'
import { checksumOf } from './checksum.js'
import { readMeta } from './meta-row.js'
import type { MetaRow } from './meta-row.js'
import { readPosition } from './position-row.js'
import type { Position } from './position-row.js'
import { codeOf } from './storage-error.js'

/** The database is ours and cannot be trusted. The message says why. */
export class Damage extends Error {
  override readonly name = 'Damage'
}

export interface Contents {
  readonly meta: MetaRow
  readonly position: Position
  readonly entries: readonly Entry<Txn>[]
  readonly snapshot: RecoveredSnapshot | undefined
  readonly nextSnapshot: number
}

/** Batches of one snapshot have consecutive ids from `batchId(snapshot, 0)` on. */
export function batchId(snapshot: number, batch: number): number {
  return snapshot * 2 ** 32 + batch
}

/** @throws Damage */
export function readContents(database: Database.Database): Contents {
  try {
    const meta = readMeta(database)
    if (meta === undefined) throw new Damage('the row of durable variables is damaged')
    const position = readPosition(database)
    if (position === undefined) throw new Damage('the row of positions is damaged')
    const snapshot = readSnapshot(database, position)
    const entries = readLog(database, position)
    const newest = database.prepare('SELECT max(number) FROM snapshot').pluck().get()
    const nextSnapshot = Math.max(Number(newest ?? 0), position.snapshot) + 1
    return { meta, position, entries, snapshot, nextSnapshot }
  } catch (error) {
    throw damageOf(error)
  }
}

/** What SQLite and the decoder say of a damaged database is damage too; anything else stays what it is. */
export function damageOf(error: unknown): unknown {
  if (error instanceof Damage) return error
  if (error instanceof WireError) return new Damage(`a row does not decode: ${error.message}`)
  const code = codeOf(error)
  // SQLITE_ERROR here is a table or column that is not there: the statements are right.
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_ERROR' || code.startsWith('SQLITE_CORRUPT')) {
    return new Damage(`SQLite says: ${(error as Error).message}`)
  }
  return error
}

/** A flipped bit may change the very type of a column. */
function isSound(key: number, bytes: unknown, checksum: unknown): boolean {
  return bytes instanceof Uint8Array && checksumOf(key, bytes) === checksum
}

interface LogRow {
  readonly zxid: Zxid
  readonly txn: Uint8Array
  readonly crc: number
}

function readLog(database: Database.Database, { base, last }: Position): Entry<Txn>[] {
  const rows = database
    .prepare('SELECT zxid, txn, crc FROM log WHERE zxid > ? ORDER BY zxid')
    .iterate(base) as Iterable<LogRow>
  const entries: Entry<Txn>[] = []
  let previous = base
  for (const { zxid, txn, crc } of rows) {
    if (!follows(previous, zxid)) {
      throw new Damage(`the log has a hole between ${formatZxid(previous)} and ${formatZxid(zxid)}`)
    }
    if (!isSound(zxid, txn, crc)) {
      throw new Damage(`the log entry ${formatZxid(zxid)} has a wrong checksum`)
    }
    entries.push(entryOf(zxid, decodeTxn(txn)))
    previous = zxid
  }
  if (previous !== last) {
    throw new Damage(`the log ends at ${formatZxid(previous)}, expected ${formatZxid(last)}`)
  }
  return entries
}

interface SnapshotRow {
  readonly batches: number
  readonly tail: Uint8Array
  readonly crc: number
}

function readSnapshot(
  database: Database.Database,
  position: Position,
): RecoveredSnapshot | undefined {
  const { base, last, snapshot } = position
  if (snapshot === 0) {
    if (base > 0) throw new Damage('the log was trimmed and there is no snapshot')
    return undefined
  }
  const row = database
    .prepare('SELECT batches, tail, crc FROM snapshot WHERE number = ?')
    .get(snapshot) as SnapshotRow | undefined
  if (row === undefined) throw new Damage(`snapshot ${snapshot} is missing`)
  if (!isSound(batchId(snapshot, row.batches), row.tail, row.crc)) {
    throw new Damage(`the tail of snapshot ${snapshot} has a wrong checksum`)
  }
  const tail = unpackSnapshotTail(row.tail)
  checkExtent(tail, base, last)
  checkBatches(database, snapshot, row.batches)
  return { tail, nodes: readBatches(database, snapshot, row.batches) }
}

/** A fuzzy snapshot is worth nothing without the log from its start to its end. */
function checkExtent(tail: SnapshotTail, base: Zxid, last: Zxid): void {
  if (tail.start < base || tail.end > last) {
    const needed = `${formatZxid(tail.start)} to ${formatZxid(tail.end)}`
    const found = `${formatZxid(base)} to ${formatZxid(last)}`
    throw new Damage(`the snapshot needs the log from ${needed}, found ${found}`)
  }
}

interface BatchRow {
  readonly nodes: Uint8Array
  readonly crc: number
}

const SELECT_BATCH = 'SELECT nodes, crc FROM snapshot_node WHERE id = ?'

/** All checksums first, so that damage is known before a tree is built; decoding is what takes the time. */
function checkBatches(database: Database.Database, snapshot: number, batches: number): void {
  const select = database.prepare(SELECT_BATCH)
  for (let batch = 0; batch < batches; batch++) {
    const id = batchId(snapshot, batch)
    const row = select.get(id) as BatchRow | undefined
    if (row === undefined) throw new Damage(`batch ${batch} of snapshot ${snapshot} is missing`)
    if (!isSound(id, row.nodes, row.crc)) {
      throw new Damage(`batch ${batch} of snapshot ${snapshot} has a wrong checksum`)
    }
  }
}

function* readBatches(
  database: Database.Database,
  snapshot: number,
  batches: number,
): Generator<readonly ZnodeRecord[]> {
  const select = database.prepare(SELECT_BATCH)
  for (let batch = 0; batch < batches; batch++) {
    const row = select.get(batchId(snapshot, batch)) as BatchRow | undefined
    if (row === undefined) throw new Damage(`batch ${batch} of snapshot ${snapshot} is missing`)
    yield unpackZnodes(row.nodes)
  }
}
