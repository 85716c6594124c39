/**
 * Counts a tree again, from its znodes, sessions and members alone: for tests and the simulator.
 */
import { assert } from '../base/assert.js'
import { OPEN_ACL } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import { joinPath, nameOf, parentOf, validatePath } from '../protocol/path.js'
import { KEPT } from '../protocol/retention.js'
import { isOpen } from './access.js'
import {
  addDigest,
  hashAccess,
  hashContent,
  hashIdentity,
  hashMember,
  hashOutcome,
  hashSession,
} from './digest.js'
import { hashZnode } from './digest.js'
import { SYSTEM_RECORDS, isSystemPath } from './system-nodes.js'
import { countQuotas } from './quotas.js'
import type { SessionState } from './session-state.js'
import type { Tree } from './tree.js'
import type { Digest } from './txn.js'
import type { Znode } from './znode.js'

/** Asserts every invariant of a tree that can be seen from outside, the digest by full recount. */
export function checkTree(tree: Tree): void {
  let digest = 0
  let ephemerals = 0
  let children = 0
  let newest = 0
  for (const [path, znode] of tree.znodes) {
    assert(znode.czxid >= newest, 'znodes are kept in the order of their creation')
    newest = znode.czxid
    checkZnode(tree, path, znode)
    digest = addDigest(digest, recount(path, znode))
    children += znode.numChildren
    if (znode.owner !== 0) ephemerals++
  }
  assert(children === tree.size - 1, 'every znode but the root is the child of one other')
  checkRetained(tree)
  checkAcls(tree)
  checkQuotas(tree)

  for (const session of tree.sessions.values()) {
    checkSession(tree, session)
    digest = addDigest(digest, recountSession(session))
    ephemerals -= session.ephemerals.size
  }
  assert(ephemerals === 0, 'every ephemeral is owned by one session')

  for (const member of tree.members.values()) digest = addDigest(digest, hashMember(member))
  assert(digest === tree.digest, 'the running digest is that of a recount')
}

function checkZnode(tree: Tree, path: string, znode: Znode): void {
  assert(validatePath(path) === undefined, 'a znode has a valid path')
  assert(znode.numChildren === (znode.children?.size ?? 0), 'children are counted by their names')
  assert(znode.created >= counted(path, znode), 'a child that is there was created')
  assert((znode.acl === OPEN_ACL) === isOpen(znode.acl), 'the open list is one object')
  assert(znode.mzxid >= znode.czxid, 'a znode is changed after it was created')
  assert(znode.pzxid >= znode.czxid, 'children change after their parent was created')
  assert(znode.pzxid <= tree.lastZxid && znode.mzxid <= tree.lastZxid, 'nothing is of the future')
  assert(znode.stat.numChildren === znode.numChildren, 'a stat shows the present state')
  assert(znode.stat.mzxid === znode.mzxid, 'a stat shows the present state')
  assert(znode.stat.pzxid === znode.pzxid, 'a stat shows the present state')
  assert(!isSystemPath(path) || znode.czxid === 0, 'what is always there is older than every txn')
  for (const name of znode.children ?? []) {
    assert(tree.get(joinPath(path, name)) !== undefined, 'a name among the children is a znode')
  }
  if (path !== '/') {
    const parent = tree.get(parentOf(path))
    assert(parent?.children?.has(nameOf(path)) === true, 'a znode is among its parent’s children')
    assert(parent.owner === 0, 'an ephemeral has no children')
  }
  if (znode.owner === 0) return
  assert(
    tree.sessions.get(znode.owner)?.ephemerals.has(path) === true,
    'an ephemeral has its session',
  )
}

function checkRetained(tree: Tree): void {
  let retained = 0
  for (const [path, znode] of tree.znodes) {
    if (znode.retention === KEPT) continue
    retained += 1
    assert(znode.owner === 0, 'an ephemeral stays as long as its session')
    assert(tree.retained.has(path), 'what may be due is listed')
  }
  assert(retained === tree.retained.size, 'only what is there is listed')
}

function checkAcls(tree: Tree): void {
  const counts = new Map<readonly Acl[], number>()
  for (const { acl } of tree.znodes.values()) {
    if (acl !== OPEN_ACL) counts.set(acl, (counts.get(acl) ?? 0) + 1)
  }
  assert(counts.size === tree.acls.size, 'a list is kept once, and not longer than it is used')
  for (const [acl, count] of counts) {
    assert(tree.acls.countOf(acl) === count, 'a list is counted for each znode that has it')
  }
}

function checkQuotas(tree: Tree): void {
  const recount = countQuotas(tree).all
  assert(recount.size === tree.quotas.all.size, 'a quota is known as long as it is set')
  for (const [path, { count, bytes, limits }] of tree.quotas.all) {
    const expected = recount.get(path)
    assert(expected?.count === count, 'the znodes of a quota are counted')
    assert(expected.bytes === bytes, 'the bytes of a quota are counted')
    assert(expected.limits.countHardLimit === limits.countHardLimit, 'a limit is what is set')
    assert(expected.limits.byteHardLimit === limits.byteHardLimit, 'a limit is what is set')
  }
}

function checkSession(tree: Tree, session: SessionState): void {
  assert(session.id <= tree.lastZxid, 'nothing is of the future')
  assert(tree.sessionByOrigin(session.origin) === session, 'a session is found by its origin')
  let cxid = session.settled
  for (const kept of session.outcomes) {
    assert(kept.cxid > cxid, 'outcomes are kept in order, above what is settled')
    cxid = kept.cxid
  }
  assert(cxid <= session.lastCxid, 'no outcome is newer than the last request')
  for (const path of session.ephemerals) {
    assert(tree.get(path)?.owner === session.id, 'a session lists only its own ephemerals')
  }
}

function recount(path: string, znode: Znode): Digest {
  const identity = hashIdentity(path, znode.czxid, znode.ctime, znode.owner)
  const content = hashContent(znode.data, znode.mzxid, znode.mtime, znode.version)
  const hash = hashZnode(identity, content, znode.pzxid, znode.created)
  const { acl, aversion, retention } = znode
  if (isOpen(acl) && aversion === 0 && retention === KEPT) return hash
  return addDigest(hash, hashAccess(identity, acl, aversion, retention))
}

/** Children that somebody created: the others were always there. */
function counted(path: string, znode: Znode): number {
  const always = SYSTEM_RECORDS.filter(
    (record) => record.path !== '/' && parentOf(record.path) === path,
  )
  return znode.numChildren - always.length
}

function recountSession(session: SessionState): Digest {
  let digest = hashSession(session.identity, session.lastCxid)
  for (const { cxid, outcome } of session.outcomes) {
    digest = addDigest(digest, hashOutcome(session.id, cxid, outcome))
  }
  return digest
}
