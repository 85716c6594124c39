/** Half a minute of `kill -9`; `node dist/test/system/torture.js --minutes 5` does the same for longer. */
import test from 'ava'
import { torture } from './torture-run.js'

test('under random kill -9 and restart no resolved write is lost, each is applied once, and the replicas are equal', async (t) => {
  t.timeout(150_000)
  const forMs = Number(process.env['VIVARIUM_TORTURE_MS'] ?? 30_000)
  const report = await torture(t, {
    forMs,
    seed: Number(process.env['VIVARIUM_SEED'] ?? Date.now()),
  })
  t.log(JSON.stringify(report))
  t.true(report.resolved > 1000)
  t.true(report.kills > 5)
  t.true(report.epoch > 1)
})
