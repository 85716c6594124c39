/**
 * What the checkers are told of the inside of replicas: what they log, hold and promise, and what is on their disks at
 * that very moment. Plain data, like the rest of what is observed (observation.ts); who looks is inspector.ts.
 */
import type { SessionId } from '../../lib/protocol/request.js'
import type { Epoch, Zxid } from '../../lib/protocol/zxid.js'
import type { ZnodeRecord } from '../../lib/tree/record.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'

/** A replica asks its disk for these entries. Whoever does so first of all has proposed them. */
export interface Appended {
  readonly kind: 'appended'
  readonly replica: number
  readonly incarnationKey: number
  readonly entries: readonly Entry<Txn>[]
}

/** What a message says is durable, or what is. Of what is not claimed: zeros, and no vote. */
export interface Durables {
  /** The log of the sender, up to here. */
  readonly lastZxid: Zxid
  readonly acceptedEpoch: Epoch
  readonly currentEpoch: Epoch
  readonly voter: boolean
}

/** A message leaves that counts on the sender's disk. */
export interface Claimed {
  readonly kind: 'claimed'
  readonly replica: number
  readonly message: string
  readonly claim: Durables
  readonly disk: Durables
}

/** A database acknowledges the epoch of a leader, as one that it had not accepted before. */
export interface Promised {
  readonly kind: 'promised'
  readonly database: string
  readonly epoch: Epoch
  /** One life of a replica. */
  readonly leader: string
}

export interface Epochs {
  readonly acceptedEpoch: Epoch
  readonly currentEpoch: Epoch
}

/** The epochs of a replica changed, in memory or on its disk, or it has just been loaded. */
export interface EpochsSeen {
  readonly kind: 'epochs'
  readonly database: string
  readonly incarnationKey: number
  readonly memory: Epochs
  readonly disk: Epochs
  /** Newest entry of the log on disk. */
  readonly lastLogged: Zxid
}

/** A replica has loaded its state from its disk: what it applies from now on comes after `position`. */
export interface Loaded {
  readonly kind: 'loaded'
  readonly replica: number
  readonly position: Zxid
}

/** A log, of which everything must be decided. */
export interface LogSeen {
  readonly kind: 'log'
  readonly where: string
  /** It begins after this. */
  readonly base: Zxid
  readonly entries: readonly Entry<Txn>[]
}

/** A complete snapshot on a disk, and the log after its start. */
export interface SnapshotSeen {
  readonly kind: 'snapshot'
  readonly where: string
  readonly start: Zxid
  readonly end: Zxid
  readonly znodes: readonly ZnodeRecord[]
  readonly sessions: readonly SessionId[]
  readonly log: readonly Entry<Txn>[]
}

/** Sessions and ephemerals of a state in memory. */
export interface Census {
  readonly kind: 'census'
  readonly where: string
  readonly position: Zxid
  readonly sessions: readonly SessionId[]
  /** By the znodes, and by the sessions. */
  readonly ephemerals: readonly (readonly [path: string, owner: SessionId])[]
  readonly listed: readonly (readonly [path: string, owner: SessionId])[]
}

/** Several znodes of one View looked at in one moment: what is there has a czxid and an mzxid. */
export interface Glanced {
  readonly kind: 'glanced'
  readonly where: string
  readonly position: Zxid
  readonly znodes: readonly {
    readonly path: string
    readonly stat: { readonly czxid: Zxid; readonly mzxid: Zxid } | undefined
  }[]
}

/** A session has come to own an ephemeral, and this is what an earlier owner of the path believes of itself. */
export interface Handed {
  readonly kind: 'handed'
  readonly path: string
  readonly owner: SessionId
  readonly earlier: SessionId
  readonly isEarlierAlive: boolean
}

/** How full something is that has a bound. */
export interface Filled {
  readonly kind: 'filled'
  readonly where: string
  readonly what: string
  readonly size: number
  readonly max: number
}

/** What happened while nothing had to: the ensemble was healed, idle and caught up all the while. */
export interface Calm {
  readonly kind: 'calm'
  readonly ticks: number
  /** Between the leader and its learners. */
  readonly links: number
  /** Messages between members, by their kind. */
  readonly messages: ReadonlyMap<string, number>
  /** Writes that were asked for, one after another. */
  readonly writes: number
  readonly elections: number
  /** Epochs whose counter was used up meanwhile: each ends with an election. */
  readonly rollovers: number
  readonly lostSessions: number
  /** Things in memory before and after, by name. */
  readonly sizes: readonly {
    readonly what: string
    readonly before: number
    readonly after: number
  }[]
}

/** How a member, a View or a session stands when everything must be at rest; `pending` says what it still waits for. */
export interface Standing {
  readonly who: string
  readonly pending: string | undefined
}

export interface Rest {
  readonly kind: 'rest'
  readonly afterMs: number
  readonly standings: readonly Standing[]
}

export type InsideObservation =
  | Appended
  | Claimed
  | Promised
  | EpochsSeen
  | Loaded
  | LogSeen
  | SnapshotSeen
  | Census
  | Glanced
  | Handed
  | Filled
  | Calm
  | Rest
