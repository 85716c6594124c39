/**
 * The differential run: random scripts, each done to Apache ZooKeeper and to a gateway, compared answer by answer.
 *
 *   node dist/test/interop/differential.js --seeds 20 --operations 5000
 *   node dist/test/interop/differential.js --seed 7 --operations 5000 --shrink
 *   node dist/test/interop/differential.js --scenarios
 *   node dist/test/interop/differential.js --ensemble     ours has three replicas, and each connection goes to the next
 *   node dist/test/interop/differential.js --itself --seeds 3     two ZooKeepers: what differs is the comparison's fault
 *
 * Ends with 1 at the first difference of any seed; says what it was.
 */
import { parseArgs } from 'node:util'
import { startZooKeeper, zooKeeperMissing } from './apache-zookeeper.js'
import type { Server } from './apache-zookeeper.js'
import { compare } from './compare.js'
import type { Comparison } from './compare.js'
import { generate } from './generate.js'
import { play } from './play.js'
import { SCENARIOS } from './scenarios.js'
import { formatStep } from './script.js'
import type { Step } from './script.js'
import { shrink } from './shrink.js'
import { startThree, startVivarium } from './vivarium.js'

type Start = () => Promise<Server>

/** Does a script to two new servers and compares. */
export async function differ(
  steps: readonly Step[],
  starts: readonly [Start, Start] = [startZooKeeper, startVivarium],
): Promise<Comparison> {
  const servers = await Promise.all(starts.map((start) => start()))
  const [expected, actual] = servers
  if (expected === undefined || actual === undefined) throw new Error('two servers are compared')
  try {
    const isSpread = servers.some((server) => server.ports !== undefined)
    return compare(await play(expected, steps, isSpread), await play(actual, steps, isSpread))
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** Differences of one script that are printed. */
const SHOWN = 3

const OPTIONS = {
  seeds: { type: 'string', default: '1' },
  seed: { type: 'string' },
  operations: { type: 'string', default: '5000' },
  shrink: { type: 'boolean', default: false },
  scenarios: { type: 'boolean', default: false },
  ensemble: { type: 'boolean', default: false },
  itself: { type: 'boolean', default: false },
} as const

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS })
  const missing = zooKeeperMissing()
  if (missing !== undefined) {
    console.log(`skipped: ${missing}`)
    return
  }
  const ours = values.ensemble ? startThree : startVivarium
  const starts: [Start, Start] = [startZooKeeper, values.itself ? startZooKeeper : ours]
  const count = Number(values.seeds)
  const seeds =
    values.seed === undefined
      ? Array.from({ length: count }, (_, index) => index + 1)
      : [Number(values.seed)]
  if (values.scenarios) {
    for (const { title, steps } of SCENARIOS) report(title, steps, await differ(steps, starts), 0)
    return
  }
  let differing = 0
  for (const seed of seeds) {
    const steps = generate(seed, Number(values.operations))
    const start = performance.now()
    const comparison = await differ(steps, starts)
    report(`seed ${seed}`, steps, comparison, performance.now() - start)
    if (comparison.differences.length === 0) continue
    differing += 1
    if (values.shrink) print(await shrink(steps, (fewer) => differ(fewer, starts)))
  }
  console.log(`${seeds.length} seeds, ${differing} differ`)
  process.exitCode = differing === 0 ? 0 : 1
}

function report(
  title: string,
  steps: readonly Step[],
  { differences, compared, events, used }: Comparison,
  ms: number,
): void {
  const rules = [...used].map(([name, times]) => `${name} ${times}`).join(', ')
  const [first] = differences
  const verdict = first === undefined ? 'equal' : `DIFFERS from step ${first.step} on`
  const counts = `${steps.length} steps, ${compared} lines, ${events} events`
  console.log(`${title}: ${verdict}: ${counts}, ${Math.round(ms)} ms; ${rules}`)
  for (const { step, client, text } of differences.slice(0, SHOWN)) {
    console.log(`step ${step}, client ${client}\n${text}`)
  }
}

function print(steps: readonly Step[]): void {
  console.log('the same with as few steps as could be found:')
  for (const step of steps) console.log(`  ${formatStep(step)}`)
}

if (process.argv[1]?.endsWith('differential.js') === true) await main()
