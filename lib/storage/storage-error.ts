/** The one error of storage: the disk, or what is on it, is not as it must be. */
import type { ErrorCode } from '../protocol/error-code.js'

export type StorageErrorCode = Extract<
  ErrorCode,
  'SLOT_TAKEN' | 'FOREIGN_REPLICA' | 'NEWER_FORMAT' | 'OLDER_FORMAT' | 'DAMAGED' | 'STORAGE'
>

/**
 * SLOT_TAKEN: held by another process or replica. FOREIGN_REPLICA: of another replica or set of voters.
 * NEWER_FORMAT, OLDER_FORMAT: written by another version. DAMAGED: no database of ours. STORAGE: the disk refused.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** Any error met while `path` was used, as a StorageError that names the file. */
export function storageErrorOf(path: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const reason = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  if (reason.startsWith('SQLITE_BUSY') || reason.startsWith('SQLITE_LOCKED')) {
    return new StorageError('SLOT_TAKEN', `${path} is held by another process`, error)
  }
  if (reason === 'SQLITE_NOTADB' || reason.startsWith('SQLITE_CORRUPT')) {
    return new StorageError('DAMAGED', `${path} is damaged: ${text}`, error)
  }
  const name = reason === '' || text.includes(reason) ? '' : `${reason}: `
  return new StorageError('STORAGE', `${path} cannot be used: ${name}${text}`, error)
}

/** SQLite's or the file system's name for an error, '' if it has none. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return ''
  return typeof error.code === 'string' ? error.code : ''
}
