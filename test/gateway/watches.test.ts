// Watches over the wire: who is told what, and what a client hears that was away.
import test from 'ava'
import { CATCH_UP_NODES_MAX } from '../../lib/gateway/bounds.js'
import { catchUp } from '../../lib/gateway/catch-up.js'
import type { Acl, RemoteClient, RemoteSession } from '../../lib/session/remote.js'
import { remoteSessions } from '../../lib/session/remote-sessions.js'
import { OPEN } from './raw-client.js'
import { client, served } from './support.js'
import type { Served } from './support.js'

const CREATE = { kind: 'create', data: undefined, acl: OPEN, flags: 0 } as const

test('the flags of reads leave one-shot watches: exists also of what is missing, the others only of what is there', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  t.is(await raw.err({ kind: 'getData', path: '/a', watch: true }), -101)
  t.is(await raw.err({ kind: 'getChildren', path: '/a', watch: true }), -101)
  t.is(zk.replica.status().watches, 0)
  t.is(await raw.err({ kind: 'exists', path: '/a', watch: true }), -101)
  await zk.create('/a')
  await zk.setData('/a', 'x')
  t.is(await raw.line(), 'NodeCreated /a')
  t.is(await raw.err({ kind: 'getData', path: '/a', watch: true }), 0)
  t.is(await raw.err({ kind: 'getChildren2', path: '/a', watch: true }), 0)
  await zk.create('/a/b')
  await zk.setData('/a', 'y')
  await zk.setData('/a', 'z')
  t.deepEqual(await raw.lines(2), ['NodeChildrenChanged /a', 'NodeDataChanged /a'])
  t.is(zk.replica.status().watches, 0)
  raw.send({ kind: 'ping' }, -2)
  t.is(await raw.line(), 'reply -2 0')
})

test('one connection hears of one deletion once, however it watches', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await zk.create('/a')
  await raw.ask({ kind: 'getData', path: '/a', watch: true })
  await raw.ask({ kind: 'getChildren', path: '/a', watch: true })
  await raw.ask({ kind: 'addWatch', path: '/a', mode: 0 })
  await raw.ask({ kind: 'addWatch', path: '/', mode: 1 })
  await zk.delete('/a')
  raw.send({ kind: 'ping' }, -2)
  t.deepEqual(await raw.lines(2), ['NodeDeleted /a', 'reply -2 0'])
})

test('addWatch takes two modes, of any path, and persistent watches go on', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  for (const mode of [-1, 2, 7]) t.is(await raw.err({ kind: 'addWatch', path: '/a', mode }), -5)
  const { body } = await raw.ask({ kind: 'addWatch', path: '/a', mode: 0 })
  t.deepEqual(body, { kind: 'addWatch', err: 0 })
  t.is(await raw.err({ kind: 'addWatch', path: 'no path', mode: 1 }), 0)
  await zk.create('/a')
  await zk.create('/a/b')
  await zk.delete('/a/b')
  await zk.delete('/a')
  await zk.create('/a')
  t.deepEqual(await raw.lines(5), [
    'NodeCreated /a',
    'NodeChildrenChanged /a',
    'NodeChildrenChanged /a',
    'NodeDeleted /a',
    'NodeCreated /a',
  ])
})

test('checkWatches and removeWatches mean one kind of watch, or all of a path', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await zk.create('/a')
  const has = (type: number): Promise<number> => raw.err({ kind: 'checkWatches', path: '/a', type })
  const remove = (type: number): Promise<number> =>
    raw.err({ kind: 'removeWatches', path: '/a', type })
  for (const type of [1, 2, 3, 4, 5]) {
    t.is(await has(type), -121)
    t.is(await remove(type), -121)
  }
  for (const type of [0, 6, -1]) {
    t.is(await has(type), -5)
    t.is(await remove(type), -5)
  }
  await raw.ask({ kind: 'getData', path: '/a', watch: true })
  await raw.ask({ kind: 'getChildren', path: '/a', watch: true })
  await raw.ask({ kind: 'addWatch', path: '/a', mode: 0 })
  await raw.ask({ kind: 'addWatch', path: '/a', mode: 1 })
  for (const type of [1, 2, 4, 5]) {
    t.is(await has(type), 0)
    t.is(await remove(type), 0)
    t.is(await has(type), -121)
  }
  await raw.ask({ kind: 'exists', path: '/a', watch: true })
  await raw.ask({ kind: 'addWatch', path: '/a', mode: 1 })
  t.is(await remove(3), 0)
  await zk.delete('/a')
  raw.send({ kind: 'ping' }, -2)
  // Nothing is told of a removal: the client did it.
  t.is(await raw.line(), 'reply -2 0')
})

test('watches go with their connection, not with the session', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await raw.ask({ kind: 'addWatch', path: '/', mode: 1 })
  t.is(zk.replica.status().watches, 1)
  const { sessionId = 0, password } = raw.session ?? {}
  const again = await client(t, port, { sessionId, password })
  t.is(zk.replica.status().watches, 0)
  await zk.create('/a')
  again.send({ kind: 'ping' }, -2)
  t.is(await again.line(), 'reply -2 0')
})

