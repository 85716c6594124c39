/**
 * How a learner is brought to its leader's history: from which shared point, or by a snapshot.
 *
 * Two logs that hold the same zxid are equal up to it: whoever logged (e, n) had first been given the initial
 * history of e's leader. So the newest epoch that both logs know tells the newest zxid that both hold. Comparing
 * zxids alone does not: the learner's last epoch may have begun from a shorter history than the leader's next
 * smaller zxid suggests (a TRUNC across epochs, ZOOKEEPER-1154 and its kin).
 */
import { assert } from '../base/assert.js'
import { epochOf } from '../protocol/zxid.js'
import type { Zxid } from '../protocol/zxid.js'

export type SyncPlan =
  /** The logs are equal up to `from`; what the learner has above it goes, what the leader has comes. */
  | { readonly kind: 'diff'; readonly from: Zxid; readonly truncates: boolean }
  | { readonly kind: 'snap' }

/**
 * @param leaderEnds   Last zxid of each epoch in the leader's log, ascending, the base of the log first.
 * @param leaderBase   Zxid after which the leader's log begins.
 * @param learnerEnds  The same of the learner.
 */
export function planSync(
  leaderEnds: readonly Zxid[],
  leaderBase: Zxid,
  learnerEnds: readonly Zxid[],
): SyncPlan {
  const learnerLast = learnerEnds.at(-1)
  const learnerBase = learnerEnds[0]
  assert(
    learnerLast !== undefined && learnerBase !== undefined,
    'a learner names at least its base',
  )
  const from = sharedPoint(leaderEnds, learnerEnds)
  // Below its base a learner cannot cut: its snapshot is a decided state, so the leader must share it.
  if (from === undefined || from < leaderBase || from < learnerBase) return { kind: 'snap' }
  return { kind: 'diff', from, truncates: from < learnerLast }
}

function sharedPoint(leaderEnds: readonly Zxid[], learnerEnds: readonly Zxid[]): Zxid | undefined {
  const leaderByEpoch = new Map(leaderEnds.map((zxid) => [epochOf(zxid), zxid]))
  for (const learnerEnd of learnerEnds.toReversed()) {
    const leaderEnd = leaderByEpoch.get(epochOf(learnerEnd))
    if (leaderEnd !== undefined) return Math.min(leaderEnd, learnerEnd)
  }
  return undefined
}
