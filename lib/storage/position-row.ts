/**
 * The row that says how far the log goes and which snapshot counts. It repeats what the other tables show, on
 * another page: a row that is missing at the end of the log leaves no gap, and only this tells.
 */
import type Database from 'better-sqlite3'
import type { Zxid } from '../protocol/zxid.js'
import { checksumOfRow } from './checksum.js'

export interface Position {
  /** The log begins after it; rows at or below it are waiting to be deleted. */
  readonly base: Zxid
  /** Last zxid of the log; `base` if it is empty. */
  readonly last: Zxid
  /** Number of the complete snapshot, 0 if there is none; every other is waiting to be deleted. */
  readonly snapshot: number
}

export function preparePosition(database: Database.Database): (position: Position) => void {
  const statement = database.prepare(
    'INSERT OR REPLACE INTO position (id, base, last, snapshot, crc) VALUES (1, ?, ?, ?, ?)',
  )
  return ({ base, last, snapshot }) => {
    statement.run(base, last, snapshot, checksumOfRow([base, last, snapshot]))
  }
}

export function writePosition(database: Database.Database, position: Position): void {
  preparePosition(database)(position)
}

/** `undefined` if there is no such row or its checksum is wrong. */
export function readPosition(database: Database.Database): Position | undefined {
  const row = database
    .prepare('SELECT base, last, snapshot, crc FROM position WHERE id = 1')
    .get() as (Position & { readonly crc: number }) | undefined
  if (row === undefined) return undefined
  const { base, last, snapshot, crc } = row
  return crc === checksumOfRow([base, last, snapshot]) ? { base, last, snapshot } : undefined
}
