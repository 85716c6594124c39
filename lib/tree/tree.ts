/**
 * The replicated state: znodes, sessions and members, as of one zxid. Everything in it is
 * committed.
 *
 * It only applies txns; what a request comes to is decided elsewhere (prepare.ts). Watches are
 * elsewhere too (watches.ts): a tree tells what changed and nothing more.
 */
import { assert } from '../base/assert.js'
import type { Acl } from '../protocol/acl.js'
import { KEPT } from '../protocol/retention.js'
import { nameOf, parentOf } from '../protocol/path.js'
import type { SessionId, SessionOrigin } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import { AclTable } from './acl-table.js'
import { applyTxn } from './apply.js'
import { changeOf } from './change.js'
import type { Applied, Change } from './change.js'
import { checkTree } from './check.js'
import { addDigest, hashMember } from './digest.js'
import { DivergenceError } from './divergence-error.js'
import { Quotas, countQuotas, countUsage, setsQuota } from './quotas.js'
import type { Usage } from './quotas.js'
import type { MemberRecord, SnapshotTail, ZnodeRecord } from './record.js'
import { replayTxn } from './replay.js'
import { SessionState, originKey, sessionFromRecord } from './session-state.js'
import type { Store } from './store.js'
import { SYSTEM_RECORDS, isSystemPath } from './system-nodes.js'
import type { Digest, Txn, TxnBody } from './txn.js'
import { Walk } from './walk.js'
import { znodeFromRecord } from './znode.js'
import type { Znode } from './znode.js'

/**
 * `strict` for a txn of which everything before it is applied; `fuzzy` up to the end of a snapshot.
 */
export type ApplyMode = 'strict' | 'fuzzy'

/** A txn and its place in the order. */
export interface Positioned {
  readonly zxid: Zxid
  readonly txn: Txn
}

/** Memory of a znode or session beside its path and data, about. */
const ZNODE_BYTES = 600
const NO_CHANGES: readonly Change[] = Object.freeze([])
const NO_SESSIONS: readonly SessionId[] = Object.freeze([])
const NOTHING: Applied = Object.freeze({
  changes: NO_CHANGES,
  outcome: undefined,
  session: undefined,
  closed: NO_SESSIONS,
})

export class Tree implements Store {
  readonly keepsResults = true
  /** Sum of the hashes of all that it holds; apply keeps it up. */
  digest: Digest = 0
  readonly #znodes: Map<string, Znode> = new Map()
  readonly #sessions: Map<SessionId, SessionState> = new Map()
  readonly #sessionsByOrigin: Map<string, SessionState> = new Map()
  readonly #members: Map<number, MemberRecord> = new Map()
  readonly #acls: AclTable = new AclTable()
  /** Containers and znodes with a time to live. */
  readonly #retained: Set<string> = new Set()
  #quotas: Quotas = new Quotas()
  /** Not while a snapshot is loaded and replayed over: all is counted at once at its end. */
  #countsQuotas: boolean = true
  #lastZxid: Zxid = 0
  #bytes: number = 0
  /** Changes of the txn being applied. */
  #changes: Change[] = []
  /** Of the snapshot that it was loaded from: before `end` its state is a mixture. */
  #tail: SnapshotTail | undefined = undefined

  /** A tree before the first txn: the znodes that are always there, and nothing else. */
  constructor() {
    for (const record of SYSTEM_RECORDS) this.#loadZnode(record)
    this.#changes = []
  }

  /** zxid of the last txn applied, all of it. */
  get lastZxid(): Zxid {
    return this.#lastZxid
  }

  /** Znodes, the root and the others that are always there included. */
  get size(): number {
    return this.#znodes.size
  }

  /** Memory it takes, about. */
  get bytes(): number {
    return this.#bytes
  }

  /** Loaded from a snapshot and not yet at its end: nobody may be shown this state. */
  get isFuzzy(): boolean {
    return this.#tail !== undefined && this.#lastZxid < this.#tail.end
  }

  get sessions(): ReadonlyMap<SessionId, SessionState> {
    return this.#sessions
  }

  get members(): ReadonlyMap<number, MemberRecord> {
    return this.#members
  }

  /** All znodes by path, in order of creation: parents before their children. */
  get znodes(): ReadonlyMap<string, Znode> {
    return this.#znodes
  }

  /** Paths of all containers and znodes with a time to live, oldest first. */
  get retained(): ReadonlySet<string> {
    return this.#retained
  }

  /** Of an exact state only: while it is fuzzy nothing is counted. */
  get quotas(): Quotas {
    return this.#quotas
  }

  /** The access control lists of its znodes, each once. */
  get acls(): AclTable {
    return this.#acls
  }

  get(path: string): Znode | undefined {
    return this.#znodes.get(path)
  }

  /** The session that this origin asked for. */
  sessionByOrigin(origin: SessionOrigin): SessionState | undefined {
    return this.#sessionsByOrigin.get(originKey(origin))
  }

