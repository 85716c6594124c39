/** Each checker sees the fault that it is there for, and lets the same history pass without the fault. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { Asked, Checker, Observation } from '../observation.js'
import { Violation } from '../observation.js'
import type { Decided } from '../decided.js'
import { Ephemerals } from './ephemerals.js'
import { ExactlyOnce } from './exactly-once.js'
import { Run, closes, creates, entry, opens } from './history.js'
import { Linearizable } from './linearizable.js'
import { Sequence } from './sequence.js'
import { SessionOrder } from './session-order.js'

function runOf(make: (decided: Decided) => Checker): Run {
  const run = new Run()
  run.checker = make(run.decided)
  return run
}

function isRed(t: ExecutionContext, act: () => unknown): void {
  t.throws(act, { instanceOf: Violation })
}

/** Somebody asks for a sync. */
function asks(request: number, session: number, cxid: number): Asked {
  const body = { kind: 'sync' } as const
  return { kind: 'asked', at: 0, request, view: 1, session, cxid, body }
}

function settles(request: number, code = 'OK'): Observation {
  return { kind: 'settled', at: 0, request, position: 9, code }
}

test('exactly once: a request that is applied twice, or settled twice, or never, is found', (t) => {
  const asked = asks(5, 1, 1)
  const settled = settles(5)
  const sync = (zxid: number, cxid: number) => entry(zxid, { kind: 'sync' }, { session: 1, cxid })
  const fresh = (): Run => runOf((decided) => new ExactlyOnce(decided)).decide(opens(1))
  fresh()
    .see(asked)
    .decide(sync(2, 1))
    .see(settled, { kind: 'quiet', liveSessions: [1] })
  isRed(t, () => fresh().decide(sync(2, 1), sync(3, 1)))
  isRed(t, () => fresh().see(asked).decide(sync(2, 1)).see(settled, settled))
  isRed(t, () =>
    fresh()
      .see(asked)
      .decide(sync(2, 1))
      .see({ kind: 'quiet', liveSessions: [1] }),
  )
})

test('exactly once: an answer without a txn, and a txn that was told not to be, are found', (t) => {
  const created = entry(2, creates('/a', 'x'), { session: 1, cxid: 1 })
  const fresh = (): Run =>
    runOf((decided) => new ExactlyOnce(decided))
      .decide(opens(1))
      .see(asks(5, 1, 1))
  fresh().decide(created).see(settles(5))
  fresh().see(settles(5, 'SESSION_EXPIRED'))
  isRed(t, () => fresh().see(settles(5)))
  isRed(t, () => fresh().decide(created).see(settles(5, 'SESSION_EXPIRED')))
  isRed(t, () =>
    fresh()
      .see(settles(5, 'SESSION_EXPIRED'))
      .decide(created)
      .see({ kind: 'quiet', liveSessions: [1] }),
  )
})

test('sequence: a number that is given again, or goes back, is found', (t) => {
  const child = (zxid: number, name: string) => entry(zxid, creates(`/q/n-${name}`, ''))
  const fresh = (): Run =>
    runOf((decided) => new Sequence(decided)).decide(entry(1, creates('/q', '')))
  fresh().decide(
    child(2, '0000000000'),
    child(3, '0000000002'),
    entry(4, creates('/q', '')),
    child(5, '0000000000'),
  )
  isRed(t, () => fresh().decide(child(2, '0000000000'), child(3, '0000000000')))
  isRed(t, () => fresh().decide(child(2, '0000000003'), child(3, '0000000002')))
})

test('session order: requests that overtake each other, or come after the end, are found', (t) => {
  const sync = (zxid: number, cxid: number) => entry(zxid, { kind: 'sync' }, { session: 1, cxid })
  const fresh = (): Run => runOf(() => new SessionOrder()).decide(opens(1))
  fresh().decide(sync(2, 1), sync(3, 2), closes(4, 1))
  isRed(t, () => fresh().decide(sync(2, 2)))
  isRed(t, () => fresh().decide(sync(2, 1), closes(3, 1), sync(4, 2)))
  isRed(t, () => fresh().see(asks(1, 1, 1), asks(2, 1, 2), settles(2), settles(1)))
  const opened = { kind: 'opened', number: 7, session: 1 } as const
  const claims = (settled: number) => {
    const { zxid, txn } = sync(3, 2)
    return { zxid, txn: { ...txn, origin: { session: 1, cxid: 2, settled } } }
  }
  const told = (): Run =>
    fresh()
      .see(opened, asks(1, 1, 1), asks(2, 1, 2))
      .decide(sync(2, 1))
  told().see(settles(1)).decide(claims(1))
  isRed(t, () => told().decide(claims(1)))
  fresh().see(asks(1, 1, 1), asks(2, 1, 2), settles(2, 'OUTCOME_UNKNOWN'), settles(1))
})

test('linearizable: a write that is ordered before one that was answered earlier is found', (t) => {
  const sync = (zxid: number, session: number) =>
    entry(zxid, { kind: 'sync' }, { session, cxid: 1 })
  const fresh = (): Run =>
    runOf((decided) => new Linearizable(decided)).decide(opens(1), opens(2), sync(3, 1), sync(4, 2))
  fresh().see(asks(1, 1, 1), settles(1), asks(2, 2, 1), settles(2))
  isRed(t, () => fresh().see(asks(2, 2, 1), settles(2), asks(1, 1, 1), settles(1)))
})

test('ephemerals: one that outlives its session is found', (t) => {
  const fresh = (): Run =>
    runOf((decided) => new Ephemerals(decided)).decide(opens(1), entry(2, creates('/e', '', 1)))
  fresh().see({ kind: 'quiet', liveSessions: [1] })
  fresh()
    .decide(closes(3, 1, '/e'))
    .see({ kind: 'quiet', liveSessions: [] })
  isRed(t, () => fresh().decide(closes(3, 1)))
  isRed(t, () => fresh().see({ kind: 'quiet', liveSessions: [] }))
})
