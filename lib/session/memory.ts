/**
 * A View's copy of the state and the watches on it. The tree is replaced as a whole when the View is caught up by a
 * snapshot: nobody sees a state between.
 */
import { assert } from '../base/assert.js'
import type { Acl } from '../protocol/acl.js'
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
    this.fire(changesOf(this.tree, entry.txn.body), entry.zxid)
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

/** Who may be told is what `tree`, the last state that was right, says; a new znode says it itself. */
function changesOf(tree: Tree, body: TxnBody): Change[] {
  switch (body.kind) {
    case 'multi':
      return body.operations.flatMap((operation) => operationChanges(tree, operation))
    case 'closeSession':
      return deletions(tree, body)
    case 'register':
      return body.closed.flatMap((closed) => deletions(tree, closed))
    case 'error':
    case 'sync':
    case 'createSession':
    case 'attachSession':
    case 'setAcl':
      return []
    default:
      return operationChanges(tree, body)
  }
}

function operationChanges(tree: Tree, operation: OperationTxn): Change[] {
  if (operation.kind === 'check') return []
  const kinds = { create: 'created', delete: 'deleted', setData: 'data' } as const
  const own = operation.kind === 'create' ? operation.acl : tree.get(operation.path)?.acl
  return [toChange(tree, kinds[operation.kind], operation.path, own)]
}

function deletions(tree: Tree, { paths }: CloseSessionTxn): Change[] {
  return paths.map((path) => toChange(tree, 'deleted', path, tree.get(path)?.acl))
}

function toChange(
  tree: Tree,
  kind: Change['kind'],
  path: string,
  acl: readonly Acl[] | undefined,
): Change {
  const parent = parentOf(path)
  return { kind, path, parent, acl, parentAcl: tree.get(parent)?.acl }
}
