/** What a leader knows of one learner. It lives and dies with one link. */
import type { Zxid } from '../protocol/zxid.js'
import type { LinkState } from './links.js'
import type { AckEpochMessage, FollowerInfoMessage } from './message.js'

/**
 * How far the learner is:
 * `info` has asked to be led; `epochSent` was told the epoch; `epochAcked` has promised it and waits for the
 * leader's history to be settled; `snapshot` is being sent one; `newLeaderSent` has the whole history on its
 * link; `synchronized` has it on its disk; `serving` was told UPTODATE.
 */
export type LearnerStage =
  | 'info'
  | 'epochSent'
  | 'epochAcked'
  | 'snapshot'
  | 'newLeaderSent'
  | 'synchronized'
  | 'serving'

export class Learner {
  readonly link: LinkState
  readonly info: FollowerInfoMessage
  stage: LearnerStage = 'info'
  /** It says that its database may vote, and that is on its disk. */
  voter: boolean
  history: AckEpochMessage | undefined
  /** Newest zxid that is on its link. */
  sent: Zxid = 0
  /** Newest zxid that it was told is decided. */
  told: Zxid = 0
  /** Newest zxid that is on its disk. */
  acked: Zxid = 0
  /** Newest ping that it has answered. */
  ponged = 0

  constructor(link: LinkState, info: FollowerInfoMessage) {
    this.link = link
    this.info = info
    this.voter = info.voter
  }

  get id(): number {
    return this.link.member.replicaId
  }

  /** Receives live proposals. */
  get isForwarded(): boolean {
    return this.stage === 'newLeaderSent' || this.isSynchronized
  }

  /** Has acknowledged NEWLEADER: its acks and its link count. */
  get isSynchronized(): boolean {
    return this.stage === 'synchronized' || this.stage === 'serving'
  }
}
