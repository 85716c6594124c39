/** The options of `ensemble` and of its methods, and their checks. */
import { randomInt } from 'node:crypto'
import {
  badArguments,
  checkDuration,
  checkOptions,
  checkSignal,
  describe,
} from '../session/arguments.js'
import { SESSION_TIMEOUT_MS_DEFAULT } from '../session/lease.js'

export interface EnsembleOptions {
  /** Number of replicas, all of them voters; 3 unless told. */
  readonly size?: number | undefined
  /** A safe integer: the same seed and the same calls give the same run. Chosen at random unless told. */
  readonly seed?: number | undefined
  /** `'virtual'` unless told: time flows only while somebody waits, as fast as the machine allows. */
  readonly time?: 'virtual' | 'real' | undefined
  /** ms, of the sessions of `join`; 10,000 unless told. */
  readonly sessionTimeout?: number | undefined
  /** All replicas are on one machine: a process that dies is known to be dead at once. False unless told. */
  readonly sameMachine?: boolean | undefined
  /** ms that a message takes on average; 1 unless told. */
  readonly networkLatency?: number | undefined
  /** ms that an fsync takes on average; 1 unless told. */
  readonly diskLatency?: number | undefined
  /** Gets one line for everything that happens in the ensemble. */
  readonly trace?: ((line: string) => void) | undefined
}

/** Of `join` of an ensemble. */
export interface ReplicaJoinOptions {
  /** ms; that of the ensemble unless told. */
  readonly sessionTimeout?: number | undefined
  /** Ends the waiting; means nothing afterwards. */
  readonly signal?: AbortSignal | undefined
}

export interface UntilOptions {
  /** ms of the world's time; 60,000 unless told. */
  readonly timeout?: number | undefined
}

export interface CheckedEnsemble {
  readonly size: number
  readonly seed: number
  readonly time: 'virtual' | 'real'
  readonly sessionTimeoutMs: number
  readonly sameMachine: boolean
  readonly networkLatencyMs: number
  readonly diskLatencyMs: number
  readonly trace: ((line: string) => void) | undefined
}

type Given = { readonly [Name in keyof EnsembleOptions]?: unknown }

const NAMES = [
  'size',
  'seed',
  'time',
  'sessionTimeout',
  'sameMachine',
  'networkLatency',
  'diskLatency',
  'trace',
]
const SIZE_MAX = 99
const SEED_MAX = 2 ** 32
const LATENCY_MS_MAX = 1000
const UNTIL_MS_DEFAULT = 60_000

/** @throws TypeError with `code: 'BAD_ARGUMENTS'`, naming the option. */
export function checkEnsembleOptions(options: unknown): CheckedEnsemble {
  checkOptions(options, NAMES)
  const given: Given = options ?? {}
  const {
    size = 3,
    seed = randomInt(SEED_MAX),
    time = 'virtual',
    sameMachine = false,
    trace,
  } = given
  if (!isInteger(size) || size < 1 || size > SIZE_MAX) {
    throw badArguments(`option 'size' is an integer from 1 to ${SIZE_MAX}, not ${describe(size)}`)
  }
  if (!isInteger(seed)) {
    throw badArguments(`option 'seed' is a safe integer, not ${describe(seed)}`)
  }
  if (time !== 'virtual' && time !== 'real') {
    throw badArguments(`option 'time' is 'virtual' or 'real', not ${describe(time)}`)
  }
  if (typeof sameMachine !== 'boolean') {
    throw badArguments(`option 'sameMachine' is a boolean, not ${describe(sameMachine)}`)
  }
  if (!isTrace(trace)) {
    throw badArguments(`option 'trace' is a function, not ${describe(trace)}`)
  }
  const sessionTimeoutMs = checkTimeout(given.sessionTimeout) ?? SESSION_TIMEOUT_MS_DEFAULT
  const networkLatencyMs = checkLatency('networkLatency', given.networkLatency)
  const diskLatencyMs = checkLatency('diskLatency', given.diskLatency)
  return {
    size,
    seed,
    time,
    sessionTimeoutMs,
    sameMachine,
    networkLatencyMs,
    diskLatencyMs,
    trace,
  }
}

export function checkReplicaJoinOptions(options: unknown): {
  readonly timeout: number | undefined
  readonly signal: AbortSignal | undefined
} {
  checkOptions(options, ['sessionTimeout', 'signal'])
  const given: { readonly [Name in keyof ReplicaJoinOptions]?: unknown } = options ?? {}
  checkSignal(given.signal)
  return { timeout: checkTimeout(given.sessionTimeout), signal: given.signal }
}

/** ms */
export function checkUntilOptions(options: unknown): number {
  checkOptions(options, ['timeout'])
  const given: { readonly [Name in keyof UntilOptions]?: unknown } = options ?? {}
  const ms = given.timeout ?? UNTIL_MS_DEFAULT
  checkDuration('timeout', ms, 0, Number.MAX_SAFE_INTEGER)
  return Number(ms)
}

/** An argument that is a time to pass. */
export function checkMs(name: string, value: unknown): asserts value is number {
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return
  throw badArguments(`${name} takes a number of ms, not ${describe(value)}`)
}

function checkTimeout(value: unknown): number | undefined {
  if (value === undefined) return undefined
  checkDuration('sessionTimeout', value, 1, Number.MAX_SAFE_INTEGER)
  return Number(value)
}

function checkLatency(name: string, value: unknown = 1): number {
  checkDuration(name, value, 0, LATENCY_MS_MAX)
  return Number(value)
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function isTrace(value: unknown): value is ((line: string) => void) | undefined {
  return value === undefined || typeof value === 'function'
}
