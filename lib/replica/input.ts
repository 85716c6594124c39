/** Everything that can happen to a replica. A closed union of plain data. */
import type { Member } from '../protocol/member.js'
import type { Recovered } from './recovered.js'
import type { Message } from './message.js'
import type { ViewOutput } from './view-message.js'

/** Number of one link: grows, and is never used twice in one incarnation. */
export type LinkNumber = number

/** Names one persist effect. */
export type Ticket = number

export type Input =
  /** First of all: what storage recovered. */
  | { readonly kind: 'start'; readonly recovered: Recovered }
  /** The deadline has passed. The shell drains everything else first. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'linkUp'; readonly link: LinkNumber; readonly member: Member }
  | { readonly kind: 'linkDown'; readonly link: LinkNumber }
  | { readonly kind: 'message'; readonly link: LinkNumber; readonly message: Message }
  /** The write of that ticket, and every one before it, is on disk. */
  | { readonly kind: 'persisted'; readonly ticket: Ticket }
  | { readonly kind: 'viewAttached'; readonly view: number }
  | { readonly kind: 'viewDetached'; readonly view: number }
  | { readonly kind: 'view'; readonly view: number; readonly output: ViewOutput }
  /** The process that opened this incarnation is provably gone. */
  | { readonly kind: 'processGone'; readonly replica: number; readonly incarnationKey: number }
  /** The shell closes: say goodbye to the peers (nothing durable depends on it). */
  | { readonly kind: 'close' }

/** Read once per input by the shell. */
export interface Instant {
  /** Monotonic ms since some moment of this process. */
  readonly mono: number
  /** Wall clock, ms since 1970; only a leader looks at it, to stamp txns. */
  readonly wall: number
}
