/**
 * What a replica does for the ensemble while it is the established leader: it turns requests into txns over an
 * overlay of what is proposed but not decided, keeps the sessions' leases, and registers members.
 *
 * It is built when the leader is established and thrown away when it is not any more; nothing of it survives.
 */
import { assert } from '../base/assert.js'
import {
  CLEANED_MAX,
  CLEANER_INTERVAL_MS,
  CLEANER_LOOKS_MAX,
  LOG_BYTES_MAX,
} from '../base/limits.js'
import type { Member, ProcessIdentity } from '../protocol/member.js'
import type { Request, SessionId } from '../protocol/request.js'
import { CONTAINER } from '../protocol/retention.js'
import type { Zxid } from '../protocol/zxid.js'
import { ExpiredWalk } from '../tree/expired.js'
import { Overlay } from '../tree/overlay.js'
import {
  isDuplicate,
  prepare,
  prepareCloseSession,
  prepareCreateSession,
  prepareDeleteExpired,
  prepareRegister,
} from '../tree/prepare.js'
import type { Tree } from '../tree/tree.js'
import type { CreateSessionTxn, Txn } from '../tree/txn.js'
import type { Entry } from '../zab/entry.js'
import type { Leading } from '../zab/leading.js'
import type { History } from '../zab/history.js'
import type { LinkNumber } from '../zab/links.js'
import type { Instant } from './input.js'
import { Leases } from './leases.js'
import type { Confirmation, ReportSource } from './leases.js'
import type { SessionReport } from './message.js'
import { registrationOf } from './registration.js'

/** Work of a leader that becomes a txn. */
type Work =
  | { readonly kind: 'request'; readonly request: Request }
  /** Unless it is attached to another View by then. */
  | { readonly kind: 'expire'; readonly session: SessionId; readonly attached: Zxid }
  | { readonly kind: 'clean'; readonly path: string }
  | { readonly kind: 'register'; readonly member: NewMember; readonly vote: boolean }

export interface NewMember extends Pick<
  Member,
  'replicaId' | 'databaseId' | 'incarnation' | 'incarnationKey'
> {
  readonly process: ProcessIdentity | undefined
}

/** Znodes that a leader deleted by itself. */
export interface Cleaned {
  readonly containersDeleted: number
  readonly ttlDeleted: number
}

const NOTHING_CLEANED: Cleaned = Object.freeze({ containersDeleted: 0, ttlDeleted: 0 })

export class Leadership {
  readonly #leading: Leading<Txn>
  readonly #history: History<Txn>
  readonly #tree: Tree
  readonly #overlay: Overlay
  readonly #leases = new Leases()
  readonly #outstandingMax: number
  /** Keys of openings whose process is gone: what they asked for last ends as soon as it begins. */
  readonly #gone = new Set<number>()
  readonly #expired: ExpiredWalk
  #cleanAt: number
  /** Paths in the intake that are to be cleaned. */
  #cleaning: number = 0
  #cleaned: Cleaned = NOTHING_CLEANED
  #intake: Work[] = []

  constructor(
    now: number,
    leading: Leading<Txn>,
    history: History<Txn>,
    tree: Tree,
    outstandingMax: number,
  ) {
    assert(history.committed === history.lastZxid, 'an established leader has decided all it has')
    assert(tree.lastZxid === history.committed, 'and applied it')
    this.#leading = leading
    this.#history = history
    this.#tree = tree
    this.#overlay = new Overlay(tree)
    this.#outstandingMax = outstandingMax
    this.#expired = new ExpiredWalk(tree)
    this.#cleanAt = now + CLEANER_INTERVAL_MS
    // A new leader starts every session with its full timeout, from the moment it is established.
    for (const { id, timeoutMs } of tree.sessions.values()) this.#leases.open(now, id, timeoutMs)
  }

  get backlog(): number {
    return this.#intake.length
  }

