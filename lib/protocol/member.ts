/** Who a member of the ensemble is: proved in the handshake of a link, recorded in the replicated state. */

/** A process on Linux, told apart from every other that ever was or will be. */
export interface ProcessIdentity {
  readonly bootId: string
  readonly pidNamespace: string
  readonly pid: number
  /** Field 22 of /proc/<pid>/stat, in clock ticks since boot. */
  readonly startTime: number
}

/** One opening of one database. */
export interface Incarnation {
  /** Random id minted with the database file. */
  readonly databaseId: string
  /** Raised durably at each open. */
  readonly incarnation: number
  /** Random uint32 of this open: two lives of a copied file cannot be mistaken for each other. */
  readonly incarnationKey: number
}

export interface Member extends Incarnation {
  /** Wire protocol version. */
  readonly protocol: number
  /** '' while the database belongs to no cluster yet. */
  readonly clusterId: string
  readonly replicaId: number
  /** Ids of all voters, ascending. */
  readonly voterIds: readonly number[]
  readonly role: 'voter' | 'observer'
  /** Holds no txn and no snapshot: an unfinished formation may be overwritten. */
  readonly empty: boolean
  /** `undefined` where the platform cannot tell (elsewhere than Linux). */
  readonly process: ProcessIdentity | undefined
}

/** Version of the messages between members; a member of another version is refused. */
export const PROTOCOL_VERSION = 2
