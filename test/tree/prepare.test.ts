import test from 'ava'
import type { RequestBody } from '../../lib/protocol/request.js'
import { nextVersion } from '../../lib/tree/apply.js'
import { Overlay } from '../../lib/tree/overlay.js'
import {
  isDuplicate,
  prepare,
  prepareCloseSession,
  prepareCreateSession,
} from '../../lib/tree/prepare.js'
import { Tree } from '../../lib/tree/tree.js'
import { ALWAYS, Leader, check, create, multi, remove, setData } from './leader.js'

/** /p with a child /p/c and version 1; /e, an ephemeral; /v with version 2. */
function prepared(): { leader: Leader; session: number } {
  const leader = new Leader()
  const session = leader.openSession()
  for (const body of [
    create('/p'),
    create('/p/c'),
    setData('/p', 'x'),
    create('/e', { ephemeral: true }),
    create('/v'),
    setData('/v', 'x'),
    setData('/v', 'x'),
  ]) {
    leader.submit(session, body)
  }
  return { leader, session }
}

// The first failing check wins, in the order of PrepRequestProcessor.
const FAILURES: readonly (readonly [string, RequestBody, string])[] = [
  ['create of a path without a slash', create('a'), 'BAD_ARGUMENTS'],
  ['create of the empty path', create(''), 'BAD_ARGUMENTS'],
  ['create of a path with NUL under a missing parent', create('/x/\0'), 'BAD_ARGUMENTS'],
  ['create of a bad path under a missing parent', create('/x/\x01'), 'NO_NODE'],
  ['create of a bad path under an existing parent', create('/p/\x01'), 'BAD_ARGUMENTS'],
  ['create of a bad path under an ephemeral', create('/e/\x01'), 'BAD_ARGUMENTS'],
  ['create with a trailing slash', create('/p/'), 'BAD_ARGUMENTS'],
  ['create of a relative component', create('/p/..'), 'BAD_ARGUMENTS'],
  ['create under a missing parent', create('/x/y'), 'NO_NODE'],
  ['create where there is a znode', create('/p'), 'NODE_EXISTS'],
  ['create of the root', create('/'), 'NODE_EXISTS'],
  ['create under an ephemeral', create('/e/c'), 'NO_CHILDREN_FOR_EPHEMERALS'],
  [
    'a sequential create under an ephemeral',
    create('/e/', { sequential: true }),
    'NO_CHILDREN_FOR_EPHEMERALS',
  ],
  ['delete of the root', remove('/'), 'BAD_ARGUMENTS'],
  ['delete of a path without a slash', remove('a'), 'BAD_ARGUMENTS'],
  ['delete of a path with NUL', remove('/\0'), 'BAD_ARGUMENTS'],
  ['delete under a missing parent', remove('/x/y'), 'NO_NODE'],
  ['delete of a missing znode', remove('/x'), 'NO_NODE'],
  ['delete of a bad path, whose grammar is not looked at', remove('/p//'), 'NO_NODE'],
  ['delete with a wrong version and children', remove('/p', 7), 'BAD_VERSION'],
  ['delete with children', remove('/p', 1), 'NOT_EMPTY'],
  ['delete with any version and children', remove('/p'), 'NOT_EMPTY'],
  ['setData of a bad path', setData('/x/', 'x'), 'BAD_ARGUMENTS'],
  ['setData of a missing znode', setData('/x', 'x', 3), 'NO_NODE'],
  ['setData with a wrong version', setData('/v', 'x', 1), 'BAD_VERSION'],
]

for (const [name, body, code] of FAILURES) {
  test(`${name} is ${code}, takes a zxid and changes nothing`, (t) => {
    const { leader, session } = prepared()
    const log = leader.log.length
    t.deepEqual(leader.submit(session, body), { kind: 'error', code } as never)
    const applied = leader.commit().at(-1)
    t.is(leader.log.length, log + 1)
    t.deepEqual(applied?.changes, [])
    t.like(applied?.outcome, { kind: 'error', zxid: leader.tree.lastZxid, code })
    leader.tree.check()
  })
}

for (const [operation, code] of [
  [check('/x/'), 'BAD_ARGUMENTS'],
  [check('/x', 1), 'NO_NODE'],
  [check('/v', 1), 'BAD_VERSION'],
] as const) {
  test(`a check of ${operation.path} in a multi fails as ${code} and names itself`, (t) => {
    const { leader, session } = prepared()
    const body = leader.submit(session, multi(create('/n'), operation, create('/m')))
    t.deepEqual(body, { kind: 'error', code, index: 1, count: 3 } as never)
  })
}

