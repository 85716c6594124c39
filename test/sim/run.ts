/**
 * The simulator's command line. `--seeds N` runs seeds 1 … N on all cores and sums up what they saw; `--from M` begins
 * at M, `--until-red` ends with the first violation. `--seed N` runs one, twice, and prints its trace; `--quiet` leaves
 * the trace out.
 */
import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawOptions } from './options.js'
import { simulate } from './simulation.js'
import type { Outcome } from './simulation.js'
import { Trace } from '../../lib/testing/trace.js'

/** What a child tells of one seed. */
interface Report extends Omit<Outcome, 'violation'> {
  readonly violation: string | undefined
}

/** Real ms after which a run that gives no answer is taken for one that never will. */
const SEED_MS_MAX = 180_000

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
    report(
      failure(current, `outside: ${error instanceof Error ? (error.stack ?? '') : String(error)}`),
    )
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
  const take = (): number | undefined => {
    const isOver = next >= from + count || (values['until-red'] && reports.some(isRed))
    if (isOver) return undefined
    next += 1
    return next - 1
  }
  const add = (report: Report): void => {
    reports.push(report)
    if (isRed(report)) console.log(`seed ${report.seed}: ${report.violation}`)
  }
  const lanes = Array.from({ length: Math.min(availableParallelism(), count) }, async () => {
    for (let isMore = true; isMore;) isMore = await runChild(take, add)
  })
  await Promise.all(lanes)
  sumUp(reports, count, performance.now() - start)
}

/** Feeds one child until there are no more seeds, or it hangs: then it is ended, and another is needed (true). */
function runChild(take: () => number | undefined, add: (report: Report) => void): Promise<boolean> {
  const child = fork(fileURLToPath(import.meta.url), ['--worker'])
  let seed: number | undefined
  let timer: NodeJS.Timeout | undefined
  const feed = (): void => {
    clearTimeout(timer)
    seed = take()
    if (seed === undefined) return child.disconnect()
    child.send(seed)
    timer = setTimeout(() => child.kill('SIGKILL'), SEED_MS_MAX)
  }
  child.on('message', (report: Report) => {
    // What a run leaves behind may still fail when the next one is under way.
    if (report.seed !== seed) return
    add(report)
    feed()
  })
  feed()
  return new Promise((resolve) => {
    child.on('exit', () => {
      clearTimeout(timer)
      if (seed !== undefined)
        add(failure(seed, `hang: no answer within ${SEED_MS_MAX / 1000} s, or the process died`))
      resolve(seed !== undefined)
    })
  })
}

function isRed({ violation }: Report): boolean {
  return violation !== undefined
}

function failure(seed: number, violation: string): Report {
  return { seed, hash: '', events: 0, virtualMs: 0, decided: 0, counts: {}, violation }
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
