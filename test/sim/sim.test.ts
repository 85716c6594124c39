/** Whole ensembles under virtual time and seeded faults: a few dozen seeds. `npm run sim` runs as many as you like. */
import test from 'ava'
import { simulate } from './simulation.js'

const SEEDS = 40
/** Seeds per test, so that a failure is seen before all have run. */
const AT_ONCE = 10
const TWICE = [7, 19, 31]

for (let first = 1; first <= SEEDS; first += AT_ONCE) {
  const last = first + AT_ONCE - 1
  test.serial(
    `every guarantee holds, and everything comes to rest after the faults: seeds ${first} to ${last}`,
    async (t) => {
      for (let seed = first; seed <= last; seed += 1) {
        const { violation, decided } = await simulate(seed)
        t.is(violation?.message, undefined, `replay with: npm run sim -- --seed ${seed}`)
        t.true(decided > 20, `seed ${seed} decided ${decided} txns`)
      }
    },
  )
}

test.serial('a seed replays exactly: the traces of two runs are the same', async (t) => {
  for (const seed of TWICE) {
    const first = await simulate(seed)
    const second = await simulate(seed)
    t.is(first.hash, second.hash)
    t.is(first.events, second.events)
  }
})
