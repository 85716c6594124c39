/** A job that runs in one process at a time. */
import { badArguments, checkOptions, checkSignal, describe } from '../session/arguments.js'
import { onAbort } from '../session/abort.js'
import type { Session } from '../session/session.js'
import { endOf, quietAtEnd } from './ends.js'
import { LeaderElection } from './leader-election.js'
import type { Leadership } from './leader-election.js'

export interface SingletonOptions {
  /** Ends it: the job's signal is aborted, and when the job has ended the singleton rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

export interface SingletonRun {
  /** Fencing token, greater than that of any run before, in any process. */
  readonly token: number
}

/** @param signal Aborted when this process is not the one any more, before another can be; the job should end then. */
export type SingletonJob<T> = (signal: AbortSignal, run: SingletonRun) => T | Promise<T>

/**
 * Runs `job` in exactly one of the processes that call this with the same name. The others wait, and one of them goes on
 * when that process dies, ends or loses its session.
 *
 * - The job gives: the singleton resolves with it, and the next process runs the job. (Work that is to be done once in
 *   all must leave a mark that the job looks for.)
 * - The job rejects while it is the one: the singleton rejects with it, and the next process runs the job.
 * - It is not the one any more: its signal is aborted. When it has ended, however, this process waits for its turn
 *   again, so that no two runs of one process overlap. A job that does not heed its signal may overlap with
 *   another process's; only `token` tells them apart then.
 * - The session ends: rejects with `SESSION_EXPIRED`, `SESSION_CLOSED` or `REPLICA_FAILED`, when the job has ended.
 *
 * @param name One component of a path: the queue is `/singletons/<name>`.
 */
export function singleton<T>(
  session: Session,
  name: string,
  job: SingletonJob<T>,
  options?: SingletonOptions,
): Promise<T> {
  return quietAtEnd(session, runAgain(session, name, job, options))
}

async function runAgain<T>(
  session: Session,
  name: string,
  job: SingletonJob<T>,
  options: SingletonOptions | undefined,
): Promise<T> {
  checkOptions(options, ['signal'])
  checkSignal(options?.signal)
  if (typeof name !== 'string' || name === '' || name.includes('/')) {
    throw badArguments(`a singleton's name is one component of a path, not ${describe(name)}`)
  }
  if (typeof job !== 'function') throw badArguments(`a job is a function, not ${describe(job)}`)
  const election = new LeaderElection(session, `/singletons/${name}`)
  const signal = options?.signal
  for (;;) {
    const leadership = await election.campaign({ signal })
    const outcome = await run(leadership, job, signal)
    // Sent before this goes on, and not waited for: without a quorum, an end would take as long as that lasts.
    leadership.resign().catch(() => undefined)
    signal?.throwIfAborted()
    if (outcome.wasLeader) return outcome.result()
    const end = endOf(session)
    if (end !== undefined) throw end
  }
}

interface Outcome<T> {
  /** It still led when the job ended. */
  readonly wasLeader: boolean
  readonly result: () => T
}

async function run<T>(
  leadership: Leadership,
  job: SingletonJob<T>,
  signal: AbortSignal | undefined,
): Promise<Outcome<T>> {
  const ending = new AbortController()
  const stops = [leadership.signal, signal].map((one) =>
    one === undefined ? undefined : onAbort(one, () => ending.abort(one.reason)),
  )
  if (!leadership.isLeader) ending.abort(leadership.signal.reason)
  try {
    const value = await job(ending.signal, { token: leadership.term })
    return { wasLeader: leadership.isLeader, result: () => value }
  } catch (error) {
    const result = (): never => {
      throw error
    }
    return { wasLeader: leadership.isLeader, result }
  } finally {
    for (const stop of stops) stop?.()
  }
}
