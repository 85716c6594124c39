// `GroupMembership`: who is there.
import test from 'ava'
import { GroupMembership } from '../../lib/recipes/index.js'
import { codeOf, namesIn, scene, watchesOf } from './support.js'

test('members come, say who they are, and go with their process', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two, three] = sessions
  const groups = [
    new GroupMembership(one, '/app/workers'),
    new GroupMembership(two, '/app/workers'),
  ]
  const told: string[] = []
  groups[0]!.on('join', ({ name }) => told.push(`+${name}`))
  groups[0]!.on('leave', ({ name }) => told.push(`-${name}`))
  groups[0]!.on('update', ({ name, metadata }, before) => {
    told.push(`${name} ${JSON.stringify(before.metadata)} → ${JSON.stringify(metadata)}`)
  })
  const own = await groups[0]!.join({ port: 1 }, { name: 'one' })
  t.like(groups[0]!.members.get('one'), { metadata: { port: 1 }, version: 0, token: own.token })
  const other = await groups[1]!.join({ port: 2 }, { name: 'two' })
  await other.update({ port: 3 })
  const third = new GroupMembership(three, '/app/workers')
  await third.join({ port: 4 }, { name: 'three' })
  await third.ready()
  t.deepEqual([...third.members.keys()], ['one', 'two', 'three'])
  await world.kill(3)
  await world.until(() => !groups[0]!.members.has('three'))
  await other.leave()
  t.false(other.held)
  t.false(other.lost.aborted)
  await groups[0]!.ready()
  t.deepEqual(told, ['+one', '+two', 'two {"port":2} → {"port":3}', '+three', '-three', '-two'])
})

test('a name is given once; without one each gets a number', async (t) => {
  const { sessions } = await scene(t)
  const [one, two] = sessions
  const [first, second] = [new GroupMembership(one, '/g'), new GroupMembership(two, '/g')]
  await first.join({}, { name: 'chair' })
  t.is(await codeOf(second.join({}, { name: 'chair' })), 'NODE_EXISTS')
  const names = [(await second.join(1)).name, (await second.join(2)).name]
  t.is(new Set(names).size, 2)
  t.is(await codeOf(second.join({}, { name: 'a/b' })), 'BAD_ARGUMENTS')
  t.is(await codeOf(second.join(undefined)), 'BAD_ARGUMENTS')
})

test('who loses its session knows that it is a member no more before it could be seen', async (t) => {
  const { world, sessions } = await scene(t)
  const [one, two] = sessions
  const membership = await new GroupMembership(one, '/g').join('x')
  const group = await new GroupMembership(two, '/g').ready()
  t.is(group.members.size, 1)
  await world.partition([1])
  await world.until(() => {
    t.true(!membership.held || group.members.size === 1)
    return group.members.size === 0
  })
  t.true(membership.lost.aborted)
})

test('a join that is aborted leaves no member behind, and a closed group no watch', async (t) => {
  const { world, sessions } = await scene(t)
  const [one] = sessions
  const group = new GroupMembership(one, '/g')
  await group.join('first')
  const abort = new AbortController()
  const joining = group.join('second', { signal: abort.signal })
  await Promise.resolve()
  abort.abort('enough')
  t.is(await codeOf(joining), 'enough')
  await world.advance(1000)
  t.is(namesIn(one, '/g').length, 1)
  const membership = await group.join('third')
  await membership.leave()
  group.close()
  t.is(watchesOf(one), 1)
  t.is(group.members.size, 1)
})

test('what is no member of the group is not shown', async (t) => {
  const { sessions } = await scene(t)
  const [one] = sessions
  await one.createPath('/g/persistent/below', 'x')
  await one.create('/g/persistent/below/ephemeral', '{}', { ephemeral: true })
  await one.create('/g/odd', 'no json', { ephemeral: true })
  const group = new GroupMembership(one, '/g')
  t.deepEqual([...group.members.keys()], ['odd'])
  t.is(group.members.get('odd')?.metadata, undefined)
})
