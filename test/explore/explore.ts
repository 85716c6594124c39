/** One run through one space. */
import type { Library } from './library.js'
import { Progress } from './progress.js'
import { Search } from './search.js'
import type { Limits, Outcome } from './search.js'
import type { States } from './states.js'
import { NOTHING } from './spaces.js'
import type { Space } from './spaces.js'
import type { Budget } from './row.js'
import type { World } from './world.js'

export interface Explored {
  readonly outcome: Outcome
  readonly seconds: number
  /** Distinct states of single members. */
  readonly members: number
  /** How many different steps of a member did this rare thing. */
  readonly marks: ReadonlyMap<string, number>
  /** The table of members' states, to be looked at. */
  readonly states: States
  /** The way to the violation, line by line. */
  readonly path: readonly string[]
}

export const NO_LIMITS: Limits = { states: Infinity, depth: Infinity }

export function explore(
  space: Space,
  library: Library,
  budget: Partial<Budget>,
  limits: Limits,
): Explored {
  const start = performance.now()
  const { world, starts } = space.begin(library)
  const rows = starts.map((row) => world.withBudget(row, { ...NOTHING, ...budget }))
  const progress = new Progress(world)
  const depth = Math.min(limits.depth, space.depth ?? Infinity)
  const outcome = new Search(
    world,
    { ...limits, depth, isPatient: space.isPatient === true },
    (end) => progress.check(end),
  ).run(rows)
  const { violation } = outcome
  return {
    outcome,
    seconds: (performance.now() - start) / 1000,
    members: world.states.size - 1,
    marks: world.states.marks,
    states: world.states,
    path:
      violation === undefined
        ? []
        : narrate(world, rows[violation.start] ?? rows[0], violation.path),
  }
}

/** What happens on that way, action by action, and what the members are after it. */
function narrate(world: World, start: Int32Array | undefined, path: readonly number[]): string[] {
  if (start === undefined) return []
  const lines = [`        ${world.describe(start)}`]
  let row = start
  for (const [index, action] of path.entries()) {
    lines.push(`${String(index + 1).padStart(4)}. ${world.tell(row, action)}`)
    try {
      row = world.after(row, action)
    } catch {
      break
    }
    lines.push(`        ${world.describe(row)}`)
  }
  return lines
}
