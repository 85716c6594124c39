/**
 * Whoever wants to know what happens in a simulated world: the simulator's checkers, marks and workload. It is told of
 * everything at the moment at which it happens, and changes nothing.
 */
import type { Zxid } from '../protocol/zxid.js'
import type { Random } from '../base/random.js'
import type { Effect } from '../replica/effect.js'
import type { Input } from '../replica/input.js'
import type { ViewInput } from '../replica/view-message.js'
import type { SnapshotTail } from '../tree/record.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import type { Entry } from '../zab/entry.js'
import type { Process } from './process.js'
import type { ViewHost } from './view-host.js'

export interface Observer {
  /** A replica has taken an input; nothing of the effects has been executed yet. */
  stepped(process: Process, input: Input, effects: readonly Effect[]): void
  /** A replica has applied the next txn after `after`. */
  applied(process: Process, after: Zxid, entry: Entry<Txn>): void
  /** A state in memory; `where` says whose. */
  state(where: string, tree: Tree): void
  /** A snapshot is complete on a disk. */
  snapshotTaken(process: Process, tail: SnapshotTail): void
  /** A leader of a new epoch believes itself established. */
  established(process: Process, epoch: number): void
  /** A disk has dropped entries of its log. */
  takenBack(process: Process): void
  processEnded(process: Process): void
  viewStarted(view: ViewHost, random: Random): void
  /** A View is about to take in what its replica sent. */
  viewTaking(view: ViewHost, inputs: readonly ViewInput[]): void
  /** A View has taken in what its replica sent, and its position moved. */
  viewAdvanced(view: ViewHost): void
  viewEnded(view: ViewHost): void
  /** Something that never may happen: a View or a replica gave up. */
  failed(what: string, message: string): void
}

const nothing = (): void => undefined

/** Wants to know nothing: to be spread into an observer that wants to know little. */
export const SILENT: Observer = {
  stepped: nothing,
  applied: nothing,
  state: nothing,
  snapshotTaken: nothing,
  established: nothing,
  takenBack: nothing,
  processEnded: nothing,
  viewStarted: nothing,
  viewTaking: nothing,
  viewAdvanced: nothing,
  viewEnded: nothing,
  failed: nothing,
}
