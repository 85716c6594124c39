/**
 * The independent model: a plain sequential znode tree that executes *requests*, one at a time in the order in which
 * they were decided, and so says what every result, stat, child list, event and digest must be, now and at every
 * earlier position. Written from ZooKeeper's rules; shares nothing with the library that it is there to check.
 *
 * It knows no replicas, no time of its own and no failures but those that ZooKeeper defines.
 */
import { ChildHistory } from './child-history.js'
import { Changes } from './changes.js'
import { memberHash, minus, plus } from './digest.js'
import { Draft } from './draft.js'
import type { Base } from './draft.js'
import { lastName, parentPath } from './path.js'
import { shownUsage } from './quota.js'
import { OpenSession } from './sessions.js'
import type { Failure } from './sessions.js'
import { SYSTEM_ZNODES } from './system.js'
import { Timeline } from './timeline.js'
import { ERRNO } from './types.js'
import type {
  Asked,
  Effect,
  FailureCode,
  Operation,
  Origin,
  Outcome,
  Registration,
  Result,
  SessionId,
  SetAclRequest,
  Stat,
  Zxid,
} from './types.js'
import { childCount, hashOf, statOf } from './znode.js'
import type { Znode } from './znode.js'

/** What a request came to, and what its txn has to say. */
export interface Executed {
  readonly outcome: Outcome
  /** One per operation; empty if it failed. */
  readonly effects: readonly Effect[]
  /** Of the session that it closed, in no particular order. */
  readonly closed: readonly string[]
}

/** A container that never had a child stays for so long. */
const NEVER_USED_MS = 300_000

const NOTHING: Executed = { outcome: { kind: 'ok', results: [] }, effects: [], closed: [] }

export class Model implements Base {
  readonly changes: Changes = new Changes()
  readonly #znodes = new Map<string, Timeline<Znode | undefined>>()
  readonly #children = new Map<string, ChildHistory>()
  readonly #sessions = new Map<SessionId, OpenSession>()
  readonly #members = new Map<number, Registration>()
  readonly #digests = new Timeline<number>()
  #lastZxid: Zxid = 0
  #digest = 0

  constructor() {
    for (const [path, znode] of SYSTEM_ZNODES) {
      this.#timeline(path).set(0, znode)
      this.#digest = plus(this.#digest, hashOf(znode))
      if (path !== '/') this.#childrenOf(parentPath(path)).set(0, lastName(path), true)
    }
    this.#digests.set(0, this.#digest)
  }

  /** Position of the last txn. */
  get lastZxid(): Zxid {
    return this.#lastZxid
  }

  /** After the last txn. */
  get digest(): number {
    return this.#digest
  }

  /** After the last txn at or before `zxid`. */
  digestAt(zxid: Zxid): number {
    return this.#digests.at(zxid) ?? 0
  }

  get openSessions(): ReadonlyMap<SessionId, OpenSession> {
    return this.#sessions
  }

  znode(path: string): Znode | undefined {
    return this.#znodes.get(path)?.last
  }

