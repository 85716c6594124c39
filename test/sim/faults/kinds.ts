/** Every kind of fault by its name, and how often each happens in a run: drawn by swarm, each on or off by itself. */
import type { Random } from '../../../lib/base/random.js'

/** Means of ms between two faults of the kind, one of which a run draws. */
const MEANS = {
  // Processes.
  crash: [400, 1000, 2500],
  crashInside: [400, 1000, 2500],
  crashLoop: [2000, 5000],
  powerCut: [2500, 6000],
  ambush: [300, 1000],
  close: [1500, 4000],
  // Threads.
  pauseReplica: [700, 2500],
  pauseView: [500, 2000],
  pauseProcess: [1000, 3000],
  lagView: [2000, 5000],
  // Links.
  breakLink: [150, 600, 2000],
  halfOpenLink: [400, 1500],
  stallLink: [300, 1000],
  slowLink: [500, 2000],
  flapLink: [1000, 3000],
  // Partitions.
  partition: [700, 2500],
  cutPairs: [700, 2500],
  isolateLeader: [700, 2500],
  bridge: [1500, 3000],
  ring: [1500, 3000],
  swizzle: [1500, 4000],
  // Disks.
  slowDisk: [800, 2500],
  stallDisk: [800, 2500],
  failFsync: [1500, 4000],
  fillDisk: [1500, 4000],
  // Databases.
  wipe: [1500, 4000],
  rot: [1500, 4000],
  oldCopy: [1500, 4000],
  // Clocks.
  wallJump: [1000, 3000],
  wallFreeze: [1000, 3000],
} as const

export type FaultKind = keyof typeof MEANS

export const FAULT_KINDS: readonly FaultKind[] = Object.keys(MEANS) as FaultKind[]

/** Mean ms between two faults of a kind; `Infinity` if the run has none. */
export type FaultRates = Readonly<Record<FaultKind, number>>

/** Together the kinds of a run happen no oftener than this, ms: else nothing would ever be decided in between. */
const MEAN_MS_MIN = 120

/** Kinds that a run may have all to itself: what is rare is else drowned by everything else that goes wrong. */
const ALONE: readonly (readonly FaultKind[])[] = [
  ['crash', 'crashInside', 'crashLoop', 'powerCut', 'close'],
  ['ambush', 'crash'],
  ['pauseReplica', 'pauseView', 'pauseProcess', 'lagView'],
  ['breakLink', 'halfOpenLink', 'stallLink', 'slowLink', 'flapLink'],
  ['partition', 'cutPairs', 'isolateLeader', 'bridge', 'ring', 'swizzle'],
  ['slowDisk', 'stallDisk', 'failFsync', 'fillDisk'],
  ['wipe', 'rot', 'oldCopy'],
  ['oldCopy'],
]

export function drawFaults(random: Random): FaultRates {
  const alone = random.pick(ALONE)
  const isAlone = random.chance(0.3)
  // From calm, over one or two kinds, to nearly everything at once.
  const chance = random.pick([0, 0.08, 0.2, 0.3, 0.3, 0.4, 0.5])
  const chanceOf = (kind: FaultKind): number => (alone.includes(kind) ? 0.7 : 0)
  const drawn = FAULT_KINDS.map((kind) => {
    const dice = random.fork(kind)
    const isOn = dice.chance(isAlone ? chanceOf(kind) : chance)
    return [kind, isOn ? dice.pick(MEANS[kind]) : Infinity] as const
  })
  const perMs = drawn.reduce((sum, [, meanMs]) => sum + 1 / meanMs, 0)
  const factor = Math.max(1, perMs * MEAN_MS_MIN)
  return Object.fromEntries(drawn.map(([kind, meanMs]) => [kind, meanMs * factor])) as FaultRates
}
