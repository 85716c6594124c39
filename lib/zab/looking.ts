/**
 * Role: looking for a leader (fast leader election).
 *
 * A member votes for the best candidate within reach and tells everybody. A candidate reaches a majority and votes for itself: what
 * others say of it may outlive it, and a vote for one that is dead, or was wiped, would never be taken back. When a quorum agrees the round is
 * over: at once if every voter it can reach agrees, else after a moment in which a better vote may come. A member
 * that finds a leader already serving joins it, whatever the round (ZOOKEEPER-1514 and its kin: votes of settled
 * members go stale, so only the leader's own word counts). Discovery, not election, keeps this safe.
 */
import { compareVotes, elects, majorityOf } from './election.js'
import type { Ballot } from './election.js'
import type { LinkNumber, LinkState } from './links.js'
import type { FollowerInfoMessage, NotificationMessage, Vote, ZabMessage } from './message.js'
import type { Peer } from './peer.js'
import type { Role } from './role.js'

/** In a vote: who is no candidate, and knows none. No member has this id. */
const NOBODY = 0

export class Looking<T> implements Role<T> {
  readonly state = 'looking'
  readonly #peer: Peer<T>
  #vote: Vote
  /** What each voter said in this round; mine is among them. */
  readonly #ballots = new Map<number, Ballot>()
  /** Members that already ask me to lead them: they saw the end of the round before I did. */
  readonly #early = new Map<LinkNumber, FollowerInfoMessage>()
  /** Some voter is not empty, whatever the round in which it says so. */
  #hasHeardOfData = false
  #finalizeAt = Infinity
  #repeatAt: number
  #repeatMs: number

  constructor(peer: Peer<T>) {
    this.#peer = peer
    peer.round += 1
    this.#vote = this.#isCandidate() ? this.#ownVote() : this.#noVote()
    this.#repeatMs = peer.options.timing.notificationMs
    this.#repeatAt = peer.now + this.#repeatMs
  }

  get deadline(): number {
    return Math.min(this.#finalizeAt, this.#repeatAt)
  }

  enter(): void {
    this.#castOwn()
    this.#tellAll()
    this.#tally()
  }

  leave(): void {
    // Nothing outlives the role.
  }

  onTimeout(): void {
    if (this.#peer.now >= this.#repeatAt) {
      const { notificationMaxMs } = this.#peer.options.timing
      this.#repeatMs = Math.min(this.#repeatMs * 2, notificationMaxMs)
      this.#repeatAt = this.#peer.now + this.#repeatMs
      this.#tellAll()
    }
    if (this.#peer.now >= this.#finalizeAt) this.#decide()
  }

  onLinkUp(link: LinkState): void {
    const before = this.#vote.leader
    // With one more within reach I may stand for election, and the round may no longer end early.
    this.#revote(false)
    if (this.#vote.leader === before) this.#peer.send(link.link, this.notification())
    this.#tally()
  }

  onLinkDown(link: LinkState): void {
    this.#early.delete(link.link)
    this.#ballots.delete(link.member.replicaId)
    this.#revote(false)
    this.#tally()
  }

  onMessage(link: LinkState, message: ZabMessage<T>): void {
    if (message.kind === 'notification') return this.#onNotification(link, message)
    if (message.kind === 'followerInfo') return this.#onFollowerInfo(link, message)
    // Anything else belongs to a role that I have left.
  }

  onPersisted(): void {
    // My vote may have become one that counts, or my last append is now on disk: neither changes the tally's rule.
    this.#castOwn()
    this.#tally()
  }

  notification(): NotificationMessage {
    const { history, round } = this.#peer
    return {
      kind: 'notification',
      state: 'looking',
      round,
      vote: this.#vote,
      voter: history.isVoter,
      empty: history.isEmpty,
      established: false,
    }
  }

  waitingFor(): string | undefined {
    const { options, links, history } = this.#peer
    const missing = options.voterIds.filter((id) => id !== options.id && links.of(id) === undefined)
    const voteless = options.voterIds.filter((id) => this.#isVoteless(id))
    const words = [
      ...missing.map((id) => `replica ${id} (no link)`),
      ...voteless.map(
        (id) => `replica ${id} (its data is lost: it has no vote until a leader refills it)`,
      ),
    ]
    if (words.length > 0) return words.join(', ')
    if (!history.isVoter && !history.isEmpty) return 'an established leader'
    const { lastResignation } = this.#peer
    const why = lastResignation === undefined ? '' : ` (it led, and left: ${lastResignation})`
    return `the end of the election${why}`
  }

  #isVoteless(id: number): boolean {
    const { options, history } = this.#peer
    // Before the first formation nobody has a vote, and nobody has lost one.
    if (history.isEmpty && !this.#hasHeardOfData) return false
    if (id === options.id) return !history.isVoter
    const ballot = this.#ballots.get(id)
    return ballot !== undefined && !ballot.voter
  }

  #ownVote(): Vote {
    const { history, options } = this.#peer
    return { leader: options.id, epoch: history.meta.currentEpoch, zxid: history.lastZxid }
  }

  #noVote(): Vote {
    return { ...this.#ownVote(), leader: NOBODY }
  }

  /** My database votes, or nobody's does yet. */
  #hasBallot(): boolean {
    const { history, isConfiguredVoter } = this.#peer
    return isConfiguredVoter && (history.isVoter || history.isEmpty)
  }

  /**
   * True if I may be elected, and could lead. One that reaches only one of four voters would draw that one's vote away from
   * the leader of the other three, again and again, and nobody would ever lead.
   */
  #isCandidate(): boolean {
    const { voterIds } = this.#peer.options
    return this.#hasBallot() && this.#reachable().length >= majorityOf(voterIds.length)
  }

  #reachable(): number[] {
    const { options, links } = this.#peer
    return options.voterIds.filter((id) => id === options.id || links.of(id) !== undefined)
  }