test('checks that hold, of the exact or of any version, change nothing and keep results aligned', (t) => {
  const { leader, session } = prepared()
  leader.submit(session, multi(check('/v', 2), setData('/v', 'y', 2), check('/v', 3), check('/p')))
  const outcome = leader.commit().at(-1)?.outcome
  t.true(outcome?.kind === 'ok' && outcome.result.kind === 'multi')
  const results =
    outcome?.kind === 'ok' && outcome.result.kind === 'multi' ? outcome.result.results : []
  t.deepEqual(
    results.map((result) => result.kind),
    ['check', 'setData', 'check', 'check'],
  )
})

test('an empty multi succeeds', (t) => {
  const { leader, session } = prepared()
  t.deepEqual(leader.submit(session, multi()), { kind: 'multi', operations: [] })
  t.is(leader.commit().at(-1)?.outcome?.kind, 'ok')
})

test('versions wrap as 32 bits and leave out −1, which means any version', (t) => {
  t.is(nextVersion(0), 1)
  t.is(nextVersion(2 ** 31 - 1), -(2 ** 31))
  t.is(nextVersion(-(2 ** 31)), -(2 ** 31) + 1)
  t.is(nextVersion(-2), 0)
})

test('a sequence number counts all children ever created under this life of the parent', (t) => {
  const { leader, session } = prepared()
  const name = (path: string): string => {
    const body = leader.submit(session, create(path, { sequential: true }))
    return body.kind === 'create' ? body.path : body.kind
  }
  t.is(name('/p/s-'), '/p/s-0000000001')
  t.is(name('/p/t-'), '/p/t-0000000002')
  leader.submit(session, create('/p/plain'))
  t.is(name('/p/'), '/p/0000000004')
  leader.submit(session, remove('/p/0000000004'))
  t.is(name('/p/'), '/p/0000000005', 'a deletion does not step back')
  leader.submit(session, create('/p/plain'))
  t.is(name('/p/'), '/p/0000000006', 'a failed create leaves no gap')
  t.is(name('/'), '/0000000003')
  leader.submit(session, create('/q'))
  name('/q/')
  leader.submit(session, remove('/q/0000000000'))
  leader.submit(session, remove('/q'))
  leader.submit(session, create('/q'))
  t.is(name('/q/'), '/q/0000000000', 'a new life counts from 0')
})

test('a sequence number grows past ten digits instead of wrapping', (t) => {
  const tree = new Tree()
  const root = tree.get('/')!.toRecord('/')
  tree.load([root, { ...root, path: '/p', czxid: 1, mzxid: 1, pzxid: 1, created: 12_147_483_647 }])
  tree.loadTail({ start: 1, end: 1, digest: tree.digest, sessions: [], members: [] })
  const overlay = new Overlay(tree)
  const origin = { replica: 1, incarnationKey: 1, view: 1, number: 1 }
  prepareCreateSession(overlay, { kind: 'createSession', origin, timeoutMs: 1 }, 2, 0)
  const body = create('/p/s-', { sequential: true })
  const request = { kind: 'request', session: 2, cxid: 1, settled: 0, body } as const
  t.like(prepare(overlay, request, 3, 0), { body: { path: '/p/s-12147483647' } })
})

test('requests are prepared against what the ones in flight before them will have done', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  const kinds = [
    create('/a'),
    create('/a/b'),
    remove('/a'),
    setData('/a/b', 'x', 0),
    setData('/a/b', 'x', 0),
    remove('/a/b', 1),
    create('/a/b'),
    setData('/a/b', 'x', 0),
    remove('/a/b'),
    remove('/a'),
    create('/a/b'),
  ].map((body) => leader.submit(session, body))
  t.deepEqual(
    kinds.map((body) => (body.kind === 'error' ? body.code : body.kind)),
    [
      'create',
      'create',
      'NOT_EMPTY',
      'setData',
      'BAD_VERSION',
      'delete',
      'create',
      'setData',
      'delete',
      'delete',
      'NO_NODE',
    ],
  )
  leader.commit()
  leader.tree.check()
  t.is(leader.tree.size, ALWAYS.length)
  t.is(leader.overlay.size, 0)
})

