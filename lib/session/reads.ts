/**
 * Reads of a tree in memory by whoever asks, with the checks of ZooKeeper and in their order. Pure: they leave no
 * watch, look at no session's state and know no namespace; who may call them when is their callers' business.
 *
 * @see org.apache.zookeeper.server.FinalRequestProcessor
 */
import { OPEN_ACL, PERMS } from '../protocol/acl.js'
import type { Acl, Identity } from '../protocol/acl.js'
import { joinPath } from '../protocol/path.js'
import type { SessionId } from '../protocol/request.js'
import type { Stat } from '../protocol/stat.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import { maskAcl, mayDo } from '../tree/access.js'
import { quotaStatsData } from '../tree/quotas.js'
import type { Tree } from '../tree/tree.js'
import type { Znode } from '../tree/znode.js'

type Auth = readonly Identity[]

const NO_CHILDREN: ReadonlySet<string> = new Set()

// In all of them, `shown` is the name by which the caller knows the path: the one that errors tell.

/**
 * `undefined`: no such znode.
 *
 * @throws ZooKeeperError `NO_AUTH` if the znode exists and may not be read.
 */
export function statOf(
  tree: Tree,
  path: string,
  auth: Auth,
  shown: string = path,
): Stat | undefined {
  const znode = tree.get(path)
  if (znode === undefined) return undefined
  if (!mayRead(znode, auth)) throw noAuth(shown)
  return shownStat(tree, path, znode)
}

/**
 * Of a znode that shows the usage of a quota, what is used now. The bytes are shared: nobody may write to them. `undefined` is ZooKeeper's null.
 *
 * @throws ZooKeeperError `NO_NODE`, then `NO_AUTH`.
 */
export function dataOf(
  tree: Tree,
  path: string,
  auth: Auth,
  shown: string = path,
): { readonly data: Uint8Array | undefined; readonly stat: Stat } {
  const znode = readable(tree, path, auth, shown)
  const usage = quotaStatsData(tree, path)
  return { data: usage ?? znode.data, stat: shownStat(tree, path, znode, usage) }
}

/**
 * Names in the order of creation, as this replica met it; the array is the caller's own.
 *
 * @throws ZooKeeperError `NO_NODE`, then `NO_AUTH`.
 */
export function childrenOf(
  tree: Tree,
  path: string,
  auth: Auth,
  shown: string = path,
): { readonly children: string[]; readonly stat: Stat } {
  const znode = readable(tree, path, auth, shown)
  const { children } = znode
  const stat = shownStat(tree, path, znode)
  return { children: children === undefined ? [] : [...children], stat }
}

/**
 * READ or ADMIN is needed; without ADMIN the hashes of digests are masked.
 *
 * @throws ZooKeeperError `NO_NODE`, then `NO_AUTH`.
 */
export function aclOf(
  tree: Tree,
  path: string,
  auth: Auth,
  shown: string = path,
): { readonly acl: readonly Acl[]; readonly stat: Stat } {
  const znode = existing(tree, path, shown)
  const { acl } = znode
  if (!mayDo(acl, PERMS.READ | PERMS.ADMIN, auth)) throw noAuth(shown)
  return { acl: maskAcl(acl, auth), stat: shownStat(tree, path, znode) }
}

/** Paths of the session's ephemerals that begin with `prefix`, a plain string as in ZooKeeper; nobody is asked who. */
export function ephemeralsOf(tree: Tree, session: SessionId, prefix: string): string[] {
  const paths: string[] = []
  for (const path of tree.sessions.get(session)?.ephemerals ?? []) {
    if (path.startsWith(prefix)) paths.push(path)
  }
  return paths
}

/**
 * Number of znodes below. READ on the znode itself is enough. Takes time in proportion to what it counts.
 *
 * @throws ZooKeeperError `NO_NODE`, then `NO_AUTH`.
 */
export function descendantsOf(tree: Tree, path: string, auth: Auth, shown: string = path): number {
  readable(tree, path, auth, shown)
  if (path === '/') return tree.znodes.size - 1
  let count = 0
  const waiting = [path]
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    const znode = tree.get(parent)
    count += znode?.numChildren ?? 0
    for (const name of znode?.children ?? []) {
      const child = joinPath(parent, name)
      if (tree.get(child)?.children !== undefined) waiting.push(child)
    }
  }
  return count
}

/**
 * The first paths of the subtree in an order in which they can be deleted: children before their parents, at most
 * `limit`. The root is the last of them if it is among them; none if there is no such znode.
 *
 * @param names By which errors tell paths.
 * @throws ZooKeeperError `NO_AUTH` where it may not be seen whether there are children.
 */
export function bottomUp(
  tree: Tree,
  root: string,
  auth: Auth,
  limit: number,
  names: { leave(path: string): string },
): string[] {
  const paths: string[] = []
  const open: { readonly path: string; readonly children: Iterator<string> }[] = []
  const enter = (path: string): void => {
    const znode = tree.get(path)
    if (znode === undefined) return
    if (!mayRead(znode, auth)) throw noAuth(names.leave(path))
    open.push({ path, children: (znode.children ?? NO_CHILDREN).values() })
  }
  enter(root)
  for (let top = open.at(-1); top !== undefined && paths.length < limit; top = open.at(-1)) {
    const child = top.children.next()
    if (child.done !== true) {
      enter(joinPath(top.path, child.value))
    } else {
      paths.push(top.path)
      open.pop()
    }
  }
  return paths
}

/** What a read is allowed to see. */
function readable(tree: Tree, path: string, auth: Auth, shown: string): Znode {
  const znode = existing(tree, path, shown)
  if (!mayRead(znode, auth)) throw noAuth(shown)
  return znode
}

function existing(tree: Tree, path: string, shown: string): Znode {
  const znode = tree.get(path)
  if (znode !== undefined) return znode
  throw new ZooKeeperError('NO_NODE', `no znode ${shown}`, { path: shown })
}

/** Most znodes are open to everybody, which their ACL's identity tells: no list is walked for them. */
export function mayRead(znode: Znode, auth: Auth): boolean {
  return znode.acl === OPEN_ACL || mayDo(znode.acl, PERMS.READ, auth)
}

export function noAuth(path: string): ZooKeeperError {
  return new ZooKeeperError('NO_AUTH', `no permission to read ${path}`, { path })
}

/** That of a znode which shows the usage of a quota has the length of what it shows. */
function shownStat(
  tree: Tree,
  path: string,
  { stat }: Znode,
  usage: Uint8Array | undefined = quotaStatsData(tree, path),
): Stat {
  return usage === undefined ? stat : Object.freeze({ ...stat, dataLength: usage.length })
}
