/**
 * One znode in memory, with the two hashes that make its part of the digest cheap to change.
 *
 * It does not know its path (the map that holds it does), nor who watches it. In an overlay it is a
 * copy without names of children; there only their number counts.
 */
import { OPEN_ACL } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import type { SessionId } from '../protocol/request.js'
import { KEPT } from '../protocol/retention.js'
import type { Retention } from '../protocol/retention.js'
import type { Stat } from '../protocol/stat.js'
import type { Zxid } from '../protocol/zxid.js'
import { addDigest, hashAccess, hashContent, hashIdentity, hashZnode } from './digest.js'
import type { ZnodeRecord } from './record.js'
import type { Digest } from './txn.js'

export class Znode {
  readonly czxid: Zxid
  readonly ctime: number
  /** Session that owns it; 0 for a persistent znode. */
  readonly owner: SessionId
  /** How long it stays if no session owns it. */
  readonly retention: Retention
  data: Uint8Array | undefined
  mzxid: Zxid
  mtime: number
  pzxid: Zxid
  version: number
  /** Children ever created: what the next sequential child is numbered by. */
  created: number
  /** Who may do what: {@link OPEN_ACL} itself, unless told otherwise. */
  acl: readonly Acl[]
  /** Version of `acl`. */
  aversion: number
  numChildren: number = 0
  /** Names of the children; `undefined` for none, which spares most znodes an empty set. */
  children: Set<string> | undefined = undefined
  readonly #identity: Digest
  #content: Digest
  /** Of ACL and retention; 0 for those that most znodes have. */
  #access: Digest
  #stat: Stat | undefined = undefined

  /** Use {@link createZnode} or {@link znodeFromRecord}. */
  constructor(
    czxid: Zxid,
    ctime: number,
    owner: SessionId,
    data: Uint8Array | undefined,
    mzxid: Zxid,
    mtime: number,
    pzxid: Zxid,
    version: number,
    created: number,
    acl: readonly Acl[],
    aversion: number,
    retention: Retention,
    identity: Digest,
    content: Digest,
    access: Digest,
  ) {
    this.czxid = czxid
    this.ctime = ctime
    this.owner = owner
    this.data = data
    this.mzxid = mzxid
    this.mtime = mtime
    this.pzxid = pzxid
    this.version = version
    this.created = created
    this.acl = acl
    this.aversion = aversion
    this.retention = retention
    this.#identity = identity
    this.#content = content
    this.#access = access
  }

  /** This state as ZooKeeper shows it: frozen, one object per state, made when first asked for. */
  get stat(): Stat {
    this.#stat ??= Object.freeze({
      czxid: this.czxid,
      mzxid: this.mzxid,
      pzxid: this.pzxid,
      ctime: this.ctime,
      mtime: this.mtime,
      version: this.version,
      // Creations plus deletions, and every child ever created that is not here was deleted.
      cversion: 2 * this.created - this.numChildren,
      aversion: this.aversion,
      ephemeralOwner: this.owner,
      dataLength: this.data === undefined ? 0 : this.data.length,
      numChildren: this.numChildren,
    })
    return this.#stat
  }

  /** This znode's part of the digest. */
  get hash(): Digest {
    const hash = hashZnode(this.#identity, this.#content, this.pzxid, this.created)
    return this.#access === 0 ? hash : addDigest(hash, this.#access)
  }

  /** `acl` is the one list that is kept for all that equal it. */
  setAcl(acl: readonly Acl[], aversion: number): void {
    this.acl = acl
    this.aversion = aversion
    this.#access = accessOf(this.#identity, acl, aversion, this.retention)
    this.#stat = undefined
  }

  setData(data: Uint8Array | undefined, version: number, zxid: Zxid, time: number): void {
    this.data = data
    this.version = version
    this.mzxid = zxid
    this.mtime = time
    this.#content = hashContent(data, zxid, time, version)
    this.#stat = undefined
  }

  /** A child was created or deleted by the txn at `zxid`; `created` is the count after it. */
  childrenChanged(created: number, zxid: Zxid): void {
    this.created = created
    this.pzxid = zxid
    this.#stat = undefined
  }

  addChild(name: string): void {
    this.children ??= new Set()
    this.children.add(name)
    this.numChildren = this.children.size
    this.#stat = undefined
  }

  /** Does nothing if there is no such child. */
  removeChild(name: string): void {
    if (this.children === undefined) return
    this.children.delete(name)
    this.numChildren = this.children.size
    if (this.numChildren === 0) this.children = undefined
    this.#stat = undefined
  }

  /** Changes the number of children of a copy that does not keep their names. */
  countChildren(change: 1 | -1): void {
    this.numChildren += change
    this.#stat = undefined
  }

  /**
   * A copy for an overlay: the same state and hashes, the number of children but not their names.
   */
  copy(): Znode {
    const copy = new Znode(
      this.czxid,
      this.ctime,
      this.owner,
      this.data,
      this.mzxid,
      this.mtime,
      this.pzxid,
      this.version,
      this.created,
      this.acl,
      this.aversion,
      this.retention,
      this.#identity,
      this.#content,
      this.#access,
    )
    copy.numChildren = this.numChildren
    return copy
  }

  toRecord(path: string): ZnodeRecord {
    const record = {
      path,
      data: this.data,
      czxid: this.czxid,
      ctime: this.ctime,
      mzxid: this.mzxid,
      mtime: this.mtime,
      pzxid: this.pzxid,
      version: this.version,
      created: this.created,
      owner: this.owner,
    }
    const { acl, aversion, retention } = this
    if (acl === OPEN_ACL && aversion === 0 && retention === KEPT) return record
    return { ...record, acl, aversion, retention }
  }
}

/**
 * A znode as the txn at `zxid` creates it. Keeps `data` and `acl`, which nobody may change
 * afterwards.
 */
export function createZnode(
  path: string,
  data: Uint8Array | undefined,
  owner: SessionId,
  zxid: Zxid,
  time: number,
  acl: readonly Acl[] = OPEN_ACL,
  retention: Retention = KEPT,
): Znode {
  const identity = hashIdentity(path, zxid, time, owner)
  const content = hashContent(data, zxid, time, 0)
  return new Znode(
    zxid,
    time,
    owner,
    data,
    zxid,
    time,
    zxid,
    0,
    0,
    acl,
    0,
    retention,
    identity,
    content,
    accessOf(identity, acl, 0, retention),
  )
}

/** A znode as a snapshot holds it, without children: they come as rows of their own. */
export function znodeFromRecord(record: ZnodeRecord): Znode {
  const { acl = OPEN_ACL, aversion = 0, retention = KEPT } = record
  const identity = hashIdentity(record.path, record.czxid, record.ctime, record.owner)
  return new Znode(
    record.czxid,
    record.ctime,
    record.owner,
    record.data,
    record.mzxid,
    record.mtime,
    record.pzxid,
    record.version,
    record.created,
    acl,
    aversion,
    retention,
    identity,
    hashContent(record.data, record.mzxid, record.mtime, record.version),
    accessOf(identity, acl, aversion, retention),
  )
}

function accessOf(
  identity: Digest,
  acl: readonly Acl[],
  aversion: number,
  retention: Retention,
): Digest {
  if (acl === OPEN_ACL && aversion === 0 && retention === KEPT) return 0
  return hashAccess(identity, acl, aversion, retention)
}
