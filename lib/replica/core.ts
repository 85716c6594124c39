/**
 * The state of one replica between two loads from its disk, and what each input does to it.
 *
 * Consensus says what is decided; here it is applied, fed to the Views, kept as snapshots, and, while this
 * replica is the established leader, led. `finish` ends a step: it carries out what consensus asked for, proposes,
 * and gathers everything into effects.
 */
import { assert, unreachable } from '../base/assert.js'
import type { Random } from '../base/random.js'
import type { Incarnation, Member } from '../protocol/member.js'
import type { Request, SessionId } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import type { ZabEffect } from '../zab/effect.js'
import type { Entry } from '../zab/entry.js'
import { History } from '../zab/history.js'
import { Journal } from '../zab/journal.js'
import type { ZabMessage } from '../zab/message.js'
import { Following } from '../zab/following.js'
import { Leading } from '../zab/leading.js'
import { Peer } from '../zab/peer.js'
import { applyDecided } from './apply-decided.js'
import type { Effect, Write } from './effect.js'
import type { Instant, LinkNumber, Ticket } from './input.js'
import { LeaderSide } from './leader-side.js'
import type { Message, SessionReport, SnapEndMessage, SnapNodesMessage } from './message.js'
import type { ReplicaOptions } from './options.js'
import type { Pipeline } from './pipeline.js'
import { loadTree } from './load.js'
import { renounceIfOld } from './old-copy.js'
import type { Recovered } from './recovered.js'
import { forwardMessages } from './forward.js'
import { hasEnded } from './has-ended.js'
import { sizeOfTxn } from './size.js'
import { zabOptionsOf } from './zab-options.js'
import { Snapshots } from './snapshots.js'
import { Reports } from './reports.js'
import type { ReplicaCounter } from './counters.js'
import { Traces } from './traces.js'
import type { ReplicaStatus } from './view-message.js'
import type { Views } from './views.js'

export class Core {
  readonly #options: ReplicaOptions
  readonly #journal = new Journal<Write>()
  readonly #peer: Peer<Txn>
  readonly #views: Views
  readonly #pipeline: Pipeline
  readonly #snapshots: Snapshots
  readonly #leader: LeaderSide
  readonly #reports: Reports
  readonly #traces: Traces
  #tree: Tree
  /** Link of the leader that serves this replica. */
  #leaderLink: LinkNumber | undefined
  #tickAt: number
  #effects: Effect[] = []

