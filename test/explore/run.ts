/** Goes through the spaces: `node dist/test/explore/run.js [name…] [--states n] [--crashes n] …` */
import { openLibrary } from './library.js'
import { Progress } from './progress.js'
import { Search } from './search.js'
import { SPACES } from './spaces.js'

const library = await openLibrary()
const names = process.argv.slice(2).filter((word) => !word.includes('='))
const set = Object.fromEntries(process.argv.slice(2).filter((word) => word.includes('=')).map((w) => w.split('=')).map(([k, v]) => [k, Number(v)]))
for (const space of SPACES) {
  if (names.length > 0 && !names.includes(space.name)) continue
  const budget = { ...space.budget }
  for (const key of Object.keys(budget)) if (key in set) (budget as any)[key] = set[key]
  const start = performance.now()
  const { world, start: first } = space.begin(library)
  const starts = [world.withBudget(first, budget)]
  const progress = new Progress(world)
  const search = new Search(world, { states: set['states'] ?? 2_000_000, depth: set['depth'] ?? Infinity }, (row) => progress.check(row))
  const outcome = search.run(starts)
  const seconds = (performance.now() - start) / 1000
  console.log(space.name, { ...outcome, violation: outcome.violation?.message }, seconds.toFixed(1), 's', (outcome.transitions / seconds).toFixed(0), 'tr/s')
  console.log('member states', world.states.size, 'computed', world.states.computed, 'repeated', world.states.repeated, 'pairs', world.pairs.size, 'items', world.pairs.items.size, 'images', world.images.size, 'actions', world.actions.size, Object.fromEntries(world.states.marks), (process.memoryUsage().rss / 1e6).toFixed(0), 'MB')
  if (outcome.violation) for (const action of outcome.violation.path) console.log('  ', JSON.stringify(world.actions.at(action)))
}
