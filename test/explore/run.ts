/**
 * Goes through the spaces, each in all its ways: `node dist/test/explore/run.js [space …] [--small]
 * [--states n] [--depth n] [--crashes n --breaks n --stalls n --asks n --elections n]`. With a budget of your own
 * only that one is gone through. The exit code is 1 if anything was violated.
 */
import { parseArgs } from 'node:util'
import { NO_LIMITS, explore } from './explore.js'
import type { Explored } from './explore.js'
import { openLibrary } from './library.js'
import { NOTHING, SPACES } from './spaces.js'
import type { Budget } from './row.js'

const number = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    small: { type: 'boolean', default: false },
    states: number,
    depth: number,
    crashes: number,
    breaks: number,
    stalls: number,
    asks: number,
    elections: number,
  },
})

const known = SPACES.map(({ name }) => name)
for (const name of positionals) {
  if (!known.includes(name)) throw new Error(`no space ${name}; there are ${known.join(', ')}`)
}

const limits = {
  states: values.states === undefined ? NO_LIMITS.states : Number(values.states),
  depth: values.depth === undefined ? NO_LIMITS.depth : Number(values.depth),
}

const keys = ['crashes', 'breaks', 'stalls', 'asks', 'elections'] as const
const own: Partial<Budget> | undefined = keys.some((key) => values[key] !== undefined)
  ? Object.fromEntries(keys.map((key) => [key, Number(values[key] ?? NOTHING[key])]))
  : undefined

const library = await openLibrary()
let total = 0
for (const space of SPACES) {
  if (positionals.length > 0 && !positionals.includes(space.name)) continue
  console.log(`${space.name}: ${space.about}`)
  const usual = values.small ? [space.small] : space.budgets
  for (const budget of own === undefined ? usual : [own]) {
    const explored = explore(space, library, budget, limits)
    total += explored.outcome.states
    print(budget, explored)
  }
}
console.log(`${total.toLocaleString('en')} distinct states`)

function print(
  budget: Partial<Budget>,
  { outcome, seconds, members, marks, path }: Explored,
): void {
  const { states, transitions, depth, ends, isWhole, violation } = outcome
  const may = Object.entries(budget)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what} ${count}`)
  const how = violation === undefined ? (isWhole ? 'whole' : 'CUT OFF') : 'VIOLATED'
  console.log(
    `  ${may.join(', ').padEnd(32)} ${how}: ${states} distinct states, ${transitions} transitions, ` +
      `depth ${depth}, ${ends} ends, ${members} states of a member, ${seconds.toFixed(1)} s`,
  )
  console.log(`    ${[...marks].map(([mark, count]) => `${mark} ${count}`).join(', ')}`)
  if (violation === undefined) return
  process.exitCode = 1
  for (const line of [...path, `!!! ${violation.message}`]) console.log(`    ${line}`)
}
