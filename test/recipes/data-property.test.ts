// A few seeds of each property of the recipes of data and of meeting; run.ts runs many.
import test from 'ava'
import { COORDINATION_PROPERTIES } from './property/coordination.js'
import { runProperty } from './property/frame.js'
import { LIVE_PROPERTIES } from './property/live.js'
import { QUEUE_PROPERTIES } from './property/queues.js'

for (const property of [...LIVE_PROPERTIES, ...COORDINATION_PROPERTIES, ...QUEUE_PROPERTIES]) {
  test.serial(`${property.name} keeps its property under faults`, async (t) => {
    for (const seed of [1, 2, 3]) {
      const { violation, achieved } = await runProperty(property, seed)
      t.is(violation, undefined)
      t.true(achieved > 0)
    }
  })
}
