// Safety, progress and cleanliness of the locks under seeded faults: a few seeds here, many with run.ts.
import test from 'ava'
import { runProperty } from './property/frame.js'
import { LOCK_PROPERTIES } from './property/locks.js'

const SEEDS = 6

for (const property of LOCK_PROPERTIES) {
  test(`${property.name}: never held by too many, everybody's turn comes, nothing is left behind`, async (t) => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { violation, achieved } = await runProperty(property, seed)
      t.is(violation, undefined)
      t.true(achieved > 0)
    }
  })
}
