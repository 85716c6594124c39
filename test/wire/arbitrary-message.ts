/** Seeded random messages: one maker per member of each union, so that the compiler misses none. */
import type { Random } from '../../lib/base/random.js'
import type { Message } from '../../lib/replica/message.js'
import type {
  PeerStatus,
  ReplicaStatus,
  Timed,
  Trace,
  TraceKind,
  ViewInput,
  ViewOutput,
} from '../../lib/replica/view-message.js'
import {
  incarnation,
  bool,
  count,
  entries,
  epoch,
  name,
  registry,
  report,
  request,
  tail,
  times,
  uint32,
  znode,
  zxid,
} from './arbitrary.js'

type Makers<U extends { readonly kind: string }> = {
  readonly [Kind in U['kind']]: (random: Random) => Extract<U, { readonly kind: Kind }>
}

const STATES = ['looking', 'following', 'leading', 'observing'] as const

export const MESSAGES: Makers<Message> = {
  notification: (random) => ({
    kind: 'notification',
    state: STATES[random.integer(4)]!,
    round: count(random),
    vote: { leader: 1 + random.integer(9), epoch: epoch(random), zxid: zxid(random) },
    voter: bool(random),
    empty: bool(random),
    established: bool(random),
  }),
  followerInfo: (random) => ({
    kind: 'followerInfo',
    acceptedEpoch: epoch(random),
    voter: bool(random),
    empty: bool(random),
    role: bool(random) ? 'voter' : 'observer',
  }),
  leaderInfo: (random) => ({ kind: 'leaderInfo', epoch: epoch(random) }),
  ackEpoch: (random) => ({
    kind: 'ackEpoch',
    epoch: epoch(random),
    fresh: bool(random),
    currentEpoch: epoch(random),
    lastZxid: zxid(random),
    voter: bool(random),
    empty: bool(random),
    epochEnds: times(random.integer(20), () => zxid(random)),
    needsSnapshot: bool(random),
  }),
  diff: (random) => ({ kind: 'diff', from: zxid(random) }),
  snap: (random) => ({ kind: 'snap', start: zxid(random) }),
  newLeader: (random) => ({
    kind: 'newLeader',
    epoch: epoch(random),
    clusterId: name(random),
    lastZxid: zxid(random),
    registry: registry(random),
    formation: bool(random),
  }),
  ackNewLeader: (random) => ({
    kind: 'ackNewLeader',
    epoch: epoch(random),
    lastZxid: zxid(random),
    voter: bool(random),
  }),
  upToDate: (random) => ({ kind: 'upToDate', epoch: epoch(random), committed: zxid(random) }),
  proposal: (random) => ({ kind: 'proposal', entries: entries(random, 1 + random.integer(5)) }),
  ack: (random) => ({ kind: 'ack', zxid: zxid(random), voter: bool(random) }),
  commit: (random) => ({ kind: 'commit', zxid: zxid(random) }),
  ping: (random) => ({ kind: 'ping', epoch: epoch(random), number: count(random) }),
  pong: (random) => ({ kind: 'pong', epoch: epoch(random), number: count(random) }),
  forward: (random) => ({
    kind: 'forward',
    requests: times(random.integer(5), () => request(random)),
  }),
  report: (random) => ({ kind: 'report', sessions: report(random) }),
  lease: (random) => ({ kind: 'lease', sessions: report(random) }),
  snapNodes: (random) => ({
    kind: 'snapNodes',
    slice: count(random),
    nodes: times(random.integer(9), () => znode(random)),
    sessions: tail(random).sessions,
  }),
  snapAck: (random) => ({ kind: 'snapAck', slice: count(random) }),
  snapEnd: (random) => ({ kind: 'snapEnd', tail: tail(random) }),
  divergence: (random) => ({ kind: 'divergence', zxid: zxid(random) }),
  oldCopy: (random) => ({ kind: 'oldCopy', newest: incarnation(random) }),
}

/** Any message. */
export function message(random: Random): Message {
  const makers: readonly ((random: Random) => Message)[] = Object.values(MESSAGES)
  return makers[random.integer(makers.length)]!(random)
}

