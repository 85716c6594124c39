/**
 * Fields of decoded messages: each function turns `unknown` into one kind of field or throws `WireError`.
 *
 * They check what a field can be at all (type, range, size), not what it may be in the state of the ensemble.
 */
import {
  ACL_ENTRIES_MAX,
  IDENTITY_UNITS_MAX,
  PASSWORD_BYTES,
  PATH_BYTES_MAX,
  REQUEST_BYTES_MAX,
} from '../base/limits.js'
import type { Acl } from '../protocol/acl.js'
import { ERRNO } from '../protocol/error-code.js'
import type { TxnErrorCode } from '../protocol/error-code.js'
import { isRetention } from '../protocol/retention.js'
import type { Retention } from '../protocol/retention.js'
import { EPOCH_MAX } from '../protocol/zxid.js'
import type { Epoch, Zxid } from '../protocol/zxid.js'
import { copyOf } from './copy.js'
import { WireError } from './wire-error.js'

/** UTF-16 units of a path; a sequence number may follow a path of full length. */
const PATH_UNITS_MAX = PATH_BYTES_MAX + 10
/** UTF-16 units of an id or a name. */
const NAME_UNITS_MAX = IDENTITY_UNITS_MAX
/** UTF-16 units of a sentence for people. */
const TEXT_UNITS_MAX = 65_536
const UINT32_MAX = 2 ** 32 - 1
const INT32_MAX = 2 ** 31 - 1
/** Digests are sums modulo 2^52. */
const DIGEST_END = 2 ** 52

export type Fields = readonly unknown[]

/** An array of exactly `count` fields. */
export function fieldsOf(value: unknown, count: number): Fields {
  if (!Array.isArray(value)) throw unexpected('a list of fields', value)
  if (value.length !== count) {
    throw new WireError(`expected ${count} fields, found ${value.length}`)
  }
  return value
}

/** An array of at most `countMax` items, each decoded by `item`. */
export function listOf<T>(value: unknown, countMax: number, item: (value: unknown) => T): T[] {
  if (!Array.isArray(value)) throw unexpected('a list', value)
  if (value.length > countMax) {
    throw new WireError(`expected a list of at most ${countMax}, found ${value.length}`)
  }
  return value.map((each) => item(each))
}

/** The code that begins a positional array of some union. */
export function codeOf(value: unknown): number {
  if (!Array.isArray(value)) throw unexpected('a list of fields', value)
  return uint32Of(value[0])
}

/** Exactly the 16 bytes of a remote session's password, in a buffer of their own. */
export function passwordOf(value: unknown): Uint8Array {
  const bytes = bytesOf(value)
  if (bytes.length !== PASSWORD_BYTES) throw unexpected('a password', value)
  return copyOf(bytes)
}

export function optionalOf<T>(value: unknown, field: (value: unknown) => T): T | undefined {
  return value === null || value === undefined ? undefined : field(value)
}

export function booleanOf(value: unknown): boolean {
  if (typeof value !== 'boolean') throw unexpected('a boolean', value)
  return value
}

/** A whole number of 0 or more that is exact. */
export function countOf(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw unexpected('a count', value)
  return value as number
}

export function uint32Of(value: unknown): number {
  const count = countOf(value)
  if (count > UINT32_MAX) throw unexpected('a uint32', value)
  return count
}

/** A version: −1 or less only where "any" or an overflow is meant. */
export function int32Of(value: unknown): number {
  if (!Number.isInteger(value)) throw unexpected('an int32', value)
  const integer = value as number
  if (integer > INT32_MAX || integer < -INT32_MAX - 1) throw unexpected('an int32', value)
  return integer
}

/** An access control list: flat, three fields for each entry. ZooKeeper lets permissions be any int32. */
export function aclOf(value: unknown): Acl[] {
  const acl = askedAclOf(value)
  if (acl.length === 0) throw unexpected('an ACL with an entry', value)
  return acl
}

/** One that is asked for: it may be empty, which is for the leader to refuse. */
export function askedAclOf(value: unknown): Acl[] {
  if (!Array.isArray(value)) throw unexpected('an ACL', value)
  if (value.length % 3 !== 0 || value.length > 3 * ACL_ENTRIES_MAX) {
    throw new WireError(`expected at most ${ACL_ENTRIES_MAX} entries, found ${value.length} fields`)
  }
  const acl: Acl[] = []
  for (let at = 0; at < value.length; at += 3) {
    const [perms, scheme] = [int32Of(value[at]), nameOf(value[at + 1])]
    acl.push({ perms, scheme, id: nameOf(value[at + 2]) })
  }
  return acl
}

