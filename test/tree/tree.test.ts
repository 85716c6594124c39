import test from 'ava'
import { Tree } from '../../lib/tree/tree.js'
import type { Txn } from '../../lib/tree/txn.js'
import { Leader, bytes, create, multi, remove, setData } from './leader.js'

function started(): { leader: Leader; session: number } {
  const leader = new Leader()
  return { leader, session: leader.openSession() }
}

test('the root is there from the start, with czxid 0', (t) => {
  const tree = new Tree()
  t.is(tree.lastZxid, 0)
  t.deepEqual(tree.get('/')?.stat, {
    czxid: 0,
    mzxid: 0,
    pzxid: 0,
    ctime: 0,
    mtime: 0,
    version: 0,
    // As ZooKeeper shows it: its one child was never created.
    cversion: -1,
    aversion: 0,
    ephemeralOwner: 0,
    dataLength: 0,
    numChildren: 1,
  })
  t.is(tree.digest, new Tree().digest)
  tree.check()
})

test('each field of a stat changes with exactly the txns that ZooKeeper changes it with', (t) => {
  const { leader, session } = started()
  const zxids: number[] = []
  const times: number[] = []
  for (const body of [
    create('/p', { data: bytes('12345') }),
    setData('/p', '123'),
    create('/p/c'),
    create('/p/e', { ephemeral: true }),
    create('/p/c/grandchild'),
    setData('/p/c', 'child'),
    remove('/p/c/grandchild'),
    remove('/p/c'),
    setData('/p', 'wrong', 9),
    { kind: 'sync' } as const,
  ]) {
    zxids.push(leader.nextZxid)
    times.push(leader.wall)
    leader.submit(session, body)
    leader.commit()
  }
  t.deepEqual(leader.tree.get('/p')?.stat, {
    czxid: zxids[0]!,
    mzxid: zxids[1]!,
    pzxid: zxids[7]!,
    ctime: times[0]!,
    mtime: times[1]!,
    version: 1,
    cversion: 3,
    aversion: 0,
    ephemeralOwner: 0,
    dataLength: 3,
    numChildren: 1,
  })
  const ephemeral = leader.tree.get('/p/e')?.stat
  t.like(ephemeral, {
    ephemeralOwner: session,
    version: 0,
    cversion: 0,
    czxid: zxids[3]!,
    pzxid: zxids[3]!,
  })
  const closing = leader.nextZxid
  leader.expire(session)
  leader.commit()
  t.like(leader.tree.get('/p')?.stat, { pzxid: closing, cversion: 4, numChildren: 0, version: 1 })
  t.like(leader.tree.get('/')?.stat, { pzxid: zxids[0]!, cversion: 0, numChildren: 2, version: 0 })
})

test('a stat is frozen, shared while the state lasts, and replaced by every change', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/a'))
  leader.commit()
  const stat = leader.tree.get('/a')!.stat
  t.true(Object.isFrozen(stat))
  leader.submit(session, { kind: 'sync' })
  leader.commit()
  t.is(leader.tree.get('/a')!.stat, stat)
  for (const body of [setData('/a', 'x'), create('/a/b'), remove('/a/b')]) {
    const before = leader.tree.get('/a')!.stat
    leader.submit(session, body)
    leader.commit()
    t.not(leader.tree.get('/a')!.stat, before)
  }
  t.is(stat.numChildren + stat.version + stat.cversion, 0)
})

test('null data stays null and empty stays empty', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/null'))
  leader.submit(session, create('/empty', { data: new Uint8Array() }))
  leader.commit()
  t.is(leader.tree.get('/null')?.data, undefined)
  t.is(leader.tree.get('/empty')?.data?.length, 0)
})

test('the changes of a txn are told in the order in which they were made', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/e', { ephemeral: true }))
  leader.submit(
    session,
    multi(create('/a'), create('/a/b'), setData('/a', 'x'), setData('/', 'x'), remove('/a/b')),
  )
  leader.submit(session, { kind: 'closeSession' })
  const [, first, second, third] = leader.commit()
  t.deepEqual(first?.changes, [{ kind: 'created', path: '/e', parent: '/' }])
  t.deepEqual(second?.changes, [
    { kind: 'created', path: '/a', parent: '/' },
    { kind: 'created', path: '/a/b', parent: '/a' },
    { kind: 'data', path: '/a', parent: '/' },
    { kind: 'data', path: '/', parent: '/' },
    { kind: 'deleted', path: '/a/b', parent: '/a' },
  ])
  t.deepEqual(third?.changes, [{ kind: 'deleted', path: '/e', parent: '/' }])
})

