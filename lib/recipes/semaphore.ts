/** So many permits, in the order of asking. */
import { badArguments, describe } from '../session/arguments.js'
import type { Session } from '../session/session.js'
import type { Contender } from './contenders.js'
import { asItIs, checkPlace, LockBase, queued } from './lock-base.js'

/**
 * A lock that up to `permits` holders have at a time, whoever asks first first.
 *
 * Each who acquires has an ephemeral sequential znode below `path`, and a permit once fewer than `permits` stand before it.
 * Until then it watches the `permits` nearest ones before it: while all of them stay, it cannot be its turn, and when one of
 * them goes it looks again. So a release wakes at most `permits` waiters, only one if the oldest holder releases, however many
 * wait; one watch alone would not do, as any of the holders may be the next to go.
 *
 * All must agree on the number. It is the data of `path`; who comes with another one gets a `TypeError`
 * (`BAD_ARGUMENTS`). When nobody uses it any more, the ensemble deletes `path`, and the next number counts.
 *
 * Guarantees are a `Lock`'s, of `permits` holders: at no instant more than `permits` handles are `held`.
 *
 * @see Curator: InterProcessSemaphoreV2
 */
export class Semaphore extends LockBase {
  readonly permits: number

  /** Sends nothing. */
  constructor(session: Session, path: string, permits: number) {
    checkPlace(session, path)
    if (!Number.isSafeInteger(permits) || permits < 1) {
      throw badArguments(`permits are a whole number from 1 on, not ${describe(permits)}`)
    }
    const blockers = nearest(permits)
    const data = String(permits)
    const check = (): void => checkPermits(session, path, data)
    const queue = { session, path, label: 'permit-', queueData: data, blockers, check }
    super(session, path, queued(queue), asItIs)
    this.permits = permits
  }
}

/** With as many before it: those nearest to it. */
function nearest(permits: number) {
  return (contenders: readonly Contender[], index: number): readonly Contender[] =>
    index < permits ? [] : contenders.slice(index - permits, index)
}

function checkPermits(session: Session, path: string, expected: string): void {
  const { data } = session.getDataSync(path, { encoding: 'utf8' })
  if (data === expected) return
  throw badArguments(`the semaphore ${path} has ${describe(data)} permits, not ${expected}`)
}
