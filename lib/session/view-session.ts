/**
 * One session as its View drives it, whoever owns it: the application of this process (session-core.ts), or a client
 * elsewhere (remote-core.ts).
 */
import type { Outcome, SessionId, SessionRequest } from '../protocol/request.js'
import type { ZooKeeperError } from '../protocol/zookeeper-error.js'
import type { Zxid } from '../protocol/zxid.js'
import type { SessionRecord } from '../tree/record.js'
import type { Moment } from './lease.js'
import type { Memory } from './memory.js'
import type { Clock } from './port.js'
import type { Refusal } from './refusal.js'

/** How a session ends for its View; `moved`: a remote one was attached elsewhere and lives on. */
export type SessionEnd = 'expired' | 'closed' | 'failed' | 'moved'

export interface ViewSession {
  /** 0 until the txn that creates it is applied. */
  readonly id: SessionId
  /** zxid of the txn that gave it to this View. */
  readonly attached: Zxid
  readonly timeoutMs: number
  /** Requests that are not settled. */
  readonly pending: number
  /** Monotonic ms at which somebody is to be told that its lease has lapsed; −Infinity: nobody. */
  readonly leaseUntil: number

  /** It is this View's from the txn at `attached` on; `sent` is when this View asked for it. */
  born(id: SessionId, attached: Zxid, sent: Moment): void
  /** A quorum confirmed the heartbeat that was sent then. */
  confirm(sent: Moment): void
  /** Whether the heartbeat that leaves now tells of it. */
  takeBeat(): boolean
  /** What has not left yet, with its cxids; from here on it has left. */
  takeRequests(): SessionRequest[]
  /** The txn that answers the request is applied and its watches have fired. */
  onOutcome(cxid: number, outcome: Outcome): void
  /** The View was caught up by a snapshot: the session table knows what came of the requests. */
  onRecord(record: Pick<SessionRecord, 'id' | 'lastCxid' | 'outcomes'>): void
  /** The View lost its leader or its trust in its memory, or regained it: what is shown may have changed. */
  refresh(): void
  /** The View stopped or began to trust its memory. Says nothing to anybody. */
  refreshRefusal(): void
  /** Reads that wait are not answered any more: no leader, or a state that cannot be trusted. */
  failReads(): void
  /**
   * It is over here, whoever ended it.
   *
   * @param refusal What every call gets from now on.
   * @param pendingError What the unsettled requests get.
   */
  end(why: SessionEnd, refusal: Refusal, pendingError: ZooKeeperError): void
  /** Ends it from this side; resolves when that is done, at the latest after the timeout. Never rejects. */
  close(timeoutMs: number): Promise<void>
}

/** What a session needs of its View. */
export interface SessionHost {
  readonly clock: Clock
  readonly memory: Memory
  /** Everything committed is applied and a leader serves. */
  readonly isEstablished: boolean
  /** The state in memory cannot be trusted. */
  readonly isDiverged: boolean
  /** Asynchronous reads are answered without a leader too. */
  readonly isReadOnly: boolean
  /** `user:hash` of the superuser, if there is one. */
  readonly superDigest: string | undefined
  /** The replica has let go of its database. */
  readonly isGone: boolean
  /** Bytes of unsettled requests, of all sessions together. */
  bytesInFlight: number
  /** The session has something to send before this turn ends. */
  flushLater(core: ViewSession): void
  /** The session has ended. */
  forget(core: ViewSession): void
}
