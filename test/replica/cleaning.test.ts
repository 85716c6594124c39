/** Containers and znodes with a time to live: whoever leads deletes them, at its own pace. */
import test from 'ava'
import { CLEANED_MAX, CONTAINER_NEVER_USED_MS } from '../../lib/base/limits.js'
import { CONTAINER } from '../../lib/protocol/retention.js'
import type { CreateOperation, SessionId } from '../../lib/protocol/request.js'
import { Cluster } from './cluster.js'

const DAY_MS = 24 * 60 * 60 * 1000

function create(path: string, retention?: number): CreateOperation {
  return { kind: 'create', path, data: undefined, ephemeral: false, sequential: false, retention }
}

/** A cluster with a leader, and a session on replica 1 that outlives the test. */
function started(size: number): { cluster: Cluster; session: SessionId } {
  const cluster = new Cluster(size)
  cluster.start(...cluster.nodes.map(({ id }) => id))
  cluster.run(2000)
  return { cluster, session: cluster.openSession(1, 1, DAY_MS) }
}

function has(cluster: Cluster, path: string): boolean[] {
  return cluster.nodes
    .filter(({ replica }) => replica !== undefined)
    .map(({ replica }) => replica?.core?.tree.get(path) !== undefined)
}

function counted(cluster: Cluster, counter: string): number {
  return cluster.nodes.reduce(
    (sum, { replica }) => sum + (replica?.status?.counters[counter] ?? 0),
    0,
  )
}

test('a time to live that has passed is the end of a znode on every replica, within seconds', (t) => {
  const { cluster, session } = started(3)
  cluster.write(1, session, 1, create('/ttl', 5000))
  cluster.run(4500)
  t.deepEqual(has(cluster, '/ttl'), [true, true, true])
  cluster.run(2500)
  t.deepEqual(has(cluster, '/ttl'), [false, false, false])
  t.is(counted(cluster, 'ttlDeleted'), 1)
  t.is(counted(cluster, 'containersDeleted'), 0)
  const digests = new Set(cluster.nodes.map(({ digest }) => digest))
  t.is(digests.size, 1)
})

test('a container is deleted when its last child is gone, or when it was never used, and not before', (t) => {
  const { cluster, session } = started(3)
  cluster.write(1, session, 1, create('/used', CONTAINER))
  cluster.write(1, session, 2, create('/used/child'))
  cluster.write(1, session, 3, create('/unused', CONTAINER))
  cluster.run(5000)
  t.deepEqual(has(cluster, '/used'), [true, true, true])
  cluster.write(1, session, 4, { kind: 'delete', path: '/used/child', version: -1 })
  cluster.run(2000)
  t.deepEqual(has(cluster, '/used'), [false, false, false])
  t.deepEqual(has(cluster, '/unused'), [true, true, true])
  cluster.run(CONTAINER_NEVER_USED_MS)
  t.deepEqual(has(cluster, '/unused'), [false, false, false])
  t.is(counted(cluster, 'containersDeleted'), 2)
})

test('a leader deletes no more than its share at a time, and all in the end', (t) => {
  const { cluster, session } = started(1)
  const before = cluster.node(1).replica?.core?.tree.size ?? 0
  const count = 2 * CLEANED_MAX + 10
  for (let index = 1; index <= count; index++) {
    cluster.write(1, session, index, create(`/${index}`, 1))
  }
  const left = (): number => (cluster.node(1).replica?.core?.tree.size ?? 0) - before
  t.is(left(), count)
  const seen: number[] = []
  for (let second = 0; second < 6; second++) {
    const had = left()
    cluster.run(1000)
    seen.push(had - left())
  }
  t.is(left(), 0)
  t.true(
    seen.every((deleted) => deleted <= CLEANED_MAX),
    String(seen),
  )
  t.is(counted(cluster, 'ttlDeleted'), count)
})

test('a new leader deletes what its predecessor did not', (t) => {
  const { cluster, session } = started(3)
  cluster.write(1, session, 1, create('/ttl', 3000))
  cluster.kill(cluster.leader!.id)
  cluster.run(10_000)
  t.deepEqual(has(cluster, '/ttl'), [false, false])
})

test('without a quorum nothing is deleted, whatever the clock says', (t) => {
  const { cluster, session } = started(3)
  cluster.write(1, session, 1, create('/ttl', 3000))
  for (const { id } of cluster.nodes.filter((node) => node !== cluster.leader)) cluster.kill(id)
  cluster.run(20_000)
  t.deepEqual(has(cluster, '/ttl'), [true])
})
