/** The lock without herd effect: each waits for the one before it. */
import type { Session } from '../session/session.js'
import type { Contender } from './contenders.js'
import { asItIs, checkPlace, LockBase, queued } from './lock-base.js'

/**
 * A lock that one holder has at a time, whoever asks first first.
 *
 * `path` is the queue: each who acquires has an ephemeral sequential znode there and watches only the one before it, so
 * a release wakes exactly one. Every acquire has a place of its own, also those of one session: it is not re-entrant.
 *
 * Guaranteed: at no instant two handles are `held`, whatever crashes, stands still or is cut off; tokens grow from
 * holder to holder; a holder that dies is followed by the next as soon as the ensemble knows (at once on one machine,
 * else after its session timeout). Not guaranteed: that what a holder began has ended when it loses the lock; that is
 * what `lost` and `token` are for.
 *
 * Costs two writes; znodes are open to all, as everybody must see everybody's.
 *
 * @see ZooKeeper (USENIX ATC 2010), §2.4 "Simple Locks without Herd Effect" · Curator: InterProcessSemaphoreMutex
 */
export class Lock extends LockBase {
  /** Sends nothing. */
  constructor(session: Session, path: string) {
    checkPlace(session, path)
    super(session, path, queued({ session, path, label: 'lock-', blockers: predecessor }), asItIs)
  }
}

/** The one right before. */
export function predecessor(contenders: readonly Contender[], index: number): readonly Contender[] {
  return contenders.slice(Math.max(0, index - 1), index)
}
