/** The parts of a View's `status()`, and the error behind a replica that stopped. */
import { ERRNO } from '../protocol/error-code.js'
import type { ErrorCode } from '../protocol/error-code.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { ReplicaStatus } from '../replica/view-message.js'
import type { Status } from './handle.js'
import type { Memory } from './memory.js'

/** Of a View, what it can tell of itself. */
export interface Holdings {
  /** It was closed, or has failed: nothing is heard of its replica any more. */
  readonly isOver: boolean
  readonly memory: Memory
  /** Sessions of this View. */
  readonly sessionCount: number
}

const UNKNOWN: ReplicaStatus = {
  id: 0,
  role: 'looking',
  epoch: 0,
  leader: undefined,
  established: false,
  voter: false,
  voters: [],
  connected: [],
  peers: [],
  clusterId: '',
  lastLogged: 0,
  lastCommitted: 0,
  waitingFor: undefined,
  counters: {},
}

/**
 * @param reported What the replica last said; `undefined` before it said anything.
 * @param at Wall clock, ms, of that.
 * @param error Why it has stopped for good.
 */
export function statusOf(
  view: Holdings,
  reported: ReplicaStatus = UNKNOWN,
  at: number,
  error: Error | undefined,
): Status {
  const { memory, sessionCount, isOver } = view
  const { counters: _, ...told } = isOver ? stopped(reported) : reported
  const { lastZxid, digest, sessions, size: znodes, bytes } = memory.tree
  return {
    ...told,
    lastZxid,
    digest,
    sessions: sessions.size,
    ownSessions: sessionCount,
    watches: memory.watches.size,
    znodes,
    ephemerals: ephemeralsOf(memory),
    bytes,
    at,
    ...(error === undefined ? {} : { error }),
  }
}

/** Of a replica that has stopped for good: what it said last, without what it cannot be any more. */
export function stopped(last: ReplicaStatus): ReplicaStatus {
  const peers = last.peers.map(({ id, voter }) => {
    const unknown = { state: undefined, acked: undefined, lagTxns: undefined, lagBytes: undefined }
    return { id, voter, connected: id === last.id, ...unknown }
  })
  return {
    ...last,
    role: 'looking',
    leader: undefined,
    established: false,
    connected: [],
    peers,
    waitingFor: undefined,
  }
}

/** Counters of the replica's thread, as last reported, and gauges of both. */
export function metricsOf(
  view: Holdings & { status(): Status },
  counters: ReplicaStatus['counters'] | undefined,
): Record<string, number> {
  const status = view.status()
  return {
    ...counters,
    sessions: status.ownSessions,
    ensembleSessions: status.sessions,
    watches: status.watches,
    znodes: status.znodes,
    ephemerals: status.ephemerals,
    treeBytes: status.bytes,
    epoch: status.epoch,
    established: status.established ? 1 : 0,
    leading: status.role === 'leading' && status.established ? 1 : 0,
    connected: status.connected.length,
    lagTxnsMax: lagTxnsMaxOf(status),
  }
}

/** Of the voter that is furthest behind; 0 where that is not known. */
function lagTxnsMaxOf({ peers }: Status): number {
  return peers.reduce((max, { voter, lagTxns = 0 }) => (voter ? Math.max(max, lagTxns) : max), 0)
}

function ephemeralsOf({ tree }: Memory): number {
  let ephemerals = 0
  for (const session of tree.sessions.values()) ephemerals += session.ephemerals.size
  return ephemerals
}

/** The replica's thread names the code; an unknown one is a failure of ours. */
export function failureCause(code: string, reason: string): Error {
  return Object.hasOwn(ERRNO, code)
    ? new ZooKeeperError(code as ErrorCode, reason)
    : new Error(reason)
}
