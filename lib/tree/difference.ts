/**
 * What watches have missed when a state is replaced by a later one at once, after a catch-up by
 * snapshot.
 *
 * Between the two there was a history that nobody here has seen; a watch gets what is left of it:
 * at most one event per path and kind, all with the later state's zxid. A znode that has another
 * czxid was deleted and created again.
 */
import { assert } from '../base/assert.js'
import { OPEN_ACL } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import { joinPath, parentOf } from '../protocol/path.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Tree } from './tree.js'
import type { Firing, WatchTable } from './watches.js'
import type { Znode } from './znode.js'

/** Something that is new in the later state, and when it last happened. */
interface News {
  readonly at: Zxid
  readonly kind: 'created' | 'data' | 'children'
  readonly path: string
}

/** A znode of the earlier state that did not live to see the later one. */
interface Loss {
  readonly at: Zxid
  readonly path: string
}

/**
 * Fires the watches for the difference, and takes the one-shot ones among them out of the table.
 * Deletions come first, children before their parents, then everything else in the order in which
 * it last happened.
 *
 * Looks at watched paths only, and at all that is or was below recursively watched ones.
 *
 * @param zxid Of every event: the position of `after`.
 */
export function difference<W>(
  before: Tree,
  after: Tree,
  watches: WatchTable<W>,
  zxid: Zxid,
): Firing<W>[] {
  assert(before.lastZxid <= after.lastZxid, 'a state is replaced by a later one')
  const losses: Loss[] = []
  const news: News[] = []
  for (const path of interestingPaths(before, after, watches)) {
    compare(path, before.get(path), after.get(path), losses, news)
  }
  // A child is created after its parent, or in the same txn with a longer path.
  losses.sort((left, right) => right.at - left.at || right.path.length - left.path.length)
  news.sort((left, right) => left.at - right.at || left.path.length - right.path.length)

  const firings: Firing<W>[] = []
  for (const { path } of losses) watches.fireDeleted(path, zxid, readers(before, path), firings)
  for (const { kind, path } of news) {
    const acl = readers(after, path)
    if (kind === 'created') watches.fireData('NodeCreated', path, zxid, acl, firings)
    else if (kind === 'data') watches.fireData('NodeDataChanged', path, zxid, acl, firings)
    else watches.fireChildren(path, zxid, acl, firings)
  }
  return firings
}

/** Who may be told of the znode as that state has it; `undefined`: everybody. */
function readers(tree: Tree, path: string): readonly Acl[] | undefined {
  const acl = tree.get(path)?.acl
  return acl === OPEN_ACL ? undefined : acl
}

function compare(
  path: string,
  old: Znode | undefined,
  now: Znode | undefined,
  losses: Loss[],
  news: News[],
): void {
  const survived = old !== undefined && now !== undefined && old.czxid === now.czxid
  if (old !== undefined && !survived) losses.push({ at: old.czxid, path })
  if (now === undefined) return
  if (!survived) news.push({ at: now.czxid, kind: 'created', path })
  // A znode begins with all three zxids the same, so this also finds what happened to a new one
  // since.
  const base = survived ? old : { mzxid: now.czxid, pzxid: now.czxid }
  if (now.mzxid !== base.mzxid) news.push({ at: now.mzxid, kind: 'data', path })
  if (now.pzxid !== base.pzxid) news.push({ at: now.pzxid, kind: 'children', path })
}

function interestingPaths<W>(before: Tree, after: Tree, watches: WatchTable<W>): Set<string> {
  const paths = new Set(watches.paths())
  const roots = new Set(watches.recursivePaths())
  for (const root of roots) {
    if (isBelowAnother(root, roots)) continue
    addSubtree(before, root, paths)
    addSubtree(after, root, paths)
  }
  return paths
}

function isBelowAnother(path: string, roots: ReadonlySet<string>): boolean {
  for (let ancestor = path; ancestor !== '/';) {
    ancestor = parentOf(ancestor)
    if (roots.has(ancestor)) return true
  }
  return false
}

function addSubtree(tree: Tree, root: string, paths: Set<string>): void {
  const waiting = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    paths.add(path)
    for (const name of tree.get(path)?.children ?? []) waiting.push(joinPath(path, name))
  }
}
