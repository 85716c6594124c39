/** What every role of a member answers to. A transition builds a new role, so no field of an old one survives. */
import type { LinkState } from './links.js'
import type { MemberState, NotificationMessage, ZabMessage } from './message.js'

export interface Role<T> {
  readonly state: MemberState
  /** Monotonic time at which `onTimeout` is due. */
  readonly deadline: number
  /** Called once, right after the role became current. */
  enter(): void
  /** Called once, right before another role becomes current. */
  leave(): void
  onTimeout(): void
  onLinkUp(link: LinkState): void
  onLinkDown(link: LinkState): void
  onMessage(link: LinkState, message: ZabMessage<T>): void
  /** More is on disk than before. */
  onPersisted(): void
  /** What this member tells a looking one. */
  notification(): NotificationMessage
  /** For people: whom this member waits for. */
  waitingFor(): string | undefined
}
