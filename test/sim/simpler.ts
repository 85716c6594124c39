/** Ways to make a run simpler, from those that save most to those that save least. Each gives a run, or nothing new. */
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import { FAULT_KINDS } from './faults/kinds.js'
import type { FaultKind } from './faults/kinds.js'
import type { Act, SimOptions, WorkloadOptions } from './options.js'

export interface Simplification {
  readonly name: string
  readonly options: SimOptions
}

const SIZES = [1, 2, 3, 4, 5, 6]
const FAULT_MS = [500, 1000, 2000, 4000, 8000]

/** Everything that might make this run simpler by one step. */
export function simplifications(options: SimOptions): Simplification[] {
  return [
    ...sizes(options),
    ...faultKinds(options),
    ...lengths(options),
    ...workloads(options),
    ...worlds(options),
    ...bounds(options),
  ]
}

function sizes(options: SimOptions): Simplification[] {
  return SIZES.filter((size) => size < options.size).map((size) => ({
    name: `${size} replicas`,
    options: { ...options, size },
  }))
}

function faultKinds(options: SimOptions): Simplification[] {
  const present = FAULT_KINDS.filter((kind) => options.faults[kind] !== Infinity)
  const without = (kinds: readonly FaultKind[]): SimOptions => {
    const absent = Object.fromEntries(kinds.map((kind) => [kind, Infinity]))
    return { ...options, faults: { ...options.faults, ...absent } }
  }
  const halves = [present.slice(0, present.length / 2), present.slice(present.length / 2)]
  const all = present.length > 0 ? [{ name: 'no faults', options: without(present) }] : []
  const many =
    present.length > 3
      ? halves.map((kinds) => ({ name: `without ${kinds.join()}`, options: without(kinds) }))
      : []
  const single = present.map((kind) => ({ name: `without ${kind}`, options: without([kind]) }))
  return [...all, ...many, ...single]
}

function lengths(options: SimOptions): Simplification[] {
  return FAULT_MS.filter((faultMs) => faultMs < options.faultMs).map((faultMs) => ({
    name: `${faultMs} ms of faults`,
    options: { ...options, faultMs },
  }))
}

function workloads(options: SimOptions): Simplification[] {
  const { workload } = options
  const acts = Object.keys(workload.mix) as Act[]
  const present = acts.filter((act) => workload.mix[act] > 0)
  const only = (kept: readonly Act[]): SimOptions => {
    const mix = Object.fromEntries(
      acts.map((act) => [act, kept.includes(act) ? workload.mix[act] : 0]),
    )
    return { ...options, workload: { ...workload, mix: mix as WorkloadOptions['mix'] } }
  }
  const ofTwo =
    present.length > 2
      ? [{ name: 'create and setData only', options: only(['create', 'setData']) }]
      : []
  const less = present.length > 1 ? present : []
  return [
    ...ofTwo,
    ...less.map((act) => ({
      name: `without ${act}`,
      options: only(present.filter((each) => each !== act)),
    })),
    ...lower(options, 'sessionsPerView', 1),
    ...lower(options, 'viewsPerProcess', 1),
    ...lower(options, 'burstMax', 1, 3),
    ...higher(options, 'burstEveryMs', 300, 100),
    ...lower(options, 'pipelineMax', 5),
    ...lower(options, 'dataBytesMax', 20),
    ...calmer(options, 'storm'),
    ...calmer(options, 'abort'),
    ...calmer(options, 'acls'),
    ...calmer(options, 'retained'),
    ...calmer(options, 'quotas'),
    ...fewerRemotes(options),
  ]
}

function fewerRemotes(options: SimOptions): Simplification[] {
  const { remotes } = options
  return [0, 1, 2]
    .filter((count) => count < remotes.count)
    .map((count) => {
      return {
        name: `${count} remote clients`,
        options: { ...options, remotes: { ...remotes, count } },
      }
    })
}

function worlds(options: SimOptions): Simplification[] {
  return [
    ...off(options, 'losesMajority'),
    ...off(options, 'oneWayPartitions'),
    ...off(options, 'throughWire'),
    ...off(options, 'sameMachine'),
    ...lower(options, 'drift', 0),
    ...lower(options, 'networkLatencyMs', 1),
    ...lower(options, 'diskLatencyMs', 0.5),
    ...lower(options, 'viewLatencyMs', 0.05),
  ]
}

function bounds(options: SimOptions): Simplification[] {
  const names = Object.keys(DEFAULT_BOUNDS) as (keyof typeof DEFAULT_BOUNDS)[]
  return names
    .filter((name) => options.bounds[name] !== DEFAULT_BOUNDS[name])
    .map((name) => {
      const calm = { ...options.bounds, [name]: DEFAULT_BOUNDS[name] }
      return { name: `${name} as in production`, options: { ...options, bounds: calm } }
    })
}

/** Names of the options that are numbers, or true or false. */
type Named<T> = {
  readonly [Name in keyof SimOptions]: SimOptions[Name] extends T ? Name : never
}[keyof SimOptions]

function lower(options: SimOptions, name: Named<number>, ...values: number[]): Simplification[] {
  return values.filter((value) => value < options[name]).map((value) => set(options, name, value))
}

function higher(options: SimOptions, name: Named<number>, ...values: number[]): Simplification[] {
  return values.filter((value) => value > options[name]).map((value) => set(options, name, value))
}

function off(options: SimOptions, name: Named<boolean>): Simplification[] {
  return options[name] ? [set(options, name, false)] : []
}

function calmer(
  options: SimOptions,
  name: 'storm' | 'abort' | 'acls' | 'retained' | 'quotas',
): Simplification[] {
  if (options.workload[name] === 0) return []
  const workload = { ...options.workload, [name]: 0 }
  return [{ name: `no ${name}`, options: { ...options, workload } }]
}

function set(options: SimOptions, name: keyof SimOptions, value: number | boolean): Simplification {
  return { name: `${name} ${value}`, options: { ...options, [name]: value } }
}
