/** The disk and the clocks of one replica id, which outlive its processes; and what is wrong with them. */
import type { Random } from '../base/random.js'
import type { Disk } from './disk.js'
import type { Process } from './process.js'

/** How the next write goes wrong, once: after a failed fsync nobody knows whether it is on the disk. */
export interface DiskTrouble {
  readonly kind: 'fsync' | 'full'
  readonly isWritten: boolean
  /** Called when it has happened. */
  readonly onFailed: () => void
}

export class Machine {
  readonly id: number
  disk: Disk
  process: Process | undefined
  /** Processes that were started here. */
  lives = 0
  /** True ms from which the slow disk is fast again. */
  slowUntil = 0
  /** True ms before which no write ends. */
  stalledUntil = 0
  trouble: DiskTrouble | undefined
  /** The database that lost data and must not be counted on, whatever it says of itself. */
  lostDatabaseId: string | undefined
  wallOffset: number
  /** What the wall clock shows while it stands still. */
  frozenWall: number | undefined
  /** Rate of its monotonic clock against true time. */
  readonly rate: number
  readonly #offset: number

  constructor(id: number, disk: Disk, drift: number, random: Random) {
    this.id = id
    this.disk = disk
    // As far off as may be, or not at all: what is in between shows less.
    this.rate = 1 + drift * random.pick([-1, 0, 1])
    this.#offset = random.integer(1_000_000)
    this.wallOffset = 1_700_000_000_000 + random.integer(1000)
  }

  /** Its database may vote, and has lost nothing since it was given that right. */
  get isVoting(): boolean {
    return this.disk.meta.voter && this.disk.meta.databaseId !== this.lostDatabaseId
  }

  mono(now: number): number {
    return now * this.rate + this.#offset
  }

  wall(now: number): number {
    return this.frozenWall ?? Math.floor(now) + this.wallOffset
  }

  /** True time at which the monotonic clock shows `mono`. */
  trueTime(mono: number): number {
    return (mono - this.#offset) / this.rate
  }
}
