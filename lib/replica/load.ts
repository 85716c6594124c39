/** The state that a replica starts with: its newest snapshot, made exact by the log up to the snapshot's end. */
import { assert } from '../base/assert.js'
import { Tree } from '../tree/tree.js'
import type { Recovered } from './recovered.js'

/**
 * The log's entries beyond that are not applied: nothing on disk says which of them are decided. A leader will.
 * Throws a `DivergenceError` if snapshot and log together do not give the digest that was stored with them.
 */
export function loadTree({ snapshot, base, entries }: Recovered): Tree {
  const tree = new Tree()
  if (snapshot === undefined) {
    assert(base === 0, 'a log without a snapshot begins at the beginning')
    return tree
  }
  const { tail, nodes } = snapshot
  assert(tail.start >= base, 'the log reaches back to the snapshot')
  for (const batch of nodes) tree.load(batch)
  tree.loadTail(tail)
  for (const entry of entries) {
    if (entry.zxid > tail.start && entry.zxid <= tail.end) tree.apply(entry, 'fuzzy')
  }
  assert(tree.lastZxid === tail.end, 'the log reaches the end of the snapshot')
  return tree
}
