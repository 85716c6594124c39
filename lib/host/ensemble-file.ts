/**
 * The file that the processes of one shared directory agree on: how many slots vote, and where the sockets are.
 *
 * Written once, by whoever comes first, under a name of its own and then linked into place: so it is whole or
 * not there, and the second of two that come first reads what the first wrote.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StorageError } from '../storage/storage-error.js'
import { SOCKET_PATH_BYTES_MAX } from '../transport/address.js'

const FILE = 'ensemble.json'
const VERSION = 1
const SOCKET_SUFFIX_BYTES = '/99999.sock'.length

export interface EnsembleFile {
  readonly size: number
  /** Directory of the sockets. */
  readonly sockets: string
}

/** @throws StorageError FOREIGN_REPLICA if the directory belongs to an ensemble of another size. */
export function agreeOn(dir: string, size: number): EnsembleFile {
  const path = join(dir, FILE)
  const found = read(path) ?? propose(dir, path, { size, sockets: socketDirectory(dir) })
  if (found.size !== size) {
    throw new StorageError(
      'FOREIGN_REPLICA',
      `${dir} belongs to an ensemble of size ${found.size}, and size ${size} was asked for`,
    )
  }
  // A cleaned temporary directory takes the sockets with it, and nothing else.
  mkdirSync(found.sockets, { recursive: true, mode: 0o700 })
  chmodSync(found.sockets, 0o700)
  return found
}

/** Where the sockets of a directory's slots are, for who only looks; `undefined` if no file says so. */
export function socketsOf(dir: string): string | undefined {
  try {
    return read(join(dir, FILE))?.sockets
  } catch {
    // Damaged, or of a newer version: the locks of the slots have to do.
    return undefined
  }
}

/** Whether this user owns the directory, and so can keep others out of it. */
export function isOwn(dir: string): boolean {
  return process.getuid === undefined || statSync(dir).uid === process.getuid()
}

/** The directory itself where it can be private and its path is short enough for a socket, else a hashed name. */
function socketDirectory(dir: string): string {
  const isShort = Buffer.byteLength(dir) + SOCKET_SUFFIX_BYTES <= SOCKET_PATH_BYTES_MAX
  if (isShort && isOwn(dir)) return dir
  const hash = createHash('sha256').update(dir).digest('hex').slice(0, 24)
  return join(tmpdir(), `vivarium-${hash}`)
}

function propose(dir: string, path: string, file: EnsembleFile): EnsembleFile {
  const own = join(dir, `${FILE}.${randomBytes(8).toString('hex')}`)
  try {
    writeFileSync(own, `${JSON.stringify({ version: VERSION, ...file })}\n`, {
      flag: 'wx',
      flush: true,
    })
    linkSync(own, path)
  } catch (error) {
    const isLate = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (!isLate) throw error
  } finally {
    rmSync(own, { force: true })
  }
  return read(path) ?? file
}

function read(path: string): EnsembleFile | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const value = parse(path, text)
  const { version, size, sockets } = value
  if (typeof version === 'number' && version > VERSION) {
    throw new StorageError(
      'NEWER_FORMAT',
      `${path} has format ${version}, this version knows ${VERSION}`,
    )
  }
  if (version !== VERSION || typeof size !== 'number' || typeof sockets !== 'string') {
    throw new StorageError('DAMAGED', `${path} is not what it should be: ${text.slice(0, 100)}`)
  }
  return { size, sockets }
}

function parse(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {
    // Said below.
  }
  throw new StorageError('DAMAGED', `${path} is not what it should be: ${text.slice(0, 100)}`)
}
