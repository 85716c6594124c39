/** The model sees a txn that does not say what the request asks for, and an answer that is not the model's. */
import test from 'ava'
import type { RequestBody } from '../../../lib/protocol/request.js'
import type { TxnBody } from '../../../lib/tree/txn.js'
import { Model } from '../../model/model.js'
import { Violation } from '../observation.js'
import type { Settled } from '../observation.js'
import { Leader, Run, bytes, closes, create, remove, set } from './history.js'
import type { Made } from './history.js'
import { Modelled } from './model.js'

/** A run in which all of these were decided; the last one is to be tampered with. */
function play(...bodies: readonly RequestBody[]): { readonly run: Run; readonly last: Made } {
  const leader = new Leader()
  const run = new Run()
  run.checker = new Modelled(new Model())
  run.decide(leader.opening)
  const made = bodies.map((body) => leader.make(body))
  for (const { asked, entry } of made.slice(0, -1)) run.see(asked).decide(entry)
  const last = made.at(-1)
  if (last === undefined) throw new Error('something is asked for')
  return { run: run.see(last.asked), last }
}

/** Whether the last txn, changed like this, is found. */
function isFound(
  bodies: readonly RequestBody[],
  change: Partial<TxnBody>,
  digest?: number,
): boolean {
  const { run, last } = play(...bodies)
  const { entry } = last
  const body = { ...entry.txn.body, ...change } as TxnBody
  try {
    run.decide({ ...entry, txn: { ...entry.txn, body, digest: digest ?? entry.txn.digest } })
    return false
  } catch (error) {
    if (error instanceof Violation) return true
    throw error
  }
}

test('a txn that differs from what was asked for is found, in any of its parts', (t) => {
  const created = [create('/a'), create('/a/b', true)]
  t.false(isFound(created, {}))
  t.true(isFound(created, { path: '/a/c' }))
  t.true(isFound(created, { data: bytes('other') }))
  t.true(isFound(created, { owner: 0 }))
  t.true(isFound(created, { parentCreated: 2 }))
  t.true(isFound(created, {}, 17))
  t.true(isFound([create('/a'), set('/a', 'x')], { version: 2 }))
  t.true(isFound([create('/a'), create('/a')], { code: 'NO_NODE' }))
  t.true(isFound([create('/a'), { kind: 'sync' }], { kind: 'error', code: 'NO_NODE' }))
})

test('a multi that fails at another operation, or leaves one out, is found', (t) => {
  const multi = (...paths: readonly string[]): RequestBody[] => {
    return [
      create('/a'),
      { kind: 'multi', operations: paths.map((path) => ({ kind: 'check', path, version: -1 })) },
    ]
  }
  t.false(isFound(multi('/a', '/b'), {}))
  t.true(isFound(multi('/a', '/b'), { index: 0 }))
  t.true(isFound(multi('/a', '/b'), { count: 1 }))
  t.true(isFound(multi('/a', '/a'), { operations: [{ kind: 'check' }] }))
})

test('the end of a session that takes another list of ephemerals with it is found', (t) => {
  const owned = [
    create('/p'),
    create('/e', true),
    create('/f', true),
    { kind: 'closeSession' } as const,
  ]
  t.false(isFound(owned, {}))
  t.false(isFound(owned, { paths: ['/f', '/e'] }))
  t.true(isFound(owned, { paths: ['/e'] }))
  t.true(isFound(owned, { paths: ['/e', '/f', '/p'] }))
  const { run } = play({ kind: 'sync' })
  t.throws(() => run.decide(closes(2, 9)), { instanceOf: Violation })
})

test('a txn that nobody asked for is found', (t) => {
  const { run, last } = play(create('/a'))
  const { entry } = last
  const origin = { session: 1, cxid: 9, settled: 0 }
  t.throws(() => run.decide({ ...entry, txn: { ...entry.txn, origin } }), { instanceOf: Violation })
  t.throws(() => run.decide({ ...entry, txn: { ...entry.txn, origin: undefined } }), {
    instanceOf: Violation,
  })
})

test('an answer that differs from the model’s is found, to the last field of its stat', (t) => {
  const answer = (bodies: readonly RequestBody[], told: Partial<Settled>): Run => {
    const { run, last } = play(...bodies)
    run.decide(last.entry)
    const { zxid: position } = last.entry
    const { request } = last.asked
    return run.see({ kind: 'settled', at: 0, request, position, code: 'OK', ...told })
  }
  const isRed = (bodies: readonly RequestBody[], told: Partial<Settled>): void => {
    t.throws(() => answer(bodies, told), { instanceOf: Violation })
  }
  const stat = {
    czxid: 3,
    mzxid: 4,
    pzxid: 3,
    ctime: 0,
    mtime: 0,
    version: 1,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0,
    dataLength: 1,
    numChildren: 0,
  }
  const wrote = [create('/a'), create('/a/b'), set('/a/b', 'x')]
  answer(wrote, { stat })
  for (const field of Object.keys(stat)) isRed(wrote, { stat: { ...stat, [field]: 77 } })
  isRed(wrote, {})
  isRed(wrote, { stat, position: 3 })
  isRed(wrote, { code: 'NO_NODE', errno: -101, path: '/a/b' })
  const made = [create('/a')]
  answer(made, { path: '/a' })
  isRed(made, { path: '/b' })
  const failed = [remove('/a')]
  answer(failed, { code: 'NO_NODE', errno: -101, path: '/a' })
  isRed(failed, { code: 'NO_NODE', errno: -110, path: '/a' })
  isRed(failed, {})
  answer(failed, { code: 'OUTCOME_UNKNOWN' })
})

test('the results of a multi, and the place of its failure, are the model’s', (t) => {
  const multi = { kind: 'multi', operations: [remove('/a'), remove('/b')] } as RequestBody
  const results = [
    { kind: 'error', code: 'OK', errno: 0 },
    { kind: 'error', code: 'NO_NODE', errno: -101 },
  ] as const
  const answer = (index: number, told: Settled['results']): Run => {
    const { run, last } = play(create('/a'), multi)
    run.decide(last.entry)
    const { request } = last.asked
    const failure = { code: 'NO_NODE', errno: -101, path: '/b', index }
    const settled = {
      kind: 'settled',
      at: 0,
      request,
      position: last.entry.zxid,
      ...failure,
    } as const
    return run.see(told === undefined ? settled : { ...settled, results: told })
  }
  t.notThrows(() => answer(1, results))
  t.throws(() => answer(0, results), { instanceOf: Violation })
  t.throws(() => answer(1, results.toReversed()), { instanceOf: Violation })
  t.throws(() => answer(1, undefined), { instanceOf: Violation })
})
