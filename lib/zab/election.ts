/**
 * The arithmetic of fast leader election: the order of votes, and when a tally decides.
 *
 * Safety does not rest here: a leader that was elected wrongly finds out in discovery and leaves.
 */
import type { MemberState, Vote } from './message.js'

/** Positive if `a` is the better candidate: by epoch, then zxid, then id. A strict total order (ZOOKEEPER-1419). */
export function compareVotes(a: Vote, b: Vote): number {
  if (a.epoch !== b.epoch) return a.epoch - b.epoch
  if (a.zxid !== b.zxid) return a.zxid - b.zxid
  return a.leader - b.leader
}

/** Positive if history `a` is more recent than `b`: by adopted epoch, then zxid. */
export function compareHistories(
  a: { readonly currentEpoch: number; readonly lastZxid: number },
  b: { readonly currentEpoch: number; readonly lastZxid: number },
): number {
  if (a.currentEpoch !== b.currentEpoch) return a.currentEpoch - b.currentEpoch
  return a.lastZxid - b.lastZxid
}

/** Smallest number of voters of which any two sets of that size share one. */
export function majorityOf(voters: number): number {
  return Math.floor(voters / 2) + 1
}

/** The value that at least `quorum` of the values reach; `undefined` if there are fewer values than that. */
export function reachedByQuorum(values: readonly number[], quorum: number): number | undefined {
  if (values.length < quorum) return undefined
  const descending = values.toSorted((a, b) => b - a)
  return descending[quorum - 1]
}

/** What a member said last in this round. */
export interface Ballot {
  readonly vote: Vote
  readonly state: MemberState
  /** Its database votes, as far as I can tell. */
  readonly voter: boolean
  /** It may take part in a first formation. */
  readonly empty: boolean
}

/**
 * True if these ballots elect the leader of `vote`: a majority of databases that vote, or, at the first
 * formation, every single voter, all of them empty. The candidate itself must be among them.
 */
export function elects(
  vote: Vote,
  ballots: ReadonlyMap<number, Ballot>,
  voterIds: readonly number[],
): boolean {
  const supporters = voterIds.filter((id) => ballots.get(id)?.vote.leader === vote.leader)
  if (!supporters.includes(vote.leader)) return false
  const voting = supporters.filter((id) => ballots.get(id)?.voter === true)
  if (voting.length >= majorityOf(voterIds.length) && voting.includes(vote.leader)) return true
  return (
    supporters.length === voterIds.length &&
    supporters.every((id) => ballots.get(id)?.empty === true)
  )
}
