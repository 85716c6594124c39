/**
 * The state that the tree will have once every proposed txn is committed: the changed znodes,
 * sessions and members over the tree. Only a leader has one. It knows nothing of proposals as such:
 * a leader that steps down drops it.
 */
import { assert } from '../base/assert.js'
import { OPEN_ACL } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import type { SessionId, SessionOrigin } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import { isOpen } from './access.js'
import { applyTxn } from './apply.js'
import { DivergenceError } from './divergence-error.js'
import { OverlaySession } from './overlay-session.js'
import type { MemberRecord } from './record.js'
import { originKey } from './session-state.js'
import type { Store } from './store.js'
import { Quotas, countUsage, setsQuota } from './quotas.js'
import type { Usage } from './quotas.js'
import { Touches } from './touches.js'
import type { Positioned, Tree } from './tree.js'
import type { Digest } from './txn.js'
import type { Znode } from './znode.js'

/** A path that a proposed txn changed. */
interface ProposedZnode {
  /** A copy of its own; `undefined` once deleted. */
  znode: Znode | undefined
  /** Last txn that changed it. */
  zxid: Zxid
  /** The stage it was copied for: a rollback needs the copy before. */
  readonly stage: number
}

/** What stood in the overlay before a stage changed it. */
interface Undo {
  readonly path: string
  readonly before: ProposedZnode | undefined
}

export class Overlay implements Store {
  readonly keepsResults = false
  readonly tree: Tree
  /** The digest that the tree will have after everything applied here. */
  digest: Digest
  /** What subtrees with a quota will have then. */
  readonly quotas: Quotas
  readonly #znodes: Map<string, ProposedZnode> = new Map()
  readonly #sessions: Map<SessionId, OverlaySession> = new Map()
  readonly #origins: Map<string, OverlaySession> = new Map()
  readonly #members: Map<number, { readonly member: MemberRecord; readonly zxid: Zxid }> = new Map()
  readonly #touchedPaths: Touches<string> = new Touches()
  readonly #touchedSessions: Touches<OverlaySession> = new Touches()
  /** Bytes of the paths of a session's ephemerals; counted when first asked for, kept up from then on. */
  readonly #ephemeralBytes: Map<SessionId, number> = new Map()
  /** The same before the stage, of those that it changed or that were first counted in it. */
  readonly #stageBytes: Map<SessionId, number | undefined> = new Map()
  #lastZxid: Zxid
  /** The txn being applied; 0 between two. */
  #zxid: Zxid = 0
  #stage: number = 0
  #undo: Undo[] | undefined = undefined
  #digestBefore: Digest = 0

  /** Starts with nothing proposed. */
  constructor(tree: Tree) {
    assert(!tree.isFuzzy, 'an overlay lies over an exact state')
    this.tree = tree
    this.digest = tree.digest
    this.quotas = new Quotas(tree.quotas.all)
    this.#lastZxid = tree.lastZxid
  }

  /** zxid of the last txn applied here. */
  get lastZxid(): Zxid {
    return this.#lastZxid
  }

  /** Changed paths and sessions that it holds, for metrics and tests. */
  get size(): number {
    return this.#znodes.size + this.#sessions.size + this.#members.size
  }

  /**
   * Applies a txn that was prepared before, say by an earlier leader. Throws as `Tree.apply` does.
   */
  apply(entry: Positioned): void {
    this.begin(entry.zxid)
    applyTxn(this, entry.zxid, entry.txn)
    this.end()
    if (this.digest === entry.txn.digest) return
    throw new DivergenceError(entry.zxid, entry.txn.digest, this.digest)
  }

