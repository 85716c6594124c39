/** Why a replica could not be opened, as its application is told: a public code, and words that help. */
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

/** Codes of a module, or of the native addon, that could not be loaded. */
const NOT_LOADED = new Set(['ERR_DLOPEN_FAILED', 'MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])

export interface OpeningFailure {
  readonly code: ErrorCode
  readonly reason: string
}

export function openingFailureOf(error: unknown): OpeningFailure {
  const missing = missingPartOf(error)
  if (missing !== undefined) return { code: 'INSTALLATION', reason: missing }
  return { code: codeOf(error), reason: error instanceof Error ? error.message : String(error) }
}

/** Looked for behind the error too: to the storage, an addon that is not there is an error of the disk. */
function missingPartOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const isAddon = /bindings file|\.node'?\b/.test(error.message)
  if (!NOT_LOADED.has(nameOf(error)) && !isAddon) return missingPartOf(error.cause)
  const [what] = error.message.split('\n')
  const advice = isAddon
    ? 'its install script did not run, or ran for another version of Node: npm rebuild better-sqlite3'
    : 'install it beside vivarium; a bundler must leave vivarium out (mark it as external)'
  return `${what ?? ''} (${advice})`
}

function codeOf(error: unknown): ErrorCode {
  if (!(error instanceof Error)) return 'REPLICA_FAILED'
  const code = nameOf(error)
  if (isErrorCode(code)) return code
  const known = BY_TRANSPORT_CODE[code]
  if (known !== undefined) return known
  // What the file system says (EACCES, ENOSPC, EROFS …).
  return /^E[A-Z]+$/.test(code) ? 'STORAGE' : 'REPLICA_FAILED'
}

function nameOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRNO, code)
}
