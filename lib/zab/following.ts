/**
 * Role: following a leader, from discovery to broadcast.
 *
 * Until NEWLEADER nothing but the accepted epoch touches the disk: what the leader sends is collected, and
 * truncation, entries, epoch, registry and vote then become durable in ONE transaction. So a crash in the
 * middle of synchronization leaves the old state or the new one, never a mixture (ZOOKEEPER-2355, -3642, -3911,
 * -4643, -4785, -5094). The ack of NEWLEADER leaves when that transaction is on disk.
 */
import { assert } from '../base/assert.js'
import { epochOf, follows } from '../protocol/zxid.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Entry } from './entry.js'
import type { Ticket } from './journal.js'
import type { LinkState } from './links.js'
import type {
  DiffMessage,
  LeaderInfoMessage,
  NewLeaderMessage,
  NotificationMessage,
  ProposalMessage,
  UpToDateMessage,
  ZabMessage,
} from './message.js'
import type { Peer } from './peer.js'
import { isOldCopy } from './registry-log.js'
import type { Role } from './role.js'

/** Where the learner stands. `ticket` is the write whose durability releases the next message. */
type Stage<T> =
  | { readonly kind: 'info' }
  | { readonly kind: 'epochAsked'; readonly ticket: Ticket; readonly fresh: boolean }
  | { readonly kind: 'epochAcked' }
  | { readonly kind: 'diff'; readonly from: Zxid; readonly entries: Entry<T>[] }
  | {
      readonly kind: 'snap'
      readonly start: Zxid
      end: Zxid | undefined
      readonly entries: Entry<T>[]
    }
  | { readonly kind: 'synchronized'; readonly ticket: Ticket }
  | { readonly kind: 'acked' }
  | { readonly kind: 'broadcast' }

export class Following<T> implements Role<T> {
  readonly state = 'following'
  readonly #peer: Peer<T>
  readonly #leader: LinkState
  readonly #since: number
  #stage: Stage<T> = { kind: 'info' }
  #epoch = 0
  #acked: Zxid = 0
  #ackedAsVoter = false

  constructor(peer: Peer<T>, leader: LinkState) {
    this.#peer = peer
    this.#leader = leader
    this.#since = peer.now
  }

  get leader(): number {
    return this.#leader.member.replicaId
  }

  get link(): LinkState {
    return this.#leader
  }

  get isServing(): boolean {
    return this.#stage.kind === 'broadcast'
  }

