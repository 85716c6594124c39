/** Everything that can happen in a few small spaces, and that a bug would be seen there. */
import test from 'ava'
import { NO_LIMITS, explore } from './explore.js'
import { openLibrary } from './library.js'
import { hunt } from './planted.js'
import { PLANTED } from './planted-list.js'
import { SPACES } from './spaces.js'

for (const space of SPACES) {
  test.serial(`nothing that can happen breaks a promise: ${space.about}`, async (t) => {
    const library = await openLibrary()
    const { outcome, path } = explore(space, library, space.small, NO_LIMITS)
    t.is(outcome.violation?.message, undefined, path.join('\n'))
    t.true(outcome.isWhole)
    t.true(outcome.ends > 0)
  })
}

for (const planted of PLANTED.slice(0, 2)) {
  test.serial(`a planted bug is found: ${planted.bug}`, async (t) => {
    const { outcome, path } = await hunt(planted)
    t.not(outcome.violation, undefined)
    t.true(path.length > 0)
  })
}
