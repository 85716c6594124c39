/** The one error class of the public API. Callers switch on `code`, never on text. */
import { ERRNO } from './error-code.js'
import type { ErrorCode } from './error-code.js'
import type { OperationResult } from './request.js'

export interface ErrorDetails {
  readonly path?: string | undefined
  /** Of a failed multi: one result per operation. */
  readonly results?: readonly OperationResult[] | undefined
  /** Of a failed multi: 0-based index of the operation that failed. */
  readonly index?: number | undefined
  readonly cause?: unknown
}

export class ZooKeeperError extends Error {
  override readonly name = 'ZooKeeperError'
  readonly code: ErrorCode
  /** ZooKeeper's number for `code`, or one below −900 for a code of our own. */
  readonly errno: number
  readonly path?: string
  readonly results?: readonly OperationResult[]
  readonly index?: number

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.errno = ERRNO[code]
    if (details.path !== undefined) this.path = details.path
    if (details.results !== undefined) this.results = details.results
    if (details.index !== undefined) this.index = details.index
  }
}