  /** The newest state of each. */
  *znodes(): Generator<readonly [string, Znode]> {
    for (const [path, { last }] of this.#znodes) if (last !== undefined) yield [path, last]
  }

  znodeAt(path: string, zxid: Zxid): Znode | undefined {
    return this.#znodes.get(path)?.at(zxid)
  }

  /** The stat at that position; `undefined` if there is no znode. */
  exists(path: string, zxid: Zxid = this.#lastZxid): Stat | undefined {
    return this.getData(path, zxid)?.stat
  }

  getData(
    path: string,
    zxid: Zxid = this.#lastZxid,
  ): { readonly data: Uint8Array | undefined; readonly stat: Stat } | undefined {
    const znode = this.znodeAt(path, zxid)
    if (znode === undefined) return undefined
    const stat = statOf(znode)
    const usage = shownUsage(
      path,
      (at) => this.znodeAt(at, zxid),
      () => [...this.#znodes].map(([at, states]) => [at, states.at(zxid)]),
    )
    if (usage === undefined) return { data: znode.data, stat }
    return { data: new TextEncoder().encode(usage), stat: { ...stat, dataLength: usage.length } }
  }

  /** Names sorted. */
  getChildren(
    path: string,
    zxid: Zxid = this.#lastZxid,
  ): { readonly children: readonly string[]; readonly stat: Stat } | undefined {
    const stat = this.exists(path, zxid)
    if (stat === undefined) return undefined
    return { children: this.#children.get(path)?.at(zxid) ?? [], stat }
  }

  ephemeralsOf(session: SessionId): string[] {
    return [...(this.#sessions.get(session)?.ephemerals ?? [])].sort()
  }

  ephemeralLength(session: SessionId): number {
    return this.#sessions.get(session)?.ephemeralLength ?? 0
  }

  /** Executes a session's request as the txn at `zxid`, at the leader's time. */
  execute(zxid: Zxid, timeMs: number, asked: Asked, closingOrder?: readonly string[]): Executed {
    const { request, session } = asked
    const open = this.#sessions.get(session)
    if (open === undefined) return failed('SESSION_EXPIRED')
    this.#begin(zxid)
    if (request.kind === 'closeSession') return this.#close(zxid, timeMs, [session], closingOrder)
    if (request.kind === 'sync') return this.#answer(zxid, open, asked, NOTHING, undefined)
    const draft = new Draft(this, zxid, timeMs, asked.auth)
    const operations: readonly (Operation | SetAclRequest)[] =
      request.kind === 'multi' ? request.operations : [request]
    const results: Result[] = []
    const effects: Effect[] = []
    for (const operation of operations) {
      const done = draft.operate(session, operation)
      if (typeof done === 'string') {
        const index = request.kind === 'multi' ? effects.length : undefined
        return this.#fail(zxid, open, asked, done, index, operations)
      }
      results.push(done.result)
      effects.push(done.effect)
    }
    this.#commit(zxid, draft)
    const executed: Executed = { outcome: { kind: 'ok', results }, effects, closed: [] }
    return this.#answer(zxid, open, asked, executed, undefined)
  }

  /** @param password  Of one whose client is elsewhere. */
  openSession(zxid: Zxid, timeoutMs: number, origin: Origin, password?: Uint8Array): void {
    this.#begin(zxid)
    const session = new OpenSession(zxid, timeoutMs, origin, password)
    this.#sessions.set(zxid, session)
    this.#digest = plus(this.#digest, session.hash)
    this.#end(zxid)
  }

  /** A session whose client is elsewhere belongs to another View from there on. @returns why it cannot be. */
  attachSession(zxid: Zxid, id: SessionId, origin: Origin): string | undefined {
    this.#begin(zxid)
    const session = this.#sessions.get(id)
    if (session === undefined) return 'a session that is not open'
    if (session.password === undefined) return 'a session that belongs to its process'
    this.#digest = minus(this.#digest, session.hash)
    session.attach(origin, zxid)
    this.#digest = plus(this.#digest, session.hash)
    this.#end(zxid)
    return undefined
  }

  /**
   * The leader deletes a container, or a znode whose time to live is over, by its own clock.
   *
   * @returns why it must not.
   */
  clean(zxid: Zxid, timeMs: number, path: string): string | undefined {
    this.#begin(zxid)
    const znode = this.znode(path)
    if (znode === undefined) return 'is not there'
    const { retention, created, mtime } = znode
    if (retention === 0) return 'stays until somebody deletes it'
    if (childCount(znode) > 0) return 'has children'
    if (retention > 0 && timeMs - mtime <= retention) return `has lived for ${timeMs - mtime} ms`
    if (retention < 0 && created === 0 && timeMs - mtime <= NEVER_USED_MS) return 'was never used'
    const draft = new Draft(this, zxid, timeMs)
    draft.remove(path)
    this.#commit(zxid, draft)
    this.#end(zxid)
    return undefined
  }

  /**
   * The leader ends a session.
   *
   * @param order Of the deletions, which ZooKeeper leaves open; counts only if it names exactly the session's ephemerals.
   */
  closeSession(zxid: Zxid, session: SessionId, order?: readonly string[]): Executed {
    this.#begin(zxid)
    return this.#close(zxid, 0, [session], order)
  }

  /**
   * A replica's incarnation becomes known. It ends the sessions of the one before, if that was of the same database.
   *
   * @returns those sessions.
   */
  register(zxid: Zxid, registration: Registration, order?: readonly string[]): SessionId[] {
    this.#begin(zxid)
    const { replica, incarnation } = registration
    const before = this.#members.get(replica)
    const proved =
      before !== undefined &&
      before.incarnation.databaseId === incarnation.databaseId &&
      before.incarnation.incarnationKey !== incarnation.incarnationKey
    const ended = [...this.#sessions.values()].filter(({ origin, password }) => {
      // A client that is elsewhere lives on.
      if (password !== undefined || !proved || origin.replica !== replica) return false
      return origin.incarnationKey === before.incarnation.incarnationKey
    })
    const sessions = ended.map(({ id }) => id)
    if (before !== undefined) this.#digest = minus(this.#digest, memberHash(before))
    this.#digest = plus(this.#digest, memberHash(registration))
    this.#members.set(replica, registration)
    this.#close(zxid, 0, sessions, order)
    return sessions
  }

  #close(
    zxid: Zxid,
    timeMs: number,
    sessions: readonly SessionId[],
    order: readonly string[] | undefined,
  ): Executed {
    const own = sessions.flatMap((session) => this.ephemeralsOf(session))
    const isSame = order !== undefined && String(order.toSorted()) === String(own.toSorted())
    const draft = new Draft(this, zxid, timeMs)
    for (const path of isSame ? order : own) draft.remove(path)
    this.#commit(zxid, draft)
    for (const id of sessions) {
      const session = this.#sessions.get(id)
      if (session === undefined) throw new Error(`no session ${id} is open`)
      this.#digest = minus(this.#digest, session.hash)
      this.#sessions.delete(id)
    }
    this.#end(zxid)
    return { ...NOTHING, closed: own }
  }

  #fail(
    zxid: Zxid,
    open: OpenSession,
    asked: Asked,
    code: FailureCode,
    index: number | undefined,
    operations: readonly unknown[],
  ): Executed {
    const failure = index === undefined ? { code } : { code, index, count: operations.length }
    return this.#answer(zxid, open, asked, failed(code, index, operations.length), failure)
  }

  #answer(
    zxid: Zxid,
    open: OpenSession,
    { cxid, settled }: Asked,
    executed: Executed,
    failure: Failure | undefined,
  ): Executed {
    this.#digest = minus(this.#digest, open.hash)
    open.answer(cxid, settled, zxid, failure)
    this.#digest = plus(this.#digest, open.hash)
    this.#end(zxid)
    return executed
  }

  #commit(zxid: Zxid, draft: Draft): void {
    for (const [path, znode] of draft.znodes) {
      const timeline = this.#timeline(path)
      const before = timeline.last
      if (before !== undefined) this.#digest = minus(this.#digest, hashOf(before))
      if (znode !== undefined) this.#digest = plus(this.#digest, hashOf(znode))
      timeline.set(zxid, znode)
      const wasThere = before !== undefined
      const isThere = znode !== undefined
      if (wasThere !== isThere)
        this.#childrenOf(parentPath(path)).set(zxid, lastName(path), isThere)
      if (before?.owner === znode?.owner) continue
      this.#sessions.get(before?.owner ?? 0)?.disowns(path)
      this.#sessions.get(znode?.owner ?? 0)?.owns(path)
    }
    for (const step of draft.steps) this.changes.add(zxid, step)
  }

