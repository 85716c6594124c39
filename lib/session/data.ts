/**
 * A znode's data on its way out: a private copy, or a text or JSON value decoded once per version and shared.
 *
 * Decoded values are kept by the identity of the stored bytes, which are replaced as a whole whenever the data is
 * set: a cache entry lives exactly as long as its version of the data.
 */
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { badArguments, describe } from './arguments.js'

export type Encoding = 'buffer' | 'utf8' | 'json'

/** What `getData` gives for each encoding. JSON values are deeply frozen; empty data is `null` as JSON. */
export interface Decoded {
  readonly buffer: Buffer
  readonly utf8: string
  // The value is the application's own; only it knows the type.
  readonly json: unknown
}

interface CacheEntry {
  text?: string
  json?: { readonly value: unknown }
}

// Keyed by bytes that nobody writes to once they are stored.
const cache = new WeakMap<Uint8Array, CacheEntry>()
// A byte order mark is data like any other: what went in as a string comes out as the same string.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const EMPTY = new Uint8Array(0)

export function checkEncoding(encoding: unknown): asserts encoding is Encoding | undefined {
  if (encoding === undefined) return
  if (encoding === 'buffer' || encoding === 'utf8' || encoding === 'json') return
  throw badArguments(`option 'encoding' is 'buffer', 'utf8' or 'json', not ${describe(encoding)}`)
}

/** @throws ZooKeeperError `BAD_DATA` when the bytes are not what the encoding needs. */
export function decodeData(
  path: string,
  data: Uint8Array | undefined,
  encoding: Encoding | undefined,
): Decoded[Encoding] {
  const bytes = data ?? EMPTY
  if (encoding === undefined || encoding === 'buffer') return Buffer.from(bytes)
  if (encoding === 'utf8') return bytes.length === 0 ? '' : decodeText(path, bytes)
  return bytes.length === 0 ? null : decodeJson(path, bytes)
}

function decodeText(path: string, bytes: Uint8Array): string {
  const entry = entryOf(bytes)
  if (entry.text === undefined) {
    try {
      entry.text = decoder.decode(bytes)
    } catch (cause) {
      throw new ZooKeeperError('BAD_DATA', `the data of ${path} is not UTF-8`, { path, cause })
    }
  }
  return entry.text
}

function decodeJson(path: string, bytes: Uint8Array): unknown {
  const entry = entryOf(bytes)
  if (entry.json === undefined) {
    const text = decodeText(path, bytes)
    // The text was only a step on the way: keep what the application asked for.
    delete entry.text
    try {
      entry.json = { value: deepFreeze(JSON.parse(text)) }
    } catch (cause) {
      throw new ZooKeeperError('BAD_DATA', `the data of ${path} is not JSON`, { path, cause })
    }
  }
  return entry.json.value
}

function entryOf(bytes: Uint8Array): CacheEntry {
  let entry = cache.get(bytes)
  if (entry === undefined) {
    entry = {}
    cache.set(bytes, entry)
  }
  return entry
}

/** With a stack of its own: JSON.parse takes nesting that recursion here would not survive. */
function deepFreeze(root: unknown): unknown {
  const open: unknown[] = [root]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    Object.freeze(value)
    for (const part of Object.values(value)) open.push(part)
  }
  return root
}
