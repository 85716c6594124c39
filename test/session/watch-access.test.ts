/** Nobody hears of a znode that they may not read (CVE-2024-23944), and a watch is used up all the same. */
import test from 'ava'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import { acl } from '../../lib/session/acl.js'
import type { Session } from '../../lib/session/session.js'
import { openScene } from './fake-replica.js'
import type { OpenScene } from './fake-replica.js'

interface Parties extends OpenScene {
  readonly owner: Session
  /** What the session's listener heard. */
  readonly heard: string[]
  readonly listener: (event: WatchEvent) => void
}

/** `owner` may read what it creates with `acl.creatorAll`; `session` may not. */
async function parties(): Promise<Parties> {
  const opened = await openScene()
  const owner = await opened.handle.openSession()
  await owner.addAuth('digest', 'ann:secret')
  const heard: string[] = []
  const listener = (event: WatchEvent): void => void heard.push(`${event.type} ${event.path}`)
  return { ...opened, owner, heard, listener }
}

const SECRET = { acl: acl.creatorAll }

test('a recursive watch is told of what may be read and of nothing else', async (t) => {
  const { session, owner, heard, listener } = await parties()
  await session.addWatch('/', 'persistentRecursive', listener)
  await owner.create('/secret', 'x', SECRET)
  await owner.create('/open', 'x')
  await owner.setData('/secret', 'y')
  await owner.create('/secret/open', 'x')
  await owner.delete('/secret/open')
  await owner.delete('/secret')
  t.deepEqual(heard, ['NodeCreated /open', 'NodeCreated /secret/open', 'NodeDeleted /secret/open'])
  await session.addAuth('digest', 'ann:secret')
  await owner.create('/secret', 'x', SECRET)
  t.is(heard.at(-1), 'NodeCreated /secret', 'from now on it may')
})

test('a change of children is told by the ACL of the parent', async (t) => {
  const { session, owner, heard, listener } = await parties()
  await owner.create('/p')
  await session.getChildren('/p', { watch: listener })
  await owner.create('/p/secret', 'x', SECRET)
  t.deepEqual(heard, ['NodeChildrenChanged /p'], 'that there is a child is the parent’s to tell')
  await session.addWatch('/p', 'persistent', listener)
  await owner.setACL('/p', acl.creatorAll)
  await owner.create('/p/open', 'x')
  t.is(heard.length, 1)
})

test('a one-shot watch is used up by an event that is kept from it', async (t) => {
  const { session, owner, heard, listener, view } = await parties()
  await session.exists('/secret', { watch: listener })
  await owner.create('/secret', 'x', SECRET)
  t.is(view.memory.watches.size, 0)
  await owner.setACL('/secret', acl.open)
  await owner.setData('/secret', 'y')
  t.deepEqual(heard, [])
})

test('an iterator hears only what its session may read', async (t) => {
  const { session, owner } = await parties()
  const iterator = session.watch('/', { recursive: true })
  await owner.create('/secret', 'x', SECRET)
  await owner.create('/open')
  t.is((await iterator.next()).value?.path, '/open')
})

test('after a snapshot too: a deletion by the ACL that the znode had, the rest by the one that it has', async (t) => {
  const { session, owner, heard, listener, replica } = await parties()
  await owner.create('/goes', 'x', SECRET)
  await owner.create('/closes', 'x')
  await session.addWatch('/', 'persistentRecursive', listener)
  replica.holdsTxns = true
  const writes = [
    owner.delete('/goes'),
    owner.create('/comes', 'x', SECRET),
    owner.setACL('/closes', acl.creatorAll),
    owner.setData('/closes', 'y'),
    owner.create('/open', 'x'),
  ]
  await new Promise(setImmediate)
  replica.snapshot()
  await Promise.all(writes)
  t.deepEqual(heard, ['NodeCreated /open'])
})

test('a repaired divergence tells no more than that', async (t) => {
  const { session, owner, heard, listener, replica } = await parties()
  await session.addWatch('/', 'persistentRecursive', listener)
  replica.holdsTxns = true
  void owner.create('/secret', 'x', SECRET)
  await new Promise(setImmediate)
  replica.deliverCorrupted()
  replica.snapshot()
  t.deepEqual(heard, [])
})

test('a recursive and a persistent watch miss nothing that a snapshot brings', async (t) => {
  const { session, owner, heard, listener, replica } = await parties()
  await owner.create('/p')
  await owner.create('/p/gone')
  await owner.create('/p/again', 'old')
  await owner.create('/p/set', 'old')
  await session.addWatch('/p', 'persistentRecursive', listener)
  const direct: string[] = []
  await session.addWatch('/p', 'persistent', ({ type }) => direct.push(type))
  const iterator = session.watch('/p', { recursive: true })
  replica.holdsTxns = true
  const writes = [
    owner.delete('/p/gone'),
    owner.delete('/p/again'),
    owner.create('/p/again', 'new'),
    owner.setData('/p/set', 'new'),
    owner.create('/p/new'),
    owner.setData('/p', 'new'),
  ]
  await new Promise(setImmediate)
  replica.snapshot()
  await Promise.all(writes)
  const expected = [
    'NodeDeleted /p/again',
    'NodeDeleted /p/gone',
    'NodeCreated /p/again',
    'NodeDataChanged /p/set',
    'NodeCreated /p/new',
    'NodeDataChanged /p',
  ]
  t.deepEqual(heard.toSorted(), expected.toSorted())
  t.deepEqual(direct.toSorted(), ['NodeChildrenChanged', 'NodeDataChanged'])
  const buffered: string[] = []
  for (const _ of expected) {
    const { value } = await iterator.next()
    buffered.push(`${value?.type} ${value?.path}`)
  }
  t.deepEqual(buffered, heard)
  replica.holdsTxns = false
  await owner.delete('/p/new')
  t.is(heard.at(-1), 'NodeDeleted /p/new', 'and they go on')
})
