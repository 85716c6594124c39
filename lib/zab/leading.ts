/**
 * Role: leading, from discovery to broadcast.
 *
 * An elected leader is nobody until a quorum has promised it a new epoch, and not established until a quorum has
 * its whole history and the epoch on disk. It leaves at once when what is left cannot make a quorum.
 */
import { assert } from '../base/assert.js'
import { EPOCH_MAX, counterOf, epochOf, makeZxid } from '../protocol/zxid.js'
import type { Epoch, Zxid } from '../protocol/zxid.js'
import { Broadcast } from './broadcast.js'
import { compareHistories } from './election.js'
import type { Entry, Registration } from './entry.js'
import { formCluster } from './formation.js'
import type { Ticket } from './journal.js'
import { Learner } from './learner.js'
import { Learners } from './learners.js'
import type { LinkNumber, LinkState } from './links.js'
import type {
  AckEpochMessage,
  AckMessage,
  AckNewLeaderMessage,
  FollowerInfoMessage,
  NotificationMessage,
  ZabMessage,
} from './message.js'
import type { Peer } from './peer.js'
import type { Phase } from './phase.js'
import type { Role } from './role.js'
import { sendHistory, startSync } from './synchronization.js'
import type { NewEpoch } from './synchronization.js'

export class Leading<T> implements Role<T> {
  readonly state = 'leading'
  readonly #peer: Peer<T>
  readonly #learners: Learners<T>
  /** When it last came nearer to being established. */
  #progressAt: number
  readonly #broadcast: Broadcast<T>
  readonly #early: ReadonlyMap<LinkNumber, FollowerInfoMessage>
  #phase: Phase = { kind: 'gathering' }
  #epoch: Epoch = 0
  #formation = false
  #pingAt: number

  /** @param early  FOLLOWERINFOs that came before I knew that I was elected. */
  constructor(peer: Peer<T>, early: ReadonlyMap<LinkNumber, FollowerInfoMessage>) {
    this.#peer = peer
    this.#early = early
    this.#progressAt = peer.now
    this.#pingAt = peer.now + peer.options.timing.tickMs
    this.#learners = new Learners(peer)
    this.#broadcast = new Broadcast(peer, this.#learners)
  }

  get epoch(): Epoch {
    return this.#epoch
  }

  get isEstablished(): boolean {
    return this.#phase.kind === 'broadcast'
  }

  get learners(): readonly Learner[] {
    return this.#learners.all()
  }

  get deadline(): number {
    return this.#pingAt
  }

