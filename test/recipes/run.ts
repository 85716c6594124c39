/**
 * Properties of the recipes over many seeds:
 *
 *   node dist/test/recipes/run.js                              every recipe, seeds 1 … 20
 *   node dist/test/recipes/run.js --recipe lock --seeds 500    seeds 1 … 500 of one recipe (`--from` another first one)
 *   node dist/test/recipes/run.js --recipe lock --seed 42      one seed
 *
 * `--until-red` ends with the first violation. The exit code is 1 if there was one.
 */
import { parseArgs } from 'node:util'
import { runProperty } from './property/frame.js'
import type { Property } from './property/frame.js'
import { PROPERTIES } from './property/all.js'

const { values } = parseArgs({
  options: {
    recipe: { type: 'string' },
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    'until-red': { type: 'boolean', default: false },
  },
})

/** Thrown where nobody waits for it. */
const outside: string[] = []
process.on('uncaughtException', (error) => outside.push(error.stack ?? error.message))
process.on('unhandledRejection', (error) => {
  outside.push(error instanceof Error ? (error.stack ?? error.message) : 'no error')
})

const wanted = PROPERTIES.filter(
  ({ name }) => values.recipe === undefined || values.recipe === name,
)
if (wanted.length === 0) throw new Error(`no such recipe: ${values.recipe}`)
for (const property of wanted) await runAll(property)

async function runAll(property: Property): Promise<void> {
  const first = Number(values.seed ?? values.from)
  const count = values.seed === undefined ? Number(values.seeds) : 1
  const start = performance.now()
  const faults: Record<string, number> = {}
  let achieved = 0
  let red = 0
  let seed = first
  for (; seed < first + count; seed += 1) {
    const report = await runProperty(property, seed)
    const violation = report.violation ?? outsideError()
    achieved += report.achieved
    for (const [kind, times] of Object.entries(report.faults)) {
      faults[kind] = (faults[kind] ?? 0) + times
    }
    if (violation === undefined) continue
    red += 1
    process.exitCode = 1
    console.log(`${property.name}: seed ${seed}: ${violation}`)
    if (values['until-red']) break
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const seeds = Math.min(seed, first + count - 1) - first + 1
  const told = Object.entries(faults).map(([kind, times]) => `${kind} ${times}`)
  console.log(
    `${property.name}: ${seeds} seeds, ${red} red, ${achieved} times achieved, ${seconds} s; ${told.join(', ')}`,
  )
}

function outsideError(): string | undefined {
  const [error] = outside.splice(0)
  if (error === undefined) return undefined
  return `outside: ${error}`
}
