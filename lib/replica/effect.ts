/** Everything a replica can ask of its shell. A closed union of plain data, executed in the order given. */
import type { ProcessIdentity } from '../protocol/member.js'
import type { SnapshotWrite } from '../tree/write.js'
import type { Txn } from '../tree/txn.js'
import type { ZabWrite } from '../zab/write.js'
import type { LinkNumber, Ticket } from './input.js'
import type { Message } from './message.js'
import type { ReplicaStatus, ViewInput } from './view-message.js'

export type Write = ZabWrite<Txn> | SnapshotWrite

export type Effect =
  | { readonly kind: 'send'; readonly link: LinkNumber; readonly message: Message }
  /** One transaction; answered once by `persisted`, or the replica fails. Tickets ascend. */
  | { readonly kind: 'persist'; readonly ticket: Ticket; readonly writes: readonly Write[] }
  | { readonly kind: 'view'; readonly view: number; readonly input: ViewInput }
  | { readonly kind: 'closeLink'; readonly link: LinkNumber; readonly reason: string }
  | { readonly kind: 'status'; readonly status: ReplicaStatus }
  /** Watch over this process and say `processGone` once it provably is. */
  | {
      readonly kind: 'watchProcess'
      readonly replica: number
      readonly incarnationKey: number
      readonly process: ProcessIdentity
    }
  | { readonly kind: 'unwatchProcess'; readonly replica: number }
  /** What a member must say of itself in handshakes from now on changed (cluster id, database id, empty). */
  | {
      readonly kind: 'identity'
      readonly clusterId: string
      readonly databaseId: string
      readonly empty: boolean
    }
  /** Everything in memory is in doubt: load from the disk again, as a new incarnation of the core. */
  | { readonly kind: 'reload'; readonly reason: string }
  /** This incarnation is over. */
  | { readonly kind: 'failed'; readonly reason: string }
