/** Apache ZooKeeper and the gateway, asked the same, answer the same: what may differ is in docs/divergence.md. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { zooKeeperMissing } from './apache-zookeeper.js'
import { differ } from './differential.js'
import { generate } from './generate.js'
import { SCENARIOS } from './scenarios.js'
import type { Step } from './script.js'

const SEEDS = [101, 102]
const OPERATIONS = 1500

const MISSING = zooKeeperMissing()
const SKIPPED = MISSING === undefined ? '' : `: skipped, ${MISSING}`
const run = MISSING === undefined ? test.serial : test.serial.skip

for (const seed of SEEDS) {
  run(`as ZooKeeper: ${OPERATIONS} random operations, seed ${seed}${SKIPPED}`, async (t) => {
    await same(t, generate(seed, OPERATIONS))
  })
}

for (const { title, steps } of SCENARIOS) {
  run(`as ZooKeeper: ${title}${SKIPPED}`, async (t) => {
    await same(t, steps)
  })
}

async function same(t: ExecutionContext, steps: readonly Step[]): Promise<void> {
  t.timeout(120_000)
  const { differences, compared } = await differ(steps)
  t.true(compared > 20, 'something was compared')
  t.is(differences[0]?.text, undefined)
}
