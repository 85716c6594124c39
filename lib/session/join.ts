/**
 * `join`: makes this process a replica of an ensemble, and gives it a session.
 *
 * This file waits, warns and cleans up; what a replica is begins in host/. It is the one place of this folder
 * that sets a timer of the process's own.
 */
import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import createDebug from 'debug'
import type { ThreadOptions } from '../host/thread-options.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { claimPath } from '../host/claim.js'
import { checkJoinOptions } from './join-options.js'
import type { CheckedJoin, JoinOptions } from './join-options.js'
import type { OpenReplica } from './open-replica-handle.js'
import type { Session } from './session.js'

const log = createDebug('vivarium:join')

/** Waiting is silent for so long; then it says once whom it waits for. */
const WARN_AFTER_MS = 3000

/** For this package's own tests: bounds and times that make the rare frequent. */
export type JoinInternals = Partial<Pick<ThreadOptions, 'bounds' | 'timing'>>

/**
 * Joins the ensemble and opens a session.
 *
 * Resolves when the session is committed and applied here; with `readOnly`, once local state is recovered. Waits
 * for that without limit, and says once whom it waits for (`process.emitWarning`). Closing the session closes the
 * replica.
 *
 * @throws TypeError (`BAD_ARGUMENTS`) for wrong options; ZooKeeperError `NO_SLOT`, `SLOT_TAKEN`,
 *   `FOREIGN_REPLICA`, `FOREIGN_CLUSTER`, `NEWER_FORMAT`, `OLDER_FORMAT`, `DAMAGED`, `STORAGE`, `INSECURE`, `INSTALLATION`; `signal.reason` if aborted.
 */
export function join(options: JoinOptions): Promise<Session> {
  return joinWith(options, {})
}

export async function joinWith(options: JoinOptions, internals: JoinInternals): Promise<Session> {
  const checked = checkJoinOptions(options)
  checked.signal?.throwIfAborted()
  const dir = realDirectory(checked.dir)
  const release = claimPath(dir)
  try {
    return await open(checked, dir, internals, release)
  } catch (error) {
    release()
    throw error
  }
}

async function open(
  checked: CheckedJoin,
  dir: string,
  internals: JoinInternals,
  release: () => void,
): Promise<Session> {
  const { ensemble, secret, insecure, readOnly, superDigest, signal, sessionTimeoutMs } = checked
  const { bounds = {}, timing = {} } = internals
  const threadOptions = { dir, ensemble, secret, insecure, bounds, timing }
  // Loaded here and not at import: that must load no native code and cost a program that never joins nothing.
  const { OpenReplica: Replica } = await import('./open-replica-handle.js')
  const replica = await Replica.open(threadOptions, { readOnly, superDigest }, release)
  const stopWarning = warnWhileWaiting(replica, dir)
  try {
    return await replica.openOwningSession({ timeout: sessionTimeoutMs, signal })
  } catch (error) {
    await replica.close()
    throw causeOf(error)
  } finally {
    stopWarning()
  }
}

/** A replica that never served fails for a reason of its own, and that is why nobody joined. */
function causeOf(error: unknown): unknown {
  const isFailure = error instanceof ZooKeeperError && error.code === 'REPLICA_FAILED'
  return isFailure && error.cause instanceof ZooKeeperError ? error.cause : error
}

/** Says once whom the replica waits for, if it waits long. */
function warnWhileWaiting(replica: OpenReplica, dir: string): () => void {
  const timer = setTimeout(() => {
    const waitingFor = replica.reported?.waitingFor ?? 'the commit of its session'
    log('%s waits for %s', dir, waitingFor)
    process.emitWarning(`the replica in ${dir} waits for ${waitingFor}`, {
      type: 'VivariumWarning',
    })
  }, WARN_AFTER_MS)
  timer.unref()
  return () => clearTimeout(timer)
}

/** One name for one directory, so that two names of it are one claim. */
function realDirectory(dir: string): string {
  try {
    makeDirectory(resolve(dir))
    const real = realpathSync(dir)
    if (statSync(real).isDirectory()) return real
    throw new Error(`ENOTDIR: ${real} is not a directory`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ZooKeeperError('STORAGE', `directory ${dir} cannot be used: ${reason}`, {
      cause: error,
    })
  }
}

/** With its parents. Node's own `recursive` never returns where a new entry is refused with ENOENT, as in /proc. */
function makeDirectory(path: string): void {
  if (isMade(path)) return
  makeDirectory(dirname(path))
  if (!isMade(path)) throw new Error(`ENOENT: ${path} cannot be made`)
}

/** False if a parent is missing. Another process that made it first made it all the same. */
function isMade(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return true
    if (code === 'ENOENT' && dirname(path) !== path) return false
    throw error
  }
}
