/** One state of one znode, and how it follows from the state before. A state is never changed. */
import { OPEN, isOpen } from './access.js'
import { accessHash, contentHash, identityHash, plus, znodeHash } from './digest.js'
import type { Acl, Retention, SessionId, Stat, Zxid } from './types.js'

export interface Znode {
  readonly data: Uint8Array | undefined
  readonly czxid: Zxid
  readonly ctime: number
  readonly mzxid: Zxid
  readonly mtime: number
  readonly pzxid: Zxid
  readonly version: number
  /** Children ever created. */
  readonly created: number
  /** Children ever deleted. */
  readonly deleted: number
  readonly owner: SessionId
  /** Children that nobody created: they were always there, and always will be. */
  readonly always: number
  readonly acl: readonly Acl[]
  readonly aversion: number
  readonly retention: Retention
  readonly identity: number
  readonly content: number
}

export function newZnode(
  path: string,
  data: Uint8Array | undefined,
  owner: SessionId,
  zxid: Zxid,
  timeMs: number,
  acl: readonly Acl[] = OPEN,
  retention: Retention = 0,
): Znode {
  return {
    data,
    czxid: zxid,
    ctime: timeMs,
    mzxid: zxid,
    mtime: timeMs,
    pzxid: zxid,
    version: 0,
    created: 0,
    deleted: 0,
    owner,
    always: 0,
    acl,
    aversion: 0,
    retention,
    identity: identityHash(path, zxid, timeMs, owner),
    content: contentHash(data, zxid, timeMs, 0),
  }
}

export function withData(
  znode: Znode,
  data: Uint8Array | undefined,
  zxid: Zxid,
  timeMs: number,
): Znode {
  const version = versionAfter(znode.version)
  const content = contentHash(data, zxid, timeMs, version)
  return { ...znode, data, version, mzxid: zxid, mtime: timeMs, content }
}

export function withChildCreated(znode: Znode, zxid: Zxid): Znode {
  return { ...znode, created: znode.created + 1, pzxid: zxid }
}

export function withChildDeleted(znode: Znode, zxid: Zxid): Znode {
  return { ...znode, deleted: znode.deleted + 1, pzxid: zxid }
}

export function withAcl(znode: Znode, acl: readonly Acl[]): Znode {
  return { ...znode, acl, aversion: versionAfter(znode.aversion) }
}

export function childCount(znode: Znode): number {
  return znode.always + znode.created - znode.deleted
}

export function statOf(znode: Znode): Stat {
  return {
    czxid: znode.czxid,
    mzxid: znode.mzxid,
    pzxid: znode.pzxid,
    ctime: znode.ctime,
    mtime: znode.mtime,
    version: znode.version,
    // As in ZooKeeper, where it is twice the creations less the children that there are.
    cversion: znode.created + znode.deleted - znode.always,
    aversion: znode.aversion,
    ephemeralOwner: znode.owner,
    dataLength: znode.data?.length ?? 0,
    numChildren: childCount(znode),
  }
}

export function hashOf(znode: Znode): number {
  const { identity, acl, aversion, retention } = znode
  const hash = znodeHash(identity, znode.content, znode.pzxid, znode.created)
  if (isOpen(acl) && aversion === 0 && retention === 0) return hash
  return plus(hash, accessHash(identity, acl, aversion, retention))
}

/** An int32 that wraps, and leaves −1 out, which means "any" (ZOOKEEPER-4743). */
function versionAfter(version: number): number {
  if (version === -2) return 0
  return version === 2 ** 31 - 1 ? -(2 ** 31) : version + 1
}
