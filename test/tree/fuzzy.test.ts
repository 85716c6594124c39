// A snapshot's walk goes on while txns are applied. Its rows are from different moments; loaded,
// and with the log from its start to its end replayed over them, they must be exactly the state at
// the end.
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import type { RequestBody } from '../../lib/protocol/request.js'
import type { SnapshotTail, ZnodeRecord } from '../../lib/tree/record.js'
import { Tree } from '../../lib/tree/tree.js'
import type { Positioned } from '../../lib/tree/tree.js'
import { quotaUsage } from '../../lib/tree/quotas.js'
import { ALWAYS, Leader, create, multi, randomStep, remove, setData } from './leader.js'

interface Snapshot {
  readonly nodes: readonly ZnodeRecord[]
  readonly tail: SnapshotTail
}

function restore({ nodes, tail }: Snapshot, log: readonly Positioned[]): Tree {
  const tree = new Tree()
  tree.load(nodes)
  tree.loadTail(tail)
  for (const entry of log) {
    if (entry.zxid > tail.start && entry.zxid <= tail.end) tree.apply(entry, 'fuzzy')
  }
  return tree
}

/** All that can be seen of a tree, in its own order. */
function picture(tree: Tree): unknown {
  return {
    digest: tree.digest,
    lastZxid: tree.lastZxid,
    bytes: tree.bytes,
    znodes: [...tree.znodes].map(([path, znode]) => [
      path,
      znode.data,
      znode.stat,
      znode.acl,
      znode.retention,
      [...(znode.children ?? [])].sort(),
    ]),
    sessions: [...tree.sessions.values()].map((session) => [
      session.toRecord(),
      [...session.ephemerals].sort(),
    ]),
    members: [...tree.members.values()],
    quotas: quotaUsage(tree),
    retained: [...tree.retained].sort(),
    acls: tree.acls.size,
  }
}

for (let seed = 1; seed <= 40; seed++) {
  test(`a walk interleaved with txns, and the log from its start, give the state at its end (seed ${seed})`, (t) => {
    const random = new Random(seed)
    const leader = new Leader(random.integer(6))
    for (let step = random.integer(200); step > 0; step--) randomStep(leader, random)
    leader.commit()

    const walk = leader.tree.walk(leader.tree.lastZxid)
    const nodes: ZnodeRecord[] = []
    while (!walk.done) {
      nodes.push(...walk.next(random.range(1, 400)))
      for (let step = random.integer(8); step > 0; step--) randomStep(leader, random)
      leader.commit(random.integer(10))
    }
    leader.commit()
    const tail = leader.tree.tail(walk.start)
    t.true(nodes.every((record) => record.czxid <= walk.start))

    const restored = restore({ nodes, tail }, leader.log)
    t.deepEqual(picture(restored), picture(leader.tree))
    restored.check()

    for (let step = 0; step < 50; step++) randomStep(leader, random)
    leader.commit()
    for (const entry of leader.log) if (entry.zxid > tail.end) restored.apply(entry, 'strict')
    t.deepEqual(picture(restored), picture(leader.tree))
    restored.check()
  })
}

for (let seed = 1; seed <= 10; seed++) {
  test(`replaying any suffix over a state that already shows it changes nothing (seed ${seed})`, (t) => {
    const random = new Random(seed)
    const leader = new Leader()
    for (let step = 0; step < 200; step++) randomStep(leader, random)
    leader.commit()
    const end = leader.tree.lastZxid
    const records = Array.from(leader.tree.znodes, ([path, znode]) => znode.toRecord(path))
    for (let round = 0; round < 5; round++) {
      const start = leader.log[random.integer(leader.log.length)]!.zxid
      const restored = restore(
        { nodes: records, tail: { ...leader.tree.tail(end), start } },
        leader.log,
      )
      // A second time over itself.
      for (const entry of leader.log) if (entry.zxid > start) restored.apply(entry, 'fuzzy')
      t.deepEqual(picture(restored), picture(leader.tree))
      restored.check()
    }
  })
}