  #begin(zxid: Zxid): void {
    if (zxid <= this.#lastZxid) throw new Error(`txn ${zxid} comes after ${this.#lastZxid}`)
  }

  #end(zxid: Zxid): void {
    this.#lastZxid = zxid
    this.#digests.set(zxid, this.#digest)
  }

  #timeline(path: string): Timeline<Znode | undefined> {
    let timeline = this.#znodes.get(path)
    if (timeline === undefined) {
      timeline = new Timeline()
      this.#znodes.set(path, timeline)
    }
    return timeline
  }

  #childrenOf(path: string): ChildHistory {
    let children = this.#children.get(path)
    if (children === undefined) {
      children = new ChildHistory()
      this.#children.set(path, children)
    }
    return children
  }
}

/** Of a multi it is told which operation failed: those before it are OK, those after it were not tried. */
function failed(code: FailureCode, index?: number, count = 0): Executed {
  if (index === undefined) return { outcome: { kind: 'error', code }, effects: [], closed: [] }
  const results = Array.from({ length: count }, (_, at): Result => {
    const told = at < index ? 'OK' : at === index ? code : 'RUNTIME_INCONSISTENCY'
    return { kind: 'error', code: told, errno: ERRNO[told] }
  })
  return { outcome: { kind: 'error', code, index, results }, effects: [], closed: [] }
}