  #castOwn(): void {
    if (!this.#hasBallot()) {
      this.#ballots.delete(this.#peer.options.id)
      return
    }
    this.#ballots.set(this.#peer.options.id, {
      vote: this.#vote,
      state: 'looking',
      voter: this.#peer.countsItself(),
      empty: this.#peer.history.isEmpty,
    })
  }

  #onNotification(link: LinkState, message: NotificationMessage): void {
    const sender = link.member.replicaId
    // Whatever it tells now, it has left the role in which it asked me to lead it.
    this.#early.delete(link.link)
    if (message.state === 'leading' && message.established && message.vote.leader === sender) {
      return this.#peer.follow(link)
    }
    // I would follow it, and it has won, as far as it knows: discovery will tell, whatever the round.
    const isMine = message.vote.leader === sender && this.#vote.leader === sender
    if (message.state === 'leading' && isMine) return this.#peer.follow(link)
    // Whoever is no voter has no say, before the first formation either: nobody could elect it (ZOOKEEPER-764).
    if (!this.#peer.options.voterIds.includes(sender)) return
    if (!message.empty) this.#hasHeardOfData = true
    const ballot = this.#ballotOf(link, message)
    if (!ballot.voter && !(ballot.empty && this.#peer.history.isEmpty)) {
      // It cannot help to elect anybody; kept only to say whom I wait for.
      this.#ballots.set(sender, ballot)
      return
    }
    if (message.state === 'looking' && message.round < this.#peer.round) {
      return this.#peer.send(link.link, this.notification())
    }
    const isNewRound = message.state === 'looking' && message.round > this.#peer.round
    if (isNewRound) {
      this.#peer.round = message.round
      this.#ballots.clear()
      this.#countEarly()
    }
    if (message.round !== this.#peer.round) return
    this.#ballots.set(sender, ballot)
    this.#revote(isNewRound)
    this.#tally()
  }

  /** It waits for me to lead it, whatever its last vote was that I have heard of. */
  #onFollowerInfo(link: LinkState, message: FollowerInfoMessage): void {
    this.#early.set(link.link, message)
    this.#countEarly()
    this.#revote(false)
    this.#tally()
  }

  /** Who asks to be led by me votes for me, in any round: it may have decided by what I was before. */
  #countEarly(): void {
    for (const [number, { voter, empty }] of this.#early) {
      const link = this.#peer.links.get(number)
      if (link === undefined) continue
      const vote = this.#ownVote()
      const isVoter = this.#peer.counts(link.member, voter)
      this.#ballots.set(link.member.replicaId, { vote, state: 'following', voter: isVoter, empty })
    }
  }

  #ballotOf(link: LinkState, message: NotificationMessage): Ballot {
    // A log that is more recent than mine may know of votes given back that I have not heard of: whoever lacks them
    // could otherwise never follow. Whom I follow is no matter of safety; a leader counts by its own log.
    const isAhead =
      compareVotes(message.vote, { ...this.#ownVote(), leader: message.vote.leader }) > 0
    const voter = isAhead ? message.voter : this.#peer.counts(link.member, message.voter)
    return { vote: message.vote, state: message.state, voter, empty: message.empty }
  }

  /** Votes for the best of those who vote for themselves; tells everybody if that is news. */
  #revote(isNewRound: boolean): void {
    let best = this.#isCandidate() ? this.#ownVote() : undefined
    for (const [id, { vote, voter, empty }] of this.#ballots) {
      const isEligible = voter || (empty && this.#peer.history.isEmpty)
      if (vote.leader !== id || id === this.#peer.options.id || !isEligible) continue
      if (best === undefined || compareVotes(vote, best) > 0) best = vote
    }
    const vote = best ?? this.#noVote()
    const isNews = vote.leader !== this.#vote.leader || compareVotes(vote, this.#vote) !== 0
    this.#vote = vote
    this.#castOwn()
    if (isNews || isNewRound) this.#tellAll()
  }

  #tellAll(): void {
    const notification = this.notification()
    for (const { link } of this.#peer.links.all()) this.#peer.send(link, notification)
  }

  /** Ends the round, waits a moment for a better vote, or goes on. */
  #tally(): void {
    const { options, now } = this.#peer
    if (!elects(this.#vote, this.#ballots, options.voterIds)) {
      this.#finalizeAt = Infinity
      return
    }
    const isUnanimous = this.#reachable().every((id) => this.#agrees(id))
    if (isUnanimous) return this.#decide()
    if (this.#finalizeAt === Infinity) this.#finalizeAt = now + options.timing.finalizeMs
  }

  #agrees(id: number): boolean {
    const ballot = this.#ballots.get(id)
    if (ballot === undefined) return false
    // A member without a vote can say nothing better.
    if (!ballot.voter && !(ballot.empty && this.#peer.history.isEmpty)) return true
    return ballot.vote.leader === this.#vote.leader
  }

  #decide(): void {
    const { options, links } = this.#peer
    const leader = this.#vote.leader
    if (leader === options.id) {
      return this.#peer.lead(this.#early)
    }
    const link = links.of(leader)
    // The tally holds the leader's own ballot, and a ballot goes with its link.
    if (link === undefined) return
    this.#peer.follow(link)
  }
}
