/** One seed from its beginning to its end: faults and workload, then healing, then everything must come to rest. */
import { Faults } from './faults.js'
import { drawOptions } from './options.js'
import type { SimOptions } from './options.js'
import { Trace } from '../../lib/testing/trace.js'
import type { Process } from '../../lib/testing/process.js'
import type { Client } from './client.js'
import { Experiment } from './experiment.js'

export interface Outcome {
  readonly seed: number
  readonly hash: string
  readonly events: number
  /** Virtual ms. */
  readonly virtualMs: number
  readonly decided: number
  readonly counts: Readonly<Record<string, number>>
  readonly violation: Error | undefined
}

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
  return {
    seed,
    hash: trace.hash,
    events: world.scheduler.events,
    virtualMs: world.now,
    decided: experiment.decided.entries.length,
    counts: Object.fromEntries(experiment.counts),
    violation: experiment.violation,
  }
}

async function run(experiment: Experiment, faults: Faults): Promise<void> {
  const { world, scheduler, options } = experiment
  for (const machine of world.machines) world.start(machine)
  const isBroken = (): boolean => experiment.violation !== undefined
  faults.start()
  if (await scheduler.runUntil(options.faultMs, isBroken)) return
  world.trace.add(world.now, 'heal', [], () => '*** healed: no more faults')
  faults.heal()
  if (await scheduler.runUntil(scheduler.now + AFTERGLOW_MS, isBroken)) return
  experiment.isIdle = true
  const isResting = (): boolean => isBroken() || unrest(experiment) === undefined
  let next = 0
  // Looking at everything takes time, so not before each event.
  const isDone = (): boolean => {
    next += 1
    return next % 50 === 0 && isResting()
  }
  const ms = patienceMs(options)
  await scheduler.runUntil(scheduler.now + ms, isDone)
  if (isBroken()) return
  const reason = unrest(experiment)
  if (reason !== undefined)
    return experiment.failed('progress', `${reason}, ${ms} ms after the last fault`)
  const liveSessions = experiment.clients.flatMap((client) => client.liveSessions)
  experiment.observe({ kind: 'quiet', liveSessions })
}

/** … and then everything must be at rest within this: a few elections, a few synchronizations, every session's timeout. */
function patienceMs({ timing, sessionTimeoutsMs }: SimOptions): number {
  return 10 * (timing.silenceMs + timing.initMs) + 2 * Math.max(...sessionTimeoutsMs) + 10_000
}

/** What is not as it must be in the end; `undefined` if all is well. */
function unrest(experiment: Experiment): string | undefined {
  const { world, clients, decided } = experiment
  const { machines, processes } = world
  if (processes.length !== machines.length) return 'a process is not running'
  const last = decided.last?.zxid ?? 0
  for (const process of processes) {
    const reason = unrestOf(process, last)
    if (reason !== undefined) return reason
  }
  for (const client of clients) {
    const reason = unrestOfView(client, last)
    if (reason !== undefined) return reason
  }
  const owned = new Set(clients.flatMap((client) => client.liveSessions))
  const orphan = decided.openSessions.find((session) => !owned.has(session))
  if (orphan !== undefined) return `session ${orphan} has no owner and does not end`
  return experiment.violation?.message
}

function unrestOf({ id, replica }: Process, last: number): string | undefined {
  const { status, core } = replica
  const who = `replica ${id}`
  if (status === undefined || core === undefined || !status.established) {
    return `${who} is ${status?.role ?? 'loading'} and waits for ${String(status?.waitingFor)}`
  }
  if (!status.voter) return `${who} has no vote`
  if (core.tree.lastZxid !== last || status.lastLogged !== last) return `${who} is behind`
  return undefined
}

function unrestOfView(client: Client, last: number): string | undefined {
  const { view, name, position } = client.host
  if (client.pending > 0) return `${name} waits for ${client.pending} requests`
  if (position !== last) return `${name} is behind`
  if (client.sessions.some(({ state }) => state !== 'connected'))
    return `a session of ${name} is ${client.sessions.map(({ state }) => state).join()}`
  if (view.isDiverged) return `${name} has diverged`
  return undefined
}
