/**
 * Checks of what the application passes in. A wrong argument is a `TypeError` with a code, and nothing is sent.
 *
 * Only the form is checked here: whether a znode exists or a version fits is for the leader to say.
 */
import { types } from 'node:util'
import { DATA_BYTES_MAX } from '../base/limits.js'
import { validatePath, validateSequentialPath } from '../protocol/path.js'
import type { WatchEvent } from '../protocol/watch-event.js'

/** Codes of a `TypeError` of this library. */
export type ArgumentCode = 'BAD_ARGUMENTS' | 'DATA_TOO_LARGE'

export interface ArgumentError extends TypeError {
  readonly code: ArgumentCode
}

export function argumentError(code: ArgumentCode, message: string): ArgumentError {
  return Object.assign(new TypeError(message), { code })
}

export function badArguments(message: string): ArgumentError {
  return argumentError('BAD_ARGUMENTS', message)
}

/** The grammar of ZooKeeper's paths; with `sequential` a trailing slash is legal, as digits will follow. */
export function checkPath(path: unknown, sequential = false): asserts path is string {
  if (typeof path !== 'string') throw badArguments(`a path is a string, not ${describe(path)}`)
  const problem = sequential ? validateSequentialPath(path) : validatePath(path)
  if (problem !== undefined) throw badArguments(`path ${JSON.stringify(path)}: ${problem}`)
}

/** −1 is "any". A version is an int32, which wraps through the negative numbers. */
export function checkVersion(version: unknown): asserts version is number {
  if (typeof version !== 'number' || (version | 0) !== version) {
    throw badArguments(`a version is a 32-bit integer, not ${describe(version)}`)
  }
}

/** A private copy: a string as UTF-8, bytes as they are. */
export function copyData(data: unknown): Uint8Array {
  if (typeof data === 'string') {
    checkSize(Buffer.byteLength(data))
    return Buffer.from(data)
  }
  if (!types.isUint8Array(data)) {
    throw badArguments(`data is a string or a Uint8Array, not ${describe(data)}`)
  }
  checkSize(data.byteLength)
  return Buffer.from(data)
}

function checkSize(bytes: number): void {
  if (bytes <= DATA_BYTES_MAX) return
  throw argumentError('DATA_TOO_LARGE', `data has ${bytes} bytes; the limit is ${DATA_BYTES_MAX}`)
}

/** An options object has no other option than those named; one that is `undefined` counts as absent. */
export function checkOptions(options: unknown, allowed: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) {
    throw badArguments(`options are an object, not ${describe(options)}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !allowed.includes(name))
      throw badArguments(`unknown option '${name}'`)
  }
}

export function checkBoolean(name: string, value: unknown): asserts value is boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return
  throw badArguments(`option '${name}' is a boolean, not ${describe(value)}`)
}

export function checkSignal(signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return
  throw badArguments(`option 'signal' is an AbortSignal, not ${describe(signal)}`)
}

export function checkDuration(name: string, value: unknown, min: number, max: number): void {
  if (typeof value === 'number' && value >= min && value <= max) return
  throw badArguments(
    `option '${name}' is a number of ms from ${min} to ${max}, not ${describe(value)}`,
  )
}

/** A function that takes events. */
export type WatchListener = (event: WatchEvent) => void

export function checkListener(listener: unknown): asserts listener is WatchListener {
  if (typeof listener === 'function') return
  throw badArguments(`a listener is a function, not ${describe(listener)}`)
}

/** Short, and never the content of data. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object'
  if (typeof value === 'function') return 'a function'
  return String(value as number)
}
