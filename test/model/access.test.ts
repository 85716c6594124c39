/** Who may do what in the model: ZooKeeper's order of checks, what lists are kept, and what watchers are not told. */
import test from 'ava'
import { fixed, isAllowed } from './access.js'
import { Scene, bytes, check, codeOf, create, only, remove, set } from './scene.js'
import { PERMS } from './types.js'
import type { Request } from './types.js'
import { Watcher } from './watcher.js'

const ANN = { scheme: 'digest', id: 'ann:hash' }
const BOB = { scheme: 'digest', id: 'bob:hash' }
const ADDRESS = { scheme: 'ip', id: '10.0.0.1' }

test('a list is kept without duplicates, with auth as who asks, and refused if it means nothing', (t) => {
  const anyone = { perms: 31, scheme: 'world', id: 'anyone' }
  t.deepEqual(fixed([anyone, anyone]), [anyone])
  const auth = { perms: 3, scheme: 'auth', id: '' }
  t.deepEqual(fixed([auth], [ADDRESS, ANN, BOB]), [
    { perms: 3, ...ANN },
    { perms: 3, ...BOB },
  ])
  t.is(fixed([auth], [ADDRESS]), undefined)
  t.is(fixed([]), undefined)
  t.is(fixed([{ perms: 1, scheme: 'world', id: 'me' }]), undefined)
  t.is(fixed([{ perms: 1, scheme: 'digest', id: 'no hash' }]), undefined)
  t.is(fixed([{ perms: 1, scheme: 'super', id: 'a:b' }]), undefined)
})

test('an entry allows what it has a bit for, to whom it names; and super everything', (t) => {
  const acl = only(ANN, PERMS.READ | PERMS.WRITE)
  t.true(isAllowed(acl, PERMS.READ, [BOB, ANN]))
  t.false(isAllowed(acl, PERMS.READ, [BOB]))
  t.false(isAllowed(acl, PERMS.ADMIN, [ANN]))
  t.true(isAllowed(acl, PERMS.ADMIN, [{ scheme: 'super', id: '' }]))
})

test('permission comes after existence and before version, emptiness and what is there already', (t) => {
  const scene = new Scene()
  const asks = (request: Request, ...auth: (typeof ANN)[]): string => {
    return codeOf(scene.ask(request, scene.session, auth))
  }
  t.is(asks({ ...create('/a/x'), acl: [] }), 'INVALID_ACL')
  t.is(asks({ ...create('/a'), acl: only(ANN, 31) }), 'OK')
  t.is(asks(create('/a/b')), 'NO_AUTH')
  t.is(asks(create('/a/..')), 'NO_AUTH')
  t.is(asks(create('/a/b'), ANN), 'OK')
  t.is(asks(create('/a/b')), 'NO_AUTH')
  t.is(asks(remove('/a/c')), 'NO_AUTH')
  t.is(asks(remove('/a/c'), ANN), 'NO_NODE')
  t.is(asks(remove('/a', 7)), 'BAD_VERSION')
  t.is(asks(set('/a', 'x', 7)), 'NO_AUTH')
  t.is(asks(set('/a', 'x', 7), ANN), 'BAD_VERSION')
  t.is(asks({ kind: 'multi', operations: [check('/a', 7)] }), 'NO_AUTH')
  t.is(asks({ kind: 'multi', operations: [check('/a', 7)] }, ANN), 'BAD_VERSION')
})

test('a list is set by who has ADMIN, against its own version, and changes nothing else', (t) => {
  const scene = new Scene()
  scene.create('/a')
  const before = scene.stat('/a')
  const acl = only(ANN, PERMS.ADMIN)
  const asks = (version: number, ...auth: (typeof ANN)[]): string => {
    return codeOf(scene.ask({ kind: 'setAcl', path: '/a', acl, version }, scene.session, auth))
  }
  t.is(asks(1), 'BAD_VERSION')
  t.is(asks(0), 'OK')
  t.deepEqual(scene.stat('/a'), { ...before, aversion: 1 })
  t.is(asks(-1), 'NO_AUTH')
  t.is(asks(-1, ANN), 'OK')
  t.is(codeOf(scene.ask({ kind: 'setAcl', path: '/b', acl: [], version: -1 })), 'INVALID_ACL')
  t.is(codeOf(scene.ask({ kind: 'setAcl', path: '/b', acl, version: -1 })), 'NO_NODE')
})

test('lists, their versions and retentions are in the digest', (t) => {
  const digestOf = (...requests: readonly Request[]): number => {
    const scene = new Scene()
    for (const request of requests) scene.ask(request)
    return scene.model.digest
  }
  const acl = only(ANN, 31)
  const plain = digestOf(create('/a'))
  t.not(digestOf({ ...create('/a'), acl }), plain)
  t.not(digestOf({ ...create('/a'), retention: -1 }), plain)
  t.is(digestOf({ ...create('/a'), acl: [{ perms: 31, scheme: 'world', id: 'anyone' }] }), plain)
})

