import test from 'ava'
import { CONTAINER_NEVER_USED_MS } from '../../lib/base/limits.js'
import { CONTAINER, TTL_MS_MAX } from '../../lib/protocol/retention.js'
import { ExpiredWalk } from '../../lib/tree/expired.js'
import { Leader, create, multi, remove, setData } from './leader.js'

function started(): { leader: Leader; session: number } {
  const leader = new Leader()
  return { leader, session: leader.openSession() }
}

/** All that is due at the leader's clock. */
function due(leader: Leader): string[] {
  return new ExpiredWalk(leader.tree).next(leader.wall, Infinity, Infinity)
}

test('a time to live is at least 1 ms and below 2^40, and an ephemeral has no retention', (t) => {
  const { leader, session } = started()
  for (const retention of [1, 1000, TTL_MS_MAX, CONTAINER, 0]) {
    const path = `/${retention}`
    t.like(leader.submit(session, create(path, { retention })), { kind: 'create', path })
  }
  for (const retention of [-2, 0.5, TTL_MS_MAX + 1, Number.NaN, Infinity]) {
    t.like(leader.submit(session, create('/x', { retention })), { code: 'BAD_ARGUMENTS' })
  }
  for (const retention of [1, CONTAINER]) {
    const body = create('/x', { retention, ephemeral: true })
    t.like(leader.submit(session, body), { code: 'BAD_ARGUMENTS' })
    t.like(leader.submit(session, multi(body)), { code: 'BAD_ARGUMENTS', index: 0 })
  }
  leader.commit()
  leader.tree.check()
})

test('who owns it is nobody, and a container or a znode with a time to live may have children', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/box', { retention: CONTAINER }))
  leader.submit(session, create('/box/e', { ephemeral: true }))
  leader.submit(session, create('/t', { retention: 5 }))
  leader.submit(session, create('/t/c'))
  leader.commit()
  t.is(leader.tree.get('/box')!.stat.ephemeralOwner, 0)
  t.is(leader.tree.get('/t')!.stat.numChildren, 1)
})

test('a container is due when its last child is gone, not while it has one and not before its first', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/box', { retention: CONTAINER }))
  leader.commit()
  t.deepEqual(due(leader), [])
  leader.submit(session, create('/box/c'))
  leader.commit()
  t.deepEqual(due(leader), [])
  leader.submit(session, remove('/box/c'))
  leader.commit()
  t.deepEqual(due(leader), ['/box'])
  t.like(leader.clean('/box'), { kind: 'delete', path: '/box' })
  leader.commit()
  leader.tree.check()
  t.is(leader.tree.get('/box'), undefined)
  t.is(leader.tree.retained.size, 0)
})

test('a container that was never used is due after five minutes without', (t) => {
  const { leader, session } = started()
  const created = leader.wall
  leader.submit(session, create('/box', { retention: CONTAINER }))
  leader.commit()
  leader.wall = created + CONTAINER_NEVER_USED_MS
  t.deepEqual(due(leader), [])
  t.is(leader.clean('/box'), undefined)
  leader.wall += 1
  t.deepEqual(due(leader), ['/box'])
  t.like(leader.clean('/box'), { kind: 'delete' })
})

test('a time to live runs from the last setData, and stands still while there are children', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/t', { retention: 1000 }))
  leader.wall += 900
  const set = leader.wall
  leader.submit(session, setData('/t', 'x'))
  leader.submit(session, create('/t/c'))
  leader.commit()
  leader.wall = set + 5000
  t.deepEqual(due(leader), [])
  t.is(leader.clean('/t'), undefined)
  leader.submit(session, remove('/t/c'))
  leader.commit()
  t.deepEqual(due(leader), ['/t'], 'nothing is added for the child that is gone')

  leader.wall = set + 1000
  t.deepEqual(due(leader), [])
  t.is(leader.clean('/t'), undefined)
  leader.wall = set + 1001
  t.deepEqual(due(leader), ['/t'])
  t.like(leader.clean('/t'), { kind: 'delete', path: '/t' })
})

test('a child in flight keeps what the tree would have deleted', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/box', { retention: CONTAINER }))
  leader.submit(session, create('/box/c'))
  leader.submit(session, remove('/box/c'))
  leader.commit()
  leader.submit(session, create('/box/d'))
  t.deepEqual(due(leader), ['/box'], 'the tree does not know of it')
  t.is(leader.clean('/box'), undefined)
  leader.submit(session, remove('/box/d'))
  t.like(leader.clean('/box'), { kind: 'delete' })
  t.is(leader.clean('/box'), undefined, 'once')
  leader.submit(session, create('/box'))
  t.is(leader.clean('/box'), undefined, 'what came in its place stays')
})

test('a deletion of what is due answers nobody and tells the watches', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/t', { retention: 1 }))
  leader.wall += 10
  leader.commit()
  leader.clean('/t')
  t.is(leader.log.at(-1)!.txn.origin, undefined)
  const [applied] = leader.commit()
  t.deepEqual(applied!.changes, [{ kind: 'deleted', path: '/t', parent: '/' }])
})

test('a walk looks at no more than it is asked to, comes to all in turn, and begins again', (t) => {
  const { leader, session } = started()
  for (let index = 0; index < 10; index++) {
    leader.submit(session, create(`/${index}`, { retention: index < 5 ? 1_000_000 : 1 }))
  }
  leader.commit()
  leader.wall += 100
  const walk = new ExpiredWalk(leader.tree)
  t.deepEqual(walk.next(leader.wall, 4, 100), [])
  t.deepEqual(walk.next(leader.wall, 4, 100), ['/5', '/6', '/7'])
  t.deepEqual(walk.next(leader.wall, 4, 1), ['/8'])
  leader.submit(session, remove('/9'))
  leader.commit()
  t.deepEqual(walk.next(leader.wall, 4, 100), [], 'what is gone is not found')
  t.deepEqual(walk.next(leader.wall, 100, 100), ['/5', '/6', '/7', '/8'])
})

test('the index of what may be due follows every way of coming and going', (t) => {
  const { leader, session } = started()
  leader.submit(session, create('/a', { retention: 1 }))
  leader.submit(session, multi(create('/b', { retention: CONTAINER }), remove('/a')))
  leader.submit(session, multi(create('/c', { retention: 1 }), remove('/nothing')))
  leader.submit(session, create('/d'))
  leader.commit()
  t.deepEqual([...leader.tree.retained], ['/b'])
  leader.tree.check()
})
