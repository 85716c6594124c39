/**
 * A View's copy of the state and the watches on it. The tree is replaced as a whole when the View is caught up by a
 * snapshot: nobody sees a state between.
 */
import { assert } from '../base/assert.js'
import { parentOf } from '../protocol/path.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Applied, Change } from '../tree/change.js'
import { difference } from '../tree/difference.js'
import type { SnapshotTail, ZnodeRecord } from '../tree/record.js'
import { Tree } from '../tree/tree.js'
import type { Positioned } from '../tree/tree.js'
import type { CloseSessionTxn, OperationTxn, TxnBody } from '../tree/txn.js'
import { WatchTable } from '../tree/watches.js'
import type { Firing } from '../tree/watches.js'
import { tell } from './session-watches.js'
import type { Watcher } from './session-watches.js'

export class Memory {
  /** What reads are answered from. Replaced only by `endSnapshot`. */
  tree: Tree = new Tree()
  readonly watches: WatchTable<Watcher> = new WatchTable<Watcher>()
  /** The snapshot being loaded. */
  #next: Tree | undefined

  /** @returns `undefined` if this state is not the leader's: it must not be shown any more. */
  apply(entry: Positioned): Applied | undefined {
    try {
      return this.tree.apply(entry, 'strict')
    } catch {
      // A digest that differs, or a txn that cannot follow this state: either way only a snapshot helps.
      return undefined
    }
  }

  fire(changes: readonly Change[], zxid: Zxid): void {
    const firings: Firing<Watcher>[] = []
    for (const change of changes) {
      for (const firing of this.watches.trigger(change, zxid)) firings.push(firing)
    }
    if (firings.length > 0) tell(firings)
  }

  /** Fires what a committed txn says that it changes, for a state that could not follow it. */
  fireTxn(entry: Positioned): void {
    this.fire(changesOf(entry.txn.body), entry.zxid)
  }

  /** The replica's state has been here at least once; before, there is nothing to read. */
  isLoaded = false

  beginSnapshot(): void {
    this.#next = new Tree()
  }

  loadSnapshot(nodes: readonly ZnodeRecord[]): void {
    assert(this.#next !== undefined, 'a snapshot has begun')
    this.#next.load(nodes)
  }

  /**
   * Completes the snapshot and shows it.
   *
   * @returns Whom to tell of the difference, before anybody reads; `undefined` if the snapshot is not what its
   *   digest says: the old state stays.
   */
  endSnapshot(
    tail: SnapshotTail,
    entries: readonly Positioned[],
  ): readonly Firing<Watcher>[] | undefined {
    const next = this.#next
    assert(next !== undefined, 'a snapshot has begun')
    this.#next = undefined
    try {
      next.loadTail(tail)
      for (const entry of entries) next.apply(entry, 'fuzzy')
      assert(!next.isFuzzy, 'the log reaches the snapshot’s end')
    } catch {
      return undefined
    }
    const before = this.tree
    this.tree = next
    this.isLoaded = true
    return difference(before, next, this.watches, next.lastZxid)
  }
}

function changesOf(body: TxnBody): Change[] {
  switch (body.kind) {
    case 'multi':
      return body.operations.flatMap(changeOf)
    case 'closeSession':
      return deletions(body)
    case 'register':
      return body.closed.flatMap(deletions)
    case 'error':
    case 'sync':
    case 'createSession':
      return []
    default:
      return changeOf(body)
  }
}

function changeOf(operation: OperationTxn): Change[] {
  if (operation.kind === 'check') return []
  const { path } = operation
  const kinds = { create: 'created', delete: 'deleted', setData: 'data' } as const
  return [{ kind: kinds[operation.kind], path, parent: parentOf(path) }]
}

function deletions({ paths }: CloseSessionTxn): Change[] {
  return paths.map((path) => ({ kind: 'deleted', path, parent: parentOf(path) }))
}
