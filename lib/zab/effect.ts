/** What the consensus core asks of the replica around it, executed in the order given. */
import type { Zxid } from '../protocol/zxid.js'
import type { Entry } from './entry.js'
import type { LinkNumber } from './links.js'
import type { ZabMessage } from './message.js'

export type ZabEffect<T> =
  | { readonly kind: 'send'; readonly link: LinkNumber; readonly message: ZabMessage<T> }
  | { readonly kind: 'closeLink'; readonly link: LinkNumber; readonly reason: string }
  /** These entries are decided: each right after the last one delivered. */
  | { readonly kind: 'deliver'; readonly entries: readonly Entry<T>[] }
  /** Leader: this learner needs a snapshot; say `snapshotSent` once all of it is on the link. */
  | { readonly kind: 'snapshotWanted'; readonly link: LinkNumber; readonly start: Zxid }
  /** Leader: this learner's synchronization is over, one way or the other. */
  | { readonly kind: 'learnerGone'; readonly link: LinkNumber }
  /** Learner: a snapshot from this leader begins. */
  | { readonly kind: 'snapshotBegins'; readonly link: LinkNumber; readonly start: Zxid }
  /** Learner: the received snapshot becomes the state, in the same durable step as the log that follows it. */
  | { readonly kind: 'snapshotInstalled' }
  /** Learner: what was received of a snapshot is void. */
  | { readonly kind: 'snapshotVoid' }
  /** Everything decided is delivered and a leader serves: this member leads, or is up to date with the leader. */
  | { readonly kind: 'serving'; readonly leader: number }
  /** No leader serves any longer. */
  | { readonly kind: 'suspended' }
  /** Leader: a learner is up to date and may forward requests. */
  | { readonly kind: 'learnerServing'; readonly link: LinkNumber }
  /** Follower: a ping of a serving leader came. */
  | { readonly kind: 'pinged'; readonly link: LinkNumber }
  /** Leader: a quorum of voters has answered this ping or a later one. */
  | { readonly kind: 'pingQuorum'; readonly number: number }
