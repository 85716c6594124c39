/** The disk and the clocks of one replica id, which outlive its processes; and what happens to them. */
import type { Random } from '../base/random.js'
import type { Disk } from './disk.js'
import type { Process } from './process.js'

export class Machine {
  readonly id: number
  disk: Disk
  process: Process | undefined
  /** True ms from which the slow disk is fast again. */
  slowUntil = 0
  wallOffset: number
  /** Rate of its monotonic clock against true time. */
  readonly rate: number
  readonly #offset: number

  constructor(id: number, disk: Disk, drift: number, random: Random) {
    this.id = id
    this.disk = disk
    this.rate = 1 + drift * (random.next() * 2 - 1)
    this.#offset = random.integer(1_000_000)
    this.wallOffset = 1_700_000_000_000 + random.integer(1000)
  }

  mono(now: number): number {
    return now * this.rate + this.#offset
  }

  wall(now: number): number {
    return Math.floor(now) + this.wallOffset
  }

  /** True time at which the monotonic clock shows `mono`. */
  trueTime(mono: number): number {
    return (mono - this.#offset) / this.rate
  }
}
