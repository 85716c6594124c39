/** The shrinker, with runs that are made up: red exactly when certain things come together. */
import test from 'ava'
import { caseOf, optionsOf } from './case.js'
import { drawOptions } from './options.js'
import type { SimOptions } from './options.js'
import { failure } from './report.js'
import type { Report, Task } from './report.js'
import { Shrinker } from './shrink.js'
import type { Runs } from './shrink.js'

const FAULTS = 40

/** Runs of which `isRed` says whether the checker "planted" objects. */
function made(
  isRed: (options: SimOptions) => boolean,
  other: (options: SimOptions) => boolean,
): Runs {
  const run = (task: Task): Report => {
    const options = task.options ?? drawOptions(task.seed)
    const green = { ...failure(task.seed, ''), violation: undefined, checker: undefined }
    if (isRed(options)) return { ...failure(task.seed, 'planted: red'), faults: FAULTS }
    return other(options) ? failure(task.seed, 'other: red') : { ...green, faults: FAULTS }
  }
  return {
    run: (task) => Promise.resolve(run(task)),
    runAll: (take, add) => {
      for (let task = take(); task !== undefined; task = take()) add(run(task), task)
      return Promise.resolve()
    },
  }
}

const OPTIONS = {
  ...drawOptions(1),
  size: 5,
  sessionsPerView: 3,
  throughWire: true,
  faultMs: 15_000,
}
const MS = 60_000

test('what remains is the smallest world in which the same checker is red', async (t) => {
  const runs = made(
    ({ size, throughWire }) => size >= 3 && throughWire,
    ({ size }) => size === 1,
  )
  const shrunk = await Shrinker.shrink(runs, OPTIONS, MS, () => undefined)
  const options = shrunk?.options
  t.is(options?.size, 3)
  t.is(options?.throughWire, true)
  t.is(options?.sessionsPerView, 1)
  t.true(Object.values(options?.faults ?? {}).every((meanMs) => meanMs === Infinity))
  t.is(shrunk?.report.checker, 'planted')
})

test('of forty faults those two remain that it takes', async (t) => {
  const needed = [3, 17]
  const runs = made(
    ({ skippedFaults }) => needed.every((fault) => !skippedFaults.includes(fault)),
    () => false,
  )
  const shrunk = await Shrinker.shrink(runs, OPTIONS, MS, () => undefined)
  const skipped = new Set(shrunk?.options.skippedFaults)
  const kept = Array.from({ length: FAULTS }, (_, index) => index + 1).filter(
    (each) => !skipped.has(each),
  )
  t.deepEqual(kept, needed)
})

test('a simpler world counts also if the mistake shows there under another seed only', async (t) => {
  const runs = made(
    ({ seed, size }) => size === 5 || (size === 1 && seed === 4),
    () => false,
  )
  const shrunk = await Shrinker.shrink(runs, OPTIONS, MS, () => undefined)
  t.is(shrunk?.options.size, 1)
  t.is(shrunk?.options.seed, 4)
})

test('a green run is not shrunk', async (t) => {
  const runs = made(
    () => false,
    () => false,
  )
  t.is(await Shrinker.shrink(runs, OPTIONS, MS, () => undefined), undefined)
})

test('a case that was written down is the same run again, also what never happens in it', (t) => {
  const options: SimOptions = { ...OPTIONS, faultMs: 1234, skippedFaults: [2, 5] }
  const written = JSON.parse(JSON.stringify(caseOf(options, 'a story')))
  t.deepEqual(optionsOf(written), options)
})

test('an option that is newer than a case is drawn from its seed', (t) => {
  const drawn = drawOptions(9)
  const old = { seed: 9, story: '', options: { size: 2, bounds: { counterMax: 77 } } }
  t.deepEqual(optionsOf(old), { ...drawn, size: 2, bounds: { ...drawn.bounds, counterMax: 77 } })
})
