/**
 * Deleting a znode with everything below it. Not a multi: children go before their parents, in batches, each deletion
 * on its own, and whoever looks meanwhile sees what is left.
 */
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { isSystemPath } from '../tree/system-nodes.js'
import { nothing } from './answers.js'
import { badArguments } from './arguments.js'
import { bottomUp } from './reads.js'
import { refusalError } from './refusal.js'
import type { Scope } from './scope.js'

/** Deletions in flight. */
const BATCH_MAX = 1000

export async function deleteRecursive(
  scope: Scope,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { core } = scope
  const root = scope.enter(path)
  if (isSystemPath(root))
    throw badArguments(`${path} cannot be deleted, and so nothing below it is`)
  let hasBegun = false
  for (;;) {
    // From memory, also without a leader: what it does not know yet, the ensemble says with the next deletion.
    if (core.syncRefusal !== undefined) throw refusalError(core.syncRefusal)
    const found = bottomUp(core.memory.tree, root, core.auth, BATCH_MAX, scope)
    if (found.length > 0) hasBegun = true
    const paths = found.length > 0 ? found : [root]
    const reasons = await deleteAll(scope, paths, signal)
    const last = reasons.at(-1)
    if (paths.at(-1) === root && (last === undefined || (hasBegun && hasCode(last, 'NO_NODE'))))
      return
    signal?.throwIfAborted()
    for (const reason of reasons) {
      const isRace = hasCode(reason, 'NOT_EMPTY') || (hasBegun && hasCode(reason, 'NO_NODE'))
      if (reason !== undefined && !isRace) throw reason
      // Somebody else was there, and there is something to see of it.
      hasBegun = true
    }
  }
}

/** Why each could not be deleted; `undefined` where it was. */
async function deleteAll(
  scope: Scope,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  const settled = await Promise.allSettled(
    paths.map((path) => scope.submit({ kind: 'delete', path, version: -1 }, signal, nothing)),
  )
  return settled.map((one): unknown => (one.status === 'rejected' ? one.reason : undefined))
}

function hasCode(error: unknown, code: ZooKeeperError['code']): boolean {
  return error instanceof ZooKeeperError && error.code === code
}
