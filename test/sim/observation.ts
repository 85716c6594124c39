/**
 * What the checkers are told: plain data, so that each checker's own test can write a history by hand. Zxids order
 * everything; `number` names a session or a request of the workload for the whole run.
 */
import type { Identity } from '../../lib/protocol/acl.js'
import type { OperationResult, RequestBody, SessionId } from '../../lib/protocol/request.js'
import type { Stat } from '../../lib/protocol/stat.js'
import type { WatchEvent } from '../../lib/protocol/watch-event.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { WatchKind } from '../../lib/tree/watches.js'
import type { Entry } from '../../lib/zab/entry.js'
import type { InsideObservation } from './inside.js'

/** What a read showed of one znode. */
export interface Shown {
  readonly stat: Stat
  /** Of `getData`. */
  readonly data?: string
  /** Of `getChildren`. */
  readonly children?: readonly string[]
}

export type ReadKind = 'exists' | 'getData' | 'getChildren'

/** A request of the workload, whole. `at` is true time, ms, here and below. */
export interface Asked {
  readonly kind: 'asked'
  readonly at: number
  readonly request: number
  readonly view: number
  readonly session: SessionId
  /** Of a remote session: the txn that gave it to this View. */
  readonly attached?: Zxid
  /** Of the session's requests the how-manieth, from 1; of a remote session, of those by this View. */
  readonly cxid: number
  readonly body: RequestBody
  /** Who asks; absent: nobody in particular. */
  readonly auth?: readonly Identity[]
}

/** How a request ended: all that its owner was told. */
export interface Settled {
  readonly kind: 'settled'
  readonly at: number
  readonly request: number
  /** Where its View stood then. */
  readonly position: Zxid
  /** 'OK', or the error's. */
  readonly code: string
  /** Of a create: the path that it was given. Of an error: the path that it names. */
  readonly path?: string
  /** Of a setData, and of a create that asked for it. */
  readonly stat?: Stat
  /** Of a multi, whether it failed or not. */
  readonly results?: readonly OperationResult[]
  readonly errno?: number
  /** Of a multi that failed. */
  readonly index?: number
  /** A remote client is told no names and numbers of errors, but which txn it is, and how many operations failed with it. */
  readonly remote?: { readonly zxid: Zxid; readonly count?: number | undefined }
}

/** An asynchronous read was issued, after so many requests of its session, while its View stood there. */
export interface Reading {
  readonly kind: 'reading'
  readonly at: number
  readonly read: number
  readonly view: number
  readonly session: number
  readonly what: ReadKind
  readonly path: string
  readonly afterCxid: number
  readonly position: Zxid
  /** Leaves a one-shot watch of this watcher, if it succeeds. */
  readonly watcher?: number
  /** When a sync of the session was asked for whose effect this read must see. */
  readonly sinceSync?: number
}

/**
 * A read was answered while the View stood at `position`. A Sync form (`read` is undefined) shows exactly that state; an
 * asynchronous one was evaluated in the apply loop and is answered later, when the View may have gone on.
 */
export interface Read {
  readonly kind: 'read'
  readonly at: number
  readonly read: number | undefined
  readonly view: number
  readonly session: number
  readonly what: ReadKind
  readonly path: string
  /** `undefined`: there is no such znode. */
  readonly shown: Shown | undefined
  readonly position: Zxid
  /** Called while a watch was being told: others may not have been told of the same txn yet. */
  readonly isInCallback: boolean
}

export type Observation =
  | InsideObservation
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
  /**
   * A session of this View began. One of a remote client was created, or attached, by the txn at `attached`: it has a
   * number of its own at each View that has it.
   */
  | {
      readonly kind: 'opened'
      readonly number: number
      readonly session: SessionId
      readonly attached?: Zxid
      /** Who its owner is, all the time. */
      readonly auth?: readonly Identity[]
    }
  /** A View asks for a remote session that exists; as far as it knows it was last attached at `from`. */
  | {
      readonly kind: 'wanted'
      readonly origin: string
      readonly session: SessionId
      readonly from: Zxid
    }
  /** A View told somebody that it cannot have that session. */
  | { readonly kind: 'unattached'; readonly session: SessionId; readonly code: string }
  /** An established leader of that epoch was told that the client of a session lives. */
  | { readonly kind: 'heardOf'; readonly epoch: number; readonly session: SessionId }
  /** An established leader of that epoch found that the time of some sessions is up. */
  | { readonly kind: 'expiring'; readonly epoch: number }
  | Asked
  | Settled
  | Reading
  | Read
  /** An asynchronous read was refused: nothing was read, and no watch was left. */
  | { readonly kind: 'refused'; readonly read: number; readonly code: string }
  /** A watch was set, by a Sync form or by addWatch, while the View stood at `position`. */
  | {
      readonly kind: 'watching'
      readonly watcher: number
      readonly view: number
      readonly session: number
      readonly path: string
      readonly watch: WatchKind
      readonly position: Zxid
      readonly isInCallback: boolean
      /** Its events are kept for it (an iterator), and taken later. */
      readonly isBuffered: boolean
    }
  /** All watches of that watcher on the path were removed, or those of one kind; without a watcher: of all of the session's. */
  | {
      readonly kind: 'unwatched'
      readonly watcher: number | undefined
      readonly session: number
      readonly path: string
      readonly position: Zxid
      readonly watch?: WatchKind
      /** Nobody is told of the removal. */
      readonly isSilent?: boolean
    }
  /** Nobody takes what that watcher keeps any more. */
  | { readonly kind: 'dropped'; readonly watcher: number }
  /** A watcher was told of something, or took it from its buffer, while the View stood at `position`. */
  | {
      readonly kind: 'heard'
      readonly watcher: number
      readonly event: WatchEvent
      readonly position: Zxid
    }
  /** A View is about to be caught up by a snapshot, from where it will stand by then. */
  | { readonly kind: 'jumping'; readonly view: number; readonly from: Zxid; readonly to: Zxid }
  /** The ensemble has ended that session; this is what its owner believes. */
  | { readonly kind: 'lease'; readonly session: SessionId; readonly alive: boolean }
  /** The owner of a session is gone: nothing of it will ever be settled. */
  | { readonly kind: 'abandoned'; readonly session: number }
  /** A session ended, as its owner was told while its View stood at `position`. */
  | { readonly kind: 'ended'; readonly session: number; readonly position: Zxid }
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
  /** What it wants to be told of; everything if it does not say. */
  readonly sees?: readonly Observation['kind'][]
  /** What it has looked at, to be summed up over many runs. */
  readonly counts?: ReadonlyMap<string, number>
  /** Throws a `Violation`. */
  observe(observation: Observation): void
}

export function demand(condition: boolean, checker: string, message: () => string): void {
  if (!condition) throw new Violation(checker, message())
}
