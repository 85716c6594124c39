/** The public code of what can go wrong when a replica is opened. */
import type { ErrorCode } from '../protocol/error-code.js'
import { ERRNO } from '../protocol/error-code.js'

const BY_TRANSPORT_CODE: Readonly<Record<string, ErrorCode>> = {
  BAD_ADDRESS: 'BAD_ARGUMENTS',
  PATH_TOO_LONG: 'BAD_ARGUMENTS',
  NOT_A_SOCKET: 'SLOT_TAKEN',
  ADDRESS_IN_USE: 'SLOT_TAKEN',
  INSECURE_LISTENER: 'INSECURE',
  LISTEN_FAILED: 'BAD_ARGUMENTS',
}

/** Codes of the native addon that could not be loaded. */
const INSTALLATION = new Set(['ERR_DLOPEN_FAILED', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])

export function errorCodeOf(error: unknown): ErrorCode {
  if (!(error instanceof Error)) return 'REPLICA_FAILED'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (isErrorCode(code)) return code
  const known = BY_TRANSPORT_CODE[code]
  if (known !== undefined) return known
  if (INSTALLATION.has(code) || /bindings file|\.node'/.test(error.message)) return 'INSTALLATION'
  // What the file system says (EACCES, ENOSPC, EROFS …).
  return /^E[A-Z]+$/.test(code) ? 'STORAGE' : 'REPLICA_FAILED'
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRNO, code)
}
