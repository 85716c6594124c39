/** What a replica tells of itself: at once when something changes that people wait for, else now and then. */
import { epochOf } from '../protocol/zxid.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Txn } from '../tree/txn.js'
import { Following } from '../zab/following.js'
import type { History } from '../zab/history.js'
import { Leading } from '../zab/leading.js'
import { Looking } from '../zab/looking.js'
import type { Learner } from '../zab/learner.js'
import type { Peer } from '../zab/peer.js'
import type { PeerStatus, ReplicaStatus } from './view-message.js'

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
  #isStale = false
  #identity: OwnIdentity | undefined

  constructor(now: number, tickMs: number) {
    this.#quietMs = tickMs * QUIET_TICKS
    this.#reportAt = now
  }

  /** What others are to this replica has changed: worth a report at the end of this step. */
  changed(): void {
    this.#isStale = true
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
      peers: peersOf(peer, connected),
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
    const isChanged = this.#isStale || facts.some((fact, index) => fact !== this.#reported[index])
    if (!isChanged && now < this.#reportAt) return false
    this.#isStale = false
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

function peersOf(peer: Peer<Txn>, connected: ReadonlySet<number>): PeerStatus[] {
  const { id: self, voterIds } = peer.options
  const ids = new Set([self, ...voterIds, ...connected])
  return [...ids]
    .sort((a, b) => a - b)
    .map((id) => {
      const voter = voterIds.includes(id)
      if (id === self) return { id, voter, connected: true, ...ownProgress(peer) }
      return { id, voter, connected: connected.has(id), ...progressOf(peer, id) }
    })
}

type Progress = Pick<PeerStatus, 'state' | 'acked' | 'lagTxns' | 'lagBytes'>

const UNKNOWN: Progress = {
  state: undefined,
  acked: undefined,
  lagTxns: undefined,
  lagBytes: undefined,
}

function ownProgress(peer: Peer<Txn>): Progress {
  const acked = peer.history.durableZxid
  if (!peer.isStarted || peer.role instanceof Looking) return { ...UNKNOWN, acked }
  if (leaderOf(peer) === undefined) return { ...UNKNOWN, acked, state: 'synchronizing' }
  // Only a leader's own log is the one by which lag is measured.
  const lag = peer.role instanceof Leading ? lagOf(peer.history, acked) : UNKNOWN
  return { ...lag, acked, state: 'upToDate' }
}

function progressOf(peer: Peer<Txn>, id: number): Progress {
  if (!peer.isStarted) return UNKNOWN
  const { role, history } = peer
  if (role instanceof Leading) {
    const learner = role.learners.find((each) => each.id === id)
    return learner === undefined ? UNKNOWN : learnerProgress(history, learner)
  }
  return leaderOf(peer) === id ? { ...UNKNOWN, state: 'upToDate' } : UNKNOWN
}

function learnerProgress(history: History<Txn>, { stage, isForwarded, acked }: Learner): Progress {
  // Before it was offered the leader's history nothing that it has on its disk is known to be of that history.
  if (!isForwarded) return { ...UNKNOWN, state: 'synchronizing' }
  const state = stage === 'serving' ? 'upToDate' : 'synchronizing'
  return { state, acked, ...lagOf(history, acked) }
}

function lagOf(history: History<Txn>, acked: Zxid): Pick<PeerStatus, 'lagTxns' | 'lagBytes'> {
  const from = Math.max(acked, history.base)
  return {
    lagTxns: history.length - history.indexAfter(from),
    lagBytes: history.bytesBetween(from, history.lastZxid),
  }
}

/** Who serves this replica: itself, once established, or the leader it is up to date with. */
function leaderOf(peer: Peer<Txn>): number | undefined {
  if (!peer.isStarted) return undefined
  const { role, options } = peer
  if (role instanceof Leading) return role.isEstablished ? options.id : undefined
  return role instanceof Following && role.isServing ? role.leader : undefined
}
