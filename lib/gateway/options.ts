/** What `serve` is told, checked. Wrong options are the caller's mistake: a `TypeError` before anything is opened. */
import {
  FRAME_BYTES_DEFAULT,
  FRAME_BYTES_LIMIT,
  SESSION_TIMEOUT_MS_MAX,
  SESSION_TIMEOUT_MS_MIN,
} from './bounds.js'
import { isKnownWord, isWord, WORDS } from './words.js'
import type { Word } from './words.js'

export interface GatewayOptions {
  /** 2181 unless told; 0 lets the system choose. */
  readonly port?: number | undefined
  /** Address to listen on: `127.0.0.1` unless told. Nothing is encrypted here: think before you open it further. */
  readonly host?: string | undefined
  /** ms, 2000 unless told: the unit of the two below, and how long clients are held while there is no leader. */
  readonly tickTime?: number | undefined
  /** ms, 2 ticks unless told. */
  readonly minSessionTimeout?: number | undefined
  /** ms, 20 ticks unless told. */
  readonly maxSessionTimeout?: number | undefined
  /** Connections of one address, 60 unless told; 0 is no bound. */
  readonly maxClientConnections?: number | undefined
  /** Four-letter words that are answered, `['*']` for all; `srvr` and `isro` always are. */
  readonly whitelist?: readonly string[] | undefined
  /** Bytes of one frame from a client: 1 MiB − 1 unless told, 4 MiB at most. */
  readonly frameBytesMax?: number | undefined
  /** `user:base64(sha1(user:password))` of whoever may do everything; nobody unless told. */
  readonly superDigest?: string | undefined
  /** What the four-letter words call the version. */
  readonly version?: string | undefined
}

export interface CheckedOptions {
  readonly port: number
  readonly host: string
  readonly tickMs: number
  readonly timeoutMsMin: number
  readonly timeoutMsMax: number
  readonly connectionsPerAddress: number
  readonly words: ReadonlySet<Word>
  readonly frameBytesMax: number
  readonly superDigest: string | undefined
  readonly version: string
}

export const VERSION = '3.9.0-vivarium, built on 01/02/2026 15:04 UTC'

const NAMES: ReadonlySet<string> = new Set([
  'port',
  'host',
  'tickTime',
  'minSessionTimeout',
  'maxSessionTimeout',
  'maxClientConnections',
  'whitelist',
  'frameBytesMax',
  'superDigest',
  'version',
])

/** @throws TypeError with code `BAD_ARGUMENTS`. */
export function checkOptions(options: GatewayOptions = {}): CheckedOptions {
  if (typeof options !== 'object' || options === null) throw bad('options are an object')
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) throw bad(`there is no option ${JSON.stringify(name)}`)
  }
  const tickMs = integer('tickTime', options.tickTime ?? 2000, 1, SESSION_TIMEOUT_MS_MAX)
  const least = options.minSessionTimeout ?? 2 * tickMs
  const most = options.maxSessionTimeout ?? Math.max(20 * tickMs, least)
  integer('minSessionTimeout', least, 1, Number.MAX_SAFE_INTEGER)
  integer('maxSessionTimeout', most, 1, Number.MAX_SAFE_INTEGER)
  if (least > most) throw bad('minSessionTimeout is not above maxSessionTimeout')
  const { maxClientConnections = 60, frameBytesMax = FRAME_BYTES_DEFAULT, superDigest } = options
  return {
    port: integer('port', options.port ?? 2181, 0, 65_535),
    host: text('host', options.host ?? '127.0.0.1'),
    tickMs,
    timeoutMsMin: clampTimeout(least),
    timeoutMsMax: clampTimeout(most),
    connectionsPerAddress: integer(
      'maxClientConnections',
      maxClientConnections,
      0,
      Number.MAX_SAFE_INTEGER,
    ),
    words: checkWords(options.whitelist ?? []),
    frameBytesMax: integer('frameBytesMax', frameBytesMax, 64, FRAME_BYTES_LIMIT),
    superDigest: superDigest === undefined ? undefined : checkDigest(superDigest),
    version: text('version', options.version ?? VERSION),
  }
}

function checkWords(names: readonly string[]): ReadonlySet<Word> {
  if (!Array.isArray(names)) throw bad('whitelist is a list of four-letter words')
  const words = new Set<Word>(['srvr', 'isro'])
  for (const name of names as readonly unknown[]) {
    if (name === '*') for (const word of WORDS) words.add(word)
    else if (typeof name === 'string' && isWord(name)) words.add(name)
    else if (typeof name === 'string' && isKnownWord(name)) continue
    else throw bad(`whitelist: ${JSON.stringify(name)} is no four-letter word`)
  }
  return words
}

function checkDigest(value: unknown): string {
  if (typeof value === 'string' && /^[^:]+:[A-Za-z0-9+/]+={0,2}$/.test(value)) return value
  throw bad('superDigest is user:base64(sha1(user:password))')
}

function clampTimeout(ms: number): number {
  return Math.min(Math.max(ms, SESSION_TIMEOUT_MS_MIN), SESSION_TIMEOUT_MS_MAX)
}

function integer(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) {
    return value
  }
  throw bad(`${name} is an integer from ${least} to ${most}`)
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw bad(`${name} is a string that is not empty`)
}

function bad(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'BAD_ARGUMENTS' })
}