  /** Whatever is changed until `end` is changed by the txn at `zxid`. */
  begin(zxid: Zxid): void {
    assert(this.#zxid === 0, 'one txn is prepared at a time')
    assert(zxid > this.#lastZxid, 'txns are prepared in their order')
    assert(zxid > this.tree.lastZxid, 'a txn is proposed before the tree applies it')
    this.#zxid = zxid
  }

  end(): void {
    assert(this.#zxid !== 0, 'what ends has begun')
    assert(this.#undo === undefined, 'a stage is committed or rolled back')
    this.#lastZxid = this.#zxid
    this.#zxid = 0
  }

  /**
   * What is changed to znodes from here on can be taken back, parents included (ZOOKEEPER-1624).
   */
  beginStage(): void {
    assert(this.#undo === undefined, 'stages do not nest')
    this.#undo = []
    this.#stageBytes.clear()
    this.quotas.beginStage()
    this.#stage++
    this.#digestBefore = this.digest
  }

  commitStage(): void {
    assert(this.#undo !== undefined, 'a stage that is committed has begun')
    this.#undo = undefined
    this.quotas.commitStage()
  }

  rollbackStage(): void {
    const undo = this.#undo
    assert(undo !== undefined, 'a stage that is rolled back has begun')
    this.#undo = undefined
    this.digest = this.#digestBefore
    this.quotas.rollbackStage()
    for (const [owner, bytes] of this.#stageBytes) {
      if (bytes === undefined) this.#ephemeralBytes.delete(owner)
      else this.#ephemeralBytes.set(owner, bytes)
    }
    for (const { path, before } of undo) {
      if (before === undefined) this.#znodes.delete(path)
      else this.#znodes.set(path, before)
    }
  }

  /** Lets go of what the tree, having applied everything up to `applied`, now shows by itself. */
  prune(applied: Zxid): void {
    assert(applied <= this.tree.lastZxid, 'only what the tree has applied is let go')
    for (let path; (path = this.#touchedPaths.take(applied)) !== undefined;) {
      const proposed = this.#znodes.get(path)
      if (proposed !== undefined && proposed.zxid <= applied) this.#znodes.delete(path)
    }
    for (let session; (session = this.#touchedSessions.take(applied)) !== undefined;) {
      if (session.zxid <= applied) this.#dropSession(session)
      else session.prune(applied, this.#isProposed)
    }
    for (const [replica, { zxid }] of this.#members) {
      if (zxid <= applied) this.#members.delete(replica)
    }
  }

  readonly #isProposed = (path: string): boolean => this.#znodes.has(path)

  #dropSession(session: OverlaySession): void {
    this.#sessions.delete(session.id)
    const key = originKey(session.origin)
    // The same origin may have asked again after its first session ended.
    if (this.#origins.get(key) === session) this.#origins.delete(key)
  }

  get(path: string): Znode | undefined {
    const proposed = this.#znodes.get(path)
    return proposed === undefined ? this.tree.get(path) : proposed.znode
  }

  change(path: string): Znode | undefined {
    const proposed = this.#znodes.get(path)
    if (proposed === undefined) {
      const committed = this.tree.get(path)
      return committed === undefined ? undefined : this.#propose(path, committed.copy(), undefined)
    }
    if (proposed.znode === undefined) return undefined
    if (this.#undo !== undefined && proposed.stage !== this.#stage) {
      return this.#propose(path, proposed.znode.copy(), proposed)
    }
    this.#touch(path, proposed)
    return proposed.znode
  }

  insert(path: string, znode: Znode, _parentPath: string, parent: Znode): void {
    this.#set(path, znode)
    parent.countChildren(1)
    this.quotas.count(path, 1, znode.data?.length ?? 0)
    if (setsQuota(path)) this.quotas.limit(path, znode.data, this.#usageOf)
    if (znode.owner === 0) return
    const session = this.changeSession(znode.owner)
    assert(session !== undefined, 'an ephemeral belongs to a session')
    session.created.add(path)
    this.#countEphemeral(znode.owner, path.length)
  }

  remove(path: string, znode: Znode, _parentPath: string, parent: Znode): void {
    this.#set(path, undefined)
    parent.countChildren(-1)
    this.quotas.count(path, -1, -(znode.data?.length ?? 0))
    this.quotas.unlimit(path)
    this.#countEphemeral(znode.owner, -path.length)
  }

  /** Length of the paths of the session's ephemerals: all of them stand in the one txn that closes it. */
  ephemeralBytesOf(id: SessionId): number {
    let bytes = this.#ephemeralBytes.get(id)
    if (bytes === undefined) {
      bytes = this.ephemeralsOf(id).reduce((sum, path) => sum + path.length, 0)
      if (this.#undo !== undefined) this.#stageBytes.set(id, undefined)
      this.#ephemeralBytes.set(id, bytes)
    }
    return bytes
  }

  #countEphemeral(owner: SessionId, bytes: number): void {
    const before = this.#ephemeralBytes.get(owner)
    if (before === undefined) return
    if (!this.#stageBytes.has(owner)) this.#stageBytes.set(owner, before)
    this.#ephemeralBytes.set(owner, before + bytes)
  }

  dataChanged(path: string, znode: Znode, bytes: number): void {
    if (this.quotas.all.size === 0) return
    this.quotas.count(path, 0, bytes)
    this.quotas.limit(path, znode.data, this.#usageOf)
  }

  /** What the tree has below the path, but for what proposed txns changed there. */
  readonly #usageOf = (root: string): Usage => {
    let { count, bytes } = countUsage(this.tree, root)
    for (const [path, { znode }] of this.#znodes) {
      if (path !== root && !path.startsWith(`${root}/`)) continue
      const committed = this.tree.get(path)
      count += (znode === undefined ? 0 : 1) - (committed === undefined ? 0 : 1)
      bytes += (znode?.data?.length ?? 0) - (committed?.data?.length ?? 0)
    }
    return { count, bytes }
  }

  replaceAcl(_before: readonly Acl[], after: readonly Acl[]): readonly Acl[] {
    return isOpen(after) ? OPEN_ACL : after
  }

  #set(path: string, znode: Znode | undefined): void {
    const proposed = this.#znodes.get(path)
    if (proposed === undefined || (this.#undo !== undefined && proposed.stage !== this.#stage)) {
      this.#propose(path, znode, proposed)
      return
    }
    proposed.znode = znode
    this.#touch(path, proposed)
  }

  #propose<Z extends Znode | undefined>(
    path: string,
    znode: Z,
    before: ProposedZnode | undefined,
  ): Z {
    assert(this.#zxid !== 0, 'a txn changes the state')
    this.#undo?.push({ path, before })
    this.#znodes.set(path, { znode, zxid: this.#zxid, stage: this.#stage })
    this.#touchedPaths.push(this.#zxid, path)
    return znode
  }

  #touch(path: string, proposed: ProposedZnode): void {
    assert(this.#zxid !== 0, 'a txn changes the state')
    if (proposed.zxid === this.#zxid) return
    proposed.zxid = this.#zxid
    this.#touchedPaths.push(this.#zxid, path)
  }

  hasSession(id: SessionId): boolean {
    const session = this.#sessions.get(id)
    return session === undefined ? this.tree.hasSession(id) : !session.isClosed
  }

  /** The last cxid prepared for the session; `undefined` for a session that is not there. */
  lastCxidOf(id: SessionId): number | undefined {
    const session = this.#sessions.get(id)
    if (session === undefined) return this.tree.sessions.get(id)?.lastCxid
    return session.isClosed ? undefined : session.lastCxid
  }

  /** zxid of the txn that gave the session to its View; `undefined` for a session that is not there. */
  attachedOf(id: SessionId): Zxid | undefined {
    const session = this.#sessions.get(id)
    if (session === undefined) return this.tree.sessions.get(id)?.attached
    return session.isClosed ? undefined : session.attached
  }

  isRemote(id: SessionId): boolean {
    return (this.#sessions.get(id) ?? this.tree.sessions.get(id))?.isRemote === true
  }

  /** Whether the session that this origin asked for exists. */
  hasOrigin(origin: SessionOrigin): boolean {
    const proposed = this.#origins.get(originKey(origin))
    if (proposed !== undefined) return !proposed.isClosed
    const committed = this.tree.sessionByOrigin(origin)
    return committed !== undefined && this.hasSession(committed.id)
  }

  /** Every session there is: those of the tree in order of creation, then the proposed ones. */
  *sessions(): Generator<{
    readonly id: SessionId
    readonly origin: SessionOrigin
    readonly isRemote: boolean
  }> {
    for (const session of this.tree.sessions.values())
      if (this.hasSession(session.id)) yield this.#sessions.get(session.id) ?? session
    for (const session of this.#sessions.values()) {
      if (!session.isClosed && !this.tree.hasSession(session.id)) yield session
    }
  }

  /** Paths of exactly the ephemerals that the session owns now, proposed ones included. */
  ephemeralsOf(id: SessionId): string[] {
    const committed = this.tree.sessions.get(id)?.ephemerals ?? []
    const paths: string[] = []
    for (const path of committed) if (this.get(path)?.owner === id) paths.push(path)
    const listed = new Set(paths)
    for (const path of this.#sessions.get(id)?.created ?? []) {
      if (!listed.has(path) && this.get(path)?.owner === id) paths.push(path)
    }
    return paths
  }

  changeSession(id: SessionId): OverlaySession | undefined {
    let session = this.#sessions.get(id)
    if (session === undefined) {
      const committed = this.tree.sessions.get(id)
      if (committed === undefined) return undefined
      const { timeoutMs, origin, password } = committed
      session = this.#addSession(id, timeoutMs, origin, password)
    }
    if (session.isClosed) return undefined
    this.#touchSession(session)
    return session
  }

  openSession(
    id: SessionId,
    timeoutMs: number,
    origin: SessionOrigin,
    password: Uint8Array | undefined,
  ): OverlaySession {
    const session = this.#addSession(id, timeoutMs, origin, password)
    this.#touchSession(session)
    return session
  }

  attachSession(session: OverlaySession, origin: SessionOrigin, zxid: Zxid): void {
    const key = originKey(session.origin)
    if (this.#origins.get(key) === session) this.#origins.delete(key)
    session.attach(origin, zxid)
    this.#origins.set(originKey(origin), session)
  }

  endSession(session: OverlaySession): void {
    session.isClosed = true
    this.#ephemeralBytes.delete(session.id)
  }

  #addSession(
    id: SessionId,
    timeoutMs: number,
    origin: SessionOrigin,
    password: Uint8Array | undefined,
  ): OverlaySession {
    const session = new OverlaySession(this.tree, id, timeoutMs, origin, password)
    this.#sessions.set(id, session)
    this.#origins.set(originKey(origin), session)
    return session
  }

  #touchSession(session: OverlaySession): void {
    assert(this.#zxid !== 0, 'a txn changes the state')
    if (session.zxid === this.#zxid) return
    session.zxid = this.#zxid
    this.#touchedSessions.push(this.#zxid, session)
  }

  member(replica: number): MemberRecord | undefined {
    return this.#members.get(replica)?.member ?? this.tree.members.get(replica)
  }

  setMember(member: MemberRecord): void {
    assert(this.#zxid !== 0, 'a txn changes the state')
    this.#members.set(member.replica, { member, zxid: this.#zxid })
  }
}
