import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import type { Observation } from '../observation.js'
import { attaches, closes, entry, opens, opensRemote } from './history.js'
import { Silence } from './silence.js'
import { decided, isGreen, isRed } from './verdict.js'

/** Each at its time; the timeout is 1000 ms, clocks are off by a tenth at most. */
type Timed = readonly (readonly [at: number, what: Observation])[]

function judge(t: ExecutionContext, verdict: typeof isGreen, timed: Timed): void {
  const times = timed.map(([at]) => at)
  let now = 0
  const make = (): Silence => {
    const rest = [...times]
    const checker = new Silence(() => now, 0.1)
    const observe = checker.observe.bind(checker)
    checker.observe = (observation) => {
      now = rest.shift() ?? now
      observe(observation)
    }
    return checker
  }
  verdict(t, make, ...timed.map(([, what]) => what))
}

const reigns = { kind: 'established', replica: 1, epoch: 0, incarnationKey: 1 } as const
const leader = { ...reigns, holdsAllDecided: true }
const expiring: Observation = { kind: 'expiring', epoch: 0 }
const heard: Observation = { kind: 'heardOf', epoch: 0, session: 1 }

function proposed(...entries: readonly Entry<Txn>[]): Observation {
  return { kind: 'appended', replica: 1, incarnationKey: 1, entries }
}

function ends(at: number): Timed {
  return [
    [at, expiring],
    [at, proposed(closes(9, 1))],
    [at, decided(closes(9, 1))],
  ]
}

const born: Timed = [
  [0, leader],
  [10, decided(opensRemote(1))],
]

test('a remote session that ends before its timeout of silence has passed is found', (t) => {
  judge(t, isGreen, [...born, ...ends(1000)])
  judge(t, isRed, [...born, ...ends(900)])
  judge(t, isRed, [...born, [500, heard], ...ends(1100)])
  judge(t, isGreen, [...born, [500, heard], ...ends(1500)])
  judge(t, isRed, [...born, [1000, heard], ...ends(1100)])
})

test('what a former leader is told counts for nothing', (t) => {
  const next = 2 ** 32
  const established = { ...leader, epoch: 1 }
  const closing = closes(next + 9, 1)
  const rest: Timed = [
    [1000, { ...expiring, epoch: 1 }],
    [1000, proposed(closing)],
    [1000, decided(closing)],
  ]
  judge(t, isGreen, [...born, [50, established], [800, heard], ...rest])
  judge(t, isRed, [...born, [50, established], [800, { ...heard, epoch: 1 }], ...rest])
})

test('the timeout counts from the moment at which a session is attached', (t) => {
  judge(t, isRed, [...born, [600, decided(attaches(5, 1))], ...ends(1100)])
  judge(t, isGreen, [...born, [600, decided(attaches(5, 1))], ...ends(1600)])
})

test('an end that was decided in silence may be proposed when the session is heard of again', (t) => {
  const next = 2 ** 32
  const established = { ...leader, epoch: 1 }
  const rest: Timed = [
    [1100, { ...expiring, epoch: 1 }],
    [1200, decided(attaches(next + 5, 1))],
    [1300, proposed(closes(next + 9, 1))],
    [1300, decided(closes(next + 9, 1))],
  ]
  judge(t, isGreen, [...born, [50, established], ...rest])
  judge(t, isRed, [...born, [450, established], ...rest])
})

test('a remote session that ends with the process of its View is found, another is not', (t) => {
  const registers = (session: number): Observation => {
    const incarnation = { databaseId: 'd', incarnation: 2, incarnationKey: 2 }
    const closed = [{ kind: 'closeSession' as const, session, paths: [] }]
    const what = { replica: 1, incarnation, process: undefined, vote: false, closed }
    return decided(entry(9, { kind: 'register', ...what }))
  }
  judge(t, isRed, [...born, [5000, registers(1)]])
  judge(t, isGreen, [...born, [20, decided(opens(2))], [30, registers(2)]])
})

test('a session that its own client closes is not found', (t) => {
  const closing = entry(9, { kind: 'closeSession', session: 1, paths: [] }, { session: 1, cxid: 1 })
  judge(t, isGreen, [...born, [20, proposed(closing)], [20, decided(closing)]])
})
