/** What watches hold on to: nothing of a listener or a namespace once its watches are used up. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { acl } from '../../lib/session/acl.js'
import type { Session } from '../../lib/session/session.js'
import { openScene, turn } from './fake-replica.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Each makes a listener that nobody else holds, and uses its watch up. */
const ways: readonly [string, (session: Session) => Promise<WeakRef<object>>][] = [
  ['told', async (session) => watchOnce(session, '/a')],
  [
    'kept from the event',
    async (session) => {
      const reference = watchOnce(session, '/secret')
      await session.create('/secret', '', { acl: acl.digest('ann', 'secret') })
      return reference
    },
  ],
  ['of a namespace that is gone', async (session) => watchOnce(session.namespace('/a'), '/b')],
  [
    'removed',
    async (session) => {
      const reference = watchOnce(session, '/removed')
      await session.removeWatches('/removed')
      return reference
    },
  ],
]

function watchOnce(through: Session, path: string): WeakRef<object> {
  let told = 0
  const listener = (): void => void (told += 1)
  through.existsSync(path, { watch: listener })
  return new WeakRef(listener)
}

for (const [how, watchBy] of ways) {
  test(`a listener is let go once its watch is used up: ${how}`, async (t) => {
    const { session, view } = await openScene()
    const reference = await watchBy(session)
    await session.createPath('/a/b')
    t.is(view.memory.watches.size, 0)
    await turn()
    collect()
    t.is(reference.deref(), undefined)
  })
}