  enter(): void {
    this.#peer.tellOthers(undefined)
    for (const [number, info] of this.#early) {
      const link = this.#peer.links.get(number)
      if (link === undefined || !this.#peer.links.isNewest(link)) continue
      this.#learners.add(new Learner(link, info))
    }
    this.#advance()
  }

  leave(): void {
    for (const learner of this.#learners.all()) {
      this.#peer.emit({ kind: 'learnerGone', link: learner.link.link })
    }
    this.#learners.clear()
    if (this.isEstablished) this.#peer.emit({ kind: 'suspended' })
  }

  onTimeout(): void {
    const { now, options } = this.#peer
    if (now < this.#pingAt) return
    this.#pingAt = now + options.timing.tickMs
    for (const { link } of this.#learners.all()) {
      if (now - link.heardAt < options.timing.silenceMs) continue
      this.#peer.closeLink(link, 'silent')
      this.#drop(link.link)
      if (this.#peer.role !== this) return
    }
    if (now - this.#progressAt >= this.#patienceMs())
      return this.resign('no quorum has followed in time')
    this.#broadcast.ping(this.#epoch)
  }

  onLinkUp(link: LinkState): void {
    // "A leader drops the old link of a replica before it serves the new one."
    for (const learner of this.#learners.all()) {
      if (learner.id === link.member.replicaId) this.#drop(learner.link.link)
      if (this.#peer.role !== this) return
    }
    this.#peer.send(link.link, this.notification())
  }

  onLinkDown(link: LinkState): void {
    this.#drop(link.link)
  }

  onMessage(link: LinkState, message: ZabMessage<T>): void {
    if (message.kind === 'notification') return this.#onNotification(link, message)
    if (message.kind === 'followerInfo') return this.#onFollowerInfo(link, message)
    const learner = this.#learners.get(link.link)
    // A member that is not my learner speaks of a role that I have left, or that it has.
    if (learner === undefined) return
    switch (message.kind) {
      case 'ackEpoch':
        return this.#onAckEpoch(learner, message)
      case 'ackNewLeader':
        return this.#onAckNewLeader(learner, message)
      case 'ack':
        return this.#onAck(learner, message)
      case 'pong':
        if (message.epoch === this.#epoch) this.#broadcast.onPong(learner, message.number)
        return
      case 'leaderInfo':
      case 'diff':
      case 'snap':
      case 'newLeader':
      case 'upToDate':
      case 'proposal':
      case 'commit':
      case 'ping':
        // From one that leads, or led, somebody else.
        return
    }
  }

  onPersisted(): void {
    this.#advance()
  }

  /** Gives the next txn its place. Only while established, and only if `canPropose`. */
  propose(zxid: Zxid, txn: T, registration: Registration | undefined): void {
    assert(this.isEstablished, 'only an established leader proposes')
    assert(zxid === this.nextZxid, 'a proposal takes the next zxid')
    const entry: Entry<T> = registration === undefined ? { zxid, txn } : { zxid, txn, registration }
    this.#peer.history.append([entry])
  }

  get nextZxid(): Zxid {
    return Math.max(this.#peer.history.lastZxid, makeZxid(this.#epoch, 0)) + 1
  }

  /** False when the epoch's counter is used up: the leader resigns, the next epoch begins at 1 (ZOOKEEPER-1277). */
  get canPropose(): boolean {
    const next = this.nextZxid
    return epochOf(next) === this.#epoch && counterOf(next) <= this.#peer.options.counterMax
  }

  /** Number of the newest ping that was sent. */
  get pings(): number {
    return this.#broadcast.pings
  }

  /** The link carries a learner that was told UPTODATE. */
  isServing(link: LinkNumber): boolean {
    return this.#learners.get(link)?.stage === 'serving'
  }

  /** Sends what was proposed in this step. */
  flush(): void {
    for (const learner of this.#broadcast.flush()) {
      this.#refuse(learner, 'the log was trimmed past it')
      if (this.#peer.role !== this) return
    }
  }

  /** The log is still needed from here on. */
  get pinned(): Zxid {
    return this.#broadcast.pinned
  }

  /** A learner is receiving its snapshot: slow is not stuck. */
  progressed(): void {
    this.#progressAt = this.#peer.now
  }

  /** The replica has put the whole snapshot on this learner's link. */
  snapshotSent(link: LinkNumber, start: Zxid): void {
    const learner = this.#learners.get(link)
    if (learner === undefined) return
    assert(learner.stage === 'snapshot', 'a snapshot was wanted')
    if (start < this.#peer.history.base)
      return this.#refuse(learner, 'the log was trimmed meanwhile')
    sendHistory(this.#peer, learner, start, this.#newLeader())
  }

  notification(): NotificationMessage {
    const { history, options, round } = this.#peer
    return {
      kind: 'notification',
      state: 'leading',
      round,
      vote: { leader: options.id, epoch: history.meta.currentEpoch, zxid: history.lastZxid },
      voter: history.isVoter,
      empty: history.isEmpty,
      established: this.isEstablished,
    }
  }

  waitingFor(): string | undefined {
    if (this.isEstablished) return undefined
    const { id, voterIds } = this.#peer.options
    const here = new Set([id, ...this.learners.map((learner) => learner.id)])
    const missing = voterIds.filter((voter) => !here.has(voter))
    return `a quorum to follow (${this.#phase.kind}; not yet: replicas ${missing.join(', ')})`
  }

  #patienceMs(): number {
    const { silenceMs, initMs } = this.#peer.options.timing
    if (this.isEstablished) return Infinity
    // Those who elected me ask at once, or have changed their minds.
    return this.#phase.kind === 'gathering' ? silenceMs : initMs
  }

  resign(reason: string): void {
    this.#peer.count('resignations')
    this.#peer.lastResignation = reason
    this.#peer.look()
  }

  #drop(link: LinkNumber): void {
    const learner = this.#learners.remove(link)
    if (learner === undefined) return
    this.#peer.emit({ kind: 'learnerGone', link })
    // Leading on without a quorum would only serve stale reads and unconfirmed leases.
    if (this.isEstablished && !this.#learners.isQuorum((each) => each.isSynchronized)) {
      return this.resign('its live links no longer make a quorum')
    }
    if (this.#formation && !this.#learners.isConfigured(learner)) return
    if (this.#formation) return this.resign('a voter left the first formation')
    const isAbandoned = this.#phase.kind !== 'gathering' && !this.#learners.isQuorum(() => true)
    if (isAbandoned) this.resign('the quorum that asked to be led has left')
  }

  #onNotification(link: LinkState, message: NotificationMessage): void {
    // A quorum follows somebody else already.
    const isOther = message.state === 'leading' && message.established
    if (isOther && !this.isEstablished) return this.resign('another leader is established')
    if (message.state !== 'looking') return
    this.#drop(link.link)
    if (this.#peer.role === this) this.#peer.send(link.link, this.notification())
  }

  #onFollowerInfo(link: LinkState, message: FollowerInfoMessage): void {
    // One member, one learner, one vote.
    if (!this.#peer.links.isNewest(link)) return
    const stage = this.#learners.get(link.link)?.stage
    // It had not heard yet that I lead when it asked again. (Whoever looked in between has said so before it asks.)
    if (stage === 'info' || stage === 'epochSent') return
    this.#drop(link.link)
    if (this.#peer.role !== this) return
    const isPromised = this.#phase.kind !== 'gathering' && message.acceptedEpoch > this.#epoch
    // It can follow none but a newer epoch than it has promised: make one, rather than shut it out for good.
    if (isPromised && message.role === 'voter') return this.resign('a voter accepted a newer epoch')
    const learner = new Learner(link, message)
    this.#learners.add(learner)
    this.#advance()
    if (this.#peer.role === this) this.#sendEpoch(learner)
  }

  #onAckEpoch(learner: Learner, message: AckEpochMessage): void {
    if (learner.stage !== 'epochSent' || message.epoch !== this.#epoch) {
      return this.#refuse(learner, 'ACKEPOCH out of turn')
    }
    learner.voter = message.voter
    learner.history = message
    const { meta, lastZxid } = this.#peer.history
    const mine = { currentEpoch: meta.currentEpoch, lastZxid }
    const isNewer = compareHistories(message, mine) > 0
    // My election was wrong: it may hold decided txns that I lack.
    if (isNewer && this.#learners.counts(learner))
      return this.resign('a learner has a more recent history')
    learner.stage = 'epochAcked'
    if (this.#phase.kind === 'synchronization' || this.#phase.kind === 'broadcast') {
      return startSync(this.#peer, learner, this.#newLeader())
    }
    this.#advance()
  }

  #onAckNewLeader(learner: Learner, message: AckNewLeaderMessage): void {
    if (learner.stage !== 'newLeaderSent' || message.epoch !== this.#epoch) {
      return this.#refuse(learner, 'ACK of NEWLEADER out of turn')
    }
    learner.stage = 'synchronized'
    learner.voter = message.voter
    learner.acked = message.lastZxid
    if (this.isEstablished) this.#serve(learner)
    this.#advance()
  }

  #onAck(learner: Learner, message: AckMessage): void {
    if (!learner.isSynchronized) return this.#refuse(learner, 'ACK out of turn')
    if (message.zxid > learner.sent) return this.#refuse(learner, 'ACK of what was never sent')
    if (message.zxid < learner.acked)
      return this.#refuse(learner, 'an ACK that takes back an earlier one')
    learner.acked = message.zxid
    learner.voter = message.voter
    this.#advance()
  }

  #refuse(learner: Learner, reason: string): void {
    this.#peer.closeLink(learner.link, reason)
    this.#drop(learner.link.link)
  }

  /** Does everything that has become possible. */
  #advance(): void {
    if (this.#phase.kind === 'gathering') this.#proposeEpoch()
    if (this.#phase.kind === 'discovery') this.#finishDiscovery(this.#phase.ticket)
    if (this.#phase.kind === 'synchronization')
      this.#establish(this.#phase.ticket, this.#phase.history)
    if (this.#phase.kind === 'broadcast') this.#broadcast.commit()
  }

  #proposeEpoch(): void {
    const isFormation = this.#learners.isFormation()
    if (!isFormation && !this.#learners.isQuorum(() => true)) return
    const { history } = this.#peer
    const accepted = this.learners.map((learner) => learner.info.acceptedEpoch)
    this.#epoch = Math.max(history.meta.acceptedEpoch, ...accepted) + 1
    assert(this.#epoch < EPOCH_MAX, 'epochs are not used up')
    this.#formation = isFormation
    this.#phase = { kind: 'discovery', ticket: history.setMeta({ acceptedEpoch: this.#epoch }) }
  }

  #finishDiscovery(ticket: Ticket): void {
    const { history, journal } = this.#peer
    // My own promise must be on disk before anybody hears of the epoch: a leader that crashed and came back
    // could otherwise propose the same number again.
    if (!journal.isDurable(ticket)) return
    for (const learner of this.#learners.all()) this.#sendEpoch(learner)
    const hasPromised = (each: Learner): boolean => each.history?.fresh === true
    const isPromised = this.#formation
      ? this.#learners.isFormation(hasPromised)
      : this.#learners.isQuorum(hasPromised)
    if (!isPromised) return
    if (this.#formation) formCluster(this.#peer, this.learners)
    const newLeader = history.setMeta({ currentEpoch: this.#epoch })
    this.#phase = { kind: 'synchronization', ticket: newLeader, history: history.lastZxid }
    for (const learner of this.#learners.all()) {
      if (learner.stage === 'epochAcked') startSync(this.#peer, learner, this.#newLeader())
    }
  }

  #establish(ticket: Ticket, initial: Zxid): void {
    const { history, journal } = this.#peer
    if (!journal.isDurable(ticket)) return
    if (!this.#learners.isQuorum((learner) => learner.isSynchronized && learner.acked >= initial))
      return
    this.#phase = { kind: 'broadcast' }
    this.#formation = false
    assert(history.lastZxid === initial, 'nothing is proposed before the leader is established')
    this.#peer.count('establishments')
    this.#peer.deliver(initial)
    // First: who serves learners is built when serving begins.
    this.#peer.emit({ kind: 'serving', leader: this.#peer.options.id })
    for (const learner of this.#learners.all()) if (learner.isSynchronized) this.#serve(learner)
    this.#peer.tellOthers(undefined)
  }

  #serve(learner: Learner): void {
    learner.stage = 'serving'
    // A learner whose window is full has less on its link than is decided.
    learner.told = Math.min(this.#peer.history.committed, learner.sent)
    const { link } = learner.link
    this.#peer.send(link, { kind: 'upToDate', epoch: this.#epoch, committed: learner.told })
    this.#peer.emit({ kind: 'learnerServing', link: learner.link.link })
  }

  #sendEpoch(learner: Learner): void {
    if (learner.stage !== 'info' || this.#phase.kind === 'gathering') return
    if (this.#phase.kind === 'discovery' && !this.#peer.journal.isDurable(this.#phase.ticket))
      return
    learner.stage = 'epochSent'
    this.#peer.send(learner.link.link, { kind: 'leaderInfo', epoch: this.#epoch })
  }

  #newLeader(): NewEpoch {
    return { epoch: this.#epoch, formation: this.#formation }
  }
}
