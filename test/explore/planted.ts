/**
 * Plants one bug at a time and shows that going through a space finds it. Run it after a build:
 * `node dist/test/explore/planted.js [name]`. With a name the way to the violation is printed.
 */
import { explore } from './explore.js'
import type { Explored } from './explore.js'
import { openLibrary } from './library.js'
import { PLANTED } from './planted-list.js'
import type { Planted } from './planted-list.js'
import { SPACES } from './spaces.js'

const LIMITS = { states: 2_000_000, depth: Infinity }

/** Goes through the bug's space until it is found. */
export async function hunt({ changes, space: name, budget }: Planted): Promise<Explored> {
  const space = SPACES.find((each) => each.name === name)
  if (space === undefined) throw new Error(`no space ${name}`)
  return explore(space, await openLibrary(changes), budget, LIMITS)
}

if (process.argv[1] === import.meta.filename) {
  const wanted = process.argv[2]
  for (const planted of PLANTED) {
    if (wanted !== undefined && planted.name !== wanted) continue
    const { outcome, seconds, path } = await hunt(planted)
    const { violation, states } = outcome
    const verdict =
      violation === undefined ? 'NOT FOUND' : `${path.length >> 1} steps: ${violation.message}`
    console.log(`${planted.name.padEnd(24)} ${seconds.toFixed(1)} s, ${states} states, ${verdict}`)
    if (wanted !== undefined) for (const line of path) console.log(`  ${line}`)
    if (violation === undefined) process.exitCode = 1
  }
}
