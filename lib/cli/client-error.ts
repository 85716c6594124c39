/** What a client of a ZooKeeper server hears instead of an answer. */
import { errorName, WIRE_ERROR } from '../gateway/jute/opcodes.js'
import type { WireErrorName } from '../gateway/jute/opcodes.js'

/** `UNKNOWN_ERROR`: a number that ZooKeeper's table does not have. */
export type ClientErrorCode = WireErrorName | 'UNKNOWN_ERROR'

/**
 * `CONNECTION_LOSS`: the connection ended, or never was; what was asked may have been done. `SESSION_EXPIRED`: the
 * server knows no such session. Anything else is the server's answer.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly code: ClientErrorCode
  /** ZooKeeper's number. */
  readonly errno: number
  readonly path: string | undefined

  constructor(errno: number, message: string, path?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = errorName(errno) ?? 'UNKNOWN_ERROR'
    this.errno = errno
    this.path = path
  }
}

export function connectionLoss(message: string, cause?: unknown): ClientError {
  return new ClientError(WIRE_ERROR.CONNECTION_LOSS, message, undefined, cause)
}
