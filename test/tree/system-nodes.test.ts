import test from 'ava'
import { OPEN_ACL, PERMS } from '../../lib/protocol/acl.js'
import { Tree } from '../../lib/tree/tree.js'
import { Leader, create, multi, remove, setData } from './leader.js'

const SYSTEM = ['/', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']

test('a new tree has the znodes that ZooKeeper has, as ZooKeeper shows them', (t) => {
  const tree = new Tree()
  t.deepEqual([...tree.znodes.keys()], SYSTEM)
  t.deepEqual([...tree.get('/')!.children!], ['zookeeper'])
  t.like(tree.get('/')!.stat, { cversion: -1, numChildren: 1, czxid: 0 })
  t.like(tree.get('/zookeeper')!.stat, { cversion: -2, numChildren: 2, czxid: 0, aversion: 0 })
  t.like(tree.get('/zookeeper/config')!.stat, { aversion: -1, version: 0, dataLength: 0 })
  t.deepEqual(tree.get('/zookeeper/config')!.acl, [
    { perms: PERMS.READ, scheme: 'world', id: 'anyone' },
  ])
  for (const path of SYSTEM.slice(0, 3)) t.is(tree.get(path)!.acl, OPEN_ACL)
  for (const path of SYSTEM) t.is(tree.get(path)!.data?.length, 0, 'data that is empty, not null')
  tree.check()
})

test('they cannot be deleted, what is created below them can', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  const auth = [{ scheme: 'super', id: '' }]
  for (const path of SYSTEM) {
    t.like(leader.submit(session, remove(path), auth), { code: 'BAD_ARGUMENTS' })
    t.like(leader.submit(session, multi(remove(path)), auth), { code: 'BAD_ARGUMENTS', index: 0 })
  }
  for (const path of ['/zookeeper/mine', '/zookeeper/quota/mine', '/zookeeper/config/mine']) {
    const code = path.includes('config') ? 'NO_AUTH' : undefined
    t.is((leader.submit(session, create(path)) as { code?: string }).code, code)
    t.like(leader.submit(session, create(path), auth), code ? { path } : { code: 'NODE_EXISTS' })
    t.like(leader.submit(session, remove(path), auth), { kind: 'delete' })
  }
  leader.commit()
  leader.tree.check()
})

test('nobody but a super identity sets the configuration', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  t.like(leader.submit(session, setData('/zookeeper/config', 'x')), { code: 'NO_AUTH' })
  const auth = [{ scheme: 'super', id: '' }]
  t.like(leader.submit(session, setData('/zookeeper/config', 'x'), auth), { version: 1 })
  const list = [...OPEN_ACL]
  const set = { kind: 'setAcl', path: '/zookeeper/config', acl: list, version: -1 } as const
  t.like(leader.submit(session, set, auth), { aversion: 0 })
  leader.commit()
  leader.tree.check()
  t.is(leader.tree.get('/zookeeper/config')!.acl, OPEN_ACL)
})

test('the first sequential child of the root is number 0', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  const txn = leader.submit(session, create('/n', { sequential: true }))
  t.like(txn, { path: '/n0000000000', parentCreated: 1 })
})

test('the rows of a snapshot take their place', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  leader.submit(session, setData('/', 'root'))
  leader.submit(session, setData('/zookeeper/quota', 'data'))
  leader.submit(session, create('/a'))
  leader.commit()
  const { tree } = leader
  const copy = new Tree()
  copy.load([...tree.znodes].map(([path, znode]) => znode.toRecord(path)))
  copy.loadTail(tree.tail(tree.lastZxid))
  copy.check()
  t.is(copy.digest, tree.digest)
  t.is(copy.bytes, tree.bytes)
  t.deepEqual([...copy.znodes.keys()], [...tree.znodes.keys()])
  t.throws(() => copy.load([]), { message: /znodes of a snapshot come before its tail/ })
})
