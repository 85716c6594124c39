/**
 * Checksums of rows. SQLite serves a page with a flipped bit as if nothing were wrong, so every row carries a
 * CRC-32 of its own, bound to the row's key: a right row at a wrong place is as wrong as a wrong one.
 */
import { crc32 } from 'node:zlib'

/** Checksum of a blob stored under `key`, a safe integer. */
export function checksumOf(key: number, bytes: Uint8Array): number {
  // Two different initial values never give the same CRC for the same bytes.
  const high = Math.floor(key / 2 ** 32)
  return crc32(bytes, (key ^ Math.imul(high, 0x9e3779b1)) >>> 0)
}

/** Checksum of a row of plain values. */
export function checksumOfRow(values: readonly unknown[]): number {
  return crc32(JSON.stringify(values))
}