function status(random: Random): ReplicaStatus {
  return {
    id: 1,
    role: STATES[random.integer(4)]!,
    epoch: epoch(random),
    leader: bool(random) ? undefined : 3,
    established: bool(random),
    voter: bool(random),
    lastLogged: zxid(random),
    lastCommitted: zxid(random),
    connected: times(random.integer(3), (index) => index + 2),
    voters: [1, 2, 3],
    peers: times(random.integer(4), (index) => peer(random, index + 1)),
    clusterId: name(random),
    waitingFor: bool(random) ? undefined : 'replica 2',
    counters: { proposals: count(random), 'link.bytes': count(random) },
  }
}

function peer(random: Random, id: number): PeerStatus {
  const isKnown = bool(random)
  return {
    id,
    voter: bool(random),
    connected: bool(random),
    state: isKnown ? (bool(random) ? 'upToDate' : 'synchronizing') : undefined,
    acked: isKnown ? zxid(random) : undefined,
    lagTxns: isKnown ? count(random) : undefined,
    lagBytes: isKnown ? count(random) : undefined,
  }
}

const TRACES: Makers<Trace> = {
  election: (random) => ({
    kind: 'election',
    ...timed(random),
    epoch: epoch(random),
    leader: 1 + random.integer(7),
    role: STATES[random.integer(4)]!,
  }),
  snapshot: (random) => ({
    kind: 'snapshot',
    ...timed(random),
    action: (['taken', 'sent', 'received'] as const)[random.integer(3)]!,
    peer: bool(random) ? undefined : 2,
    bytes: count(random),
    znodes: count(random),
    zxid: zxid(random),
  }),
  fsync: (random) => ({
    kind: 'fsync',
    ...timed(random),
    writes: random.integer(100),
    bytes: count(random),
  }),
}

function timed(random: Random): Timed {
  return { start: 1_700_000_000_000 + random.integer(1e9), durationMs: random.next() * 100 }
}

const TRACE_KINDS = Object.keys(TRACES) as TraceKind[]

export const VIEW_INPUTS: Makers<ViewInput> = {
  attached: (random) => ({
    kind: 'attached',
    replica: 1,
    incarnationKey: uint32(random),
    view: random.integer(5),
  }),
  snapshotBegin: () => ({ kind: 'snapshotBegin' }),
  snapshotNodes: (random) => ({
    kind: 'snapshotNodes',
    nodes: times(random.integer(9), () => znode(random)),
  }),
  snapshotEnd: (random) => ({
    kind: 'snapshotEnd',
    tail: tail(random),
    entries: entries(random, random.integer(4)),
  }),
  txns: (random) => ({ kind: 'txns', entries: entries(random, random.integer(9)) }),
  lease: (random) => ({ kind: 'lease', sessions: report(random) }),
  status: (random) => ({ kind: 'status', status: status(random) }),
  divergence: (random) => ({ kind: 'divergence', zxid: zxid(random) }),
  trace: (random) => ({
    kind: 'trace',
    traces: times(random.integer(6), () => TRACES[TRACE_KINDS[random.integer(3)]!](random)),
  }),
  failed: (random) => ({ kind: 'failed', reason: 'the disk is full', code: name(random) }),
}

export const VIEW_OUTPUTS: Makers<ViewOutput> = {
  requests: (random) => ({
    kind: 'requests',
    requests: times(random.integer(9), () => request(random)),
  }),
  heartbeat: (random) => ({
    kind: 'heartbeat',
    heartbeat: count(random),
    sessions: times(random.integer(4), () => zxid(random)),
  }),
  credit: (random) => ({
    kind: 'credit',
    messages: random.integer(100),
    lastZxid: zxid(random),
    digest: random.integer(2 ** 52),
  }),
  diverged: (random) => ({ kind: 'diverged', zxid: zxid(random) }),
  trace: (random) => ({ kind: 'trace', on: TRACE_KINDS.filter(() => bool(random)) }),
}
