/**
 * The simulator's command line.
 *
 *   --seeds N [--from K]     seeds K … K+N−1 on all cores, and what they saw; `--until-red` ends with the first violation
 *   --minutes M [--from K]   fresh seeds for so long
 *   --brisk                  … of either only those that promise much in little time
 *   --needs KIND,KIND        … of either only those with these kinds of faults
 *   --seed N [--quiet]       one seed, twice, with its trace
 *   --case FILE [--quiet]    a case that was written down, likewise
 *   --shrink N [--keep STORY] [--budget MINUTES]
 *                            makes a red seed (or `--case`) as small as it will get, and writes it down as a case
 *
 * `--lifeline` ends this process when its standard input does: with whoever started it.
 *
 * The exit code is 1 if a guarantee was violated, if a seed did not replay exactly, or if a mark that so many seeds must
 * see was never seen.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { caseOf, keep, optionsOf, readCase } from './case.js'
import { Fleet } from './fleet.js'
import { drawOptions } from './options.js'
import type { SimOptions } from './options.js'
import { isRed } from './report.js'
import type { Task } from './report.js'
import { Shrinker } from './shrink.js'
import { tellAll, tellEnd } from './story.js'
import { Totals } from './totals.js'

/** Of so many seeds one is run twice. */
const TWICE_EVERY = 100
const PROGRESS_MS = 10_000
/** Real ms of one run of the shrinker; one that takes longer is no simpler. */
const SHRINK_RUN_MS_MAX = 30_000

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    minutes: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    case: { type: 'string' },
    shrink: { type: 'string' },
    keep: { type: 'string' },
    budget: { type: 'string', default: '5' },
    needs: { type: 'string', default: '' },
    brisk: { type: 'boolean', default: false },
    'until-red': { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    lifeline: { type: 'boolean', default: false },
  },
})

// The threads do the work, so this is heard at once.
if (values.lifeline)
  process.stdin
    .resume()
    .unref()
    .once('close', () => process.exit(1))

const say = (line: string): void => void process.stdout.write(`${line}\n`)

if (values.shrink !== undefined) await shrink(given() ?? drawOptions(Number(values.shrink)))
else if (values.seed !== undefined) await replay(drawOptions(Number(values.seed)))
else if (values.minutes !== undefined) await runMinutes(Number(values.minutes))
else if (values.case !== undefined) await replay(given())
else await runSeeds(Number(values.from ?? 1), Number(values.seeds ?? 20))

function given(): SimOptions | undefined {
  return values.case === undefined ? undefined : optionsOf(readCase(values.case))
}

async function replay(options: SimOptions | undefined): Promise<void> {
  const isGreen = options !== undefined && (await tellAll(options, values.quiet, say))
  process.exitCode = isGreen ? 0 : 1
}

async function shrink(options: SimOptions): Promise<void> {
  const fleet = new Fleet(undefined, SHRINK_RUN_MS_MAX)
  const shrunk = await Shrinker.shrink(fleet, options, Number(values.budget) * 60_000, say)
  fleet.close()
  if (shrunk === undefined) return
  process.exitCode = 1
  const kept = caseOf(shrunk.options, values.keep ?? shrunk.report.violation ?? '')
  const file = join(tmpdir(), `vivarium-seed-${kept.seed}.json`)
  writeFileSync(file, JSON.stringify(kept, undefined, 2))
  if (values.keep !== undefined) keep(kept)
  const { faults, skippedFaults, size } = shrunk.options
  say('')
  await tellEnd(shrunk.options, say)
  say('')
  say(JSON.stringify(kept.options))
  const kinds = Object.entries(faults).filter(([, meanMs]) => meanMs !== Infinity)
  const left =
    shrunk.report.faults - skippedFaults.filter((each) => each <= shrunk.report.faults).length
  say(
    `${shrunk.runs} runs: ${size} replicas, ${left} faults (${kinds.map(([name]) => name).join(', ')})`,
  )
  say(`replay it with: npm run sim -- --case ${file}`)
}

async function runSeeds(from: number, count: number): Promise<void> {
  let next = from
  await runMany(() => {
    next = nextSeed(next)
    return next <= from + count ? taskOf(next - 1) : undefined
  })
}

/** Seeds that no run before has had, unless it began in the same minute. */
async function runMinutes(minutes: number): Promise<void> {
  let next = Number(values.from ?? Math.floor(Date.now() / 60_000) * 10_000)
  say(`seeds from ${next}`)
  const end = performance.now() + minutes * 60_000
  await runMany(() => {
    next = nextSeed(next)
    return performance.now() < end ? taskOf(next - 1) : undefined
  })
}

/** The seed after the next one that is to be run. */
function nextSeed(next: number): number {
  let seed = next
  while (!isWanted(drawOptions(seed))) seed += 1
  return seed + 1
}

function isWanted(options: SimOptions): boolean {
  const needs = values.needs.split(',').filter((kind) => kind !== '')
  const loseMajority = options.losesMajority ? 0 : Infinity
  const faults: Readonly<Record<string, number>> = { ...options.faults, loseMajority }
  if (!needs.every((kind) => (faults[kind] ?? Infinity) !== Infinity)) return false
  return !values.brisk || isBrisk(options)
}

/** Several kinds of faults in a small world that does not run for long. */
function isBrisk({ faults, faultMs, size, throughWire }: SimOptions): boolean {
  const kinds = Object.values(faults).filter((meanMs) => meanMs !== Infinity).length
  return kinds > 3 && faultMs <= 8000 && size > 1 && size <= 5 && !throughWire
}

function taskOf(seed: number): Task {
  return { seed, twice: seed % TWICE_EVERY === 0 }
}

async function runMany(takeAny: () => Task | undefined): Promise<void> {
  const totals = new Totals()
  const timer = setInterval(() => say(totals.progress()), PROGRESS_MS)
  const fleet = new Fleet()
  const take = (): Task | undefined =>
    values['until-red'] && totals.red.length > 0 ? undefined : takeAny()
  await fleet.runAll(take, (report) => {
    totals.add(report)
    if (isRed(report)) say(`seed ${report.seed}: ${report.violation}`)
  })
  fleet.close()
  clearInterval(timer)
  totals.print(say)
  process.exitCode = totals.isGreen ? 0 : 1
}
