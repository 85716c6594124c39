/** Which permission each write needs, on which znode, and where in the order of checks it is asked for. */
import test from 'ava'
import { OPEN_ACL, PERMS } from '../../lib/protocol/acl.js'
import type { Acl, Identity } from '../../lib/protocol/acl.js'
import type { RequestBody } from '../../lib/protocol/request.js'
import type { TxnErrorCode } from '../../lib/protocol/error-code.js'
import { Tree } from '../../lib/tree/tree.js'
import { ALWAYS, Leader, bytes, check, create, multi, remove, setData } from './leader.js'

const { READ, WRITE, CREATE, DELETE, ADMIN, ALL } = PERMS
const ALICE: readonly Identity[] = [{ scheme: 'digest', id: 'alice:hash' }]
const SUPER: readonly Identity[] = [{ scheme: 'super', id: '' }]

/** Everybody may do what `perms` says, Alice everything. */
function acl(perms: number): Acl[] {
  return [
    { perms, scheme: 'world', id: 'anyone' },
    { perms: ALL, scheme: 'digest', id: 'alice:hash' },
  ]
}

function setAcl(path: string, list: readonly Acl[], version: number = -1): RequestBody {
  return { kind: 'setAcl', path, acl: list, version }
}

/** /p and its child /p/c, each with its own list for everybody; an ephemeral /e that allows nothing. */
function prepared(parent: number, child: number): { leader: Leader; session: number } {
  const leader = new Leader()
  const session = leader.openSession()
  leader.submit(session, create('/p', { acl: acl(parent) }))
  leader.submit(session, create('/p/c', { acl: acl(child) }), ALICE)
  leader.submit(session, create('/e', { ephemeral: true, acl: acl(0) }))
  return { leader, session }
}

function resultOf(body: RequestBody, parent: number, child: number, auth?: readonly Identity[]) {
  const { leader, session } = prepared(parent, child)
  const txn = leader.submit(session, body, auth)
  leader.commit()
  leader.tree.check()
  return txn.kind === 'error' ? txn.code : 'OK'
}

const NEEDS: readonly (readonly [RequestBody, 'parent' | 'znode', number])[] = [
  [create('/p/new'), 'parent', CREATE],
  [create('/p/new', { ephemeral: true, sequential: true }), 'parent', CREATE],
  [remove('/p/c'), 'parent', DELETE],
  [setData('/p/c', 'x'), 'znode', WRITE],
  [setAcl('/p/c', OPEN_ACL), 'znode', ADMIN],
  [multi(check('/p/c')), 'znode', READ],
]

for (const [body, where, perm] of NEEDS) {
  const what = body.kind === 'multi' ? 'check' : body.kind
  test(`${what} needs permission ${perm} on the ${where} and no other (${JSON.stringify(body)})`, (t) => {
    const [parent, child] = where === 'parent' ? [perm, 0] : [0, perm]
    t.is(resultOf(body, parent, child), 'OK')
    const lacking = ALL - perm
    const [parentLacks, childLacks] = where === 'parent' ? [lacking, ALL] : [ALL, lacking]
    t.is(resultOf(body, parentLacks, childLacks), 'NO_AUTH')
    t.is(resultOf(body, parentLacks, childLacks, ALICE), 'OK')
    t.is(resultOf(body, 0, 0, SUPER), 'OK')
    t.is(resultOf(body, 0, 0, [{ scheme: 'digest', id: 'bob:hash' }]), 'NO_AUTH')
  })
}

const INVALID: readonly Acl[] = []

