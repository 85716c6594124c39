/** The parts of a View's `status()`, and the error behind a replica that stopped. */
import { ERRNO } from '../protocol/error-code.js'
import type { ErrorCode } from '../protocol/error-code.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { ReplicaStatus } from '../replica/view-message.js'
import type { Tree } from '../tree/tree.js'
import type { Status } from './handle.js'

/** @param at Wall clock, ms, of the report. */
export function statusOf(
  tree: Tree,
  reported: ReplicaStatus | undefined,
  at: number,
  error: Error | undefined,
): Status {
  return {
    id: reported?.id ?? 0,
    role: reported?.role ?? 'looking',
    epoch: reported?.epoch ?? 0,
    leader: reported?.leader,
    established: reported?.established ?? false,
    voter: reported?.voter ?? false,
    voters: reported?.voters ?? [],
    connected: reported?.connected ?? [],
    clusterId: reported?.clusterId ?? '',
    lastLogged: reported?.lastLogged ?? 0,
    lastCommitted: reported?.lastCommitted ?? 0,
    waitingFor: reported?.waitingFor,
    lastZxid: tree.lastZxid,
    digest: tree.digest,
    at,
    ...(error === undefined ? {} : { error }),
  }
}

/** The replica's thread names the code; an unknown one is a failure of ours. */
export function failureCause(code: string, reason: string): Error {
  return Object.hasOwn(ERRNO, code)
    ? new ZooKeeperError(code as ErrorCode, reason)
    : new Error(reason)
}
