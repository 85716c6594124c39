/** What a replica tells of itself: at once when something changes that people wait for, else now and then. */
import { epochOf } from '../protocol/zxid.js'
import type { Txn } from '../tree/txn.js'
import { Following } from '../zab/following.js'
import type { History } from '../zab/history.js'
import { Leading } from '../zab/leading.js'
import type { Peer } from '../zab/peer.js'
import type { ReplicaStatus } from './view-message.js'

/** Ticks between two reports when nothing changes. */
const QUIET_TICKS = 5

export interface OwnIdentity {
  readonly clusterId: string
  readonly databaseId: string
  readonly empty: boolean
}

export class StatusReporter {
  readonly #quietMs: number
  #reported: readonly unknown[] = []
  #reportAt: number
  #identity: OwnIdentity | undefined

  constructor(now: number, tickMs: number) {
    this.#quietMs = tickMs * QUIET_TICKS
    this.#reportAt = now
  }

  of(peer: Peer<Txn>, counters: ReadonlyMap<string, number>): ReplicaStatus {
    const { history, options, links } = peer
    const leader = leaderOf(peer)
    const self = options.id
    const connected = new Set(links.all().map(({ member }) => member.replicaId))
    return {
      id: self,
      role: peer.isStarted ? peer.role.state : 'looking',
      epoch: leader === undefined ? epochOf(history.lastZxid) : history.meta.currentEpoch,
      leader,
      established: leader !== undefined,
      voter: history.isVoter,
      lastLogged: history.lastZxid,
      lastCommitted: history.committed,
      connected: [...connected].filter((id) => id !== self).sort((a, b) => a - b),
      voters: options.voterIds,
      clusterId: history.meta.clusterId,
      waitingFor: peer.isStarted ? peer.role.waitingFor() : 'its own start',
      counters: Object.fromEntries(counters),
    }
  }

  isDue(now: number, peer: Peer<Txn>): boolean {
    const facts = [
      leaderOf(peer),
      peer.role.state,
      peer.history.meta.currentEpoch,
      peer.history.isVoter,
      peer.links.count,
    ]
    const isChanged = facts.some((fact, index) => fact !== this.#reported[index])
    if (!isChanged && now < this.#reportAt) return false
    this.#reported = facts
    this.#reportAt = now + this.#quietMs
    return true
  }

  /** What handshakes must say from now on, if that has changed. */
  identityOf({
    meta: { clusterId, databaseId },
    isEmpty: empty,
  }: History<Txn>): OwnIdentity | undefined {
    const last = this.#identity
    if (last?.clusterId === clusterId && last.databaseId === databaseId && last.empty === empty)
      return undefined
    this.#identity = { clusterId, databaseId, empty }
    return this.#identity
  }
}

/** Who serves this replica: itself, once established, or the leader it is up to date with. */
function leaderOf(peer: Peer<Txn>): number | undefined {
  if (!peer.isStarted) return undefined
  const { role, options } = peer
  if (role instanceof Leading) return role.isEstablished ? options.id : undefined
  return role instanceof Following && role.isServing ? role.leader : undefined
}
