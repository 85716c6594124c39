/** One ensemble, one story at a time: what a few replicas do when nothing is left to chance. */
import test from 'ava'
import type { RequestBody } from '../../lib/protocol/request.js'
import { Cluster } from './cluster.js'
import type { Node } from './cluster.js'

function create(path: string): RequestBody {
  return { kind: 'create', path, data: undefined, ephemeral: false, sequential: false }
}

function formed(size: number, bounds = {}): { cluster: Cluster; leader: Node; followers: Node[] } {
  const cluster = new Cluster(size, bounds)
  cluster.start(...cluster.nodes.map(({ id }) => id))
  cluster.run(1000)
  const { leader } = cluster
  if (leader === undefined) throw new Error('no leader')
  return { cluster, leader, followers: cluster.nodes.filter((node) => node !== leader) }
}

for (const size of [1, 3, 5]) {
  test(`${size} empty voters form an ensemble and agree on one leader`, (t) => {
    const { cluster, leader } = formed(size)
    for (const node of cluster.nodes) {
      t.is(node.replica?.status?.leader, leader.id)
      t.true(node.replica?.status?.voter)
    }
  })
}

test('two of three empty voters never form an ensemble', (t) => {
  const cluster = new Cluster(3)
  cluster.start(1, 2)
  cluster.run(60_000)
  t.is(cluster.leader, undefined)
  cluster.start(3)
  cluster.run(10_000)
  t.not(cluster.leader, undefined)
})

test('a write through a follower reaches every View once, with one digest everywhere', (t) => {
  const { cluster, followers } = formed(3)
  const id = followers[0]?.id ?? 0
  const session = cluster.openSession(id, 1)
  cluster.write(id, session, 1, create('/a'))
  cluster.write(id, session, 2, create('/a/b'))
  for (const node of cluster.nodes) {
    t.deepEqual(node.replica?.core?.tree.znodes.has('/a/b'), true)
    const creates = node.txns.filter(({ txn }) => txn.body.kind === 'create')
    t.is(creates.length, 2)
  }
  t.is(new Set(cluster.nodes.map(({ digest }) => digest)).size, 1)
})

test('what was decided survives the death of the leader, and its return', (t) => {
  const { cluster, leader, followers } = formed(3)
  const id = followers[0]?.id ?? 0
  const session = cluster.openSession(id, 1)
  cluster.write(id, session, 1, create('/a'))
  cluster.kill(leader.id)
  cluster.run(5000)
  t.not(cluster.leader, undefined)
  t.not(cluster.leader, leader)
  cluster.write(id, session, 2, create('/b'))
  cluster.start(leader.id)
  cluster.run(5000)
  t.is(new Set(cluster.nodes.map(({ digest }) => digest)).size, 1)
  t.true(leader.replica?.core?.tree.znodes.has('/b'))
})

test('a request that no leader has seen is sent to the next one by itself', (t) => {
  const { cluster, leader, followers } = formed(3)
  const id = followers[0]?.id ?? 0
  const session = cluster.openSession(id, 1)
  cluster.kill(followers[1]?.id ?? 0)
  cluster.kill(leader.id)
  cluster.write(id, session, 1, create('/a'))
  t.false(cluster.node(id).replica?.core?.tree.znodes.has('/a'))
  cluster.start(leader.id)
  cluster.run(5000)
  t.true(cluster.node(id).replica?.core?.tree.znodes.has('/a'))
})

test('a session whose View falls silent expires, and takes its ephemerals along', (t) => {
  const { cluster, leader, followers } = formed(3)
  const id = followers[0]?.id ?? 0
  const session = cluster.openSession(id, 1, 2000)
  cluster.write(id, session, 1, {
    kind: 'create',
    path: '/e',
    data: undefined,
    ephemeral: true,
    sequential: false,
  })
  t.true(leader.replica?.core?.tree.znodes.has('/e'))
  for (let heartbeat = 1; heartbeat <= 5; heartbeat += 1) {
    cluster.output(id, { kind: 'heartbeat', heartbeat, sessions: [session] })
    cluster.run(1000)
  }
  t.true(leader.replica?.core?.tree.znodes.has('/e'))
  cluster.run(5000)
  t.false(leader.replica?.core?.tree.znodes.has('/e'))
})

test('a follower that was down while the log was trimmed is caught up by a snapshot', (t) => {
  const { cluster, leader, followers } = formed(3, {
    logBytesBeforeSnapshot: 500,
    logBytesRetained: 200,
    snapshotSliceBytes: 300,
  })
  const [first, second] = followers
  const id = first?.id ?? 0
  const session = cluster.openSession(id, 1)
  cluster.kill(second?.id ?? 0)
  cluster.write(id, session, 1, create('/a'))
  for (let cxid = 2; cxid <= 30; cxid += 1) {
    const data = new Uint8Array(100)
    cluster.write(id, session, cxid, { kind: 'setData', path: '/a', data, version: -1 })
  }
  cluster.start(second?.id ?? 0)
  cluster.run(5000)
  t.is(second?.replica?.status?.counters['snapshotsReceived'], 1)
  t.is(second?.digest, leader.digest)
})