  constructor(
    now: Instant,
    options: ReplicaOptions,
    random: Random,
    recovered: Recovered,
    views: Views,
    pipeline: Pipeline,
  ) {
    const { timing, bounds } = options
    this.#options = options
    this.#views = views
    this.#pipeline = pipeline
    this.#tree = loadTree(recovered)
    const journal = this.#journal
    const history = new History(recovered, this.#tree.lastZxid, journal, sizeOfTxn)
    this.#peer = new Peer(zabOptionsOf(options, recovered), history, journal, random.fork('zab'))
    this.#traces = new Traces(now, views)
    this.#snapshots = new Snapshots(
      this.#peer,
      journal,
      random.fork('snapshots'),
      bounds,
      recovered,
      this.#traces,
      (link, message) => this.#send(link, message),
    )
    this.#leader = new LeaderSide(options, this.#peer, (effect) => this.#effects.push(effect))
    this.#reports = new Reports(
      now.mono,
      timing.tickMs,
      this.#peer,
      views,
      pipeline,
      this.#snapshots,
    )
    this.#tickAt = now.mono + timing.tickMs
    for (const view of views.ids) this.#effects.push(...this.#reports.greet(view))
  }

  get deadline(): number {
    return Math.min(this.#peer.deadline, this.#tickAt)
  }

  get tree(): Tree {
    return this.#tree
  }

  get history(): History<Txn> {
    return this.#peer.history
  }

  get peer(): Peer<Txn> {
    return this.#peer
  }

  /** The request's session is known to have ended. */
  hasEnded(request: Request): boolean {
    return hasEnded(this.#tree, request)
  }

  linkNumbers(): LinkNumber[] {
    return this.#peer.links.all().map(({ link }) => link)
  }

  count(counter: ReplicaCounter, by: number): void {
    this.#reports.count(counter, by)
  }

  status(): ReplicaStatus {
    return this.#reports.status()
  }

  start(now: Instant): void {
    this.#peer.start(now.mono)
  }

  onTimeout(now: Instant): void {
    const lateMs = now.mono - this.deadline
    // Whoever could not be heard while I was not running must not pay for it.
    if (lateMs > this.#options.timing.tickMs) this.#leader.extend(lateMs)
    this.#peer.onTimeout(now.mono)
    if (now.mono < this.#tickAt) return
    this.#tickAt = now.mono + this.#options.timing.tickMs
    this.count('expiries', this.#leader.expire(now))
    this.#leader.clean(now)
  }

  onLinkUp(now: Instant, link: LinkNumber, member: Member): void {
    const newest = this.history.registry.newerThan(member.replicaId, member)
    if (newest !== undefined) this.#send(link, { kind: 'oldCopy', newest })
    this.#peer.onLinkUp(now.mono, link, member)
    this.#leader.linkUp(member.replicaId)
  }

  onLinkDown(now: Instant, link: LinkNumber): void {
    this.#snapshots.stopSending(link)
    this.#peer.onLinkDown(now.mono, link)
    this.#leader.watchDeaths()
  }

  onZabMessage(now: Instant, link: LinkNumber, message: ZabMessage<Txn>): void {
    this.#peer.onMessage(now.mono, link, message)
  }

  onPersisted(now: Instant, ticket: Ticket): void {
    this.#journal.persisted(ticket)
    this.#peer.onPersisted(now.mono, ticket)
    this.#snapshots.onPersisted()
  }

  onViewAttached(view: number): void {
    this.#views.attach(view)
    this.#effects.push(...this.#reports.greet(view))
  }

  onHeartbeat(now: Instant, heartbeat: number, sessions: readonly SessionId[]): void {
    this.#views.heartbeat(heartbeat, sessions)
    // A leader reports to itself at once: its confirmation needs a quorum's pong like any other.
    if (this.#leader.isLeading) this.#leader.report(now, this.#views.takeHeartbeats(), 'self')
  }

  onForward(now: Instant, link: LinkNumber, requests: readonly Request[]): void {
    this.#peer.onHeard(now.mono, link)
    this.count('forwardsReceived', requests.length)
    this.#leader.over(link)?.receive(now.mono, requests)
  }

  onReport(now: Instant, link: LinkNumber, sessions: SessionReport): void {
    this.#peer.onHeard(now.mono, link)
    this.#leader.over(link)?.report(now.mono, sessions, link)
  }

  onLease(now: Instant, link: LinkNumber, sessions: SessionReport): void {
    this.#peer.onHeard(now.mono, link)
    if (link === this.#leaderLink) this.#effects.push(...this.#views.lease(sessions, this.#tree))
  }

  onSnapshotPart(now: Instant, link: LinkNumber, message: SnapNodesMessage | SnapEndMessage): void {
    this.#peer.onHeard(now.mono, link)
    if (this.#snapshots.onPart(link, message)) return
    this.count('snapshotsRefused', 1)
    const reason = 'a snapshot out of order, or not of its digest'
    this.#effects.push({ kind: 'closeLink', link, reason })
  }

  onSnapshotAck(now: Instant, link: LinkNumber, slice: number): void {
    this.#peer.onHeard(now.mono, link)
    this.#snapshots.onAck(now, link, slice, this.#tree)
  }

  onProcessGone(replica: number, incarnationKey: number): void {
    const closed = this.#leader.processGone(replica, incarnationKey)
    this.count('knownDeaths', closed > 0 ? 1 : 0)
  }

  /** A learner's state differs from mine. True if so many say so that it is I who is wrong. */
  onDivergence(now: Instant, link: LinkNumber): boolean {
    this.#peer.onHeard(now.mono, link)
    const replica = this.#peer.links.get(link)?.member.replicaId
    if (replica === undefined || !(this.#peer.role instanceof Leading)) return false
    this.count('learnerDivergences', 1)
    return this.#leader.isOutvoted(replica)
  }

  /** Tells the leader that my state is not what its txns say. */
  confessDivergence(zxid: Zxid): Effect[] {
    if (this.#leaderLink === undefined) return []
    return [{ kind: 'send', link: this.#leaderLink, message: { kind: 'divergence', zxid } }]
  }

  /** Others know a newer opening of this database. */
  onOldCopy(now: Instant, link: LinkNumber, newest: Incarnation): void {
    this.#peer.onHeard(now.mono, link)
    if (!renounceIfOld(this.#peer, newest, `database ${now.wall} ${link}`)) return
    this.count('oldCopies', 1)
  }

  /** Ends a step. */
  finish(now: Instant): Effect[] {
    this.#drain(now)
    this.#submit(now)
    this.#lead(now)
    this.#peer.flush()
    this.#drain(now)
    this.#snapshots.advance(now, this.#tree, Math.min(this.#views.pinned, this.#peer.pinned))
    this.#feedViews()
    const batch = this.#journal.take()
    if (batch !== undefined) this.#effects.push({ kind: 'persist', ...batch })
    this.#effects.push(...this.#traces.take(), ...this.#reports.due(now.mono))
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  #feedViews(): void {
    for (const effect of this.#views.feed(this.#tree, this.history)) {
      this.#effects.push(effect)
      const isCaughtUp = effect.kind === 'view' && effect.input.kind === 'snapshotEnd'
      if (isCaughtUp) this.#pipeline.reopen(effect.view, this.#tree)
    }
  }

  #drain(now: Instant): void {
    for (let effects = this.#peer.take(); effects.length > 0; effects = this.#peer.take()) {
      for (const effect of effects) this.#onZabEffect(now, effect)
    }
  }

  #onZabEffect(now: Instant, effect: ZabEffect<Txn>): void {
    switch (effect.kind) {
      case 'send':
      case 'closeLink':
        this.#effects.push(effect)
        return
      case 'deliver':
        this.count('commits', effect.entries.length)
        for (const entry of effect.entries) this.#apply(now, entry)
        return
      case 'serving':
        return this.#onServing(now, effect.leader)
      case 'suspended':
        return this.#onSuspended(now)
      case 'learnerServing':
        this.#reports.changed()
        return this.#leader.learnerServing(effect.link)
      case 'learnerGone':
        this.#reports.changed()
        this.#snapshots.stopSending(effect.link)
        return this.#leader.watchDeaths()
      case 'pinged':
        return this.#report(effect.link)
      case 'pingQuorum':
        return this.#confirm(effect.number)
      case 'snapshotWanted':
        return this.#snapshots.send(now, effect.link, this.#tree, effect.start)
      case 'snapshotBegins':
        return this.#snapshots.receive(now, effect.link, effect.start)
      case 'snapshotInstalled':
        return this.#installSnapshot(now)
      case 'snapshotVoid':
        return this.#snapshots.discard()
      default:
        return unreachable(effect)
    }
  }

  #apply(now: Instant, entry: Entry<Txn>): void {
    applyDecided(this.#tree, entry)
    this.#pipeline.applied(entry.zxid, entry.txn, this.#tree)
    this.#leader.applied(now, entry)
  }

  #onServing(now: Instant, leader: number): void {
    const { role } = this.#peer
    if (role instanceof Leading) {
      this.#leader.begin(now, role, this.#tree)
    } else if (role instanceof Following) {
      this.#leaderLink = role.link.link
    }
    assert(
      leader === this.#options.id || this.#leaderLink !== undefined,
      'a leader is reached by a link',
    )
    const { currentEpoch: epoch } = this.history.meta
    this.#traces.served(now, { epoch, leader, role: role.state })
    // Only now: what is decided is applied, so what the session table does not answer has not happened (P3).
    this.#pipeline.reconcile(this.#tree)
    const pending = this.#pipeline.takeAll()
    this.count('resubmissions', pending.length)
    this.#pass(now, pending)
  }

  #onSuspended(now: Instant): void {
    this.#traces.suspended(now)
    this.#leaderLink = undefined
    this.#leader.end()
  }

  #report(link: LinkNumber): void {
    const sessions = this.#views.takeHeartbeats()
    if (sessions.length > 0) this.#send(link, { kind: 'report', sessions })
  }

  #confirm(ping: number): void {
    for (const { source, sessions } of this.#leader.confirm(ping)) {
      if (source === 'self') this.#effects.push(...this.#views.lease(sessions, this.#tree))
      else this.#send(source, { kind: 'lease', sessions })
    }
  }

  /** New requests of my Views, to whoever leads; without a leader they wait in the pipeline. */
  #submit(now: Instant): void {
    if (this.#leader.isLeading || this.#leaderLink !== undefined)
      this.#pass(now, this.#pipeline.takeNew())
  }

  #pass(now: Instant, requests: readonly Request[]): void {
    if (requests.length === 0) return
    if (this.#leader.isLeading) return this.#leader.leadership?.receive(now.mono, requests)
    const link = this.#leaderLink
    assert(link !== undefined, 'requests are passed to a leader')
    this.count('forwardsSent', requests.length)
    for (const message of forwardMessages(requests)) this.#send(link, message)
  }

  #lead(now: Instant): void {
    const { length } = this.history
    const isDone = this.#leader.propose(now)
    const cleaned = this.#leader.takeCleaned()
    this.count('containersDeleted', cleaned?.containersDeleted ?? 0)
    this.count('ttlDeleted', cleaned?.ttlDeleted ?? 0)
    if (this.history.length > length) this.count('proposals', this.history.length - length)
    if (isDone) return
    const { role } = this.#peer
    assert(role instanceof Leading, 'only a leader proposes')
    this.count('rollovers', 1)
    role.resign('the counter of its epoch is used up')
  }

  /** In the step, and so in the transaction, that stores the log after the snapshot and the epoch. */
  #installSnapshot(now: Instant): void {
    const { tree, tail } = this.#snapshots.install()
    for (const entry of this.history.between(tail.start, tail.end)) tree.apply(entry, 'fuzzy')
    assert(tree.lastZxid === this.history.committed, 'the state is what is decided')
    this.#tree = tree
    this.#snapshots.installed(now, tree, tail.start)
  }

  #send(link: LinkNumber, message: Message): void {
    this.#effects.push({ kind: 'send', link, message })
  }
}
