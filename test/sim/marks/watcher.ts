/** What a group of marks may look at. It is told of everything at the moment at which it happens, and changes nothing. */
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Core } from '../../../lib/replica/core.js'
import type { Effect, Write } from '../../../lib/replica/effect.js'
import type { Input } from '../../../lib/replica/input.js'
import type { Message } from '../../../lib/replica/message.js'
import type { Process } from '../../../lib/testing/process.js'
import type { ViewHost } from '../../../lib/testing/view-host.js'
import type { World } from '../../../lib/testing/world.js'
import type { SnapshotTail } from '../../../lib/tree/record.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { AnyRole } from '../../../lib/zab/peer.js'
import type { Entry } from '../../../lib/zab/entry.js'
import type { Decided } from '../decided.js'
import type { Observation } from '../observation.js'
import type { Standing } from './standing.js'
import type { MarkName } from './table.js'

/** One input that a replica has taken. */
export interface Step {
  readonly process: Process
  readonly input: Input
  readonly effects: readonly Effect[]
  /** As it is after the step. */
  readonly core: Core
  /** The role after the step. */
  readonly role: AnyRole<Txn>
  /** As it was before the step. */
  readonly before: Standing
}

export interface Setting {
  readonly world: World
  readonly decided: Decided
  readonly hit: (mark: MarkName) => void
}

export abstract class Watcher {
  protected readonly setting: Setting

  constructor(setting: Setting) {
    this.setting = setting
  }

  stepped(_step: Step): void {
    // Not everybody looks at everything.
  }

  /** One of the step's effects. */
  sent(_step: Step, _link: number, _message: Message): void {
    // Not everybody looks at everything.
  }

  /** One of the step's effects: a transaction of the disk. */
  wrote(_step: Step, _writes: readonly Write[]): void {
    // Not everybody looks at everything.
  }

  /** The step has left the role of `before`. */
  left(_step: Step): void {
    // Not everybody looks at everything.
  }

  /** A process has died; what it had on its way to the disk is on it, or lost. */
  ended(_process: Process, _core: Core, _before: Standing): void {
    // Not everybody looks at everything.
  }

  decided(_entry: Entry<Txn>): void {
    // Not everybody looks at everything.
  }

  snapshotTaken(_process: Process, _tail: SnapshotTail): void {
    // Not everybody looks at everything.
  }

  established(_process: Process, _epoch: number): void {
    // Not everybody looks at everything.
  }

  viewAdvanced(_view: ViewHost, _from: Zxid): void {
    // Not everybody looks at everything.
  }

  observed(_observation: Observation): void {
    // Not everybody looks at everything.
  }

  /** The run is over. */
  finished(): void {
    // Not everybody looks at everything.
  }
}
