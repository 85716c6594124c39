/** Everything that can happen in a few small spaces, and that a bug would be seen there. */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import { NO_LIMITS, explore } from './explore.js'
import { openLibrary } from './library.js'
import { hunt } from './planted.js'
import { PLANTED } from './planted-list.js'
import { SPACES } from './spaces.js'

const library = await openLibrary()

for (const space of SPACES) {
  test.serial(`nothing that can happen breaks a promise: ${space.about}`, (t) => {
    const limits = space.depth === undefined ? NO_LIMITS : { ...NO_LIMITS, depth: 14 }
    const { outcome, path, states } = explore(space, library, space.small, limits)
    t.is(outcome.violation?.message, undefined, path.join('\n'))
    t.is(outcome.isWhole, space.depth === undefined)
    // States that count as one behave as one: else something would have been left out.
    t.true(states.compare(new Random(1), 50) > 50)
  })
}

for (const planted of PLANTED.slice(0, 2)) {
  test.serial(`a planted bug is found: ${planted.bug}`, async (t) => {
    const { outcome, path } = await hunt(planted)
    t.not(outcome.violation, undefined)
    t.true(path.length > 0)
  })
}
