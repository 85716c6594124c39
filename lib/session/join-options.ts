/** The options of `join`, and their checks. */
import type { Ensemble } from '../host/thread-options.js'
import {
  badArguments,
  checkBoolean,
  checkDuration,
  checkOptions,
  checkSignal,
  describe,
} from './arguments.js'
import { SESSION_TIMEOUT_MS_DEFAULT } from './lease.js'

export interface JoinOptions {
  /** Directory of this replica's files; processes of one machine that share it form the ensemble. */
  readonly dir: string
  /** Number of voting slots of a shared directory, 1 unless told. The same for everybody, for ever. */
  readonly size?: number | undefined
  /** With `listen` and `peers`: this member's own id. */
  readonly id?: number | undefined
  /** `tcp://host:port` or `unix:/path`. */
  readonly listen?: string | undefined
  /** Addresses of all voters by id, this one's included. The same for everybody. */
  readonly peers?: Readonly<Record<number, string>> | undefined
  /** ms a session outlives the last sign of life; 10,000 unless told. */
  readonly sessionTimeout?: number | undefined
  /** Resolve as soon as local state is recovered, and answer reads without a leader. */
  readonly readOnly?: boolean | undefined
  /**
   * `super:<base64>`, ZooKeeper's property of that name: whoever adds `digest` with this user and its password may do
   * everything. Not part of the ensemble's state: each member has its own, or none.
   */
  readonly superDigest?: string | undefined
  /** Proved by both sides of every link. */
  readonly secret?: string | Uint8Array | undefined
  /** Listen on a network without any proof of who comes. */
  readonly insecure?: boolean | undefined
  /** Ends the waiting; means nothing afterwards. */
  readonly signal?: AbortSignal | undefined
}

const NAMES = [
  'dir',
  'size',
  'id',
  'listen',
  'peers',
  'sessionTimeout',
  'readOnly',
  'superDigest',
  'secret',
  'insecure',
  'signal',
]
const SIZE_MAX = 99
const ID_MAX = 0xffff

/** What `join` was asked for, checked and complete. */
export interface CheckedJoin {
  readonly dir: string
  readonly ensemble: Ensemble
  readonly sessionTimeoutMs: number
  readonly readOnly: boolean
  readonly superDigest: string | undefined
  readonly secret: Uint8Array | undefined
  readonly insecure: boolean
  readonly signal: AbortSignal | undefined
}

/** @throws TypeError with `code: 'BAD_ARGUMENTS'`, naming the option. */
export function checkJoinOptions(options: unknown): CheckedJoin {
  if (typeof options !== 'object' || options === null) {
    throw badArguments(`join needs options, not ${describe(options)}`)
  }
  checkOptions(options, NAMES)
  const given: { readonly [Name in keyof JoinOptions]?: unknown } = options
  if (typeof given.dir !== 'string' || given.dir === '' || given.dir.includes('\0')) {
    throw badArguments(`option 'dir' is a path, not ${describe(given.dir)}`)
  }
  checkBoolean('readOnly', given.readOnly)
  checkBoolean('insecure', given.insecure)
  checkSignal(given.signal)
  const sessionTimeoutMs = given.sessionTimeout ?? SESSION_TIMEOUT_MS_DEFAULT
  checkDuration('sessionTimeout', sessionTimeoutMs, 1, Number.MAX_SAFE_INTEGER)
  return {
    dir: given.dir,
    ensemble: checkEnsemble(given),
    sessionTimeoutMs: Number(sessionTimeoutMs),
    readOnly: given.readOnly === true,
    superDigest: checkSuperDigest(given.superDigest),
    secret: checkSecret(given.secret),
    insecure: given.insecure === true,
    signal: given.signal,
  }
}

function checkEnsemble(given: { readonly [Name in keyof JoinOptions]?: unknown }): Ensemble {
  const { size, id, listen, peers } = given
  if (id === undefined && listen === undefined && peers === undefined) {
    return { kind: 'shared', size: checkInteger('size', size ?? 1, SIZE_MAX) }
  }
  if (size !== undefined) {
    throw badArguments(
      "option 'size' is for a shared directory; with 'peers' their number is the size",
    )
  }
  const own = checkInteger('id', id, ID_MAX)
  const addresses = checkPeers(peers)
  if (!addresses.some(([peer]) => peer === own)) {
    throw badArguments(`option 'peers' does not name this member's id ${own}`)
  }
  return { kind: 'listed', id: own, listen: checkAddress('listen', listen), peers: addresses }
}

function checkInteger(name: string, value: unknown, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max)
    return value
  throw badArguments(`option '${name}' is an integer from 1 to ${max}, not ${describe(value)}`)
}

function checkPeers(peers: unknown): (readonly [number, string])[] {
  if (typeof peers !== 'object' || peers === null || Array.isArray(peers)) {
    throw badArguments(`option 'peers' maps ids to addresses, not ${describe(peers)}`)
  }
  return Object.entries(peers).map(([id, address]) => [
    checkInteger(`peers[${id}]`, Number(id), ID_MAX),
    checkAddress(`peers[${id}]`, address),
  ])
}

function checkAddress(name: string, address: unknown): string {
  if (typeof address === 'string' && /^(tcp:\/\/|unix:)./.test(address)) return address
  throw badArguments(
    `option '${name}' is an address, 'tcp://host:port' or 'unix:/path', not ${describe(address)}`,
  )
}

function checkSuperDigest(digest: unknown): string | undefined {
  if (digest === undefined) return undefined
  if (typeof digest === 'string' && /^[^:]+:[A-Za-z0-9+/]{27}=$/.test(digest)) return digest
  throw badArguments("option 'superDigest' is a user and the base64 of a SHA-1, joined by a colon")
}

function checkSecret(secret: unknown): Uint8Array | undefined {
  if (secret === undefined) return undefined
  const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret
  if (bytes instanceof Uint8Array && bytes.length > 0) return new Uint8Array(bytes)
  // An empty variable of the environment must not turn protection off unnoticed.
  throw badArguments("option 'secret' is a non-empty string or Uint8Array")
}
