/** The spaces: where each begins, and what may happen in it. */
import type { Txn } from '../../lib/tree/txn.js'
import { emptyImage, logOf, voterImage } from './images.js'
import type { Library } from './library.js'
import { peerKind } from './peer-machine.js'
import { membersOf, runUntil } from './progress.js'
import { replicaKind } from './replica-machine.js'
import type { Action } from './action.js'
import { memberAt } from './pair.js'
import { World } from './world.js'
import type { Budget, Row, WorldOptions } from './row.js'

export interface Space {
  readonly name: string
  readonly about: string
  /** What may happen, once in each of these ways. */
  readonly budgets: readonly Partial<Budget>[]
  /** The same for a run of a few seconds. */
  readonly small: Partial<Budget>
  /** Not only from the ends, but from everywhere a good end must be reached if everything arrives in turn. */
  readonly isPatient?: true
  /** Where not everything can be gone through: how far. */
  readonly depth?: number
  begin(library: Library): { readonly world: World; readonly starts: readonly Row[] }
}

export const NOTHING: Budget = { crashes: 0, breaks: 0, stalls: 0, asks: 0, elections: 0 }

function peers(library: Library, options: Partial<WorldOptions>): World {
  return new World({
    kind: peerKind(library),
    requests: ['a', 'b'],
    overlap: false,
    oracle: true,
    proposedOnce: ({ txn }) => (typeof txn === 'string' && txn.length === 1 ? txn : undefined),
    ...options,
  })
}

const AT_FIRST = { accepted: 1, current: 1 }

function act(world: World, row: Row, ...actions: Action[]): Row {
  let next = row
  for (const action of actions) next = world.after(next, world.number(action))
  return next
}

/** The first member leads, and the others that are given follow it. */
function elect(world: World, start: Row, leader: number, followers: readonly number[]): Row {
  const before = world.withBudget(start, { ...NOTHING, elections: 1 })
  let row = act(world, before, { kind: 'lead', member: leader })
  for (const member of followers) {
    const link = world.facts(row, member)?.links[leader] ?? 0
    row = act(world, row, { kind: 'follow', member, other: leader, link })
  }
  return row
}

function isServing(world: World, row: Row, ids: readonly number[]): boolean {
  return membersOf(world, row).every(([member, facts]) => !ids.includes(member) || facts.serving)
}

/** The first leads, and these follow, all of them up to date. */
function established(world: World, start: Row, leader: number, followers: readonly number[]): Row {
  const row = elect(world, start, leader, followers)
  return runUntil(world, row, (each) => {
    return isServing(world, each, [leader, ...followers]) && world.pending(each).length === 0
  })
}

/** One has a snapshot instead of a log, one all of it, one only its beginning. */
function differentLogs(world: World): Row {
  const log = logOf('1:1', '1:2', '2:1')
  const epochs = { accepted: 2, current: 2 }
  const images = [
    voterImage(1, epochs, log, log[1]?.zxid),
    voterImage(2, epochs, log),
    voterImage(3, AT_FIRST, logOf('1:1')),
  ]
  return world.begin(images, log.slice(0, 2), NOTHING)
}

/** The last logged something alone, and the others went on without it in the next epoch. */
function parted(world: World): Row {
  const log = logOf('1:1', '2:1')
  const epochs = { accepted: 2, current: 2 }
  const images = [
    voterImage(1, epochs, log),
    voterImage(2, epochs, log.slice(0, 1)),
    voterImage(3, AT_FIRST, logOf('1:1', '1:2')),
  ]
  return world.begin(images, log.slice(0, 1), NOTHING)
}

function beginLooking(world: World): Row {
  const logs = [logOf('1:1', '1:2'), logOf('1:1', '1:2'), logOf('1:1')]
  const images = logs.map((log, index) => voterImage(index + 1, AT_FIRST, log))
  return world.begin(images, logOf('1:1'), NOTHING)
}

/** All links are up, and the first votes are on their way; one may be away for good. */
function looking(world: World, away: number | undefined): Row {
  let row = world.withBudget(beginLooking(world), { ...NOTHING, crashes: 1 })
  if (away !== undefined) row = act(world, row, { kind: 'leave', member: away, kept: 0 })
  for (const pair of [0, 1, 2]) {
    for (const end of [0, 1] as const) {
      const kind = world.links(row, pair)[0]?.broken === true ? 'hearDown' : 'deliver'
      if (!world.isGone(row, pair, end)) row = act(world, row, { kind, pair, generation: 1, end })
    }
  }
  return row
}

/** Whole replicas; the last has a session, the others keep a short log. */
function replicas(library: Library, options: Partial<WorldOptions>): World {
  const short = { logBytesBeforeSnapshot: 3000, logBytesRetained: 0 }
  return peers(library, {
    kind: replicaKind(library, (id) => (id < 3 ? short : {})),
    proposedOnce: ({ txn }) => {
      const { origin } = txn as Txn
      return origin === undefined ? undefined : `request ${origin.session}/${origin.cxid}`
    },
    ...options,
  })
}

/** Everything arrives but at that member, and it follows nobody. */
function settleWithout(world: World, start: Row, left: number): Row {
  let row = start
  for (;;) {
    const next = world.pending(row).find((number) => {
      const action = world.actions.at(number)
      if ('member' in action) return action.member !== left
      return !('end' in action) || memberAt(action.pair, action.end)[0] !== left
    })
    if (next === undefined) return row
    row = world.after(row, next)
  }
}

