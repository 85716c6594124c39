/** What a replica tells of itself and of the others: everything that is known where it stands, and nothing more. */
import test from 'ava'
import type { RequestBody } from '../../lib/protocol/request.js'
import type { PeerStatus, ReplicaStatus } from '../../lib/replica/view-message.js'
import { Cluster } from './cluster.js'
import type { Node } from './cluster.js'

function create(path: string): RequestBody {
  return { kind: 'create', path, data: undefined, ephemeral: false, sequential: false }
}

function statusOf(node: Node): ReplicaStatus {
  const { replica } = node
  if (replica?.status === undefined) throw new Error(`replica ${node.id} is not running`)
  return replica.status
}

function peerOf(node: Node, id: number): PeerStatus {
  const peer = statusOf(node).peers.find((each) => each.id === id)
  if (peer === undefined) throw new Error(`replica ${node.id} does not tell of ${id}`)
  return peer
}

/** Three replicas that serve, the leader first. */
function three(): { cluster: Cluster; leader: Node; follower: Node; other: Node } {
  const cluster = new Cluster(3)
  cluster.start(1, 2, 3)
  cluster.run(1000)
  const { leader } = cluster
  const [follower, other] = cluster.nodes.filter((node) => node !== leader)
  if (leader === undefined || follower === undefined || other === undefined)
    throw new Error('one of three leads')
  return { cluster, leader, follower, other }
}

test('a leader tells how far every voter is, itself included', (t) => {
  const { leader } = three()
  const { peers, lastLogged } = statusOf(leader)
  t.deepEqual(
    peers.map(({ id }) => id),
    [1, 2, 3],
  )
  t.true(lastLogged > 0)
  for (const peer of peers) {
    const { id } = peer
    t.deepEqual(peer, {
      id,
      voter: true,
      connected: true,
      state: 'upToDate',
      acked: lastLogged,
      lagTxns: 0,
      lagBytes: 0,
    })
  }
})

test('a follower knows itself and that its leader leads, and says of the rest that it does not know', (t) => {
  const { leader, follower, other } = three()
  const unknown = { state: undefined, acked: undefined, lagTxns: undefined, lagBytes: undefined }
  t.deepEqual(peerOf(follower, follower.id), {
    ...unknown,
    id: follower.id,
    voter: true,
    connected: true,
    state: 'upToDate',
    acked: statusOf(follower).lastLogged,
  })
  t.deepEqual(peerOf(follower, leader.id), {
    ...unknown,
    id: leader.id,
    voter: true,
    connected: true,
    state: 'upToDate',
  })
  t.deepEqual(peerOf(follower, other.id), {
    ...unknown,
    id: other.id,
    voter: true,
    connected: true,
  })
})

test('a leader tells by how many txns and bytes each is behind, and forgets what it knew of one that is gone', (t) => {
  const { cluster, leader, follower, other } = three()
  const session = cluster.openSession(leader.id, 1)
  const before = statusOf(leader).lastLogged
  // What is on its way to that one arrives only when told.
  cluster.hold(other.id)
  for (let cxid = 1; cxid <= 3; cxid++) cluster.write(leader.id, session, cxid, create(`/${cxid}`))
  const behind = peerOf(leader, other.id)
  t.is(behind.acked, before)
  t.is(behind.lagTxns, 3)
  t.true((behind.lagBytes ?? 0) > 3 * 16)
  t.is(behind.state, 'upToDate')
  t.is(peerOf(leader, follower.id).lagTxns, 0)

  cluster.release(other.id)
  t.is(peerOf(leader, other.id).lagTxns, 0)
  t.is(peerOf(leader, other.id).lagBytes, 0)

  cluster.kill(other.id)
  t.deepEqual(peerOf(leader, other.id), {
    id: other.id,
    voter: true,
    connected: false,
    state: undefined,
    acked: undefined,
    lagTxns: undefined,
    lagBytes: undefined,
  })
})

test('one that is being synchronized is not up to date, and its Views hear it as soon as it is', (t) => {
  const { cluster, leader, other } = three()
  cluster.kill(other.id)
  cluster.run(500)
  cluster.hold(other.id)
  cluster.start(other.id)
  cluster.run(200)
  t.is(peerOf(leader, other.id).state, undefined, 'it has not asked yet')
  const isAsking = (): boolean => peerOf(leader, other.id).state === 'synchronizing'
  t.true(cluster.releaseUntil(other.id, isAsking))
  t.is(peerOf(leader, other.id).acked, undefined, 'what it has is not known to be of this history')
  const isFed = (): boolean => peerOf(leader, other.id).acked !== undefined
  t.true(cluster.releaseUntil(other.id, isFed))
  t.is(peerOf(leader, other.id).state, 'synchronizing', 'until it has all of it on its disk')
  leader.inputs = []
  cluster.release(other.id)
  t.is(peerOf(leader, other.id).state, 'upToDate')
  const told = leader.inputs.flatMap((input) => (input.kind === 'status' ? [input.status] : []))
  t.is(told.at(-1)?.peers.find(({ id }) => id === other.id)?.state, 'upToDate')
})

test('alone and without a quorum a replica knows nothing of others but that they are not here', (t) => {
  const cluster = new Cluster(3)
  cluster.start(2)
  const { peers, waitingFor } = statusOf(cluster.node(2))
  t.deepEqual(
    peers.map(({ id, connected, state, acked }) => [id, connected, state, acked]),
    [
      [1, false, undefined, undefined],
      [2, true, undefined, 0],
      [3, false, undefined, undefined],
    ],
  )
  t.regex(waitingFor ?? '', /1.*3/)
})

test('a replica whose state differs tells its Views that it does, and that nobody serves them meanwhile', (t) => {
  const { cluster, leader, follower } = three()
  const session = cluster.openSession(leader.id, 1)
  follower.inputs = []
  leader.inputs = []
  if (follower.replica?.core === undefined) return t.fail('it runs')
  // A flipped bit: the next txn leads to another digest than the leader's.
  follower.replica.core.tree.digest += 1
  cluster.write(leader.id, session, 1, create('/a'))
  const zxid = statusOf(leader).lastLogged
  cluster.run(5000)

  t.deepEqual(
    follower.inputs.filter(({ kind }) => kind === 'divergence'),
    [{ kind: 'divergence', zxid }],
    'once',
  )
  const served = follower.inputs.flatMap((input) =>
    input.kind === 'status' ? [input.status.established] : [],
  )
  t.is(served[0], false)
  const next = follower.inputs[follower.inputs.findIndex(({ kind }) => kind === 'divergence') + 1]
  const said = next?.kind === 'status' ? next.status : undefined
  t.is(said?.established, false, 'at once, before it has loaded anything')
  t.regex(said?.waitingFor ?? '', /disk/)
  t.is(served.at(-1), true)
  t.false(leader.inputs.some(({ kind }) => kind === 'divergence'))
  t.is(statusOf(follower).counters['reloads'], 1)
})
