// `PersistentEphemeral`: an ephemeral znode that outlives its session.
import test from 'ava'
import { PersistentEphemeral } from '../../lib/recipes/index.js'
import { codeOf, scene } from './support.js'

const OPTIONS = { sessionTimeout: 2000 }

test('it is there, again after its session has expired, and gone when it is closed', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  const node = new PersistentEphemeral(one.replica, '/a/here', 'x', OPTIONS)
  const token = await node.ready()
  t.is(node.token, token)
  const first = node.session!
  t.is(one.existsSync('/a/here')?.ephemeralOwner, first.id)
  await world.expire(first)
  await world.until(() => node.token !== undefined && node.token > token)
  t.not(node.session, first)
  await node.update('y')
  t.is(one.getDataSync('/a/here', { encoding: 'utf8' }).data, 'y')
  await node.close()
  await node.close()
  await two.sync()
  t.is(two.existsSync('/a/here'), null)
  t.is(await codeOf(node.ready()), 'SESSION_CLOSED')
})

test('what an earlier session of its own left is waited out, and one that somebody deletes comes again', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  const tokens: number[] = []
  const node = new PersistentEphemeral(one.replica, '/here', 'x', OPTIONS)
  node.on('created', (token) => tokens.push(token))
  await node.ready()
  await two.delete('/here')
  await world.until(() => tokens.length === 2)
  await world.kill(1)
  await world.restart(1)
  const again = new PersistentEphemeral((await world.join(1)).replica, '/here', 'z', OPTIONS)
  const token = await again.ready()
  t.true(token > tokens[1]!)
  await two.sync()
  t.is(two.getDataSync('/here', { encoding: 'utf8' }).data, 'z')
  t.is(node.token, undefined)
})

test('of two one waits until the other is closed; a close that meets a pending create leaves nothing', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = sessions
  const first = new PersistentEphemeral(one.replica, '/here', '1', OPTIONS)
  await first.ready()
  const second = new PersistentEphemeral(two.replica, '/here', '2', OPTIONS)
  await second.update('3')
  await world.advance(5000)
  t.is(second.token, undefined)
  await first.close()
  await second.ready()
  t.is(three.getDataSync('/here', { encoding: 'utf8' }).data, '3')
  await second.close()
  for (let ms = 0; ms < 12; ms += 1) {
    const node = new PersistentEphemeral(one.replica, '/pending', 'x', OPTIONS)
    await world.advance(ms)
    await node.close()
    await world.advance(50)
    t.is(one.existsSync('/pending'), null)
  }
})

test('a znode that is nobody’s ephemeral, and a replica that has stopped, are told', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  await two.create('/here')
  const node = new PersistentEphemeral(one.replica, '/here', 'x', OPTIONS)
  const failures: unknown[] = []
  node.on('failed', (error) => failures.push(error))
  t.is(await codeOf(node.ready()), 'NODE_EXISTS')
  t.is(failures.length, 1)
  const other = new PersistentEphemeral(one.replica, '/there', 'x', OPTIONS)
  await other.ready()
  other.on('failed', (error) => failures.push(error))
  await world.kill(1)
  await world.until(() => failures.length === 2)
  t.like(failures[1], { code: 'REPLICA_FAILED' })
  t.throws(() => new PersistentEphemeral(two.replica, 'here', 'x'), { code: 'BAD_ARGUMENTS' })
})

test('waiting for it can be given up', async (t) => {
  const { sessions } = await scene(t)
  await using held = new PersistentEphemeral(sessions[0].replica, '/here', 'x', OPTIONS)
  await held.ready()
  await using waiting = new PersistentEphemeral(sessions[1].replica, '/here', 'x', OPTIONS)
  const abort = new AbortController()
  const ready = waiting.ready({ signal: abort.signal })
  abort.abort('enough')
  t.is(await codeOf(ready), 'enough')
})
