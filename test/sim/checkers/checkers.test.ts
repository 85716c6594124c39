/** Each checker sees the fault that it is there for, and lets the same history pass without the fault. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import type { Checker } from '../observation.js'
import { Violation } from '../observation.js'
import type { Decided } from '../decided.js'
import { Digests } from './digest.js'
import { Durable } from './durable.js'
import { Ephemerals } from './ephemerals.js'
import { ExactlyOnce } from './exactly-once.js'
import { Run, closes, creates, entry, opens, sets } from './history.js'
import { Lease } from './lease.js'
import { Linearizable } from './linearizable.js'
import { OneLeader } from './one-leader.js'
import { Prefix } from './prefix.js'
import { Reads } from './reads.js'
import { Sequence } from './sequence.js'
import { SessionOrder } from './session-order.js'
import { Watches } from './watches.js'

function runOf(make: (decided: Decided) => Checker): Run {
  const run = new Run()
  run.checker = make(run.decided)
  return run
}

function isRed(t: ExecutionContext, act: () => unknown): void {
  t.throws(act, { instanceOf: Violation })
}

test('one leader: a second leader of an epoch is found', (t) => {
  const run = runOf(() => new OneLeader())
  const leads = (replica: number, epoch: number, holdsAllDecided = true) => {
    return {
      kind: 'established',
      replica,
      epoch,
      incarnationKey: replica,
      holdsAllDecided,
    } as const
  }
  run.see(leads(1, 1), leads(2, 2), leads(2, 2))
  isRed(t, () => run.see(leads(3, 2)))
  isRed(t, () => run.see(leads(3, 3, false)))
})

test('prefix: a replica that leaves a txn out, or applies another one, is found', (t) => {
  const run = runOf((decided) => new Prefix(decided))
  run.decide(opens(1), opens(2), opens(3))
  const applies = (after: number, zxid: number) => {
    return { kind: 'applied', replica: 1, after, entry: opens(zxid) } as const
  }
  run.see(applies(0, 1), applies(1, 2), applies(2, 3))
  isRed(t, () => run.see(applies(1, 3)))
  isRed(t, () =>
    run.see({ kind: 'applied', replica: 1, after: 1, entry: entry(2, { kind: 'sync' }) }),
  )
  isRed(t, () => run.see(applies(7, 8)))
})

test('digest: a state that differs from the decided one is found', (t) => {
  const run = runOf((decided) => new Digests(decided))
  run.decide(opens(1))
  run.see({ kind: 'state', where: 'here', zxid: 1, digest: 10 })
  isRed(t, () => run.see({ kind: 'state', where: 'here', zxid: 1, digest: 11 }))
  isRed(t, () => run.see({ kind: 'state', where: 'here', zxid: 2, digest: 20 }))
})

test('durable: a txn that a majority could forget is found', (t) => {
  const run = runOf(() => new Durable())
  run.see({ kind: 'decided', entry: opens(1), lacking: 1, majority: 2 })
  isRed(t, () => run.see({ kind: 'decided', entry: opens(2), lacking: 2, majority: 2 }))
  isRed(t, () => run.see({ kind: 'takenBack', zxid: 2, lacking: 2, majority: 2 }))
})

test('exactly once: a request that is applied twice, or settled twice, or never, is found', (t) => {
  const asked = { kind: 'asked', request: 5, session: 1, cxid: 1, write: 'sync' } as const
  const settled = { kind: 'settled', request: 5, code: 'OK' } as const
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

test('exactly once: an answer that the history does not bear out is found', (t) => {
  const asked = { kind: 'asked', request: 5, session: 1, cxid: 1, write: 'create' } as const
  const created = entry(2, creates('/a', 'x'), { session: 1, cxid: 1 })
  const fresh = (): Run =>
    runOf((decided) => new ExactlyOnce(decided))
      .decide(opens(1))
      .see(asked)
  fresh().decide(created).see({ kind: 'settled', request: 5, code: 'OK', path: '/a', mzxid: 2 })
  isRed(t, () => fresh().see({ kind: 'settled', request: 5, code: 'OK' }))
  isRed(t, () => fresh().decide(created).see({ kind: 'settled', request: 5, code: 'NODE_EXISTS' }))
  isRed(t, () =>
    fresh().decide(created).see({ kind: 'settled', request: 5, code: 'SESSION_EXPIRED' }),
  )
  isRed(t, () =>
    fresh().decide(created).see({ kind: 'settled', request: 5, code: 'OK', path: '/b' }),
  )
  isRed(t, () => fresh().decide(created).see({ kind: 'settled', request: 5, code: 'OK', mzxid: 3 }))
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
  const asked = (request: number, cxid: number) => {
    return { kind: 'asked', request, session: 1, cxid, write: 'sync' } as const
  }
  const settled = (request: number) => ({ kind: 'settled', request, code: 'OK' }) as const
  isRed(t, () => fresh().see(asked(1, 1), asked(2, 2), settled(2), settled(1)))
})

test('linearizable: a write that is ordered before one that was answered earlier is found', (t) => {
  const asks = (request: number, session: number) => {
    return { kind: 'asked', request, session, cxid: 1, write: 'sync' } as const
  }
  const answered = (request: number) => ({ kind: 'settled', request, code: 'OK' }) as const
  const sync = (zxid: number, session: number) =>
    entry(zxid, { kind: 'sync' }, { session, cxid: 1 })
  const fresh = (): Run =>
    runOf((decided) => new Linearizable(decided)).decide(opens(1), opens(2), sync(3, 1), sync(4, 2))
  fresh().see(asks(1, 1), answered(1), asks(2, 2), answered(2))
  isRed(t, () => fresh().see(asks(2, 2), answered(2), asks(1, 1), answered(1)))
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

test('lease: a session that is alive for its owner alone is found', (t) => {
  const run = runOf(() => new Lease())
  run.see({ kind: 'lease', session: 1, alive: false })
  isRed(t, () => run.see({ kind: 'lease', session: 1, alive: true }))
})

test('reads: a state that never was, one that goes back, and one behind an own write are found', (t) => {
  const fresh = (): Run => {
    const run = runOf((decided) => new Reads(decided))
    run.decide(
      opens(1),
      entry(2, creates('/a', 'x')),
      entry(3, sets('/a', 'y', 1), { session: 1, cxid: 1 }),
    )
    return run.see({ kind: 'opened', number: 7, session: 1 })
  }
  const old = { data: 'x', version: 0, czxid: 2, mzxid: 2 }
  const young = { data: 'y', version: 1, czxid: 2, mzxid: 3 }
  const read = (shown: typeof old | undefined, position: number) => {
    return { kind: 'read', read: undefined, session: 7, path: '/a', shown, position } as const
  }
  fresh().see(read(undefined, 1), read(old, 2), read(young, 3))
  isRed(t, () => fresh().see(read({ ...old, data: 'z' }, 3)))
  isRed(t, () => fresh().see(read(young, 2)))
  isRed(t, () => fresh().see(read(young, 3), read(old, 3)))
  const asynchronous = { ...read(old, 3), read: 9 }
  isRed(t, () => fresh().see({ kind: 'reading', read: 9, session: 7, afterCxid: 1 }, asynchronous))
  fresh().see({ kind: 'reading', read: 9, session: 7, afterCxid: 0 }, asynchronous)
})

test('watches: one that fires late, twice, for nothing or never is found', (t) => {
  const fresh = (): Run => {
    const run = runOf((decided) => new Watches(decided))
    return run.decide(entry(2, creates('/a', 'x')), entry(3, sets('/a', 'y', 1)))
  }
  const old = { data: 'x', version: 0, czxid: 2, mzxid: 2 }
  const young = { data: 'y', version: 1, czxid: 2, mzxid: 3 }
  const watched = {
    kind: 'watched',
    watch: 1,
    session: 7,
    path: '/a',
    shown: old,
    position: 2,
  } as const
  const fired = {
    kind: 'fired',
    watch: 1,
    type: 'NodeDataChanged',
    path: '/a',
    zxid: 3,
    position: 3,
  } as const
  const read = {
    kind: 'read',
    read: undefined,
    session: 7,
    path: '/a',
    shown: young,
    position: 3,
  } as const
  const quiet = { kind: 'quiet', liveSessions: [] } as const
  fresh().see(watched, fired, read, quiet)
  isRed(t, () => fresh().see(watched, read))
  isRed(t, () => fresh().see(watched, fired, fired))
  isRed(t, () => fresh().see(watched, { ...fired, position: 4 }))
  isRed(t, () => fresh().see({ ...watched, shown: young, position: 3 }, fired))
  isRed(t, () => fresh().see(watched, quiet))
})

test('watches: a persistent one that leaves a change out, or tells it twice, is found', (t) => {
  const fresh = (): Run => {
    const run = runOf((decided) => new Watches(decided))
    run.decide(
      entry(2, creates('/a', 'x')),
      entry(3, sets('/a', 'y', 1)),
      entry(4, sets('/a', 'z', 2)),
    )
    return run.see({
      kind: 'watchedFrom',
      watch: 1,
      session: 7,
      path: '/a',
      position: 2,
      snapshots: 0,
    })
  }
  const heard = (zxid: number, snapshots = 0) => {
    return {
      kind: 'heard',
      watch: 1,
      type: 'NodeDataChanged',
      path: '/a',
      zxid,
      position: zxid,
      snapshots,
    } as const
  }
  fresh().see(heard(3), heard(4), { kind: 'quiet', liveSessions: [] })
  fresh().see(heard(4, 1), { kind: 'quiet', liveSessions: [] })
  isRed(t, () => fresh().see(heard(4)))
  isRed(t, () => fresh().see(heard(3), heard(3)))
  isRed(t, () => fresh().see(heard(3), { kind: 'quiet', liveSessions: [] }))
})
