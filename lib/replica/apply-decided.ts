/** Applying what is decided: a txn that cannot follow my state says that my state is not the leader's (P9). */
import { InvariantError } from '../base/assert.js'
import type { Change } from '../tree/change.js'
import { DivergenceError } from '../tree/divergence-error.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import type { Entry } from '../zab/entry.js'

/** @throws DivergenceError for a wrong digest, and as well for a txn that does not fit at all. */
export function applyDecided(tree: Tree, entry: Entry<Txn>): readonly Change[] {
  try {
    return tree.apply(entry, 'strict').changes
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error
    throw new DivergenceError(entry.zxid, entry.txn.digest, tree.digest)
  }
}
