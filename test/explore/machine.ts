/** A member of the ensemble as the explorer drives it: one input at a time, everything it asks for as plain data. */
import type { Member } from '../../lib/protocol/member.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Write } from '../../lib/replica/effect.js'
import type { Entry, Meta } from '../../lib/zab/entry.js'
import type { ZabCounter } from '../../lib/zab/peer.js'
import type { ZabWrite } from '../../lib/zab/write.js'

/** A message on a link; which ones there are is the machine's own affair. */
export interface Carried {
  readonly kind: string
}

export type AnyWrite = Write | ZabWrite<unknown>

/** What is on a disk: replaced as a whole by each transaction. */
export interface Image {
  readonly meta: Meta
  /** Openings of this database so far. */
  readonly incarnation: number
  readonly base: Zxid
  readonly entries: readonly Entry<unknown>[]
  /** Where snapshots hold more than a position; the machine's own affair. */
  readonly snapshot?: object | undefined
}

export type MachineInput =
  | { readonly kind: 'up'; readonly link: number; readonly member: Member }
  | { readonly kind: 'down'; readonly link: number }
  | { readonly kind: 'message'; readonly link: number; readonly message: Carried }
  /** The oldest write is on the disk. */
  | { readonly kind: 'persisted' }
  /** Time goes by, and nothing happens. */
  | { readonly kind: 'pass'; readonly ms: number }
  /** Time goes by up to the next deadline, which is heard of. */
  | { readonly kind: 'timeout' }
  /** So much time goes by without a word from anybody that every patience ends. */
  | { readonly kind: 'stall' }
  /** Elections are left to chance: it is to lead … */
  | { readonly kind: 'lead' }
  /** … or to follow the member at the other end of that link. */
  | { readonly kind: 'follow'; readonly link: number }
  /** A client asks for this. */
  | { readonly kind: 'ask'; readonly request: string }

export type Output =
  | { readonly kind: 'send'; readonly link: number; readonly message: Carried }
  | { readonly kind: 'close'; readonly link: number }
  | { readonly kind: 'persist'; readonly writes: readonly AnyWrite[] }
  | { readonly kind: 'deliver'; readonly entries: readonly Entry<unknown>[] }
  /** It leads, and believes itself established. */
  | {
      readonly kind: 'established'
      readonly epoch: number
      readonly base: Zxid
      readonly entries: readonly Entry<unknown>[]
    }
  /** What a sound member never says. */
  | { readonly kind: 'broken'; readonly what: string }

/** What the explorer wants to know of a member's state. */
export interface Facts {
  readonly role: string
  readonly stage: string
  readonly epoch: number
  readonly established: boolean
  /** Serves, as the leader or behind one. */
  readonly serving: boolean
  readonly leader: number | undefined
  readonly voter: boolean
  /** May take part in a first formation. */
  readonly empty: boolean
  readonly lastZxid: Zxid
  readonly committed: Zxid
  /** ms until the next deadline. */
  readonly dueMs: number
  /** The end of a round of election is a matter of a moment: a quorum has agreed. */
  readonly finalizing: boolean
  /** It leads and may be asked for something. */
  readonly canAsk: boolean
  /** Newest link that is up to each member, 0 for none. */
  readonly links: readonly number[]
  /** Requests that are not settled. */
  readonly pending: number
}

export interface Machine {
  step(input: MachineInput): readonly Output[]
  canonical(): string
  facts(): Facts
  /** How often rare things have happened to it. */
  counters(): ReadonlyMap<ZabCounter, number>
}

export interface MachineKind {
  /** @param id  1, 2 or 3. */
  open(id: number, image: Image): { readonly machine: Machine; readonly outputs: readonly Output[] }
  /** What a transaction makes of a disk. */
  write(image: Image, writes: readonly AnyWrite[]): Image
}

export const VOTER_IDS: readonly number[] = [1, 2, 3]

/** The key of an opening: random in life, here what tells it from every other. */
export function incarnationKeyOf(id: number, incarnation: number): number {
  return id * 100 + incarnation
}
