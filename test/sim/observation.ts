/**
 * What the checkers are told: plain data, so that each checker's own test can write a history by hand. Zxids order
 * everything; `number` names a session or a request of the workload for the whole run.
 */
import type { SessionId } from '../../lib/protocol/request.js'
import type { WatchEventType } from '../../lib/protocol/watch-event.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'

/** What a read showed of one znode; `undefined` for none. */
export interface Shown {
  readonly data: string
  readonly version: number
  readonly czxid: Zxid
  readonly mzxid: Zxid
}

export type WriteKind = 'create' | 'setData' | 'delete' | 'multi' | 'sync' | 'closeSession'

/** A request of the workload. */
export interface Asked {
  readonly kind: 'asked'
  readonly request: number
  readonly session: SessionId
  /** Of the session's requests the how-manieth, from 1. */
  readonly cxid: number
  readonly write: WriteKind
}

/** How a request ended, as its owner was told. */
export interface Settled {
  readonly kind: 'settled'
  readonly request: number
  readonly code: string
  /** The path that a create answered with. */
  readonly path?: string
  /** Of a setData's or create's stat. */
  readonly mzxid?: Zxid
  readonly version?: number
}

export type Observation =
  /** A leader is established, and holds all that is decided of earlier epochs, or not. */
  | {
      readonly kind: 'established'
      readonly replica: number
      readonly epoch: number
      readonly incarnationKey: number
      readonly holdsAllDecided: boolean
    }
  /** A replica applied the next txn after `after`. */
  | {
      readonly kind: 'applied'
      readonly replica: number
      readonly after: Zxid
      readonly entry: Entry<Txn>
    }
  /** A txn was applied for the first time anywhere, by `replica`. Of the databases that vote, so many lack it. */
  | {
      readonly kind: 'decided'
      readonly entry: Entry<Txn>
      readonly lacking: number
      readonly majority: number
    }
  /** A disk took something back: so many voting databases lack the newest decided txn now. */
  | {
      readonly kind: 'takenBack'
      readonly zxid: Zxid
      readonly lacking: number
      readonly majority: number
    }
  /** A state in memory, or in a snapshot, at a position. */
  | { readonly kind: 'state'; readonly where: string; readonly zxid: Zxid; readonly digest: number }
  | { readonly kind: 'opened'; readonly number: number; readonly session: SessionId }
  | Asked
  | Settled
  /** An asynchronous read was issued after so many requests of its session. */
  | {
      readonly kind: 'reading'
      readonly read: number
      readonly session: number
      readonly afterCxid: number
    }
  /**
   * A read was answered while the View stood at `position`, or before: an asynchronous one is evaluated in the apply loop
   * and answered later, so others may have seen more meanwhile.
   */
  | {
      readonly kind: 'read'
      readonly read: number | undefined
      readonly session: number
      readonly path: string
      readonly shown: Shown | undefined
      readonly position: Zxid
    }
  /** A one-shot watch was left by a read that showed this. */
  | {
      readonly kind: 'watched'
      readonly watch: number
      readonly session: number
      readonly path: string
      readonly shown: Shown | undefined
      readonly position: Zxid
    }
  /** A one-shot watch fired while the View stood at `position`. */
  | {
      readonly kind: 'fired'
      readonly watch: number
      readonly type: WatchEventType
      readonly path: string
      readonly zxid: Zxid
      readonly position: Zxid
    }
  /** A persistent watch was set while the View stood at `position`. */
  | {
      readonly kind: 'watchedFrom'
      readonly watch: number
      readonly session: number
      readonly path: string
      readonly position: Zxid
      readonly snapshots: number
    }
  /** A persistent watch heard of something; `snapshots` counts how often its View was caught up by one so far. */
  | {
      readonly kind: 'heard'
      readonly watch: number
      readonly type: WatchEventType
      readonly path: string
      readonly zxid: Zxid
      readonly position: Zxid
      readonly snapshots: number
    }
  /** The ensemble has ended that session; this is what its owner believes. */
  | { readonly kind: 'lease'; readonly session: SessionId; readonly alive: boolean }
  /** The owner of a session is gone: nothing of it will ever be settled. */
  | { readonly kind: 'abandoned'; readonly session: number }
  /** A session ended, as its owner was told. */
  | { readonly kind: 'ended'; readonly session: number }
  /** Everything is healed, idle and caught up. */
  | { readonly kind: 'quiet'; readonly liveSessions: readonly SessionId[] }

/** A guarantee does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly checker: string

  constructor(checker: string, message: string) {
    super(`${checker}: ${message}`)
    this.checker = checker
  }
}

export interface Checker {
  readonly name: string
  /** Throws a `Violation`. */
  observe(observation: Observation): void
}

export function demand(condition: boolean, checker: string, message: () => string): void {
  if (!condition) throw new Violation(checker, message())
}