test('an outcome shows each operation’s result as it was right after that operation', (t) => {
  const { leader, session } = started()
  const zxid = leader.nextZxid
  leader.submit(
    session,
    multi(
      create('/a'),
      create('/a/s', { sequential: true }),
      remove('/a/s0000000000'),
      setData('/a', 'x'),
    ),
  )
  const outcome = leader.commit().at(-1)?.outcome
  const results =
    outcome?.kind === 'ok' && outcome.result.kind === 'multi' ? outcome.result.results : []
  t.like(results[0], {
    kind: 'create',
    path: '/a',
    stat: { czxid: zxid, numChildren: 0, version: 0 },
  })
  t.like(results[1], { kind: 'create', path: '/a/s0000000000' })
  t.deepEqual(results[2], { kind: 'delete' })
  t.like(results[3], { kind: 'setData', stat: { version: 1, cversion: 2, numChildren: 0 } })
})

test('a session keeps the outcomes above what its View has settled, failures included, also in a snapshot', (t) => {
  const leader = new Leader(3)
  const session = leader.openSession()
  for (let index = 0; index < 300; index++) leader.submit(session, create(`/${index % 200}`))
  leader.commit()
  const state = leader.tree.sessions.get(session)!
  t.is(state.lastCxid, 300)
  t.is(state.settled, 296)
  t.deepEqual(
    state.outcomes.map((kept) => kept.cxid),
    [297, 298, 299, 300],
  )
  t.true(
    state.outcomes.every(
      ({ outcome }) => outcome.kind === 'error' && outcome.code === 'NODE_EXISTS',
    ),
  )
  const tail = leader.tree.tail(leader.tree.lastZxid)
  t.deepEqual(tail.sessions[0]?.outcomes, state.outcomes)
  t.is(tail.sessions[0]?.lastCxid, 300)
})

test('a txn that leads to another digest is a divergence that names both', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/a'))
  const [first, second] = leader.log
  const tree = new Tree()
  tree.apply(first!, 'strict')
  const txn = { ...second!.txn, body: { ...second!.txn.body, data: bytes('flipped') } } as Txn
  const error = t.throws(() => tree.apply({ zxid: second!.zxid, txn }, 'strict'), {
    name: 'DivergenceError',
  })
  t.like(error, { zxid: second!.zxid, expected: second!.txn.digest, found: tree.digest })
})

test('a txn that cannot follow the state is a broken invariant, not a divergence', (t) => {
  const { leader, session } = started()
  for (const body of [
    create('/a'),
    create('/a/b'),
    setData('/a', 'x'),
    create('/e', { ephemeral: true }),
    { kind: 'sync' } as const,
    remove('/a/b'),
    { kind: 'closeSession' } as const,
  ]) {
    leader.submit(session, body)
  }
  // Leave out one earlier txn (the session's opening, /a, …) and apply everything else.
  for (const missing of [0, 1, 2, 4]) {
    const tree = new Tree()
    const entries = leader.log.filter((_, index) => index !== missing)
    t.throws(
      () =>
        entries.forEach(({ zxid, txn }) => {
          try {
            tree.apply({ zxid, txn }, 'strict')
          } catch (error) {
            // The digest notices at once; what is asked here is what the checks of apply notice by themselves.
            if (!(error instanceof Error) || error.name !== 'DivergenceError') throw error
          }
        }),
      { name: 'InvariantError' },
      `without txn ${missing}`,
    )
  }
  const tree = new Tree()
  tree.apply(leader.log[0]!, 'strict')
  t.throws(() => tree.apply(leader.log[0]!, 'strict'), { name: 'InvariantError' }, 'twice')
})

test('the bytes of a tree grow with its data and shrink again', (t) => {
  const { leader, session } = started()
  leader.submit(session, { kind: 'sync' })
  leader.commit()
  const empty = leader.tree.bytes
  leader.submit(session, create('/a', { data: new Uint8Array(5000) }))
  leader.commit()
  t.true(leader.tree.bytes > empty + 5000)
  leader.submit(session, { kind: 'setData', path: '/a', data: undefined, version: -1 })
  leader.commit()
  t.true(leader.tree.bytes < empty + 5000)
  leader.submit(session, remove('/a'))
  leader.commit()
  t.is(leader.tree.bytes, empty)
})

test('the recount notices whatever does not add up', (t) => {
  const damage: readonly ((tree: Tree) => unknown)[] = [
    (tree) => (tree.digest += 1),
    (tree) => tree.get('/a')!.childrenChanged(7, tree.get('/a')!.pzxid),
    (tree) => tree.get('/a')!.removeChild('b'),
    (tree) => tree.get('/')!.addChild('ghost'),
    (tree) => [...tree.sessions.values()][0]!.ephemerals.clear(),
    (tree) => ([...tree.sessions.values()][0]!.lastCxid += 1),
  ]
  for (const spoil of damage) {
    const { leader, session } = started()
    leader.submit(session, create('/a'))
    leader.submit(session, create('/a/b', { ephemeral: true }))
    leader.commit()
    leader.tree.check()
    spoil(leader.tree)
    t.throws(() => leader.tree.check(), { name: 'InvariantError' }, String(spoil))
  }
})
