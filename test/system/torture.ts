/** `node dist/test/system/torture.js [--minutes 5] [--seed n]`: the torture for as long as wanted. */
import { parseArgs } from 'node:util'
import { torture } from './torture-run.js'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } },
})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const teardowns: (() => unknown)[] = []

console.log(`seed ${seed}, ${values.minutes} minutes`)
try {
  const report = await torture(
    { teardown: (run) => void teardowns.unshift(run) },
    {
      forMs: Number(values.minutes) * 60_000,
      seed,
      tell: (line) => process.stdout.isTTY && process.stdout.write(`\r${line}`),
    },
  )
  console.log(report)
  console.log('nothing lost, each applied exactly once, digests equal')
} finally {
  for (const teardown of teardowns) await teardown()
}