test('setWatches tells of one-shot watches what happened since, and sets the others again', async (t) => {
  const { port, zk } = await served(t)
  for (const path of ['/set', '/child', '/gone', '/same']) await zk.create(path)
  const relativeZxid = zk.replica.status().lastZxid
  await zk.setData('/set', 'x')
  await zk.create('/child/new')
  await zk.delete('/gone')
  await zk.create('/born')
  const paths = ['/same', '/set', '/child', '/gone', '/born', '/never']
  const raw = await client(t, port)
  raw.send(
    {
      kind: 'setWatches',
      relativeZxid,
      dataWatches: paths,
      existWatches: paths,
      childWatches: paths,
    },
    -8,
  )
  t.deepEqual(await raw.lines(13), [
    'NodeDataChanged /set',
    'NodeDeleted /gone',
    'NodeDataChanged /born',
    'NodeDeleted /never',
    'NodeCreated /same',
    'NodeCreated /set',
    'NodeCreated /child',
    'NodeCreated /born',
    'NodeChildrenChanged /child',
    'NodeDeleted /gone',
    'NodeChildrenChanged /born',
    'NodeDeleted /never',
    'reply -8 0',
  ])
  // Watched again: the data of /same and /child, the children of /same and /set, /gone and /never.
  t.is(zk.replica.status().watches, 5)
  await zk.create('/gone')
  t.is(await raw.line(), 'NodeCreated /gone')
})

test('setWatches2 sets persistent watches again, and tells what the stats show', async (t) => {
  const { port, zk } = await served(t)
  for (const path of ['/same', '/set', '/child', '/gone', '/tree', '/tree/old', '/tree/set']) {
    await zk.create(path)
  }
  const relativeZxid = zk.replica.status().lastZxid
  await zk.setData('/set', 'x')
  await zk.setData('/tree/set', 'x')
  await zk.create('/child/new')
  await zk.create('/tree/new')
  await zk.create('/tree/new/deep')
  await zk.delete('/gone')
  await zk.create('/born')
  await zk.setData('/born', 'x')
  const raw = await client(t, port)
  const lists = { dataWatches: [], existWatches: [], childWatches: [] }
  raw.send(
    {
      kind: 'setWatches2',
      relativeZxid,
      ...lists,
      persistentWatches: ['/same', '/set', '/child', '/gone', '/born', '/same/never'],
      persistentRecursiveWatches: ['/tree', '/tree/new'],
    },
    5,
  )
  const told = await raw.lines(8)
  t.deepEqual(told.slice(0, 4), [
    'NodeDataChanged /set',
    'NodeChildrenChanged /child',
    'NodeDeleted /gone',
    'NodeCreated /born',
  ])
  t.deepEqual(told.slice(4, 7).sort(), [
    'NodeCreated /tree/new',
    'NodeCreated /tree/new/deep',
    'NodeDataChanged /tree/set',
  ])
  t.is(told[7], 'reply 5 0')
  // From now on all of them hear as ever; the deletion was of a path that is new again.
  await zk.create('/gone')
  t.is(await raw.line(), 'NodeCreated /gone')
})

test('what is missing counts as deleted only if something above has changed', async (t) => {
  const { port, zk } = await served(t)
  await zk.create('/a')
  const relativeZxid = zk.replica.status().lastZxid
  const raw = await client(t, port)
  const lists = { dataWatches: [], existWatches: [], childWatches: [] }
  const ask = async (): Promise<string> => {
    raw.send(
      {
        kind: 'setWatches2',
        relativeZxid,
        ...lists,
        persistentWatches: ['/a/b/c'],
        persistentRecursiveWatches: ['odd'],
      },
      5,
    )
    return raw.line()
  }
  t.is(await ask(), 'reply 5 0')
  await zk.create('/a/x')
  t.is(await ask(), 'NodeDeleted /a/b/c')
})

test('a catch-up says nothing of what the client may not read', async (t) => {
  const { port, zk } = await served(t)
  const acl: Acl[] = [{ perms: 30, scheme: 'world', id: 'anyone' }]
  await zk.create('/secret', 'x', { acl })
  const raw = await client(t, port)
  raw.send(
    {
      kind: 'setWatches2',
      relativeZxid: 0,
      dataWatches: ['/secret'],
      existWatches: ['/secret'],
      childWatches: ['/secret'],
      persistentWatches: ['/secret'],
      persistentRecursiveWatches: ['/secret'],
    },
    5,
  )
  t.is(await raw.line(), 'reply 5 0')
})

test('a recursive catch-up looks at so many znodes and no more', async (t) => {
  const session = await directSession(await served(t))
  const missing = Array.from({ length: CATCH_UP_NODES_MAX + 1 }, (_, index) => `/${index}`)
  const lists = { relativeZxid: 1e15, data: [], exist: [], child: [], persistent: [] }
  const zxid = 1
  const tell = (): void => t.fail('nothing has changed')
  t.true(catchUp(session, { ...lists, persistentRecursive: missing.slice(1) }, zxid, tell))
  t.false(catchUp(session, { ...lists, persistentRecursive: missing }, zxid, tell))
})

function directSession({ zk }: Served): Promise<RemoteSession> {
  const deaf: RemoteClient = { auth: [], onEvent: () => undefined, onEnd: () => undefined }
  return remoteSessions(zk.replica).open(10_000, deaf)
}

test('an event of what the client may not read does not reach it', async (t) => {
  const { port, zk } = await served(t)
  const raw = await client(t, port)
  await raw.ask({ kind: 'addWatch', path: '/', mode: 1 })
  await zk.create('/secret', 'x', { acl: [{ perms: 30, scheme: 'world', id: 'anyone' }] })
  await zk.setData('/secret', 'y')
  raw.send({ ...CREATE, path: '/open' }, 9)
  t.deepEqual(await raw.lines(2), ['NodeCreated /open', 'reply 9 0'])
})
