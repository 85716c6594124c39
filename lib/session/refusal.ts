/** Why a session refuses calls: kept as data, so that every call gets an error with a stack of its own. */
import type { ErrorCode } from '../protocol/error-code.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'

export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly cause?: unknown
}

export const EXPIRED: Refusal = {
  code: 'SESSION_EXPIRED',
  message: 'the session has expired; replica.openSession() gives the next one',
}

export const MOVED: Refusal = {
  code: 'SESSION_MOVED',
  message: 'the session was attached elsewhere',
}

export const CLOSED: Refusal = { code: 'SESSION_CLOSED', message: 'the session is closed' }

export const DIVERGED: Refusal = {
  code: 'CONNECTION_LOSS',
  message: 'the state of this replica differs from its leader’s and is being repaired',
}

export const LEADERLESS: Refusal = {
  code: 'CONNECTION_LOSS',
  message: 'no leader: an asynchronous read could be stale (the Sync forms answer from memory)',
}

export const UNKNOWN_SESSION: Refusal = {
  code: 'CONNECTION_LOSS',
  message: 'the session is newer than what this replica has seen so far',
}

export function replicaFailed(cause: unknown): Refusal {
  return { code: 'REPLICA_FAILED', message: 'the replica has stopped for good', cause }
}

export function refusalError(refusal: Refusal): ZooKeeperError {
  return new ZooKeeperError(refusal.code, refusal.message, { cause: refusal.cause })
}

/** @param why In words, after "the outcome of the request is unknown: ". */
export function outcomeUnknown(why: string, cause?: unknown): ZooKeeperError {
  const message = `the outcome of the request is unknown: ${why}`
  return new ZooKeeperError('OUTCOME_UNKNOWN', message, { cause })
}

/** @param what There is too much of. */
export function overloaded(what: string): ZooKeeperError {
  return new ZooKeeperError('OVERLOADED', `too many ${what} in flight; nothing was sent`)
}
