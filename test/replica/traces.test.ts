/** What took time in a replica: told to the Views that asked for it, with the times of the steps it lasted. */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import type { RequestBody } from '../../lib/protocol/request.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { ReplicaBounds } from '../../lib/replica/options.js'
import { Traces } from '../../lib/replica/traces.js'
import type {
  ElectionTrace,
  SnapshotTrace,
  Trace,
  TraceKind,
} from '../../lib/replica/view-message.js'
import { Views } from '../../lib/replica/views.js'
import { Disk } from '../../lib/testing/disk.js'
import { Cluster, WALL } from './cluster.js'
import type { Node } from './cluster.js'

const BOUNDS: Partial<ReplicaBounds> = {
  logBytesBeforeSnapshot: 4000,
  logBytesRetained: 500,
  snapshotSliceBytes: 1000,
}

function setData(n: number): RequestBody {
  return { kind: 'setData', path: '/a', data: new Uint8Array(100).fill(n), version: -1 }
}

function serving(bounds?: Partial<ReplicaBounds>): Cluster {
  const cluster = new Cluster(3, bounds)
  cluster.start(1, 2, 3)
  cluster.run(1000)
  return cluster
}

function listen(cluster: Cluster, on: readonly TraceKind[]): void {
  for (const { id } of cluster.nodes) cluster.output(id, { kind: 'trace', on })
}

function tracesOf({ inputs }: Node): Trace[] {
  return inputs.flatMap((input) => (input.kind === 'trace' ? input.traces : []))
}

function elections(node: Node): ElectionTrace[] {
  return tracesOf(node).filter((trace) => trace.kind === 'election')
}

function snapshots(node: Node): SnapshotTrace[] {
  return tracesOf(node).filter((trace) => trace.kind === 'snapshot')
}

/** So many writes of 100 bytes, through the leader. */
function write(cluster: Cluster, count: number): void {
  const id = cluster.leader?.id ?? 0
  const session = cluster.openSession(id, count)
  cluster.write(id, session, 1, {
    kind: 'create',
    path: '/a',
    data: undefined,
    ephemeral: false,
    sequential: false,
  })
  for (let n = 0; n < count; n++) cluster.write(id, session, n + 2, setData(n))
}

test('nobody hears of anything that he did not ask for', (t) => {
  const cluster = serving(BOUNDS)
  cluster.output(1, { kind: 'trace', on: ['snapshot'] })
  cluster.output(2, { kind: 'trace', on: ['election', 'snapshot'] })
  cluster.output(2, { kind: 'trace', on: [] })
  write(cluster, 100)
  cluster.kill(cluster.leader?.id ?? 0)
  cluster.run(5000)
  t.true(tracesOf(cluster.node(1)).length > 0)
  t.true(tracesOf(cluster.node(1)).every(({ kind }) => kind === 'snapshot'))
  t.deepEqual(tracesOf(cluster.node(2)), [])
  t.deepEqual(tracesOf(cluster.node(3)), [])
})

test('of two Views of one replica each hears what it asked for', (t) => {
  const views = new Views(DEFAULT_BOUNDS)
  const traces = new Traces({ mono: 0, wall: 0 }, views)
  for (const view of [1, 2, 3]) views.attach(view)
  views.listen(1, ['election'])
  views.listen(2, ['election', 'snapshot'])
  const snapshot = { kind: 'snapshot', action: 'taken', peer: undefined } as const
  const [begun, now] = [
    { mono: 5, wall: 1005 },
    { mono: 9, wall: 2000 },
  ]
  traces.served(now, { epoch: 1, leader: 1, role: 'leading' })
  traces.ended(begun, now, { ...snapshot, bytes: 10, znodes: 1, zxid: 7 })
  const heard = traces.take().map((effect) => {
    const input = effect.kind === 'view' ? effect.input : undefined
    const told = input?.kind === 'trace' ? input.traces : []
    return told.map(({ kind, start, durationMs }) => [kind, start, durationMs])
  })
  const [election, taken] = [
    ['election', 0, 9],
    ['snapshot', 1005, 4],
  ]
  t.deepEqual(heard, [[election], [election, taken]])
  t.deepEqual(traces.take(), [], 'once')
})

test('an election lasts from the loss of the last leader to the first step under the next', (t) => {
  const cluster = serving()
  listen(cluster, ['election'])
  const former = cluster.leader?.id ?? 0
  const [first, second] = cluster.nodes.filter(({ id }) => id !== former)
  if (first === undefined || second === undefined) return t.fail('two follow')
  cluster.kill(second.id)
  t.deepEqual(elections(first), [], 'who is not without a leader has no election')
  const lost = cluster.now
  cluster.kill(former)
  cluster.run(3000)
  t.deepEqual(elections(first), [], 'one alone elects nobody')
  const before = cluster.now
  cluster.start(second.id)
  cluster.run(5000)

  const [election] = elections(first)
  t.is(elections(first).length, 1, 'one, however many rounds it took')
  t.is(election?.start, WALL + lost)
  t.true((election?.durationMs ?? 0) >= before - lost)
  t.true((election?.durationMs ?? Infinity) <= cluster.now - lost)
  t.is(election?.leader, cluster.leader?.id)
  t.is(election?.epoch, cluster.leader?.replica?.status?.epoch)
  t.is(election?.role, first.id === cluster.leader?.id ? 'leading' : 'following')
})

test('a snapshot of one’s own is reported when it is complete', (t) => {
  const cluster = serving(BOUNDS)
  listen(cluster, ['snapshot'])
  const [node] = cluster.nodes
  if (node === undefined) return t.fail('there is one')
  const before = cluster.now
  write(cluster, 100)
  const taken = snapshots(node)
  t.is(node.replica?.status?.counters['snapshotsTaken'], taken.length)
  t.true(taken.length >= 2)
  for (const snapshot of taken) {
    t.is(snapshot.action, 'taken')
    t.is(snapshot.peer, undefined)
    t.true(snapshot.start >= WALL + before && snapshot.start <= WALL + cluster.now)
    t.true(snapshot.durationMs >= 0)
    t.true(snapshot.bytes > 0)
    t.true(snapshot.zxid > 0)
  }
  t.is(taken.at(-1)?.znodes, node.replica?.core?.tree.size)
})

test('a snapshot that catches a replica up is reported by who sends and who receives it', (t) => {
  const cluster = serving(BOUNDS)
  const leader = cluster.leader?.id ?? 0
  const lost = leader === 1 ? 2 : 1
  cluster.kill(lost)
  write(cluster, 200)
  listen(cluster, ['snapshot'])
  cluster.node(lost).disk = new Disk(new Random(3))
  cluster.hold(lost)
  cluster.start(lost)
  cluster.output(lost, { kind: 'trace', on: ['snapshot'] })
  cluster.release(lost)
  cluster.run(5000)

  const [sender, receiver] = [cluster.node(leader), cluster.node(lost)]
  const sent = snapshots(sender).filter(({ action }) => action === 'sent')
  const received = snapshots(receiver).filter(({ action }) => action === 'received')
  t.is(sent.length, 1)
  t.is(received.length, 1)
  t.is(sent[0]?.peer, lost)
  t.is(received[0]?.peer, leader)
  t.is(sent[0]?.znodes, sender.replica?.core?.tree.size)
  t.is(received[0]?.znodes, sent[0]?.znodes)
  t.is(received[0]?.zxid, sent[0]?.zxid)
  t.is(sender.replica?.status?.counters['snapshotsSent'], 1)
  t.is(receiver.replica?.status?.counters['snapshotsReceived'], 1)
})