test('the system znodes are there from the start, cannot be deleted, and nobody has counted them', (t) => {
  const scene = new Scene()
  t.deepEqual(scene.names('/zookeeper'), ['config', 'quota'])
  t.is(scene.stat('/').cversion, -1)
  t.is(scene.stat('/').numChildren, 1)
  t.is(codeOf(scene.ask(remove('/zookeeper/quota'))), 'BAD_ARGUMENTS')
  t.is(codeOf(scene.ask(set('/zookeeper/config', 'x'))), 'NO_AUTH')
  scene.create('/a')
  scene.ask(remove('/a'))
  t.is(scene.stat('/').cversion, 1)
  t.is(scene.model.znode('/')?.created, 1)
})

test('a container goes when its last child has gone, a znode with a time to live when it is over', (t) => {
  const scene = new Scene()
  scene.ask({ ...create('/c'), retention: -1 })
  scene.ask({ ...create('/t'), retention: 1000 })
  scene.create('/plain')
  t.regex(scene.clean('/c', 100) ?? '', /never used/)
  scene.create('/c/x')
  t.regex(scene.clean('/c', 100) ?? '', /children/)
  scene.ask(remove('/c/x'))
  t.is(scene.clean('/c', 100), undefined)
  t.regex(scene.clean('/c', 100) ?? '', /not there/)
  t.regex(scene.clean('/t', 900) ?? '', /has lived/)
  t.is(scene.clean('/t', 1100), undefined)
  t.regex(scene.clean('/plain', 1e9) ?? '', /somebody/)
  t.is(scene.model.exists('/t'), undefined)
})

test('who attaches a session counts from 1, and what became of earlier requests is dropped', (t) => {
  const scene = new Scene()
  const session = scene.openRemote()
  t.regex(scene.attach(scene.session) ?? '', /process/)
  t.regex(scene.attach(77) ?? '', /not open/)
  scene.ask({ ...create('/e'), ephemeral: true }, session)
  t.is(scene.attach(session), undefined)
  const { attached, lastCxid } = scene.model.openSessions.get(session)!
  t.is(attached, scene.zxid)
  t.is(lastCxid, 0)
  t.deepEqual(scene.model.ephemeralsOf(session), ['/e'])
  const digest = scene.model.digest
  const other = new Scene()
  const same = other.openRemote(bytes('another'))
  other.ask({ ...create('/e'), ephemeral: true }, same)
  other.attach(same)
  t.not(other.model.digest, digest)
})

test('a remote session outlives the incarnation that it was opened through', (t) => {
  const scene = new Scene()
  const session = scene.openRemote()
  const register = (incarnationKey: number): number[] => {
    const incarnation = { databaseId: 'db', incarnation: 1, incarnationKey }
    return scene.model.register(scene.zxid + 1, { replica: 2, incarnation, process: undefined })
  }
  t.deepEqual(register(9), [])
  const local = scene.open(2, 9)
  t.deepEqual(register(10), [local])
  t.true(scene.model.openSessions.has(session))
})

test('a watcher that may not read is told nothing, and its one-shot watch is used up', (t) => {
  const scene = new Scene()
  scene.ask({ ...create('/a'), acl: only(ANN, 31) })
  const watchers = [[], [ANN]].map((auth) => {
    const watcher = new Watcher(scene.model, scene.zxid, auth)
    watcher.watch('/a', 'data')
    watcher.watch('/', 'child')
    return watcher
  })
  scene.ask(set('/a', 'x'), scene.session, [ANN])
  t.deepEqual(
    watchers.map((watcher) => watcher.advance(scene.zxid).length),
    [0, 1],
  )
  scene.ask(set('/a', 'y'), scene.session, [ANN])
  scene.create('/b')
  for (const watcher of watchers) {
    const told = watcher.advance(scene.zxid).map(({ type }) => type)
    t.deepEqual(told, ['NodeChildrenChanged'])
  }
})

test('a hard limit refuses what would go over it, before the version is compared, and shows what is used', (t) => {
  const scene = new Scene()
  scene.create('/a', '123')
  for (const path of ['/zookeeper/quota/a']) scene.create(path)
  const limits = '/zookeeper/quota/a/zookeeper_limits'
  t.is(codeOf(scene.create(limits, 'many')), 'BAD_ARGUMENTS')
  t.is(codeOf(scene.create('/zookeeper/quota/zookeeper_limits')), 'BAD_ARGUMENTS')
  const text = 'count=-1,bytes=-1=;byteHardLimit=5;countHardLimit=2'
  t.is(codeOf(scene.create(limits, text)), 'OK')
  scene.create('/zookeeper/quota/a/zookeeper_stats')
  t.is(codeOf(scene.create('/a/b', '123')), 'QUOTA_EXCEEDED')
  t.is(codeOf(scene.create('/a/b', '12')), 'OK')
  t.is(codeOf(scene.create('/a/c')), 'QUOTA_EXCEEDED')
  t.is(codeOf(scene.create('/ab')), 'OK')
  t.is(codeOf(scene.ask(set('/a', '1234', 7))), 'QUOTA_EXCEEDED')
  t.is(codeOf(scene.ask(set('/a', '12', 7))), 'BAD_VERSION')
  const shown = scene.model.getData('/zookeeper/quota/a/zookeeper_stats')
  t.deepEqual(shown?.data, bytes('count=2,bytes=5'))
  t.is(codeOf(scene.multi(remove('/a/b'), create('/a/c'))), 'OK')
  t.is(codeOf(scene.multi(remove(limits), create('/a/d'))), 'OK')
})
