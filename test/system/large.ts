/** `node dist/test/system/large.js [--znodes 500000]`: what a large tree costs. */
import { parseArgs } from 'node:util'
import { large } from './large-run.js'

const { values } = parseArgs({ options: { znodes: { type: 'string', default: '500000' } } })
const teardowns: (() => unknown)[] = []
try {
  console.log(
    await large({ teardown: (run) => void teardowns.unshift(run) }, Number(values.znodes)),
  )
} finally {
  for (const teardown of teardowns) await teardown()
}