/** Flat, as `aclOf` takes it. */
export function encodeAcl(acl: readonly Acl[]): (number | string)[] {
  return acl.flatMap(({ perms, scheme, id }) => [perms, scheme, id])
}

/** 0 and −1 have their meaning, else a time to live. */
export function retentionOf(value: unknown): Retention {
  if (typeof value !== 'number' || !isRetention(value)) throw unexpected('a retention', value)
  return value
}

export function finiteOf(value: unknown): number {
  if (!Number.isFinite(value)) throw unexpected('a finite number', value)
  return value as number
}

export function zxidOf(value: unknown): Zxid {
  return countOf(value)
}

/** The zxid of a txn: never counter 0, which names the start of an epoch. */
export function txnZxidOf(value: unknown): Zxid {
  const zxid = countOf(value)
  if (zxid % 2 ** 32 === 0) throw unexpected('the zxid of a txn', value)
  return zxid
}

export function epochOf(value: unknown): Epoch {
  const epoch = countOf(value)
  if (epoch >= EPOCH_MAX) throw unexpected('an epoch', value)
  return epoch
}

export function digestOf(value: unknown): number {
  const digest = countOf(value)
  if (digest >= DIGEST_END) throw unexpected('a digest', value)
  return digest
}

export function pathOf(value: unknown): string {
  return stringOf(value, PATH_UNITS_MAX)
}

export function nameOf(value: unknown): string {
  return stringOf(value, NAME_UNITS_MAX)
}

export function textOf(value: unknown): string {
  return stringOf(value, TEXT_UNITS_MAX)
}

/** One of a closed list, by its index. */
export function wordOf<T>(words: readonly T[], value: unknown): T {
  const word = words[uint32Of(value)]
  if (word === undefined) throw unexpected(`an index below ${words.length}`, value)
  return word
}

/** Data of a znode as a copy, so that what is kept of a frame does not pin the frame. */
export function dataOf(value: unknown): Uint8Array | undefined {
  const data = dataViewOf(value)
  return data && copyOf(data)
}

/** Data of a znode as a view on the bytes that were decoded: for bytes that hold little else. */
export function dataViewOf(value: unknown): Uint8Array | undefined {
  if (value === null || value === undefined) return undefined
  const bytes = bytesOf(value)
  if (bytes.length > REQUEST_BYTES_MAX) {
    throw new WireError(`expected at most ${REQUEST_BYTES_MAX} bytes, found ${bytes.length}`)
  }
  return bytes
}

/** A view on the frame. */
export function bytesOf(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw unexpected('bytes', value)
  return value
}

const TXN_ERROR_CODES: readonly TxnErrorCode[] = [
  'NO_NODE',
  'NO_AUTH',
  'INVALID_ACL',
  'BAD_VERSION',
  'NO_CHILDREN_FOR_EPHEMERALS',
  'NODE_EXISTS',
  'NOT_EMPTY',
  'BAD_ARGUMENTS',
  'SESSION_EXPIRED',
  'QUOTA_EXCEEDED',
  'RUNTIME_INCONSISTENCY',
]

const TXN_ERROR_BY_ERRNO: ReadonlyMap<unknown, TxnErrorCode> = new Map(
  TXN_ERROR_CODES.map((code) => [ERRNO[code], code]),
)

/** An error code travels as its errno. */
export function txnErrorCodeOf(value: unknown): TxnErrorCode {
  const code = TXN_ERROR_BY_ERRNO.get(value)
  if (code === undefined) throw unexpected('the errno of a txn', value)
  return code
}

/** What to throw for a field, or a code, that is none of those known. */
export function unexpected(expected: string, found: unknown): WireError {
  const shown = typeof found === 'number' ? String(found) : found === null ? 'nil' : typeof found
  return new WireError(`expected ${expected}, found ${shown}`)
}

function stringOf(value: unknown, unitsMax: number): string {
  if (typeof value !== 'string') throw unexpected('a string', value)
  if (value.length > unitsMax) {
    throw new WireError(`expected a string of at most ${unitsMax} units, found ${value.length}`)
  }
  return value
}
