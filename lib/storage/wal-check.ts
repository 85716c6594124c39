/**
 * A look at SQLite's write-ahead log before SQLite opens it.
 *
 * When SQLite recovers a WAL it stops, silently, at the first frame whose checksum is wrong. That is right for
 * the tail of a transaction that was being written when the power went, and it is a disaster for a flipped bit
 * in the middle: every acknowledged commit behind it is gone and no check of SQLite's finds anything amiss.
 * The two can be told apart. A commit is synced before the next one begins, so at most the last transaction
 * can be torn: at or behind a bad frame there is at most one commit of the current generation (salts).
 *
 * What cannot be told apart is a flipped bit in the very last transaction.
 *
 * To be called only while the database is not open and the slot is locked: closing the file here would drop
 * the locks that this process holds on it. File format: https://sqlite.org/fileformat2.html#walformat
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs'

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const MAGIC_LITTLE_ENDIAN = 0x377f0682
const MAGIC_BIG_ENDIAN = 0x377f0683
const PAGE_BYTES_MIN = 512
const PAGE_BYTES_MAX = 65_536

interface Checksum {
  first: number
  second: number
}

interface WalHeader {
  readonly littleEndian: boolean
  readonly pageBytes: number
  readonly salt1: number
  readonly salt2: number
  readonly checksum: Checksum
}

/** Why the WAL at `path` is damaged; `undefined` if it is sound, torn at its end only, or not there. */
export function walDamage(path: string): string | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0) return undefined
  const file = openSync(path, 'r')
  try {
    return damageOf(file, size)
  } finally {
    closeSync(file)
  }
}

function damageOf(file: number, size: number): string | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES)
  if (readSync(file, bytes, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined
  const header = readHeader(bytes)
  // The header is one small write, synced before the first frame: it is never torn with frames behind it.
  if (header === undefined) {
    return size > HEADER_BYTES + FRAME_HEADER_BYTES ? 'the header of its WAL is damaged' : undefined
  }
  return frameDamage(file, size, header)
}

function readHeader(bytes: Buffer): WalHeader | undefined {
  const magic = bytes.readUInt32BE(0)
  if (magic !== MAGIC_LITTLE_ENDIAN && magic !== MAGIC_BIG_ENDIAN) return undefined
  const littleEndian = magic === MAGIC_LITTLE_ENDIAN
  const pageBytes = bytes.readUInt32BE(8)
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX) return undefined
  const checksum: Checksum = { first: 0, second: 0 }
  addTo(checksum, bytes, 0, 24, littleEndian)
  if (checksum.first !== bytes.readUInt32BE(24) || checksum.second !== bytes.readUInt32BE(28)) {
    return undefined
  }
  const salt1 = bytes.readUInt32BE(16)
  const salt2 = bytes.readUInt32BE(20)
  return { littleEndian, pageBytes, salt1, salt2, checksum }
}

function frameDamage(file: number, size: number, header: WalHeader): string | undefined {
  const frameBytes = FRAME_HEADER_BYTES + header.pageBytes
  const frame = Buffer.alloc(frameBytes)
  const checksum = header.checksum
  let bad: number | undefined
  let commits = 0
  for (let index = 0; HEADER_BYTES + (index + 1) * frameBytes <= size; index++) {
    const at = HEADER_BYTES + index * frameBytes
    if (readSync(file, frame, 0, frameBytes, at) < frameBytes) break
    if (bad === undefined && !continues(frame, header, checksum)) bad = index
    if (bad !== undefined && isCommit(frame, header)) commits += 1
    if (commits > 1) return `frame ${bad} of its WAL is damaged, and commits follow it`
  }
  return undefined
}

/** Whether the frame is the next of the current generation, its checksum included. */
function continues(frame: Buffer, header: WalHeader, checksum: Checksum): boolean {
  if (!hasSalts(frame, header)) return false
  addTo(checksum, frame, 0, 8, header.littleEndian)
  addTo(checksum, frame, FRAME_HEADER_BYTES, header.pageBytes, header.littleEndian)
  return checksum.first === frame.readUInt32BE(16) && checksum.second === frame.readUInt32BE(20)
}

/** A frame that ends a transaction of the current generation names the size of the database. */
function isCommit(frame: Buffer, header: WalHeader): boolean {
  return hasSalts(frame, header) && frame.readUInt32BE(4) !== 0
}

function hasSalts(frame: Buffer, header: WalHeader): boolean {
  return frame.readUInt32BE(8) === header.salt1 && frame.readUInt32BE(12) === header.salt2
}

/** SQLite's checksum: two running sums over pairs of 32-bit words. */
function addTo(
  sum: Checksum,
  bytes: Buffer,
  offset: number,
  length: number,
  littleEndian: boolean,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length)
  let { first, second } = sum
  for (let at = 0; at < length; at += 8) {
    first = (first + view.getUint32(at, littleEndian) + second) >>> 0
    second = (second + view.getUint32(at + 4, littleEndian) + first) >>> 0
  }
  sum.first = first
  sum.second = second
}