// ZOOKEEPER-1624: the records of the parents survived the rollback.
test('a multi that fails takes everything back, its parents’ counters included, also over changes in flight', (t) => {
  for (const commitBefore of [false, true]) {
    const leader = new Leader()
    const session = leader.openSession()
    leader.submit(session, create('/a'))
    leader.submit(session, create('/a/s-', { sequential: true }))
    if (commitBefore) leader.commit()
    const digest = leader.overlay.digest
    leader.submit(session, { kind: 'sync' })
    t.not(leader.overlay.digest, digest, 'the outcome of a sync is part of the state')
    const sequential = create('/a/s-', { sequential: true, ephemeral: true })
    const body = leader.submit(
      session,
      multi(
        sequential,
        sequential,
        setData('/a', 'x'),
        remove('/a/s-0000000000'),
        remove('/missing'),
      ),
    )
    t.deepEqual(body, { kind: 'error', code: 'NO_NODE', index: 4, count: 5 })
    const next = leader.submit(session, create('/a/s-', { sequential: true }))
    t.is(next.kind === 'create' && next.path, '/a/s-0000000001')
    t.deepEqual(leader.overlay.ephemeralsOf(session), [])
    leader.commit()
    leader.tree.check()
    t.like(leader.tree.get('/a')?.stat, { version: 0, cversion: 2, numChildren: 2 })
  }
})

test('a session that closes takes exactly its ephemerals with it, those in flight included', (t) => {
  const leader = new Leader()
  const mine = leader.openSession()
  const other = leader.openSession()
  const ephemeral = { ephemeral: true }
  leader.submit(mine, create('/committed', ephemeral))
  leader.submit(mine, create('/committed-deleted', ephemeral))
  leader.submit(mine, create('/taken-over', ephemeral))
  leader.commit()
  leader.submit(mine, create('/flying', ephemeral))
  leader.submit(mine, create('/flying-deleted', ephemeral))
  leader.submit(other, remove('/flying-deleted'))
  leader.submit(other, remove('/committed-deleted'))
  leader.submit(other, remove('/taken-over'))
  leader.submit(other, create('/taken-over', ephemeral))
  leader.submit(mine, remove('/committed'))
  leader.submit(mine, create('/committed', ephemeral))
  leader.submit(mine, create('/persistent'))
  leader.submit(mine, multi(create('/rolled-back', ephemeral), remove('/missing')))
  const body = leader.submit(mine, { kind: 'closeSession' })
  t.deepEqual(body.kind === 'closeSession' && [...body.paths].sort(), ['/committed', '/flying'])
  // Right behind the close its ephemerals are gone for everyone.
  t.is(leader.submit(other, create('/committed', ephemeral)).kind, 'create')
  const applied = leader.commit()
  t.deepEqual(applied.at(-2)?.closed, [mine])
  t.is(applied.at(-2)?.session, mine)
  t.is(applied.at(-2)?.outcome?.kind, 'ok')
  leader.tree.check()
  t.deepEqual([...leader.tree.sessions.keys()], [other])
  t.deepEqual(
    [...leader.tree.znodes.keys()],
    [...ALWAYS, '/taken-over', '/persistent', '/committed'],
  )
})

test('a parent whose last ephemeral child’s session closes in flight can be deleted right behind it', (t) => {
  const leader = new Leader()
  const mine = leader.openSession()
  const other = leader.openSession()
  leader.submit(other, create('/p'))
  leader.submit(mine, create('/p/e', { ephemeral: true }))
  leader.submit(mine, { kind: 'closeSession' })
  t.is(leader.submit(other, remove('/p')).kind, 'delete')
})

test('a request is a duplicate if it was prepared, in flight or applied, or its session is gone', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  const first = leader.request(session, { kind: 'sync' })
  t.false(isDuplicate(leader.overlay, first))
  leader.submit(session, { kind: 'sync' })
  const second = leader.request(session, { kind: 'sync' })
  for (const round of ['in flight', 'applied']) {
    t.true(isDuplicate(leader.overlay, first), round)
    t.false(isDuplicate(leader.overlay, second), round)
    leader.commit()
  }
  leader.submit(session, { kind: 'closeSession' })
  for (const round of ['in flight', 'applied']) {
    t.true(isDuplicate(leader.overlay, { ...second, cxid: 9 }), round)
    leader.commit()
  }
  t.true(isDuplicate(leader.overlay, { ...first, session: 12_345 }), 'a session that never was')
})

test('asking for a session is a duplicate while the session of that origin exists', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  const origin = { replica: 1, incarnationKey: 11, view: 1, number: 1 }
  const request = { kind: 'createSession', origin, timeoutMs: 1 } as const
  t.true(isDuplicate(leader.overlay, request), 'in flight')
  leader.commit()
  t.true(isDuplicate(leader.overlay, request), 'applied')
  t.false(isDuplicate(leader.overlay, { ...request, origin: { ...origin, number: 2 } }))
  t.is(leader.tree.sessionByOrigin(origin)?.id, session)
  leader.expire(session)
  t.false(isDuplicate(leader.overlay, request), 'closed in flight')
  leader.commit()
  t.false(isDuplicate(leader.overlay, request), 'closed')
  t.is(leader.tree.sessionByOrigin(origin), undefined)
})