  receive(now: number, requests: readonly Request[]): void {
    for (const request of requests) {
      this.#intake.push({ kind: 'request', request })
      // Its client is heard by now, however long the request may wait here.
      if (request.kind !== 'createSession' || request.attach === undefined) continue
      this.#leases.touch(now, request.attach.session)
    }
  }

  /** Proposes what the intake holds, in order, as far as the quorum keeps up. False if the epoch is used up. */
  propose(now: Instant): boolean {
    let taken = 0
    // A log that a running snapshot has not let anybody trim yet must not outgrow what a link can queue.
    const isFull = this.#history.logBytes > LOG_BYTES_MAX
    let room = isFull ? 0 : this.#outstandingMax - this.#outstanding()
    while (taken < this.#intake.length && room > 0) {
      if (!this.#leading.canPropose) return false
      const work = this.#intake[taken]
      assert(work !== undefined, 'the intake has no holes')
      taken += 1
      const zxid = this.#leading.nextZxid
      const txn = this.#prepare(work, zxid, now)
      if (txn === undefined) continue
      this.#leading.propose(zxid, txn, registrationOf(txn))
      room -= 1
    }
    if (taken === this.#intake.length) this.#intake = []
    else if (taken > 0) this.#intake.splice(0, taken)
    return true
  }

  /** A txn of my own was decided and applied. */
  applied(now: number, { zxid, txn: { body } }: Entry<Txn>): void {
    this.#overlay.prune(zxid)
    if (body.kind === 'createSession') this.#opened(now, zxid, body)
    // Nothing could be reported of it while this waited for its turn, and for a quorum.
    if (body.kind === 'attachSession') this.#leases.touch(now, body.session)
    if (body.kind === 'closeSession') this.#leases.close(body.session)
    if (body.kind === 'register') for (const { session } of body.closed) this.#leases.close(session)
  }

  report(now: number, sessions: SessionReport, source: ReportSource): void {
    for (const [session, heartbeat] of sessions) {
      this.#leases.report(now, session, heartbeat, source, this.#leading.pings)
    }
  }

  confirm(ping: number): Confirmation[] {
    return this.#leases.confirm(ping)
  }

  extend(delayMs: number): void {
    this.#leases.extend(delayMs)
  }

  /** Ends the sessions whose time is up. Returns how many. */
  expire(now: number): number {
    const sessions = this.#leases.expired(now)
    for (const session of sessions) this.#end(session)
    return sessions.length
  }

  /** Deletes containers and znodes with a time to live that are due: at times, and a few each time. */
  clean(now: Instant): void {
    if (now.mono < this.#cleanAt) return
    this.#cleanAt = now.mono + CLEANER_INTERVAL_MS
    // Those asked for last have not even been proposed.
    if (this.#cleaning > 0) return
    for (const path of this.#expired.next(now.wall, CLEANER_LOOKS_MAX, CLEANED_MAX)) {
      this.#intake.push({ kind: 'clean', path })
      this.#cleaning += 1
    }
  }

  /** What was cleaned since it was last asked. */
  takeCleaned(): Cleaned {
    const cleaned = this.#cleaned
    this.#cleaned = NOTHING_CLEANED
    return cleaned
  }

  /** The process of that incarnation is provably gone: its sessions end at once. Returns how many. */
  processGone(replica: number, incarnationKey: number): number {
    this.#gone.add(incarnationKey)
    return this.#closeAllOf(replica, incarnationKey)
  }

  /** Makes a member's opening known, if it is not; with `vote`, gives its database the vote. */
  register(member: NewMember, vote: boolean): void {
    const known = this.#tree.members.get(member.replicaId)
    const isKnown =
      known !== undefined &&
      known.incarnation.databaseId === member.databaseId &&
      known.incarnation.incarnationKey === member.incarnationKey
    if (isKnown && !vote) return
    // One txn for each session of the predecessor: all their paths in one could outgrow a frame.
    if (!isKnown && known?.incarnation.databaseId === member.databaseId) {
      this.#closeAllOf(member.replicaId, known.incarnation.incarnationKey)
    }
    this.#intake.push({ kind: 'register', member, vote })
  }

  /** Registered openings that own sessions: those without a link may be watched for their death. */
  owners(): {
    readonly replica: number
    readonly incarnationKey: number
    readonly process: ProcessIdentity
  }[] {
    const keys = new Set(
      [...this.#tree.sessions.values()]
        .filter(({ isRemote }) => !isRemote)
        .map(({ origin }) => origin.incarnationKey),
    )
    const owners = []
    for (const { replica, incarnation, process } of this.#tree.members.values()) {
      const { incarnationKey } = incarnation
      if (process !== undefined && keys.has(incarnationKey))
        owners.push({ replica, incarnationKey, process })
    }
    return owners
  }

  /** Whether that link still carries one of my learners; requests of others are of the past. */
  leads(link: LinkNumber): boolean {
    return this.#leading.isServing(link)
  }

  #closeAllOf(replica: number, incarnationKey: number): number {
    const sessions = [...this.#tree.sessions.values()].filter(
      ({ origin, isRemote }) =>
        !isRemote && origin.replica === replica && origin.incarnationKey === incarnationKey,
    )
    const closing = sessions.filter(({ id }) => this.#leases.markClosing(id))
    for (const { id } of closing) this.#end(id)
    return closing.length
  }

  #opened(now: number, session: SessionId, opened: CreateSessionTxn): void {
    const { origin, timeoutMs, password } = opened
    this.#leases.open(now, session, timeoutMs)
    if (password !== undefined) return
    if (!this.#gone.has(origin.incarnationKey) || !this.#leases.markClosing(session)) return
    this.#end(session)
  }

  #end(session: SessionId): void {
    const attached = this.#tree.sessions.get(session)?.attached ?? session
    this.#intake.push({ kind: 'expire', session, attached })
  }

  #outstanding(): number {
    return this.#history.length - this.#history.indexAfter(this.#history.committed)
  }

  #prepare(work: Work, zxid: Zxid, { mono, wall }: Instant): Txn | undefined {
    if (work.kind === 'expire') {
      const { session, attached } = work
      if (!this.#overlay.hasSession(session)) return undefined
      if (this.#overlay.attachedOf(session) === attached)
        return prepareCloseSession(this.#overlay, session, zxid, wall)
      // Its client was heard before this came to its turn.
      this.#leases.reopen(mono, session)
      return undefined
    }
    if (work.kind === 'clean') return this.#prepareClean(work.path, zxid, wall)
    if (work.kind === 'register') {
      const { replicaId: replica, process, ...rest } = work.member
      const { databaseId, incarnation, incarnationKey } = rest
      const opening = { databaseId, incarnation, incarnationKey }
      return prepareRegister(
        this.#overlay,
        { replica, incarnation: opening, process },
        work.vote,
        zxid,
        wall,
      )
    }
    // Seen already, in whatever epoch: its txn or the session table settles it (P3).
    if (isDuplicate(this.#overlay, work.request)) return undefined
    if (work.request.kind === 'createSession') {
      return prepareCreateSession(this.#overlay, work.request, zxid, wall)
    }
    return prepare(this.#overlay, work.request, zxid, wall)
  }

  #prepareClean(path: string, zxid: Zxid, wall: number): Txn | undefined {
    this.#cleaning -= 1
    const retention = this.#overlay.get(path)?.retention
    const txn = prepareDeleteExpired(this.#overlay, path, zxid, wall)
    if (txn === undefined) return undefined
    const { containersDeleted, ttlDeleted } = this.#cleaned
    this.#cleaned =
      retention === CONTAINER
        ? { containersDeleted: containersDeleted + 1, ttlDeleted }
        : { containersDeleted, ttlDeleted: ttlDeleted + 1 }
    return txn
  }
}
