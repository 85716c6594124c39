// `lapse`: told when `alive` turns false, whyever, and before anybody else can be given what the session owned.
import test from 'ava'
import { world } from '../testing/support.js'

test('a session that is suspended already is told when its lease lapses', async (t) => {
  const ens = await world(t, { size: 3, sessionTimeout: 4000 })
  const [owner] = await Promise.all([1, 2, 3].map((id) => ens.join(id)))
  if (owner === undefined) throw new Error('replica 1 has a session')
  const told: string[] = []
  owner.on('state', (state) => told.push(state))
  owner.on('lapse', () => told.push(`lapse, ${owner.alive ? 'alive' : 'not alive'}`))
  await ens.partition([1], [2, 3])
  await ens.until(() => told.length > 1)
  t.deepEqual(told, ['suspended', 'lapse, not alive'])
  await ens.heal()
  await ens.until(() => owner.state === 'expired' || owner.state === 'connected')
  t.is(told.filter((word) => word.startsWith('lapse')).length, 1)
})

test('closing a session is a lapse at the call, before it is closed', async (t) => {
  const ens = await world(t, { size: 1 })
  const owner = await ens.join(1)
  const told: string[] = []
  owner.on('state', (state) => told.push(state))
  owner.on('lapse', () => told.push('lapse'))
  const closing = owner.close()
  t.deepEqual(told, ['lapse'])
  await closing
  t.deepEqual(told, ['lapse', 'closed'])
})

test('a lease that is confirmed again can lapse again', async (t) => {
  const ens = await world(t, { size: 3, sessionTimeout: 4000 })
  const [owner] = await Promise.all([1, 2, 3].map((id) => ens.join(id)))
  if (owner === undefined) throw new Error('replica 1 has a session')
  let lapses = 0
  owner.on('lapse', () => (lapses += 1))
  for (const expected of [1, 2]) {
    // Longer than the lease, shorter than the timeout that the leader counts.
    await ens.blockMainThread(1, 3800)
    t.false(owner.alive)
    await ens.until(() => owner.alive)
    t.is(lapses, expected)
  }
})