/** Everything forbidden to everybody: what comes before NO_AUTH in the order is still told. */
const ORDER: readonly (readonly [string, RequestBody, TxnErrorCode])[] = [
  ['a bad retention before everything', create('nopath', { retention: -7 }), 'BAD_ARGUMENTS'],
  ['a path without a slash before the ACL', create('nopath', { acl: INVALID }), 'BAD_ARGUMENTS'],
  ['the ACL before the missing parent', create('/no/such', { acl: INVALID }), 'INVALID_ACL'],
  ['the ACL before the permission', create('/p/c', { acl: INVALID }), 'INVALID_ACL'],
  ['the missing parent before a bad path', create('/no/such//x'), 'NO_NODE'],
  ['the permission before a bad path', create('/p/.'), 'NO_AUTH'],
  ['the permission before what exists', create('/p/c'), 'NO_AUTH'],
  ['the permission before an ephemeral parent', create('/e/x'), 'NO_AUTH'],
  ['what cannot be deleted before the permission', remove('/zookeeper'), 'BAD_ARGUMENTS'],
  ['the missing parent before the permission', remove('/no/such'), 'NO_NODE'],
  ['the permission before the missing znode', remove('/p/nothing'), 'NO_AUTH'],
  ['the permission before the version', remove('/p/c', 9), 'NO_AUTH'],
  ['a bad path before the missing znode', setData('/p/', 'x'), 'BAD_ARGUMENTS'],
  ['the missing znode before the permission', setData('/p/nothing', 'x'), 'NO_NODE'],
  ['the permission before the version', setData('/p/c', 'x', 9), 'NO_AUTH'],
  ['a bad path before the ACL', setAcl('/p/', INVALID), 'BAD_ARGUMENTS'],
  ['the ACL before the missing znode', setAcl('/nothing', INVALID), 'INVALID_ACL'],
  ['the missing znode before the permission', setAcl('/nothing', OPEN_ACL), 'NO_NODE'],
  ['the permission before the version', setAcl('/p/c', OPEN_ACL, 9), 'NO_AUTH'],
  ['the missing znode before the permission', multi(check('/nothing')), 'NO_NODE'],
  ['the permission before the version', multi(check('/p/c', 9)), 'NO_AUTH'],
]

for (const [index, [what, body, code]] of ORDER.entries()) {
  const kind = body.kind === 'multi' ? 'check' : body.kind
  test(`${kind} asks for ${what} (${index})`, (t) => {
    t.is(resultOf(body, 0, 0), code)
  })
}

test('with every permission the version of the ACL is what setAcl compares', (t) => {
  const { leader, session } = prepared(ALL, ALL)
  leader.submit(session, setData('/p/c', 'x'))
  t.like(leader.submit(session, setAcl('/p/c', acl(READ), 1)), { code: 'BAD_VERSION' })
  t.like(leader.submit(session, setAcl('/p/c', acl(ALL), 0)), { kind: 'setAcl', aversion: 1 })
  t.like(leader.submit(session, setAcl('/p/c', acl(ALL), 0)), { code: 'BAD_VERSION' })
  t.like(leader.submit(session, setAcl('/p/c', acl(READ), -1)), { aversion: 2 })
  leader.commit()
  t.like(leader.tree.get('/p/c')!.stat, { aversion: 2, version: 1 })
})

test('setAcl changes the ACL and its version, no other field, and tells no watch', (t) => {
  const { leader, session } = prepared(ALL, ALL)
  leader.commit()
  const before = leader.tree.get('/p/c')!.stat
  leader.submit(session, setAcl('/p/c', acl(READ)))
  const [applied] = leader.commit()
  t.deepEqual(leader.tree.get('/p/c')!.acl, acl(READ))
  t.deepEqual(leader.tree.get('/p/c')!.stat, { ...before, aversion: 1 })
  t.deepEqual(applied!.changes, [])
  t.deepEqual(applied!.outcome, {
    kind: 'ok',
    zxid: leader.tree.lastZxid,
    result: { kind: 'setAcl', stat: leader.tree.get('/p/c')!.stat },
  })
})

