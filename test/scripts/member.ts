/** One member of a script's ensemble: a disk whose writes end when the script says so, and the process on it, if it runs. */
import type { Random } from '../../lib/base/random.js'
import type { Write } from '../../lib/replica/effect.js'
import type { Ticket } from '../../lib/replica/input.js'
import type { Replica } from '../../lib/replica/replica.js'
import { Disk } from '../../lib/testing/disk.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Meta } from '../../lib/zab/entry.js'
import type { Client } from './client.js'

/** A transaction on its way to the disk. */
export interface PendingWrite {
  readonly sequence: number
  readonly ticket: Ticket
  readonly writes: readonly Write[]
}

export interface Identity {
  readonly clusterId: string
  readonly databaseId: string
  readonly empty: boolean
}

/** What lives and dies with the process. */
export interface Process {
  readonly replica: Replica
  readonly client: Client
  readonly incarnationKey: number
  identity: Identity
  pending: PendingWrite[]
  /** The durable variables as they were last asked for. */
  meta: Meta
  /** It handles nothing: stopped, or its loop is blocked. */
  isPaused: boolean
  /** It dies in its next step that has effects, after so many of them. */
  effectsLeft: number | undefined
  /** Position of the state, as of its last step. */
  applied: Zxid
}

export class Member {
  readonly id: number
  readonly isVoter: boolean
  process: Process | undefined
  disk: Disk
  /** Its next write fails. */
  isDiskFailing = false
  readonly #random: Random
  #disks = 0
  #backup: Disk | undefined

  constructor(id: number, isVoter: boolean, random: Random) {
    this.id = id
    this.isVoter = isVoter
    this.#random = random
    this.disk = new Disk(this.#nextRandom())
  }

  /** The database is lost; an empty one takes its place. */
  wipe(): void {
    this.disk = new Disk(this.#nextRandom())
  }

  backUp(): void {
    this.#backup = this.disk.copy(this.#nextRandom())
  }

  restore(): void {
    if (this.#backup === undefined) throw new Error(`no backup of ${this.id}`)
    this.disk = this.#backup.copy(this.#nextRandom())
  }

  #nextRandom(): Random {
    this.#disks += 1
    return this.#random.fork(`disk ${this.#disks}`)
  }
}