test('a new incarnation of the same database ends its predecessor’s sessions, another database ends none', (t) => {
  const leader = new Leader()
  leader.register(1, 'database', 1, 11)
  const old = leader.openSession(1, 11)
  const elsewhere = leader.openSession(2, 11)
  leader.submit(old, create('/e', { ephemeral: true }))
  const again = leader.register(1, 'database', 1, 11)
  t.deepEqual(again.kind === 'register' && again.closed, [], 'the same incarnation ends nothing')
  const foreign = leader.register(3, 'other', 1, 33)
  t.deepEqual(foreign.kind === 'register' && foreign.closed, [])
  const body = leader.register(1, 'database', 2, 12)
  t.deepEqual(body.kind === 'register' && body.closed, [
    { kind: 'closeSession', session: old, paths: ['/e'] },
  ])
  const young = leader.openSession(1, 12)
  const replaced = leader.register(1, 'restored', 1, 13)
  t.deepEqual(replaced.kind === 'register' && replaced.closed, [])
  const applied = leader.commit()
  t.deepEqual(applied.at(-3)?.closed, [old])
  t.deepEqual([...leader.tree.sessions.keys()], [elsewhere, young])
  t.is(leader.tree.members.get(1)?.incarnation.incarnationKey, 13)
  leader.tree.check()
})

test('a new leader’s overlay takes over what its predecessor had prepared', (t) => {
  const { leader, session } = prepared()
  const overlay = new Overlay(leader.tree)
  for (const entry of leader.log) overlay.apply(entry)
  t.is(overlay.digest, leader.overlay.digest)
  t.is(overlay.lastZxid, leader.overlay.lastZxid)
  t.true(overlay.hasSession(session))
  leader.commit()
  overlay.prune(leader.tree.lastZxid)
  t.is(overlay.size, 0)
})

test('an overlay refuses a txn that does not fit, and one with another digest', (t) => {
  const { leader } = prepared()
  const overlay = new Overlay(leader.tree)
  const first = leader.log[0]!
  t.throws(() => overlay.apply({ ...first, txn: { ...first.txn, digest: 1 } }), {
    name: 'DivergenceError',
  })
  const other = new Overlay(leader.tree)
  t.throws(() => other.apply(leader.log[1]!), { name: 'InvariantError' })
})

test('what an overlay holds of a busy session is bounded by what is in flight', (t) => {
  const leader = new Leader(4)
  const session = leader.openSession()
  leader.submit(session, create('/locks'))
  for (let round = 0; round < 2000; round++) {
    const body = leader.submit(session, create('/locks/l-', { ephemeral: true, sequential: true }))
    leader.submit(session, remove(body.kind === 'create' ? body.path : ''))
    // Never caught up, so the session is never let go as a whole.
    if (leader.log.length - leader.committed > 20) leader.commit(10)
  }
  t.true(leader.overlay.size < 50)
  leader.commit()
  t.is(leader.overlay.size, 0)
  leader.tree.check()
})

test('a session whose many ephemerals are in flight takes all of them with it', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  for (let index = 0; index < 300; index++) {
    leader.submit(session, create(`/${index}`, { ephemeral: true }))
    if (index % 10 === 0) leader.commit(5)
  }
  t.is(leader.overlay.ephemeralsOf(session).length, 300)
  leader.expire(session)
  leader.commit()
  leader.tree.check()
  t.is(leader.tree.size, ALWAYS.length)
})

test('an origin whose first session ended may ask again, and its second session is found', (t) => {
  const leader = new Leader()
  const origin = { replica: 1, incarnationKey: 1, view: 1, number: 1 }
  const request = { kind: 'createSession', origin, timeoutMs: 1 } as const
  const log = [1, 2, 3].map((zxid) => {
    if (zxid === 2) return { zxid, txn: prepareCloseSession(leader.overlay, 1, zxid, 0) }
    return { zxid, txn: prepareCreateSession(leader.overlay, request, zxid, 0) }
  })
  for (const entry of log) {
    t.true(isDuplicate(leader.overlay, request), `before txn ${entry.zxid} is applied`)
    leader.tree.apply(entry, 'strict')
    leader.overlay.prune(entry.zxid)
  }
  t.true(isDuplicate(leader.overlay, request))
  t.is(leader.tree.sessionByOrigin(origin)?.id, 3)
  t.is(leader.overlay.size, 0)
})
