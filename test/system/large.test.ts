/** A tenth of it; `node dist/test/system/large.js` measures 500,000 znodes. */
import test from 'ava'
import { large } from './large-run.js'

test('a tree of 50,000 znodes is snapshotted while it is written, and recovered whole with an equal digest', async (t) => {
  t.timeout(120_000)
  const report = await large(t, 50_000)
  t.log(JSON.stringify(report))
  t.true(report.snapshots > 0)
  t.true(report.writesDuringSnapshot > 0)
})
