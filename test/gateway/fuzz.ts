/**
 * The long run of the fuzzer:
 *
 *     node --expose-gc dist/test/gateway/fuzz.js --cases 200000 --seed 1 [--memory]
 *
 * The replica has a thread and a database of its own, so that this thread's heap is the gateway's and the View's; with
 * `--memory` everything is in this thread, the log too, and the heap is not judged. The exit code is 1 if anything
 * happened that must not.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { parseArgs } from 'node:util'
import { join } from '../../lib/index.js'
import type { Session } from '../../lib/session/session.js'
import { ensemble } from '../../lib/testing/index.js'
import { fuzzDecoders } from './fuzz-decoders.js'
import { fuzzGateway } from './fuzz-gateway.js'

/** The heap grows with the znodes that hostile clients create, which take so many times their data and paths … */
const HEAP_PER_TREE = 5
/** … and by so much at most beside them, between a third of the run and its end, MiB. */
const GROWTH_MIB_MAX = 10

interface Place {
  readonly zk: Session
  readonly leave: () => Promise<void>
}

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '200000' },
    seed: { type: 'string', default: '1' },
    memory: { type: 'boolean', default: false },
  },
})

process.on('uncaughtException', (error) => fail('uncaught', error))
process.on('unhandledRejection', (error) => fail('unhandled', error))

const [seed, cases] = [Number(values.seed), Number(values.cases)]
const start = performance.now()
console.log('decoders', fuzzDecoders(seed, cases))
const { zk, leave } = values.memory ? await inMemory() : await onDisk()
try {
  const totals = await fuzzGateway(zk, seed, cases)
  console.log('gateway', totals)
  const { early, late } = totals
  const growth = late.heap - early.heap - HEAP_PER_TREE * (late.tree - early.tree)
  if (!values.memory && growth > GROWTH_MIB_MAX) fail('memory', `${growth} MiB more than before`)
} catch (error) {
  fail('violation', error)
}
await leave()
const residentMib = Math.round(process.memoryUsage.rss() / 2 ** 20)
console.log(`${Math.round((performance.now() - start) / 1000)} s, ${residentMib} MiB resident`)
// After a violation, connections may still be on their way.
process.exit()

function fail(what: string, error: unknown): void {
  console.error(what, error)
  process.exitCode = 1
}

async function inMemory(): Promise<Place> {
  const world = await ensemble({ size: 1, time: 'real', seed })
  return { zk: await world.join(1), leave: () => world.close() }
}

async function onDisk(): Promise<Place> {
  const dir = mkdtempSync(joinPath(tmpdir(), 'vivarium-fuzz-'))
  const session = await join({ dir, size: 1 })
  const end = async (): Promise<void> => {
    await session.close()
    rmSync(dir, { recursive: true, force: true })
  }
  return { zk: session, leave: end }
}
