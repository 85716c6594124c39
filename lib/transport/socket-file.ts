/**
 * The file of a Unix socket: how a listener gets it without taking it from somebody, and gives it back
 * without removing somebody else's.
 *
 * node-ipc would remove whatever lies at the path (`unlink: true`), also the socket of a living process.
 * Node in turn removes at close whatever lies at the path *by then*. So the socket is bound under a temporary
 * name that nobody else uses, made private, and only then given its real name by `link`, which never replaces
 * a file; what Node removes at close is the temporary name, and the real one is ours to remove.
 */
import { randomInt } from 'node:crypto'
import { chmodSync, linkSync, lstatSync, renameSync, rmSync, type Stats } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { checkSocketPath } from './address.js'
import { TransportError } from './transport-error.js'

/** A name beside `path` to bind the socket under. Throws `PATH_TOO_LONG`. */
export function temporaryName(path: string): string {
  const name = join(dirname(path), `.${randomInt(36 ** 4, 36 ** 5).toString(36)}`)
  checkSocketPath(name)
  return name
}

/**
 * Makes way at `path`: resolves when nothing lies there, or only the file of a socket on which nobody listens
 * any more, which is removed.
 *
 * Rejects with `TransportError`: `SLOT_TAKEN` if somebody answers, `NOT_A_SOCKET` for any other file (a
 * symbolic link too), `LISTEN_FAILED` if it cannot be told.
 */
export async function makeWay(path: string): Promise<void> {
  const found = statOf(path)
  if (found === undefined) return
  // Asked before connecting, since on Linux a connection to a regular file is refused like one to a dead socket.
  if (!found.isSocket()) throw new TransportError('NOT_A_SOCKET', `${path} exists and is no socket`)
  const code = await probe(path)
  if (code === 'ENOENT') return
  if (code === 'ECONNREFUSED') return removeStale(path, found)
  // EAGAIN: the queue of connections is full, so there is a listener.
  if (code === undefined || code === 'EAGAIN') throw taken(path)
  throw new TransportError('LISTEN_FAILED', `${path} exists and cannot be tried: ${code}`)
}

/** The socket file of a listener, under its real name. */
export class SocketFile {
  readonly #path: string
  readonly #own: Stats

  /**
   * Gives the socket bound at `temporary` its real name, readable and writable by its owner alone.
   *
   * Throws `SLOT_TAKEN` if another listener was faster, `LISTEN_FAILED` for all else.
   */
  constructor(temporary: string, path: string) {
    try {
      chmodSync(temporary, 0o600)
      linkSync(temporary, path)
      rmSync(temporary)
      this.#own = lstatSync(path)
    } catch (cause) {
      if (codeOf(cause) === 'EEXIST') throw taken(path)
      throw new TransportError('LISTEN_FAILED', `no socket at ${path}`, { cause })
    }
    this.#path = path
  }

  /** Removes the file, unless another has come in its place. */
  release(): void {
    const found = statOf(this.#path)
    if (found !== undefined && isSameFile(found, this.#own)) rmSync(this.#path, { force: true })
  }
}

/** Tries to connect; resolves with `undefined` if somebody answers, else with the error's code. */
function probe(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    let code: string | undefined
    socket.once('connect', () => socket.destroy())
    socket.once('error', (error) => {
      code = codeOf(error)
    })
    socket.once('close', () => resolve(code))
  })
}

/**
 * Removes what was probed and nothing else: between the probe and here a faster process may have removed the
 * stale file and put its living socket there, which goes back to its place.
 */
function removeStale(path: string, probed: Stats): void {
  const aside = temporaryName(path)
  try {
    renameSync(path, aside)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return
    throw new TransportError('LISTEN_FAILED', `the stale ${path} cannot be removed`, { cause })
  }
  const isStale = isSameFile(lstatSync(aside), probed)
  if (!isStale) putBack(aside, path)
  rmSync(aside)
  if (!isStale) throw taken(path)
}

function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path)
  } catch (cause) {
    // A third process was there meanwhile; whoever is locked out by that finds the place taken.
    if (codeOf(cause) !== 'EEXIST') {
      throw new TransportError('LISTEN_FAILED', `${path} cannot be put back`, { cause })
    }
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    throw new TransportError('LISTEN_FAILED', `${path} cannot be examined`, { cause })
  }
}

/** An inode's number may be used again, hence the time too: of what a new name or mode does not change. */
function isSameFile(left: Stats, right: Stats): boolean {
  return left.ino === right.ino && left.dev === right.dev && left.mtimeMs === right.mtimeMs
}

function taken(path: string): TransportError {
  return new TransportError('SLOT_TAKEN', `another replica listens on ${path}`)
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return 'UNKNOWN'
}
