/**
 * Whole ensembles under virtual time and seeded faults: some hundred seeds, and every case that was kept. `npm run sim`
 * runs as many as you like.
 */
import test from 'ava'
import { keptCases, optionsOf } from './case.js'
import { Fleet } from './fleet.js'
import { SEEDS } from './marks/unseen.js'
import type { Task } from './report.js'
import { Totals } from './totals.js'

/** Seeds per test, so that a failure is seen before all have run. */
const AT_ONCE = 25
/** Of so many seeds one is run twice, and must be the same. */
const TWICE_EVERY = 100

const fleet = new Fleet()
const totals = new Totals()

test.after.always(() => fleet.close())

for (let first = 1; first <= SEEDS; first += AT_ONCE) {
  const last = first + AT_ONCE - 1
  test.serial(
    `every guarantee holds, and everything comes to rest after the faults: seeds ${first} to ${last}`,
    async (t) => {
      t.timeout(600_000)
      const tasks = Array.from({ length: AT_ONCE }, (_, index): Task => {
        const seed = first + index
        return { seed, twice: seed % TWICE_EVERY === 0 }
      })
      await fleet.runAll(
        () => tasks.shift(),
        (report) => {
          totals.add(report)
          const { seed, violation } = report
          t.is(violation, undefined, `replay with: npm run sim -- --seed ${seed}`)
        },
      )
    },
  )
}

test.serial('those seeds have seen every rare state that so many must see', (t) => {
  t.is(totals.seeds, SEEDS)
  t.deepEqual(totals.unseen, [], 'test/sim/marks/table.ts says what each means')
})

test.serial('they have decided enough to mean anything', (t) => {
  t.true((totals.counts.get('writes') ?? 0) > 200 * SEEDS)
})

for (const kept of keptCases()) {
  test.serial(`seed ${kept.seed} stays green: ${kept.story}`, async (t) => {
    t.timeout(600_000)
    const options = optionsOf(kept)
    const { violation } = await fleet.run({ seed: options.seed, options, twice: false })
    t.is(violation, undefined)
  })
}