test('a permission that is taken away is gone for the requests right behind, committed or not', (t) => {
  const { leader, session } = prepared(ALL, ALL)
  leader.submit(session, setAcl('/p', acl(READ)))
  t.like(leader.submit(session, create('/p/x')), { code: 'NO_AUTH' })
  t.like(leader.submit(session, multi(create('/p/x'))), { code: 'NO_AUTH', index: 0 })
  leader.submit(session, setAcl('/p', acl(CREATE)), ALICE)
  t.like(leader.submit(session, create('/p/x')), { kind: 'create' })
  leader.commit()
  leader.tree.check()
})

test('an ACL counts for a znode created in the same multi', (t) => {
  const { leader, session } = prepared(ALL, ALL)
  const txn = leader.submit(session, multi(create('/m', { acl: acl(READ) }), create('/m/x')))
  t.like(txn, { code: 'NO_AUTH', index: 1, count: 2 })
  t.like(leader.submit(session, create('/m')), { kind: 'create', path: '/m' })
})

test('a child does not inherit the ACL of its parent', (t) => {
  const { leader, session } = prepared(CREATE, ALL)
  leader.submit(session, create('/p/d'))
  leader.commit()
  t.is(leader.tree.get('/p/d')!.acl, OPEN_ACL)
})

test('auth in a list that is asked for is kept as who asked', (t) => {
  const { leader, session } = prepared(ALL, ALL)
  const own: readonly Acl[] = [{ perms: ALL, scheme: 'auth', id: '' }]
  const kept = [{ perms: ALL, scheme: 'digest', id: 'alice:hash' }]
  t.like(leader.submit(session, create('/mine', { acl: own }), ALICE), { acl: kept })
  t.like(leader.submit(session, setAcl('/p', own), ALICE), { acl: kept })
  t.like(leader.submit(session, create('/nobodys', { acl: own })), { code: 'INVALID_ACL' })
})

test('a session that ends takes its ephemerals with it, whoever may delete them', (t) => {
  const { leader, session } = prepared(ALL, ALL)
  const other = leader.openSession()
  leader.submit(other, setAcl('/', acl(0)))
  leader.submit(session, { kind: 'closeSession' })
  leader.commit()
  t.is(leader.tree.get('/e'), undefined)
})

test('a create with the open ACL, said or not, is the plain txn', (t) => {
  const { leader, session } = prepared(ALL, ALL)
  const said = leader.submit(session, create('/a', { acl: [{ ...OPEN_ACL[0]! }], retention: 0 }))
  t.deepEqual(said, { kind: 'create', path: '/a', data: undefined, owner: 0, parentCreated: 3 })
})

test('changes tell who may read the znode and its parent: as it was before a deletion, as it is otherwise', (t) => {
  const { leader, session } = prepared(ALL, ALL)
  leader.commit()
  const changesOf = (body: RequestBody): readonly unknown[] => {
    leader.submit(session, body, SUPER)
    return leader.commit()[0]!.changes
  }
  const [list, other] = [acl(READ), acl(0)]
  const parent = { parent: '/p', parentAcl: acl(ALL) }
  t.deepEqual(changesOf(create('/p/x', { acl: list })), [
    { kind: 'created', path: '/p/x', ...parent, acl: list },
  ])
  t.deepEqual(changesOf(setData('/p/x', '')), [
    { kind: 'data', path: '/p/x', parent: '/p', acl: list, parentAcl: undefined },
  ])
  t.deepEqual(changesOf(setAcl('/p/x', other)), [])
  t.deepEqual(changesOf(remove('/p/x')), [{ kind: 'deleted', path: '/p/x', ...parent, acl: other }])
  t.deepEqual(changesOf(create('/open')), [{ kind: 'created', path: '/open', parent: '/' }])
})

