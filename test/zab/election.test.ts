/** The arithmetic of elections: votes have one order, and a majority is a majority of databases that vote. */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import {
  compareHistories,
  compareVotes,
  elects,
  majorityOf,
  reachedByQuorum,
} from '../../lib/zab/election.js'
import type { Ballot } from '../../lib/zab/election.js'
import type { Vote } from '../../lib/zab/message.js'

const SMALL = [0, 1, 2]
const VOTES: readonly Vote[] = SMALL.flatMap((epoch) =>
  SMALL.flatMap((zxid) => SMALL.map((leader) => ({ epoch, zxid, leader }))),
)

// ZOOKEEPER-1419: an id broke the tie although the epochs differed, and five members never settled.
test('votes have a strict total order: of any two different ones exactly one is better, whomever one asks', (t) => {
  for (const a of VOTES) {
    t.is(compareVotes(a, { ...a }), 0)
    for (const b of VOTES) {
      if (a !== b) t.not(compareVotes(a, b), 0)
      t.is(Math.sign(compareVotes(a, b)), -Math.sign(compareVotes(b, a)) + 0)
      for (const c of VOTES) {
        if (compareVotes(a, b) > 0 && compareVotes(b, c) > 0) t.true(compareVotes(a, c) > 0)
      }
    }
  }
})

test('the epoch counts before the zxid, and the zxid before the id', (t) => {
  const best = VOTES.toSorted(compareVotes).map(
    ({ epoch, zxid, leader }) => epoch * 9 + zxid * 3 + leader,
  )
  t.deepEqual(
    best,
    Array.from({ length: 27 }, (_, place) => place),
  )
})

test('the better vote is never of the less recent history', (t) => {
  const historyOf = ({ epoch, zxid }: Vote): { currentEpoch: number; lastZxid: number } => {
    return { currentEpoch: epoch, lastZxid: zxid }
  }
  for (const a of VOTES) {
    for (const b of VOTES) {
      if (compareVotes(a, b) > 0) t.true(compareHistories(historyOf(a), historyOf(b)) >= 0)
    }
  }
})

function ballots(
  leaders: Readonly<Record<number, number>>,
  change: Partial<Ballot> = {},
): Map<number, Ballot> {
  return new Map(
    Object.entries(leaders).map(([id, leader]) => {
      const vote = { leader, epoch: 1, zxid: 1 }
      return [Number(id), { vote, state: 'looking', voter: true, empty: false, ...change }]
    }),
  )
}

const FOR_2: Vote = { leader: 2, epoch: 1, zxid: 1 }

test('nobody is elected whose own vote is not among the majority’s', (t) => {
  t.true(elects(FOR_2, ballots({ 1: 2, 2: 2 }), [1, 2, 3]))
  t.false(elects(FOR_2, ballots({ 1: 2, 3: 2 }), [1, 2, 3]), 'hearsay')
  t.false(elects(FOR_2, ballots({ 1: 2, 3: 2, 2: 3 }), [1, 2, 3]), 'it wants another')
  t.false(elects(FOR_2, ballots({ 2: 2 }), [1, 2, 3]))
})

test('who is none of the voters neither helps to elect nor is elected', (t) => {
  t.false(elects(FOR_2, ballots({ 2: 2, 7: 2, 8: 2 }), [1, 2, 3]))
  t.false(elects({ ...FOR_2, leader: 7 }, ballots({ 1: 7, 2: 7, 7: 7 }), [1, 2, 3]))
})

test('a database without a vote neither helps to elect nor is elected', (t) => {
  const mixed = ballots({ 1: 2, 2: 2, 3: 2 }, { voter: false })
  t.false(elects(FOR_2, mixed, [1, 2, 3]))
  const [two] = ballots({ 2: 2 })
  mixed.set(...two!)
  t.false(elects(FOR_2, mixed, [1, 2, 3]), 'one vote is no majority')
  t.true(elects(FOR_2, ballots({ 1: 2, 2: 2 }), [1, 2, 3]))
  const voteless = ballots({ 1: 2, 2: 2, 3: 2 })
  voteless.set(2, { ...voteless.get(2)!, voter: false })
  t.false(elects(FOR_2, voteless, [1, 2, 3]), 'the candidate itself must vote')
})

test('only all voters together, all of them empty, elect without votes', (t) => {
  const empty = { voter: false, empty: true }
  t.true(elects(FOR_2, ballots({ 1: 2, 2: 2, 3: 2 }, empty), [1, 2, 3]))
  t.false(elects(FOR_2, ballots({ 1: 2, 2: 2 }, empty), [1, 2, 3]))
  const one = ballots({ 1: 2, 2: 2, 3: 2 }, empty)
  one.set(3, { ...one.get(3)!, empty: false })
  t.false(elects(FOR_2, one, [1, 2, 3]))
})

test('any two majorities share a member, and what a quorum has reached a majority has', (t) => {
  const random = new Random(1)
  for (let voters = 1; voters <= 9; voters++) {
    const quorum = majorityOf(voters)
    t.true(2 * quorum > voters)
    t.true(2 * (quorum - 1) <= voters, 'and no more than needed')
    for (let round = 0; round < 50; round++) {
      const values = Array.from({ length: random.range(0, voters) }, () => random.integer(5))
      const reached = reachedByQuorum(values, quorum)
      if (reached === undefined) t.true(values.length < quorum)
      else {
        t.true(values.filter((value) => value >= reached).length >= quorum)
        t.true(values.filter((value) => value > reached).length < quorum)
      }
    }
  }
})
