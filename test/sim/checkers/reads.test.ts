/** A read that shows another state than that of its position is found. */
import test from 'ava'
import type { RequestBody } from '../../../lib/protocol/request.js'
import type { Model } from '../../model/model.js'
import { Violation } from '../observation.js'
import type { Observation, Read, ReadKind, Shown } from '../observation.js'
import { Leader, Run, create, set } from './history.js'
import { Reads } from './reads.js'

const BODIES: readonly RequestBody[] = [
  create('/a'),
  set('/a', 'x'),
  create('/a/b'),
  set('/a', 'y'),
]

/** The txns 2 to 5, and a session that was opened at 1. */
function play(): { readonly run: Run; readonly model: Model } {
  const leader = new Leader()
  const run = new Run()
  run.checker = new Reads(run.decided, leader.model)
  const made = BODIES.map((body) => leader.make(body))
  run.decide(leader.opening, ...made.map(({ entry }) => entry))
  return { run: run.see({ kind: 'opened', number: 1, session: 1 }), model: leader.model }
}

function read(what: ReadKind, shown: Shown | undefined, position: number): Read {
  const where = { view: 1, session: 1, what, path: '/a', position }
  return { kind: 'read', at: 0, read: undefined, ...where, shown, isInCallback: false }
}

/** What the model shows at a position. */
function at(model: Model, zxid: number): Shown {
  const found = model.getData('/a', zxid)
  if (found === undefined) throw new Error('there is a znode')
  return { stat: found.stat, data: new TextDecoder().decode(found.data) }
}

function isRed(...observations: readonly Observation[]): boolean {
  const { run } = play()
  try {
    run.see(...observations)
    return false
  } catch (error) {
    if (error instanceof Violation) return true
    throw error
  }
}

test('a Sync form shows exactly the state at which its View stands', (t) => {
  const { model } = play()
  t.false(isRed(read('getData', undefined, 1), read('getData', at(model, 3), 3)))
  t.true(isRed(read('getData', at(model, 3), 4)))
  t.true(isRed(read('getData', at(model, 3), 2)))
  t.true(isRed(read('getData', undefined, 2)))
  t.true(isRed(read('getData', { ...at(model, 3), data: 'z' }, 3)))
  const { stat } = at(model, 4)
  t.false(isRed(read('exists', { stat }, 4)))
  for (const field of Object.keys(stat)) {
    t.true(isRed(read('exists', { stat: { ...stat, [field]: 77 } }, 4)), field)
  }
})

test('a list of children has all of them, in whatever order, and nothing else', (t) => {
  const { model } = play()
  const { stat } = at(model, 4)
  t.false(isRed(read('getChildren', { stat, children: ['b'] }, 4)))
  t.true(isRed(read('getChildren', { stat, children: [] }, 4)))
  t.true(isRed(read('getChildren', { stat, children: ['b', 'c'] }, 4)))
})

test('a View that goes back is found', (t) => {
  const { model } = play()
  t.true(isRed(read('getData', at(model, 3), 3), read('getData', at(model, 2), 2)))
})

test('an asynchronous read is evaluated when the request before it is settled', (t) => {
  const { model } = play()
  const reading = (afterCxid: number, position: number): Observation => {
    const where = { view: 1, session: 1, what: 'getData', path: '/a', position } as const
    return { kind: 'reading', at: 0, read: 9, ...where, afterCxid }
  }
  const answered = (zxid: number): Observation => ({
    ...read('getData', at(model, zxid), 5),
    read: 9,
  })
  t.false(isRed(reading(0, 3), answered(3)))
  t.true(isRed(reading(0, 3), answered(5)))
  t.false(isRed(reading(2, 2), answered(3)))
  t.true(isRed(reading(2, 2), answered(2)))
  t.false(isRed(reading(2, 5), answered(5)))
  t.true(isRed(reading(7, 2), answered(5)))
  const jumps = { kind: 'jumping', view: 1, from: 2, to: 4 } as const
  t.false(isRed(reading(2, 2), jumps, { ...read('getData', at(model, 4), 5), read: 9 }))
  t.true(isRed(reading(2, 2), jumps, answered(3)))
})

test('a read is refused for no other reason than its session or a missing leader', (t) => {
  t.false(isRed({ kind: 'refused', read: 9, code: 'CONNECTION_LOSS' }))
  t.true(isRed({ kind: 'refused', read: 9, code: 'BAD_VERSION' }))
})