  get deadline(): number {
    const { silenceMs, initMs } = this.#peer.options.timing
    // The elected leader may still be finding out that it is one; but whatever else it says, it must begin in time.
    const heardAt = Math.max(this.#since, this.#leader.heardAt)
    if (this.#stage.kind === 'info') return Math.min(heardAt + silenceMs, this.#since + initMs)
    return heardAt + (this.isServing ? silenceMs : initMs)
  }

  enter(): void {
    this.#askToBeLed()
    this.#peer.tellOthers(this.#leader.link)
  }

  leave(): void {
    if (this.#stage.kind === 'snap') this.#peer.emit({ kind: 'snapshotVoid' })
    if (this.isServing) this.#peer.emit({ kind: 'suspended' })
  }

  onTimeout(): void {
    if (this.#peer.now >= this.deadline) this.#abandon('the leader is silent')
  }

  onLinkUp(link: LinkState): void {
    // A second link of my leader means that the first is dead and does not know it yet.
    if (link.member.replicaId === this.leader) this.#abandon('the leader dialled anew')
  }

  onLinkDown(link: LinkState): void {
    if (link.link === this.#leader.link) this.#peer.look()
  }

  onMessage(link: LinkState, message: ZabMessage<T>): void {
    if (message.kind === 'notification') return this.#onNotification(link, message)
    if (message.kind === 'followerInfo') return this.#peer.send(link.link, this.notification())
    if (link.link !== this.#leader.link) return
    switch (message.kind) {
      case 'leaderInfo':
        return this.#onLeaderInfo(message)
      case 'diff':
        return this.#onDiff(message)
      case 'snap':
        return this.#onSnap(message.start)
      case 'newLeader':
        return this.#onNewLeader(message)
      case 'upToDate':
        return this.#onUpToDate(message)
      case 'proposal':
        return this.#onProposal(message)
      case 'commit':
        return this.#onCommit(message.zxid)
      case 'ping':
        return this.#onPing(message.epoch, message.number)
      case 'ackEpoch':
      case 'ackNewLeader':
      case 'ack':
      case 'pong':
        // Addressed to a leader, which I may have been a moment ago.
        return
    }
  }

  onPersisted(): void {
    const stage = this.#stage
    if (stage.kind === 'epochAsked') this.#ackEpoch(stage.ticket, stage.fresh)
    if (stage.kind === 'synchronized') this.#ackNewLeader(stage.ticket)
    if (stage.kind === 'acked' || stage.kind === 'broadcast') this.#ack()
  }

  /** The replica has received the whole snapshot, which is exact from `end` on. */
  snapshotReceived(end: Zxid): void {
    assert(this.#stage.kind === 'snap', 'a snapshot ends after it began')
    assert(end >= this.#stage.start, 'a snapshot ends after it began')
    this.#stage.end = end
  }

  notification(): NotificationMessage {
    const { history, round } = this.#peer
    const { replicaId } = this.#leader.member
    return {
      kind: 'notification',
      state: 'following',
      round,
      vote: { leader: replicaId, epoch: history.meta.currentEpoch, zxid: history.lastZxid },
      voter: history.isVoter,
      empty: history.isEmpty,
      established: false,
    }
  }

  waitingFor(): string | undefined {
    return this.isServing
      ? undefined
      : `replica ${this.leader} (to be led by it: ${this.#stage.kind})`
  }

  #abandon(reason: string): void {
    // Whatever is still on its way from this leader must not reach my next role.
    this.#peer.closeLink(this.#leader, reason)
    this.#peer.look()
  }

  #onNotification(link: LinkState, message: NotificationMessage): void {
    if (link.link !== this.#leader.link) {
      if (message.state === 'looking') this.#peer.send(link.link, this.notification())
      return
    }
    if (message.state === 'leading') return
    const isElecting = message.state === 'looking' && message.vote.leader === this.leader
    if (this.#stage.kind !== 'info' || !isElecting) return this.#peer.look()
    // The one I elected may still be about to find out that it won this very round.
    if (message.round <= this.#peer.round) return
    // Or it has begun another, and forgotten me. Looking as well would only undo what my first word brings about there:
    // two could go round like that for ever, each a message behind the other.
    this.#peer.round = message.round
    this.#askToBeLed()
  }

  #askToBeLed(): void {
    const { history } = this.#peer
    this.#peer.send(this.#leader.link, {
      kind: 'followerInfo',
      acceptedEpoch: history.meta.acceptedEpoch,
      voter: history.isVoter,
      empty: history.isEmpty,
      role: this.#peer.isConfiguredVoter ? 'voter' : 'observer',
    })
  }

  #onLeaderInfo({ epoch }: LeaderInfoMessage): void {
    if (this.#stage.kind !== 'info') return this.#abandon('a second epoch on one link')
    const { history } = this.#peer
    const accepted = history.meta.acceptedEpoch
    // A promise binds whoever may vote one day; the leader hears of it in FOLLOWERINFO and makes room for it.
    if (epoch < accepted && this.#peer.isConfiguredVoter)
      return this.#abandon(`epoch ${epoch} after having accepted ${accepted}`)
    this.#epoch = epoch
    if (epoch <= accepted) {
      this.#stage = { kind: 'epochAcked' }
      return this.#sendAckEpoch(false)
    }
    const ticket = history.setMeta({ acceptedEpoch: epoch })
    this.#stage = { kind: 'epochAsked', ticket, fresh: true }
  }

  #ackEpoch(ticket: Ticket, fresh: boolean): void {
    if (!this.#peer.journal.isDurable(ticket)) return
    this.#stage = { kind: 'epochAcked' }
    this.#sendAckEpoch(fresh)
  }

  #sendAckEpoch(fresh: boolean): void {
    const { history } = this.#peer
    assert(
      history.meta.acceptedEpoch >= this.#epoch,
      'an epoch is accepted before it is acknowledged',
    )
    this.#peer.send(this.#leader.link, {
      kind: 'ackEpoch',
      epoch: this.#epoch,
      fresh,
      currentEpoch: history.meta.currentEpoch,
      lastZxid: history.lastZxid,
      voter: history.isVoter,
      empty: history.isEmpty,
      epochEnds: history.epochEnds(),
      needsSnapshot: false,
    })
  }

  #onDiff({ from }: DiffMessage): void {
    if (this.#stage.kind !== 'epochAcked') return this.#abandon('DIFF out of turn')
    const { history } = this.#peer
    // A leader that would truncate what is decided is none of mine.
    if (from < history.committed) return this.#abandon('a DIFF below what is decided')
    if (from > history.lastZxid || !history.has(from))
      return this.#abandon('a DIFF from what I do not have')
    this.#stage = { kind: 'diff', from, entries: [] }
  }

  #onSnap(start: Zxid): void {
    if (this.#stage.kind !== 'epochAcked') return this.#abandon('SNAP out of turn')
    this.#stage = { kind: 'snap', start, end: undefined, entries: [] }
    this.#peer.emit({ kind: 'snapshotBegins', link: this.#leader.link, start })
  }

  #onProposal({ entries }: ProposalMessage<T>): void {
    const stage = this.#stage
    if (stage.kind === 'diff') return this.#collect(stage.entries, stage.from, entries)
    if (stage.kind === 'snap') return this.#collect(stage.entries, stage.start, entries)
    const isLogging =
      stage.kind === 'synchronized' || stage.kind === 'acked' || stage.kind === 'broadcast'
    if (!isLogging) return this.#abandon('a proposal out of turn')
    let last = this.#peer.history.lastZxid
    for (const { zxid } of entries) {
      if (!follows(last, zxid)) return this.#abandon('a gap in the proposals')
      if (epochOf(zxid) !== this.#epoch) return this.#abandon('a proposal of another epoch')
      last = zxid
    }
    this.#peer.history.append(entries)
  }

  #collect(collected: Entry<T>[], from: Zxid, entries: readonly Entry<T>[]): void {
    for (const entry of entries) {
      const last = collected.at(-1)?.zxid ?? from
      if (!follows(last, entry.zxid)) return this.#abandon('a gap in the synchronization')
      collected.push(entry)
    }
  }

  #onNewLeader(message: NewLeaderMessage): void {
    const stage = this.#stage
    if (stage.kind !== 'diff' && stage.kind !== 'snap')
      return this.#abandon('NEWLEADER out of turn')
    if (message.epoch !== this.#epoch) return this.#abandon('NEWLEADER of another epoch')
    const last = stage.entries.at(-1)?.zxid ?? (stage.kind === 'diff' ? stage.from : stage.start)
    if (last !== message.lastZxid) return this.#abandon('a gap before NEWLEADER')
    if (this.#isReplaced(message)) return this.#renounceVote()
    if (stage.kind === 'diff') this.#adoptDiff(stage.from, stage.entries)
    else {
      const { start, end, entries } = stage
      if (end === undefined) return this.#abandon('NEWLEADER before the end of the snapshot')
      // Like a DIFF that would truncate what is decided.
      if (end < this.#peer.history.committed) return this.#abandon('a SNAP below what is decided')
      if (end > last) return this.#abandon('a gap before the end of the snapshot')
      this.#adoptSnapshot(start, end, entries)
    }
    this.#stage = { kind: 'synchronized', ticket: this.#adoptEpoch(message) }
  }

  #adoptDiff(from: Zxid, entries: readonly Entry<T>[]): void {
    const { history } = this.#peer
    if (from < history.lastZxid) this.#peer.count('truncations')
    if (from < history.lastZxid) history.truncate(from)
    if (entries.length > 0) history.append(entries)
    this.#peer.count('diffs')
  }

  #adoptSnapshot(start: Zxid, end: Zxid, entries: readonly Entry<T>[]): void {
    const { history } = this.#peer
    history.reset(start, entries, end)
    this.#peer.count('snapshotsReceived')
    this.#peer.emit({ kind: 'snapshotInstalled' })
  }

  /** The new epoch, and with the first formation my vote: in the same transaction as the history before it. */
  #adoptEpoch(message: NewLeaderMessage): Ticket {
    const { history } = this.#peer
    assert(history.lastZxid === message.lastZxid, "my history is the leader's")
    const { meta } = history
    const mayVote = message.formation && this.#peer.isConfiguredVoter
    return history.setMeta({
      clusterId: message.clusterId,
      registry: message.registry,
      currentEpoch: message.epoch,
      acceptedEpoch: Math.max(meta.acceptedEpoch, message.epoch),
      voter: meta.voter || mayVote,
    })
  }

  /** Another database, or a later opening of mine, is the one that votes, and mine does not know it yet. */
  #isReplaced({ registry }: NewLeaderMessage): boolean {
    const own = this.#peer.incarnation()
    const row = registry.voters.find(({ replica }) => replica === this.#peer.options.id)
    if (row === undefined || !this.#peer.history.isVoter) return false
    return row.databaseId !== own.databaseId || isOldCopy(row, own)
  }

  /**
   * It must not be given the vote again under its old name: a copy of what it was when it voted, put back later, would
   * pass for it.
   */
  #renounceVote(): void {
    const seed = `database ${this.#peer.now} ${this.#epoch}`
    this.#peer.renounceVote(seed, 'another database has its vote')
  }

  #ackNewLeader(ticket: Ticket): void {
    const { history, journal } = this.#peer
    if (!journal.isDurable(ticket)) return
    this.#stage = { kind: 'acked' }
    this.#acked = history.durableZxid
    this.#ackedAsVoter = history.isVoter
    this.#peer.send(this.#leader.link, {
      kind: 'ackNewLeader',
      epoch: this.#epoch,
      lastZxid: history.durableZxid,
      voter: history.isVoter,
    })
  }

  #onUpToDate({ epoch, committed }: UpToDateMessage): void {
    if (this.#stage.kind !== 'acked') return this.#abandon('UPTODATE out of turn')
    if (epoch !== this.#epoch) return this.#abandon('UPTODATE of another epoch')
    if (committed > this.#peer.history.lastZxid) return this.#abandon('a gap before UPTODATE')
    this.#stage = { kind: 'broadcast' }
    this.#peer.deliver(committed)
    this.#peer.emit({ kind: 'serving', leader: this.leader })
  }

  #onCommit(zxid: Zxid): void {
    if (this.#stage.kind !== 'broadcast') return this.#abandon('COMMIT out of turn')
    if (zxid > this.#peer.history.lastZxid)
      return this.#abandon('a commit of what was never proposed')
    this.#peer.deliver(zxid)
  }

  #ack(): void {
    const { history } = this.#peer
    const zxid = history.durableZxid
    const voter = history.isVoter
    if (zxid <= this.#acked && voter === this.#ackedAsVoter) return
    this.#acked = zxid
    this.#ackedAsVoter = voter
    this.#peer.send(this.#leader.link, { kind: 'ack', zxid, voter })
  }

  #onPing(epoch: number, number: number): void {
    if (this.#stage.kind === 'info') return
    if (epoch !== this.#epoch) return
    this.#peer.send(this.#leader.link, { kind: 'pong', epoch, number })
    if (this.isServing) this.#peer.emit({ kind: 'pinged', link: this.#leader.link })
  }
}