/** The last member has asked for something, and what became of it is behind a log that is trimmed. */
function behindSnapshot(world: World): Row {
  const images = [1, 2, 3].map((id) => voterImage(id, AT_FIRST, []))
  let row = established(world, world.begin(images, [], NOTHING), 0, [1, 2])
  const settle = (): void => {
    row = runUntil(world, row, (each) => world.pending(each).length === 0)
  }
  for (const member of [0, 2]) {
    row = act(world, row, { kind: 'request', member, request: 'session' })
    settle()
  }
  row = act(world, row, { kind: 'request', member: 2, request: 'r1' })
  row = settleWithout(world, row, 2)
  const last = world.facts(row, 2)?.lastZxid ?? 0
  row = act(world, world.withBudget(row, { ...NOTHING, breaks: 1 }), {
    kind: 'break',
    pair: 1,
    generation: 1,
  })
  row = act(world, row, { kind: 'hearDown', pair: 1, generation: 1, end: 1 })
  while (world.image(row, 0).base <= last || world.image(row, 1).base <= last) {
    row = act(world, row, { kind: 'request', member: 0, request: 'sync' })
    row = settleWithout(world, row, 2)
  }
  return row
}

export const SPACES: readonly Space[] = [
  {
    name: 'wiped-voter',
    about: 'a wiped voter gets its vote back, beside a leader that may be stale',
    budgets: [
      { elections: 1, breaks: 1, asks: 1 },
      { elections: 1, crashes: 1, asks: 1 },
    ],
    small: { elections: 1, breaks: 1 },
    begin: (library) => {
      const world = peers(library, {})
      const log = logOf('1:1')
      const voters = [1, 2].map((id) => voterImage(id, AT_FIRST, log))
      const row = world.begin([...voters, emptyImage(3, 'b')], log, NOTHING)
      // The wiped one has not been heard of yet.
      return { world, starts: [settleWithout(world, elect(world, row, 0, [1]), 2)] }
    },
  },
  {
    name: 'formation',
    about: 'a first formation that stops half-way',
    budgets: [
      { elections: 2, crashes: 1 },
      { elections: 2, breaks: 1 },
      { elections: 2, stalls: 1 },
    ],
    small: { elections: 1, crashes: 1 },
    begin: (library) => {
      const world = peers(library, {})
      const images = [1, 2, 3].map((id) => emptyImage(id))
      return { world, starts: [world.begin(images, [], NOTHING)] }
    },
  },
  {
    name: 'new-leader',
    about: 'a leader between NEWLEADER and UPTODATE, with a longer log than its followers',
    budgets: [
      { elections: 1, crashes: 1, asks: 1 },
      { elections: 1, breaks: 1, asks: 1 },
      { elections: 1, stalls: 1 },
    ],
    small: { crashes: 1 },
    begin: (library) => {
      const world = peers(library, {})
      const logs = [logOf('1:1', '1:2'), logOf('1:1'), logOf('1:1')]
      const images = logs.map((log, index) => voterImage(index + 1, AT_FIRST, log))
      const row = elect(world, world.begin(images, logOf('1:1'), NOTHING), 0, [1, 2])
      const start = runUntil(world, row, (each) => {
        return world.facts(each, 0)?.stage === 'synchronization'
      })
      return { world, starts: [start] }
    },
  },
  {
    name: 'lost-ack',
    about: 'a link breaks after what came over it was logged, and is dialled anew with equal logs',
    budgets: [
      { elections: 1, breaks: 1, asks: 2 },
      { elections: 0, stalls: 1, asks: 2 },
    ],
    small: { breaks: 1, asks: 1 },
    begin: (library) => {
      const world = peers(library, { overlap: true })
      const images = [1, 2, 3].map((id) => voterImage(id, AT_FIRST, logOf('1:1')))
      const row = world.begin(images, logOf('1:1'), NOTHING)
      return { world, starts: [established(world, row, 0, [1, 2])] }
    },
  },
  {
    name: 'resubmission',
    about: 'requests of a replica that is caught up by SNAP (whole replicas)',
    budgets: [
      { elections: 1, crashes: 1 },
      { elections: 1, breaks: 1, asks: 1 },
    ],
    small: { asks: 1 },
    begin: (library) => {
      const world = replicas(library, { requests: ['r2'] })
      return { world, starts: [behindSnapshot(world)] }
    },
  },
  {
    name: 'synchronization',
    about: 'logs that differ, whoever leads: DIFF, TRUNC across epochs, SNAP',
    budgets: [
      { elections: 1, crashes: 1, asks: 1 },
      { elections: 1, breaks: 1, asks: 1 },
      { elections: 1, stalls: 1, asks: 1 },
      { elections: 2, asks: 2 },
    ],
    small: { elections: 1, asks: 1 },
    begin: (library) => {
      const world = peers(library, {})
      const starts = [differentLogs(world), parted(world)]
      return { world, starts }
    },
  },
  {
    name: 'elections',
    about: 'real elections of any two, with different logs, while the third is away',
    budgets: [{ crashes: 1 }, { breaks: 1 }, { crashes: 1, stalls: 1 }],
    isPatient: true,
    small: { crashes: 1 },
    begin: (library) => {
      const world = peers(library, { oracle: false })
      return { world, starts: [0, 1, 2].map((away) => looking(world, away)) }
    },
  },
  {
    name: 'late-member',
    about: 'one that comes, with real elections, when the two others have a leader',
    budgets: [{}],
    small: {},
    begin: (library) => {
      const world = peers(library, { oracle: false })
      return {
        world,
        starts: [0, 1, 2].map((late) => settleWithout(world, beginLooking(world), late)),
      }
    },
  },
  {
    name: 'elections-of-three',
    about: 'real elections of three, as far as a bound of their depth allows',
    budgets: [{}],
    depth: 22,
    small: {},
    begin: (library) => {
      const world = peers(library, { oracle: false })
      return { world, starts: [looking(world, undefined)] }
    },
  },
]