test('znodes with equal ACLs share one list, which is forgotten with the last of them', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  const { acls } = leader.tree
  // The configuration's own.
  t.is(acls.size, 1)
  for (let index = 0; index < 100; index++) {
    leader.submit(session, create(`/${index}`, { acl: acl(index % 2) }), ALICE)
  }
  leader.commit()
  t.is(acls.size, 3)
  t.is(leader.tree.get('/0')!.acl, leader.tree.get('/98')!.acl)
  t.is(acls.countOf(leader.tree.get('/1')!.acl), 50)
  for (let index = 1; index < 100; index += 2) leader.submit(session, remove(`/${index}`))
  leader.commit()
  t.is(acls.size, 2)
  for (let index = 0; index < 100; index += 2) {
    leader.submit(session, setAcl(`/${index}`, index === 0 ? acl(READ) : OPEN_ACL), ALICE)
  }
  leader.commit()
  t.is(acls.size, 2)
  t.is(leader.tree.get('/2')!.acl, OPEN_ACL)
  leader.tree.check()
})

test('a snapshot keeps ACL, its version and the retention of every znode', (t) => {
  const { leader, session } = prepared(READ, WRITE)
  leader.submit(session, setAcl('/p/c', acl(ADMIN)), ALICE)
  leader.submit(session, create('/ttl', { retention: 77 }))
  leader.submit(session, create('/box', { retention: -1, data: bytes('x') }))
  leader.commit()
  const { tree } = leader
  const copy = new Tree()
  copy.load([...tree.znodes].map(([path, znode]) => znode.toRecord(path)))
  copy.loadTail(tree.tail(tree.lastZxid))
  copy.check()
  t.is(copy.digest, tree.digest)
  t.deepEqual([...copy.retained], ['/ttl', '/box'])
  for (const path of [...ALWAYS, '/p', '/p/c', '/ttl', '/box']) {
    t.deepEqual(copy.get(path)!.acl, tree.get(path)!.acl)
    t.deepEqual(copy.get(path)!.stat, tree.get(path)!.stat)
    t.is(copy.get(path)!.retention, tree.get(path)!.retention)
  }
})

test('the digest tells an ACL, its version and a retention from others', (t) => {
  const digests = new Set<number>()
  const base = new Leader()
  base.openSession()
  base.submit(base.overlay.sessions().next().value!.id, create('/a'))
  base.commit()
  const record = base.tree.get('/a')!.toRecord('/a')
  const variants = [
    {},
    { acl: acl(READ) },
    { acl: acl(WRITE) },
    { acl: acl(READ).reverse() },
    { acl: acl(READ).slice(1) },
    { aversion: 1 },
    { aversion: 2 },
    { acl: acl(READ), aversion: 1 },
    { retention: -1 },
    { retention: 1 },
    { retention: 2 },
  ]
  for (const variant of variants) {
    const tree = new Tree()
    tree.load([tree.get('/')!.toRecord('/'), { ...record, ...variant }])
    digests.add(tree.digest)
  }
  t.is(digests.size, variants.length)
})

for (const when of ['before', 'after'] as const) {
  test(`a setAcl is replayed over rows from ${when} it, and over a znode that is lost`, (t) => {
    const { leader, session } = prepared(ALL, ALL)
    leader.commit()
    const walk = leader.tree.walk(leader.tree.lastZxid)
    const rows = when === 'before' ? walk.next(Infinity) : []
    const from = leader.log.length
    for (const list of [acl(READ), acl(WRITE)]) leader.submit(session, setAcl('/p', list), ALICE)
    leader.submit(session, setAcl('/p/c', acl(READ)), ALICE)
    leader.submit(session, remove('/p/c'), ALICE)
    leader.commit()
    const copy = new Tree()
    copy.load([...rows, ...walk.next(Infinity)])
    copy.loadTail(leader.tree.tail(walk.start))
    for (const entry of leader.log.slice(from)) copy.apply(entry, 'fuzzy')
    copy.check()
    t.is(copy.digest, leader.tree.digest)
    t.deepEqual(copy.get('/p')!.acl, acl(WRITE))
    t.is(copy.acls.size, leader.tree.acls.size)
  })
}
