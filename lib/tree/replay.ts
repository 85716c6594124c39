/**
 * Applying a txn over a fuzzy snapshot, whose znodes are each from some moment of (start, end]:
 * tolerant of what it meets, because the state may already show this txn or later ones. Absolute
 * txns make the last writer win, so after the txn at `end` every znode is exact, whatever moment
 * its row was from.
 *
 * Sessions, outcomes and members are not touched: a snapshot's tail holds them as of its end.
 *
 * @see ZOOKEEPER-3125, 3145, 3249, 1046: what goes wrong when parents' counters are not part of
 * this
 */
import { unreachable } from '../base/assert.js'
import { parentOf } from '../protocol/path.js'
import type { Zxid } from '../protocol/zxid.js'
import { addDigest, subtractDigest } from './digest.js'
import type { Tree } from './tree.js'
import type { CreateTxn, OperationTxn, SetAclTxn, SetDataTxn, Txn } from './txn.js'
import { createZnode } from './znode.js'
import type { Znode } from './znode.js'

export function replayTxn(tree: Tree, zxid: Zxid, txn: Txn): void {
  const { body, time } = txn
  switch (body.kind) {
    case 'create':
    case 'delete':
    case 'setData':
      replayOperation(tree, zxid, time, body)
      return
    case 'setAcl':
      replaySetAcl(tree, body)
      return
    case 'multi':
      for (const operation of body.operations) replayOperation(tree, zxid, time, operation)
      return
    case 'closeSession':
      for (const path of body.paths) replayDelete(tree, zxid, path)
      return
    case 'register':
      for (const closed of body.closed) {
        for (const path of closed.paths) replayDelete(tree, zxid, path)
      }
      return
    case 'error':
    case 'sync':
    case 'createSession':
    case 'attachSession':
      return
    default:
      unreachable(body)
  }
}

function replayOperation(tree: Tree, zxid: Zxid, time: number, operation: OperationTxn): void {
  switch (operation.kind) {
    case 'create':
      replayCreate(tree, zxid, time, operation)
      return
    case 'delete':
      replayDelete(tree, zxid, operation.path)
      return
    case 'setData':
      replaySetData(tree, zxid, time, operation)
      return
    case 'check':
      return
    default:
      unreachable(operation)
  }
}

/**
 * Replaces what is there, children included: those that outlive this window were created after this
 * txn, so their own creates follow. The znode moves to the end of the order of creation, where
 * walks expect it.
 */
function replayCreate(tree: Tree, zxid: Zxid, time: number, txn: CreateTxn): void {
  const parentPath = parentOf(txn.path)
  const parent = tree.get(parentPath)
  const old = tree.get(txn.path)
  if (old !== undefined) removeHashed(tree, txn.path, old, parentPath, parent)

  const znode = createZnode(txn.path, txn.data, txn.owner, zxid, time, txn.acl, txn.retention)
  tree.insert(txn.path, znode, parentPath, parent)
  tree.digest = addDigest(tree.digest, znode.hash)
  // No parent: it was deleted before the walk came to it, and this child's own delete follows.
  if (parent !== undefined) countHashed(tree, parent, txn.parentCreated, zxid)
}

function replayDelete(tree: Tree, zxid: Zxid, path: string): void {
  const parentPath = parentOf(path)
  const parent = tree.get(parentPath)
  const znode = tree.get(path)
  if (znode !== undefined) removeHashed(tree, path, znode, parentPath, parent)
  // Also when the znode was missing: the parent's row may be older than this delete
  // (ZOOKEEPER-3125).
  if (parent !== undefined) countHashed(tree, parent, parent.created, zxid)
}

function replaySetData(tree: Tree, zxid: Zxid, time: number, txn: SetDataTxn): void {
  const znode = tree.get(txn.path)
  if (znode === undefined) return
  const bytes = (txn.data?.length ?? 0) - (znode.data?.length ?? 0)
  const rest = subtractDigest(tree.digest, znode.hash)
  znode.setData(txn.data, txn.version, zxid, time)
  tree.digest = addDigest(rest, znode.hash)
  tree.dataChanged(txn.path, znode, bytes)
}

function replaySetAcl(tree: Tree, txn: SetAclTxn): void {
  const znode = tree.get(txn.path)
  if (znode === undefined) return
  const rest = subtractDigest(tree.digest, znode.hash)
  znode.setAcl(tree.replaceAcl(znode.acl, txn.acl), txn.aversion)
  tree.digest = addDigest(rest, znode.hash)
}

function removeHashed(
  tree: Tree,
  path: string,
  znode: Znode,
  parentPath: string,
  parent: Znode | undefined,
): void {
  tree.digest = subtractDigest(tree.digest, znode.hash)
  tree.remove(path, znode, parentPath, parent)
}

function countHashed(tree: Tree, parent: Znode, created: number, zxid: Zxid): void {
  const rest = subtractDigest(tree.digest, parent.hash)
  parent.childrenChanged(created, zxid)
  tree.digest = addDigest(rest, parent.hash)
}