  /**
   * Applies the next txn.
   *
   * Throws a `DivergenceError` if the digest afterwards is not the leader's, an `InvariantError` if
   * the txn cannot follow this state. After either the tree is of no further use. Fuzzy replay
   * checks the digest at the end of the snapshot only.
   */
  apply(entry: Positioned, mode: ApplyMode): Applied {
    return mode === 'strict' ? this.#applyStrictly(entry) : this.#replay(entry)
  }

  #applyStrictly({ zxid, txn }: Positioned): Applied {
    assert(zxid > this.#lastZxid, 'txns are applied in their order')
    assert(!this.isFuzzy, 'a snapshot is exact only at its end')
    const outcome = applyTxn(this, zxid, txn)
    const changes = this.#takeChanges()
    // Only now: a position covers all operations of a multi (ZOOKEEPER-3127).
    this.#lastZxid = zxid
    if (this.digest !== txn.digest) throw new DivergenceError(zxid, txn.digest, this.digest)
    return { changes, outcome, session: sessionOf(zxid, txn.body), closed: closedBy(txn.body) }
  }

  #replay({ zxid, txn }: Positioned): Applied {
    const tail = this.#tail
    assert(tail !== undefined, 'only a snapshot is replayed over')
    assert(zxid <= tail.end, 'replay ends with the snapshot')
    replayTxn(this, zxid, txn)
    this.#takeChanges()
    if (zxid > this.#lastZxid) this.#lastZxid = zxid
    if (zxid === tail.end) this.#checkTail(tail)
    return NOTHING
  }

