// The examples of the recipes come true: each tells its story with real processes, and ends with 0 only then.
import test from 'ava'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Program } from './program.js'

const STORIES = {
  cron: /worker \d runs it with token/,
  'rate-limiter': /20 allowed of at most 20/,
  'live-config': /then all say good day, good day, good day/,
  'work-queue': /all 60 jobs are done/,
  shards: /its keys have passed on: \d+, 0, \d+/,
}

for (const [name, line] of Object.entries(STORIES)) {
  test.serial(`the example ${name} comes true`, async (t) => {
    t.timeout(60_000)
    const file = fileURLToPath(new URL(`../../examples/recipes/${name}.js`, import.meta.url))
    const program = new Program(file, [], tmpdir())
    t.teardown(() => program.kill('SIGKILL'))
    const { code } = await program.ended
    t.is(code, 0, program.output)
    t.regex(program.output, line)
  })
}
