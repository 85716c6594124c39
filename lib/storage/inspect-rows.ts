/** The rows of log and snapshots, every one looked at: how much there is, and each thing that is wrong. */
import type Database from 'better-sqlite3'
import type { Zxid } from '../protocol/zxid.js'
import { follows, formatZxid } from '../protocol/zxid.js'
import { unpackSnapshotTail, unpackZnodes } from '../wire/snapshot.js'
import { decodeTxn } from '../wire/txn.js'
import { checksumOf } from './checksum.js'
import type { Position } from './position-row.js'
import { batchId } from './recovery.js'

/** Faults that are named one by one; of more only the number is told. */
const FAULTS_NAMED = 5

export interface LogFinding {
  /** The log begins after it: 0, or what it was trimmed up to. */
  readonly base: Zxid
  /** `undefined`: it is empty. */
  readonly first: Zxid | undefined
  readonly last: Zxid | undefined
  readonly count: number
  readonly bytes: number
  /** Trimmed rows that wait to be deleted. */
  readonly trimmed: number
  readonly problem: string | undefined
}

export interface SnapshotFinding {
  readonly number: number
  /** The one that counts; others are unfinished, or wait to be deleted. */
  readonly isCurrent: boolean
  readonly isComplete: boolean
  readonly start: Zxid | undefined
  readonly end: Zxid | undefined
  readonly batches: number
  readonly znodes: number
  readonly bytes: number
  readonly sessions: number
  /** Of the one that counts only: nobody reads the others. */
  readonly problem: string | undefined
}

class Faults {
  readonly #named: string[] = []
  #count = 0

  add(fault: string): void {
    this.#count += 1
    if (this.#named.length < FAULTS_NAMED) this.#named.push(fault)
  }

  get text(): string | undefined {
    if (this.#count === 0) return undefined
    const more = this.#count - this.#named.length
    return this.#named.join('; ') + (more === 0 ? '' : `; and ${more} more`)
  }
}

interface LogRow {
  readonly zxid: unknown
  readonly txn: unknown
  readonly crc: unknown
}

export function inspectLog(
  database: Database.Database,
  position: Position | undefined,
): LogFinding {
  const base = position?.base ?? 0
  const rows = database.prepare('SELECT zxid, txn, crc FROM log WHERE zxid > ? ORDER BY zxid')
  const faults = new Faults()
  let [count, bytes] = [0, 0]
  let first: Zxid | undefined
  let last: Zxid = base
  for (const { zxid, txn, crc } of rows.iterate(base) as Iterable<LogRow>) {
    const key = Number(zxid)
    // Without the row of positions nobody knows where the log should begin.
    const isFirstOfAll = first === undefined && position === undefined
    if (!isFirstOfAll && !follows(last, key)) {
      faults.add(`the log has a hole between ${formatZxid(last)} and ${formatZxid(key)}`)
    }
    const fault = faultOf(key, txn, crc, decodeTxn)
    if (fault !== undefined) faults.add(`the log entry ${formatZxid(key)} ${fault}`)
    first ??= key
    last = key
    count += 1
    bytes += txn instanceof Uint8Array ? txn.length : 0
  }
  if (position !== undefined && last !== position.last) {
    faults.add(`the log ends at ${formatZxid(last)}, expected ${formatZxid(position.last)}`)
  }
  const trimmed = Number(
    database.prepare('SELECT count(*) FROM log WHERE zxid <= ?').pluck().get(base),
  )
  const end = count === 0 ? undefined : last
  return { base, first, last: end, count, bytes, trimmed, problem: faults.text }
}

/** What is wrong with a blob stored under a key, as the end of a sentence. */
function faultOf(
  key: number,
  bytes: unknown,
  checksum: unknown,
  decode: (bytes: Uint8Array) => unknown,
): string | undefined {
  if (!(bytes instanceof Uint8Array) || checksumOf(key, bytes) !== checksum) {
    return 'has a wrong checksum'
  }
  try {
    decode(bytes)
    return undefined
  } catch (error) {
    return `does not decode: ${error instanceof Error ? error.message : String(error)}`
  }
}

interface SnapshotRow {
  readonly number: number
  readonly batches: number
  readonly tail: Uint8Array | null
  readonly crc: number | null
}

export function inspectSnapshots(
  database: Database.Database,
  position: Position | undefined,
): SnapshotFinding[] {
  const rows = database
    .prepare('SELECT number, batches, tail, crc FROM snapshot ORDER BY number')
    .all() as SnapshotRow[]
  const found = rows.map((row) => inspectSnapshot(database, row, position))
  const current = position?.snapshot ?? 0
  if (current === 0 || found.some(({ isCurrent }) => isCurrent)) return found
  return [...found, missing(current)]
}

function missing(number: number): SnapshotFinding {
  const none = { start: undefined, end: undefined, batches: 0, znodes: 0, bytes: 0, sessions: 0 }
  const problem = `snapshot ${number} is missing`
  return { number, isCurrent: true, isComplete: false, ...none, problem }
}

function inspectSnapshot(
  database: Database.Database,
  { number, batches, tail, crc }: SnapshotRow,
  position: Position | undefined,
): SnapshotFinding {
  const isCurrent = position?.snapshot === number
  const faults = new Faults()
  const rest = faultOf(batchId(number, batches), tail, crc, unpackSnapshotTail)
  const decoded = rest === undefined && tail !== null ? unpackSnapshotTail(tail) : undefined
  if (rest !== undefined) faults.add(`the tail of snapshot ${number} ${rest}`)
  if (decoded !== undefined && position !== undefined) {
    const { start, end } = decoded
    if (start < position.base || end > position.last) {
      const needed = `${formatZxid(start)} to ${formatZxid(end)}`
      faults.add(`snapshot ${number} needs the log from ${needed}`)
    }
  }
  const content = inspectBatches(database, number, faults)
  if (tail !== null && content.batches < batches) {
    faults.add(`snapshot ${number} has ${content.batches} batches, expected ${batches}`)
  }
  return {
    number,
    isCurrent,
    isComplete: tail !== null,
    start: decoded?.start,
    end: decoded?.end,
    ...content,
    sessions: decoded?.sessions.length ?? 0,
    problem: isCurrent ? faults.text : undefined,
  }
}

interface BatchRow {
  readonly id: number
  readonly nodes: unknown
  readonly crc: unknown
}

function inspectBatches(
  database: Database.Database,
  number: number,
  faults: Faults,
): Pick<SnapshotFinding, 'batches' | 'znodes' | 'bytes'> {
  const rows = database
    .prepare('SELECT id, nodes, crc FROM snapshot_node WHERE id >= ? AND id < ? ORDER BY id')
    .iterate(batchId(number, 0), batchId(number + 1, 0)) as Iterable<BatchRow>
  let [batches, znodes, bytes] = [0, 0, 0]
  for (const { id, nodes, crc } of rows) {
    const fault = faultOf(id, nodes, crc, (packed) => {
      znodes += unpackZnodes(packed).length
    })
    if (fault !== undefined) {
      faults.add(`batch ${id - batchId(number, 0)} of snapshot ${number} ${fault}`)
    }
    batches += 1
    bytes += nodes instanceof Uint8Array ? nodes.length : 0
  }
  return { batches, znodes, bytes }
}
