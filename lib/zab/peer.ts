/**
 * One member's side of Zab: what outlives its roles, and the doors through which inputs come.
 *
 * Each door handles one input to completion; `flush` and `take` at the end of a step give what it asks for. Time comes in with the input,
 * randomness with the constructor. The roles hold the rules: looking.ts, following.ts, leading.ts.
 *
 * Source: "Zab: High-performance broadcast for primary-backup systems" (DSN 2011) and ZooKeeper's own
 * implementation; where they leave holes (three of them in Zab.tla's issues.md) the comments say what we do.
 */
import { assert } from '../base/assert.js'
import type { Random } from '../base/random.js'
import type { Incarnation, Member } from '../protocol/member.js'
import type { Zxid } from '../protocol/zxid.js'
import type { ZabEffect } from './effect.js'
import { Following } from './following.js'
import type { History } from './history.js'
import type { JournalWriter, Ticket } from './journal.js'
import { Leading } from './leading.js'
import { Links } from './links.js'
import type { LinkNumber, LinkState } from './links.js'
import { Looking } from './looking.js'
import type { FollowerInfoMessage, ZabMessage } from './message.js'
import type { ZabOptions } from './options.js'
import type { ZabWrite } from './write.js'

export type AnyRole<T> = Looking<T> | Following<T> | Leading<T>

/** Rare things worth counting: for metrics, and to know that a simulation has seen them. */
export type ZabCounter =
  | 'elections'
  | 'establishments'
  | 'formations'
  | 'resignations'
  | 'diffs'
  | 'truncations'
  | 'snapshotsSent'
  | 'snapshotsReceived'
  | 'commitsBeforeOwnDisk'
  | 'votesRegained'

export class Peer<T> {
  readonly options: ZabOptions<T>
  readonly history: History<T>
  readonly journal: JournalWriter<ZabWrite<T>>
  readonly random: Random
  readonly links: Links = new Links()
  readonly counters: Map<ZabCounter, number> = new Map()
  /** Monotonic ms of the input being handled. */
  now = 0
  /** Logical clock of elections. */
  round = 0
  /** Why I stopped leading, until I lead or follow again; for people. */
  lastResignation: string | undefined
  #role: AnyRole<T> | undefined
  #effects: ZabEffect<T>[] = []

  constructor(
    options: ZabOptions<T>,
    history: History<T>,
    journal: JournalWriter<ZabWrite<T>>,
    random: Random,
  ) {
    assert(options.voterIds.length > 0, 'an ensemble has voters')
    this.options = options
    this.history = history
    this.journal = journal
    this.random = random
  }

