/** One seed from its beginning to its end: faults and workload, then healing, then everything must come to rest. */
import { Faults } from './faults.js'
import { drawOptions } from './options.js'
import type { SimOptions } from './options.js'
import type { Process } from './process.js'
import { Trace } from './trace.js'
import { World } from './world.js'

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
  const world = new World(options, trace)
  const faults = new Faults(world, world.random('faults'))
  try {
    await run(world, faults)
  } catch (error) {
    world.fail('crash', error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  for (const { replica } of world.processes) world.tally(replica.status?.counters)
  return {
    seed,
    hash: trace.hash,
    events: world.scheduler.events,
    virtualMs: world.now,
    decided: world.decided.entries.length,
    counts: Object.fromEntries(world.counts),
    violation: world.violation,
  }
}

async function run(world: World, faults: Faults): Promise<void> {
  const { scheduler, options } = world
  for (const machine of world.machines) world.start(machine)
  const isBroken = (): boolean => world.violation !== undefined
  faults.start()
  if (await scheduler.runUntil(options.faultMs, isBroken)) return
  world.trace.add(world.now, 'heal', [], () => '*** healed: no more faults')
  faults.heal()
  if (await scheduler.runUntil(scheduler.now + AFTERGLOW_MS, isBroken)) return
  world.isIdle = true
  const isResting = (): boolean => isBroken() || unrest(world) === undefined
  let next = 0
  // Looking at everything takes time, so not before each event.
  const isDone = (): boolean => {
    next += 1
    return next % 50 === 0 && isResting()
  }
  const ms = patienceMs(options)
  await scheduler.runUntil(scheduler.now + ms, isDone)
  if (isBroken()) return
  const reason = unrest(world)
  if (reason !== undefined)
    return world.fail('progress', `${reason}, ${ms} ms after the last fault`)
  const liveSessions = world.processes.flatMap(({ views }) =>
    views.flatMap(({ client }) => client.liveSessions),
  )
  world.observe({ kind: 'quiet', liveSessions })
}

/** … and then everything must be at rest within this: a few elections, a few synchronizations, every session's timeout. */
function patienceMs({ timing, sessionTimeoutsMs }: SimOptions): number {
  return 10 * (timing.silenceMs + timing.initMs) + 2 * Math.max(...sessionTimeoutsMs) + 10_000
}

/** What is not as it must be in the end; `undefined` if all is well. */
function unrest(world: World): string | undefined {
  const { machines, processes, decided } = world
  if (processes.length !== machines.length) return 'a process is not running'
  const last = decided.last?.zxid ?? 0
  for (const process of processes) {
    const reason = unrestOf(world, process, last)
    if (reason !== undefined) return reason
  }
  const owned = new Set(
    processes.flatMap(({ views }) => views.flatMap(({ client }) => client.liveSessions)),
  )
  const orphan = decided.openSessions.find((session) => !owned.has(session))
  if (orphan !== undefined) return `session ${orphan} has no owner and does not end`
  return undefined
}

function unrestOf(world: World, process: Process, last: number): string | undefined {
  const { status, core } = process.replica
  const who = `replica ${process.id}`
  if (status === undefined || core === undefined || !status.established) {
    return `${who} is ${status?.role ?? 'loading'} and waits for ${String(status?.waitingFor)}`
  }
  if (!status.voter) return `${who} has no vote`
  if (core.tree.lastZxid !== last || status.lastLogged !== last) return `${who} is behind`
  for (const { view, client, name, position } of process.views) {
    if (client.pending > 0) return `${name} waits for ${client.pending} requests`
    if (position !== last) return `${name} is behind`
    if (client.sessions.some(({ state }) => state !== 'connected'))
      return `a session of ${name} is ${client.sessions.map(({ state }) => state).join()}`
    if (view.isDiverged) return `${name} has diverged`
  }
  return world.violation?.message
}