  #takeChanges(): readonly Change[] {
    if (this.#changes.length === 0) return NO_CHANGES
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  /**
   * Adds znodes of a snapshot, the root first and parents before their children, to a new tree: they
   * take the place of what is always there. Before `loadTail`.
   */
  load(records: readonly ZnodeRecord[]): void {
    assert(this.#tail === undefined, 'znodes of a snapshot come before its tail')
    assert(this.#lastZxid === 0, 'a snapshot is loaded into a new tree')
    this.#countsQuotas = false
    for (const record of records) {
      if (record.path === '/') this.#clear()
      this.#loadZnode(record)
    }
    this.#changes = []
  }

  #clear(): void {
    assert(this.#znodes.size === SYSTEM_RECORDS.length, 'the root is the first row')
    for (const [path, { acl }] of this.#znodes) {
      assert(isSystemPath(path), 'a snapshot is loaded into a new tree')
      this.#acls.release(acl)
    }
    this.#znodes.clear()
    this.digest = 0
    this.#bytes = 0
  }

  #loadZnode(record: ZnodeRecord): void {
    const znode = znodeFromRecord(record)
    const { path } = record
    const parentPath = parentOf(path)
    const parent = path === '/' ? undefined : this.#znodes.get(parentPath)
    assert(parent !== undefined || path === '/', 'rows of parents come first')
    assert(!this.#znodes.has(path), 'a path has one row')
    this.insert(path, znode, parentPath, parent)
    this.digest = addDigest(this.digest, znode.hash)
  }

  /**
   * Adds the rest of a snapshot after its last znode. The log (tail.start, tail.end] is then
   * replayed in fuzzy mode. Throws a `DivergenceError` if nothing is to be replayed and the digest
   * is wrong.
   */
  loadTail(tail: SnapshotTail): void {
    assert(this.#tail === undefined, 'a snapshot has one tail')
    assert(tail.start <= tail.end, 'a snapshot begins before it ends')
    for (const record of tail.sessions) {
      assert(!this.#sessions.has(record.id), 'a session has one row')
      this.#addSession(sessionFromRecord(record))
    }
    for (const member of tail.members) {
      assert(!this.#members.has(member.replica), 'a member has one row')
      this.#members.set(member.replica, member)
      this.digest = addDigest(this.digest, hashMember(member))
    }
    for (const session of this.#sessions.values()) {
      this.digest = addDigest(this.digest, session.hash)
    }
    // An ephemeral whose session is gone by the end is deleted by the replay; it needs no owner
    // until then.
    for (const [path, znode] of this.#znodes) {
      if (znode.owner !== 0) this.#sessions.get(znode.owner)?.ephemerals.add(path)
    }
    this.#tail = tail
    this.#lastZxid = tail.start
    if (tail.start === tail.end) this.#checkTail(tail)
  }

  #checkTail(tail: SnapshotTail): void {
    this.#quotas = countQuotas(this)
    this.#countsQuotas = true
    if (this.digest === tail.digest) return
    throw new DivergenceError(tail.end, tail.digest, this.digest)
  }

  /**
   * Begins a snapshot's walk at `lastZxid`. Applying txns while it goes on is what it is made for.
   */
  walk(start: Zxid): Walk {
    assert(start === this.#lastZxid, 'a walk begins at the state that is there')
    assert(!this.isFuzzy, 'a snapshot is not taken of half a snapshot')
    return new Walk(start, this.#znodes)
  }

  /** The rest of the snapshot whose walk began at `start` and is done; it ends at `lastZxid`. */
  tail(start: Zxid): SnapshotTail {
    assert(start <= this.#lastZxid, 'a snapshot begins before it ends')
    assert(!this.isFuzzy, 'a snapshot is not taken of half a snapshot')
    const sessions = Array.from(this.#sessions.values(), (session) => session.toRecord())
    const members = [...this.#members.values()]
    return { start, end: this.#lastZxid, digest: this.digest, sessions, members }
  }

  /** Counts everything again and asserts that it adds up. Takes time in proportion to the tree. */
  check(): void {
    assert(!this.isFuzzy, 'half a snapshot does not add up')
    checkTree(this)
  }

  // What apply and replay need (store.ts); nobody else calls these.

  change(path: string): Znode | undefined {
    return this.#znodes.get(path)
  }

  /** Without a parent only the root, and in fuzzy replay. */
  insert(path: string, znode: Znode, parentPath: string, parent: Znode | undefined): void {
    znode.acl = this.#acls.retain(znode.acl)
    this.#znodes.set(path, znode)
    if (znode.retention !== KEPT) this.#retained.add(path)
    parent?.addChild(nameOf(path))
    if (znode.owner !== 0) this.#sessions.get(znode.owner)?.ephemerals.add(path)
    this.#bytes += ZNODE_BYTES + path.length + lengthOf(znode)
    this.#quotas.count(path, 1, lengthOf(znode))
    if (this.#countsQuotas && setsQuota(path)) this.#quotas.limit(path, znode.data, this.#usageOf)
    this.#changes.push(changeOf('created', path, znode, parentPath, parent))
  }

  /** Without a parent only in fuzzy replay. */
  remove(path: string, znode: Znode, parentPath: string, parent: Znode | undefined): void {
    this.#znodes.delete(path)
    if (znode.retention !== KEPT) this.#retained.delete(path)
    parent?.removeChild(nameOf(path))
    if (znode.owner !== 0) this.#sessions.get(znode.owner)?.ephemerals.delete(path)
    this.#bytes -= ZNODE_BYTES + path.length + lengthOf(znode)
    this.#quotas.count(path, -1, -lengthOf(znode))
    this.#quotas.unlimit(path)
    this.#acls.release(znode.acl)
    this.#changes.push(changeOf('deleted', path, znode, parentPath, parent))
  }

  dataChanged(path: string, znode: Znode, bytes: number): void {
    this.#bytes += bytes
    if (this.#quotas.all.size > 0) {
      this.#quotas.count(path, 0, bytes)
      this.#quotas.limit(path, znode.data, this.#usageOf)
    }
    this.#changes.push(changeOf('data', path, znode, parentOf(path), undefined))
  }

  readonly #usageOf = (root: string): Usage => countUsage(this, root)

  replaceAcl(before: readonly Acl[], after: readonly Acl[]): readonly Acl[] {
    const kept = this.#acls.retain(after)
    this.#acls.release(before)
    return kept
  }

  hasSession(id: SessionId): boolean {
    return this.#sessions.has(id)
  }

  changeSession(id: SessionId): SessionState | undefined {
    return this.#sessions.get(id)
  }

  openSession(
    id: SessionId,
    timeoutMs: number,
    origin: SessionOrigin,
    password: Uint8Array | undefined,
  ): SessionState {
    const session = new SessionState(id, timeoutMs, origin, password)
    this.#addSession(session)
    return session
  }

  attachSession(session: SessionState, origin: SessionOrigin, zxid: Zxid): void {
    assert(!this.#sessionsByOrigin.has(originKey(origin)), 'an origin asks for one session')
    this.#sessionsByOrigin.delete(originKey(session.origin))
    session.attach(origin, zxid)
    this.#sessionsByOrigin.set(originKey(origin), session)
  }

  #addSession(session: SessionState): void {
    const key = originKey(session.origin)
    assert(!this.#sessionsByOrigin.has(key), 'an origin asks for one session')
    this.#sessionsByOrigin.set(key, session)
    this.#sessions.set(session.id, session)
    this.#bytes += ZNODE_BYTES
  }

  endSession(session: SessionState): void {
    assert(session.ephemerals.size === 0, 'a session takes all its ephemerals with it')
    this.#sessionsByOrigin.delete(originKey(session.origin))
    this.#sessions.delete(session.id)
    this.#bytes -= ZNODE_BYTES
  }

  member(replica: number): MemberRecord | undefined {
    return this.#members.get(replica)
  }

  setMember(member: MemberRecord): void {
    this.#members.set(member.replica, member)
  }
}

function sessionOf(zxid: Zxid, body: TxnBody): SessionId | undefined {
  if (body.kind === 'createSession') return zxid
  return body.kind === 'closeSession' ? body.session : undefined
}

function closedBy(body: TxnBody): readonly SessionId[] {
  if (body.kind === 'closeSession') return [body.session]
  if (body.kind !== 'register' || body.closed.length === 0) return NO_SESSIONS
  return body.closed.map((closed) => closed.session)
}

function lengthOf(znode: Znode): number {
  return znode.data === undefined ? 0 : znode.data.length
}