/** What happens after the walk gave out `rows` rows of `before`, and before it goes on. */
interface Scenario {
  readonly name: string
  readonly before: readonly RequestBody[]
  readonly rows: number
  readonly during: readonly (RequestBody | 'close' | 'open' | 'openAndCreate')[]
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a multi of which the walk has seen one parent before and one after (ZOOKEEPER-3127)',
    before: [create('/a'), create('/b')],
    rows: 2,
    during: [multi(create('/a/1'), create('/b/1'), setData('/a', 'x'), setData('/b', 'x'))],
  },
  {
    name: 'a parent written before its child is deleted keeps its new pzxid (ZOOKEEPER-3125)',
    before: [create('/p'), create('/p/c')],
    rows: 2,
    during: [remove('/p/c')],
  },
  {
    name: 'a parent written before the session of its child closes keeps its new pzxid (ZOOKEEPER-3145)',
    before: [create('/p'), create('/p/e', { ephemeral: true })],
    rows: 2,
    during: ['close'],
  },
  {
    name: 'a sequence number is not given twice (ZOOKEEPER-1046, 3249)',
    before: [create('/p')],
    rows: 2,
    during: [create('/p/s', { sequential: true }), remove('/p/s0000000000')],
  },
  {
    name: 'a session opened during the walk has its ephemerals (ZOOKEEPER-3144)',
    before: [create('/p')],
    rows: 1,
    during: ['openAndCreate'],
  },
  {
    name: 'a child created and deleted whose parent was deleted before the walk came to it (ZOOKEEPER-1573)',
    before: [create('/a'), create('/p')],
    rows: 1,
    during: [
      create('/p/c'),
      setData('/p/c', 'x'),
      remove('/p/c'),
      setData('/p', 'x'),
      remove('/p'),
    ],
  },
  {
    name: 'a znode deleted and created again with children is the new one',
    before: [create('/a'), create('/p'), create('/p/c'), create('/z')],
    rows: 3,
    during: [remove('/p/c'), remove('/p'), create('/p'), create('/p/d'), create('/p/c')],
  },
  {
    name: 'requests that fail and syncs take their place',
    before: [create('/a')],
    rows: 1,
    during: [remove('/x'), { kind: 'sync' }, multi(create('/b'), remove('/x')), 'open'],
  },
]

for (const { name, before, rows, during } of SCENARIOS) {
  test(`fuzzy snapshot: ${name}`, (t) => {
    const leader = new Leader()
    const session = leader.openSession()
    for (const body of before) leader.submit(session, body)
    leader.commit()
    const walk = leader.tree.walk(leader.tree.lastZxid)
    const nodes: ZnodeRecord[] = []
    for (let row = 0; row < rows; row++) nodes.push(...walk.next(1))
    t.is(nodes.length, rows)
    for (const step of during) {
      if (step === 'close') leader.expire(session)
      else if (step === 'open') leader.openSession()
      else if (step === 'openAndCreate')
        leader.submit(leader.openSession(), create('/p/e', { ephemeral: true }))
      else leader.submit(session, step)
    }
    leader.commit()
    while (!walk.done) nodes.push(...walk.next(1))
    const restored = restore({ nodes, tail: leader.tree.tail(walk.start) }, leader.log)
    t.deepEqual(picture(restored), picture(leader.tree))
    restored.check()
  })
}

test('a snapshot whose rows were damaged is a divergence at its end', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  leader.submit(session, create('/a'))
  leader.commit()
  const nodes = leader.tree.walk(leader.tree.lastZxid).next(10_000)
  const tail = leader.tree.tail(leader.tree.lastZxid)
  t.notThrows(() => restore({ nodes, tail }, leader.log))
  const spoilt = nodes.map((record) => ({ ...record, version: record.version + 1 }))
  t.throws(() => restore({ nodes: spoilt, tail }, leader.log), { name: 'DivergenceError' })

  leader.submit(session, create('/b'))
  leader.commit()
  const longer = { nodes: spoilt, tail: leader.tree.tail(tail.start) }
  t.throws(() => restore(longer, leader.log), { name: 'DivergenceError' })
})

test('half a snapshot is neither walked nor applied to strictly', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  leader.submit(session, create('/a'))
  leader.commit()
  const walk = leader.tree.walk(leader.tree.lastZxid)
  const nodes = walk.next(10_000)
  leader.submit(session, create('/b'))
  leader.submit(session, create('/c'))
  leader.commit()
  const tree = new Tree()
  tree.load(nodes)
  tree.loadTail(leader.tree.tail(walk.start))
  t.true(tree.isFuzzy)
  t.throws(() => tree.walk(tree.lastZxid), { name: 'InvariantError' })
  t.throws(() => tree.apply(leader.log[2]!, 'strict'), { name: 'InvariantError' })
  tree.apply(leader.log[2]!, 'fuzzy')
  tree.apply(leader.log[3]!, 'fuzzy')
  t.false(tree.isFuzzy)
})

test('a walk gives rows in slices of about the size asked for, and says when it is done', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  for (let index = 0; index < 50; index++) {
    leader.submit(session, create(`/${index}`, { data: new Uint8Array(1000) }))
  }
  leader.commit()
  const walk = leader.tree.walk(leader.tree.lastZxid)
  const sizes: number[] = []
  while (!walk.done) sizes.push(walk.next(5000).length)
  t.is(
    sizes.reduce((sum, size) => sum + size),
    ALWAYS.length + 50,
  )
  t.true(sizes.length >= 10 && sizes.every((size) => size <= ALWAYS.length + 6), String(sizes))
  t.deepEqual(walk.next(5000), [])
})
