/**
 * What the consensus core knows of a txn: its zxid, and whether it names a database as a voter.
 *
 * Zab never looks inside a txn but for that one thing: who may vote is decided by the log itself, committed
 * or not, so that a stale leader cannot count a database that the log has replaced (the amnesia rule).
 */
import type { Epoch, Zxid } from '../protocol/zxid.js'

/**
 * One opening of a voter's database. With `vote` the database becomes the only one that votes for that id;
 * without, it only tells that a database which votes already has been opened anew.
 */
export interface Registration {
  readonly replica: number
  readonly databaseId: string
  readonly incarnation: number
  readonly incarnationKey: number
  readonly vote: boolean
}

export interface Entry<T> {
  readonly zxid: Zxid
  readonly txn: T
  /** Of the txns that register a member; derived from the txn, never stored beside it. */
  readonly registration?: Registration | undefined
}

/** The database that votes for an id, and its newest known opening: an older one is an old copy. */
export interface RegistryRow {
  readonly replica: number
  readonly databaseId: string
  readonly incarnation: number
  readonly incarnationKey: number
}

/** Which database votes for each voter id, as of a position in the log. */
export interface Registry {
  /** Registrations at or before this zxid are included. */
  readonly asOf: Zxid
  /** Ascending by id. Empty before the first formation. */
  readonly voters: readonly RegistryRow[]
}

/** The durable variables of a member, in one row that is replaced as a whole. */
export interface Meta {
  readonly clusterId: string
  readonly databaseId: string
  /** This database may vote. */
  readonly voter: boolean
  readonly acceptedEpoch: Epoch
  readonly currentEpoch: Epoch
  readonly registry: Registry
}

/** What a member finds on its disk when it starts, as far as consensus goes. */
export interface RecoveredLog<T> {
  readonly meta: Meta
  /** Counter of this opening, already durable. */
  readonly incarnation: number
  readonly incarnationKey: number
  /** Zxid after which `entries` begin: 0, or what the log was trimmed up to. */
  readonly base: Zxid
  readonly entries: readonly Entry<T>[]
  /**
   * Why this database cannot be trusted (a row with a wrong checksum, a gap in the log, a damaged WAL):
   * it has no vote, a fresh database id in `meta`, and is refilled by a leader. Its entries are left out.
   */
  readonly damage: string | undefined
}
