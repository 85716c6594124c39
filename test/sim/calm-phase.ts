/**
 * The last phase of a run: everything is healed, idle and caught up, and must stay so. First nothing is asked for, for a
 * while; then some writes, one after another, at every View: each must succeed, at the price of a few messages.
 */
import type { Session } from '../../lib/session/session.js'
import type { Experiment } from './experiment.js'
import type { Calm } from './inside.js'
import { unrestOf } from './standings.js'

/** Ticks of the silence. */
const TICKS = 20
/** In one run of so many the silence is longer than every session's timeout. */
const LONG_SAMPLED = 8
const WRITES_PER_VIEW = 2

interface Before {
  readonly at: number
  readonly messages: ReadonlyMap<string, number>
  readonly elections: number
  readonly rollovers: number
  readonly sessions: ReadonlySet<number>
  readonly sizes: ReadonlyMap<string, number>
}

/** Ends early if something is found. @param patienceMs  Virtual ms that one write may take. */
export async function runCalm(experiment: Experiment, patienceMs: number): Promise<void> {
  const { scheduler, options } = experiment
  const silence = lookAround(experiment)
  const isLong = options.seed % LONG_SAMPLED === 0
  const ms = isLong ? 1.5 * Math.max(...options.sessionTimeoutsMs) : 0
  const isBroken = (): boolean => experiment.violation !== undefined
  const end = scheduler.now + Math.max(ms, TICKS * options.timing.tickMs)
  if (await scheduler.runUntil(end, isBroken)) return
  experiment.observe(calmSince(experiment, silence, 0))
  const work = lookAround(experiment)
  const writes = await write(experiment, patienceMs)
  if (isBroken()) return
  // Every write adds to every log.
  experiment.observe({ ...calmSince(experiment, work, writes), sizes: [] })
}

/** Each at a View with sessions, when everything has heard of the last one. */
async function write(experiment: Experiment, patienceMs: number): Promise<number> {
  const { scheduler, clients } = experiment
  let writes = 0
  for (let round = 0; round < WRITES_PER_VIEW; round += 1) {
    for (const client of clients) {
      if (!client.writeOnce()) continue
      writes += 1
      let events = 0
      const isDone = (): boolean => {
        if (experiment.violation !== undefined) return true
        events += 1
        if (client.pending > 0 || events % 10 !== 0) return false
        return unrestOf(experiment).next().done === true
      }
      await scheduler.drain()
      if (await scheduler.runUntil(scheduler.now + patienceMs, isDone)) continue
      const standings = [...unrestOf(experiment)]
      experiment.observe({ kind: 'rest', afterMs: patienceMs, standings })
    }
  }
  return writes
}

function lookAround(experiment: Experiment): Before {
  return {
    at: experiment.now,
    messages: new Map(experiment.inspector.messages),
    elections: countOf(experiment, 'elections'),
    rollovers: countOf(experiment, 'rollovers'),
    // A remote client may have been silent until just now: `silence` says when its session may end.
    sessions: new Set(experiment.clients.flatMap(({ liveSessions }) => liveSessions)),
    sizes: sizesOf(experiment),
  }
}

function calmSince(experiment: Experiment, before: Before, writes: number): Calm {
  const { options, clients, world, inspector, now } = experiment
  const messages = new Map<string, number>()
  for (const [kind, count] of inspector.messages)
    messages.set(kind, count - (before.messages.get(kind) ?? 0))
  // One may be suspended for a moment: its last heartbeats reached leaders that were gone before they could confirm them.
  const alive = new Set([
    ...experiment.liveSessions,
    ...clients.flatMap(({ sessions }) => sessions.filter(isOpen).map(({ id }) => id)),
  ])
  return {
    kind: 'calm',
    // By the fastest clock that a machine may have.
    ticks: Math.ceil(((now - before.at) * (1 + options.drift)) / options.timing.tickMs) + 1,
    links: world.machines.length - 1,
    writes,
    messages,
    elections: countOf(experiment, 'elections') - before.elections,
    rollovers: countOf(experiment, 'rollovers') - before.rollovers,
    lostSessions: [...before.sessions].filter((session) => !alive.has(session)).length,
    sizes: [...sizesOf(experiment)].map(([what, after]) => {
      return { what, before: before.sizes.get(what) ?? 0, after }
    }),
  }
}

function isOpen({ state }: Session): boolean {
  return state === 'connected' || state === 'suspended'
}

function countOf({ world }: Experiment, counter: string): number {
  const counts = world.processes.map(({ replica }) => replica.status?.counters[counter] ?? 0)
  return counts.reduce((sum, count) => sum + count, 0)
}

/** What must not grow while nobody asks for anything. */
function sizesOf({ world }: Experiment): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { id, replica, views, machine } of world.processes) {
    const { core, status } = replica
    if (core === undefined || status === undefined) continue
    sizes.set(`log of replica ${id}`, core.history.length)
    sizes.set(`log on disk ${id}`, machine.disk.entries.length)
    sizes.set(`state of replica ${id}`, core.tree.bytes)
    sizes.set(`pipeline of replica ${id}`, status.counters['requestsPending'] ?? 0)
    for (const { name, view } of views) sizes.set(`state of ${name}`, view.memory.tree.bytes)
  }
  return sizes
}
