/** One seed from its beginning to its end: faults and workload, then healing, then everything must come to rest. */
import { unrefused } from './faults/beyond.js'
import { Faults } from './faults/injector.js'
import { drawOptions } from './options.js'
import type { SimOptions } from './options.js'
import { Trace } from '../../lib/testing/trace.js'
import { runCalm } from './calm-phase.js'
import { Experiment } from './experiment.js'
import { unrestOf } from './standings.js'

export interface Outcome {
  readonly seed: number
  readonly hash: string
  readonly events: number
  /** Virtual ms. */
  readonly virtualMs: number
  readonly decided: number
  /** Faults have the numbers from 1 to this. */
  readonly faults: number
  readonly counts: Readonly<Record<string, number>>
  /** How often each rare state was seen. */
  readonly marks: Readonly<Record<string, number>>
  readonly violation: Error | undefined
}

/** A phase that has decided so much has seen what it can see: a calm run would else take as long as twenty others. */
const DECIDED_MAX = 6000
/** After healing the workload goes on for so long … */
const AFTERGLOW_MS = 1000

/** @param trace  To see what happens; a new one makes the hash only. */
export async function simulate(
  seed: number,
  trace: Trace = new Trace(),
  options: SimOptions = drawOptions(seed),
): Promise<Outcome> {
  const experiment = new Experiment(options, trace)
  const { world } = experiment
  const faults = new Faults(experiment, world.random('faults'))
  try {
    await run(experiment, faults)
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    experiment.failed('crash', reason)
  }
  experiment.tallyLiving()
  experiment.marks.finished()
  return {
    seed,
    hash: trace.hash,
    events: world.scheduler.events,
    virtualMs: world.now,
    decided: experiment.decided.entries.length,
    faults: faults.count,
    counts: Object.fromEntries(experiment.counts),
    marks: Object.fromEntries(experiment.marks.counts),
    violation: experiment.violation,
  }
}

async function run(experiment: Experiment, faults: Faults): Promise<void> {
  const { world, scheduler, options } = experiment
  for (const machine of world.machines) world.start(machine)
  const isBroken = (): boolean => experiment.violation !== undefined
  faults.start()
  const { decided } = experiment
  const hasMoreThan = (count: number): boolean => isBroken() || decided.entries.length > count
  await scheduler.runUntil(options.faultMs, () => hasMoreThan(DECIDED_MAX))
  if (isBroken()) return
  world.trace.add(world.now, 'heal', [], () => '*** healed: no more faults')
  faults.heal()
  const enough = decided.entries.length + DECIDED_MAX
  await scheduler.runUntil(scheduler.now + AFTERGLOW_MS, () => hasMoreThan(enough))
  if (isBroken()) return
  experiment.isIdle = true
  if (faults.isBeyond) return expectRefusal(experiment)
  const isResting = (): boolean => isBroken() || unrestOf(experiment).next().done === true
  let next = 0
  // Looking at everything takes time, so not before each event.
  const isDone = (): boolean => {
    next += 1
    return next % 50 === 0 && isResting()
  }
  const ms = patienceMs(options)
  await scheduler.runUntil(scheduler.now + ms, isDone)
  if (isBroken()) return
  experiment.observe({ kind: 'rest', afterMs: ms, standings: [...unrestOf(experiment)] })
  if (isBroken()) return
  await runCalm(experiment, ms)
  if (isBroken()) return
  experiment.inspector.rested(world.processes)
  experiment.observe({ kind: 'quiet', liveSessions: experiment.liveSessions })
}

/** A majority is lost for good: whatever time passes, nothing is decided, and everybody says who is missing. */
async function expectRefusal(experiment: Experiment): Promise<void> {
  const { scheduler, decided } = experiment
  const before = decided.last?.zxid
  const { silenceMs, initMs, notificationMaxMs } = experiment.options.timing
  // Some may still be closing, or starting again.
  const ms = 4000 + 2 * (silenceMs + initMs) + 4 * notificationMaxMs
  await scheduler.runUntil(scheduler.now + ms, () => experiment.violation !== undefined)
  if (experiment.violation !== undefined) return
  if (decided.last?.zxid !== before)
    return experiment.failed('refusal', 'something is decided, and a majority is lost')
  const reason = unrefused(experiment)
  if (reason !== undefined) experiment.failed('refusal', reason)
}

/** … and then everything must be at rest within this: a few elections, a few synchronizations, every session's timeout. */
function patienceMs({ timing, sessionTimeoutsMs }: SimOptions): number {
  return 10 * (timing.silenceMs + timing.initMs) + 2 * Math.max(...sessionTimeoutsMs) + 10_000
}
