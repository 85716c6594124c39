/**
 * The simulator's command line. `--seeds N` runs seeds 1 … N on all cores and sums up what they saw; `--from M` begins
 * at M, `--until-red` ends with the first violation. `--seed N` runs one, twice, and prints its trace; `--quiet` leaves
 * the trace out.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawOptions } from './options.js'
import { simulate } from './simulation.js'
import type { Outcome } from './simulation.js'
import { Trace } from './trace.js'

/** What a child tells of one seed. */
interface Report extends Omit<Outcome, 'violation'> {
  readonly violation: string | undefined
}

/** Rare things that a run of many seeds should have seen; in this order. */
const RARE = [
  'formations',
  'elections',
  'epochs',
  'resignations',
  'diffs',
  'truncations',
  'snapshotsSent',
  'snapshotsReceived',
  'snapshotsTaken',
  'viewSnapshots',
  'resubmissions',
  'expiries',
  'knownDeaths',
  'votesRegained',
  'rollovers',
  'commitsBeforeOwnDisk',
  'outcomesUnknown',
  'crash',
  'wipe',
  'breakLink',
  'partition',
  'pauseReplica',
  'pauseProcess',
  'pauseView',
  'slowDisk',
  'wallJump',
]

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    'until-red': { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
  },
})

if (values.worker) work()
else if (values.seed !== undefined) await replay(Number(values.seed))
else await runMany(Number(values.from), Number(values.seeds ?? 20))

async function replay(seed: number): Promise<void> {
  const print = values.quiet
    ? undefined
    : (line: string): void => void process.stdout.write(`${line}\n`)
  console.log(JSON.stringify(drawOptions(seed)))
  const first = await simulate(seed, new Trace(false, print))
  const second = await simulate(seed)
  console.log(
    `seed ${seed}: trace ${first.hash}, again ${second.hash}${first.hash === second.hash ? '' : ' (NOT THE SAME)'}`,
  )
  console.log(first.violation?.stack ?? 'no violation')
  process.exitCode = first.violation === undefined && first.hash === second.hash ? 0 : 1
}

/** A child: runs the seeds that it is sent, one at a time. */
function work(): void {
  let current = 0
  const report = (outcome: Report): void => void process.send?.(outcome)
  const onCrash = (error: unknown): void => {
    const violation = `outside: ${error instanceof Error ? (error.stack ?? '') : String(error)}`
    report({ seed: current, hash: '', events: 0, virtualMs: 0, decided: 0, counts: {}, violation })
  }
  process.on('uncaughtException', onCrash)
  process.on('unhandledRejection', onCrash)
  process.on('message', (seed: number) => {
    current = seed
    void simulate(seed).then((outcome) =>
      report({ ...outcome, violation: outcome.violation?.message }),
    )
  })
}

async function runMany(from: number, count: number): Promise<void> {
  const start = performance.now()
  const reports: Report[] = []
  let next = from
  const children = Array.from({ length: Math.min(availableParallelism(), count) }, () => {
    return fork(fileURLToPath(import.meta.url), ['--worker'])
  })
  const feed = (child: ChildProcess): void => {
    if (next < from + count) child.send(next)
    else if (child.connected) child.disconnect()
    next += 1
  }
  await Promise.all(
    children.map(async (child) => {
      feed(child)
      child.on('message', (report: Report) => {
        reports.push(report)
        if (report.violation !== undefined) {
          console.log(`seed ${report.seed}: ${report.violation}`)
          if (values['until-red']) next = Infinity
        }
        feed(child)
      })
      await new Promise((resolve) => child.on('exit', resolve))
    }),
  )
  sumUp(reports, count, performance.now() - start)
}

function sumUp(reports: readonly Report[], count: number, ms: number): void {
  const counts = new Map<string, number>()
  for (const report of reports) {
    for (const [name, value] of Object.entries(report.counts))
      counts.set(name, (counts.get(name) ?? 0) + value)
  }
  const total = (of: (report: Report) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0)
  const failed = reports.filter(({ violation }) => violation !== undefined)
  const hours = (total(({ virtualMs }) => virtualMs) / 3_600_000).toFixed(2)
  console.log(
    `${reports.length} seeds in ${(ms / 1000).toFixed(1)} s (${((reports.length * 1000) / ms).toFixed(1)} seeds/s), ${hours} virtual hours`,
  )
  console.log(
    `${total(({ events }) => events)} events, ${total(({ decided }) => decided)} txns decided and checked`,
  )
  for (const name of RARE) console.log(`  ${name.padEnd(22)} ${counts.get(name) ?? 0}`)
  if (reports.length !== count && !values['until-red'])
    console.log(`${count - reports.length} seeds gave no answer`)
  console.log(
    failed.length === 0
      ? 'no violation'
      : `${failed.length} seeds FAILED: ${failed.map(({ seed }) => seed).join(', ')}`,
  )
  process.exitCode = failed.length === 0 && reports.length === count ? 0 : 1
}