  get role(): AnyRole<T> {
    assert(this.#role !== undefined, 'a member starts first')
    return this.#role
  }

  get isStarted(): boolean {
    return this.#role !== undefined
  }

  get deadline(): number {
    return this.#role?.deadline ?? Infinity
  }

  get isConfiguredVoter(): boolean {
    return this.options.voterIds.includes(this.options.id)
  }

  start(now: number): void {
    assert(this.#role === undefined, 'a member starts once')
    this.now = now
    this.look()
  }

  onTimeout(now: number): void {
    this.now = now
    if (now >= this.deadline) this.role.onTimeout()
  }

  onLinkUp(now: number, link: LinkNumber, member: Member): void {
    this.now = now
    this.role.onLinkUp(this.links.up(link, member, now))
  }

  onLinkDown(now: number, link: LinkNumber): void {
    this.now = now
    const state = this.links.down(link)
    if (state !== undefined) this.role.onLinkDown(state)
  }

  /** Messages of a link that is not up any more are of the past. */
  onMessage(now: number, link: LinkNumber, message: ZabMessage<T>): void {
    this.now = now
    const state = this.links.get(link)
    if (state === undefined) return
    state.heardAt = now
    this.role.onMessage(state, message)
  }

  /** Something else than a message of Zab came over that link: a sign of life all the same. */
  onHeard(now: number, link: LinkNumber): void {
    const state = this.links.get(link)
    if (state !== undefined) state.heardAt = now
  }

  onPersisted(now: number, ticket: Ticket): void {
    this.now = now
    this.history.persisted(ticket)
    this.role.onPersisted()
  }

  /** Sends what a leader has proposed, and what was decided, since the last flush. */
  flush(): void {
    if (this.#role instanceof Leading) this.#role.flush()
  }

  /** The log is still needed from here on, by those whom I lead. */
  get pinned(): Zxid {
    return this.#role instanceof Leading ? this.#role.pinned : Infinity
  }

  take(): readonly ZabEffect<T>[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  look(): void {
    this.count('elections')
    this.#become(new Looking(this))
  }

  follow(leader: LinkState): void {
    this.lastResignation = undefined
    this.#become(new Following(this, leader))
  }

  /** @param early  FOLLOWERINFOs of members that saw the end of the election before me. */
  lead(early: ReadonlyMap<LinkNumber, FollowerInfoMessage>): void {
    this.lastResignation = undefined
    this.#become(new Leading(this, early))
  }

  send(link: LinkNumber, message: ZabMessage<T>): void {
    this.#effects.push({ kind: 'send', link, message })
  }

  emit(effect: ZabEffect<T>): void {
    this.#effects.push(effect)
  }

  closeLink(link: LinkState, reason: string): void {
    this.#effects.push({ kind: 'closeLink', link: link.link, reason })
  }

  /** Tells everybody but one link what I am now. */
  tellOthers(except: LinkNumber | undefined): void {
    const notification = this.role.notification()
    for (const { link } of this.links.all()) {
      if (link !== except) this.send(link, notification)
    }
  }

  count(counter: ZabCounter): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + 1)
  }

  incarnation(): Incarnation {
    return { ...this.options.incarnation, databaseId: this.history.meta.databaseId }
  }

  /** True if what this database says counts towards a quorum: it may vote, and my log knows no other. */
  counts(member: Member, voter: boolean): boolean {
    if (!voter || !this.options.voterIds.includes(member.replicaId)) return false
    return this.history.registry.matches(member.replicaId, member)
  }

  countsItself(): boolean {
    if (!this.history.isVoter || !this.isConfiguredVoter) return false
    return this.history.registry.matches(this.options.id, this.incarnation())
  }

  /** Everything up to `zxid` is decided. */
  deliver(zxid: Zxid): void {
    const entries = this.history.commit(zxid)
    if (entries.length === 0) return
    for (const { registration } of entries) {
      if (registration === undefined || !registration.vote) continue
      if (registration.replica !== this.options.id) continue
      if (registration.databaseId !== this.history.meta.databaseId) continue
      this.#regainVote()
    }
    this.#effects.push({ kind: 'deliver', entries })
  }

  /** A quorum that does not count this database has given it the vote (the amnesia rule). */
  #regainVote(): void {
    if (this.history.meta.voter) return
    // An old grant, taken back by a later one that names another database.
    if (!this.history.registry.matches(this.options.id, this.incarnation())) return
    this.history.setMeta({ voter: true })
    this.count('votesRegained')
  }

  /**
   * What this database promised is void, or forgotten: it loses its vote and takes a name that it never had, so that
   * nothing said of the old name speaks for it. Links end, because handshakes name it, and so does its role: nothing that
   * it counted itself for may go on.
   *
   * @param seed  Makes the name another than any before.
   */
  renounceVote(seed: string, reason: string): void {
    const random = this.random.fork(seed)
    const databaseId = [0, 0, 0, 0]
      .map(() => random.uint32().toString(16).padStart(8, '0'))
      .join('')
    // Without a txn it is as good as a new file, which takes part in a formation.
    const clusterId = this.history.lastZxid === 0 ? '' : this.history.meta.clusterId
    this.history.setMeta({ databaseId, clusterId, voter: false })
    for (const link of this.links.all()) this.closeLink(link, reason)
    this.look()
  }

  /** Role fields never outlive the role: a transition leaves the old one and enters a new object. */
  #become(role: AnyRole<T>): void {
    this.#role?.leave()
    this.#role = role
    role.enter()
  }
}
