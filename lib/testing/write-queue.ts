/**
 * What is on its way to the disk of one process: in order, each write with a latency. A crash keeps any prefix of it;
 * after a write that failed nothing more is written. What the disk holds is in disk.ts.
 */
import { assert } from '../base/assert.js'
import type { Random } from '../base/random.js'
import type { Write } from '../replica/effect.js'
import type { Machine } from './machine.js'
import type { World } from './world.js'

export interface PendingWrite {
  readonly ticket: number
  readonly writes: readonly Write[]
}

export interface WriteEvents {
  /** The transaction is on the disk, whether anybody may be told so or not. */
  written(writes: readonly Write[]): void
  /** Everything up to this ticket is on the disk for certain. */
  persisted(ticket: number): void
  failed(reason: string): void
}

/** A slow disk takes so many times as long. */
const SLOW = 20

export class WriteQueue {
  readonly #world: World
  readonly #machine: Machine
  readonly #random: Random
  readonly #events: WriteEvents
  #pending: PendingWrite[] = []
  #doneAt = 0
  #isOver = false

  constructor(world: World, machine: Machine, random: Random, events: WriteEvents) {
    this.#world = world
    this.#machine = machine
    this.#random = random
    this.#events = events
  }

  push(pending: PendingWrite): void {
    if (this.#isOver) return
    const { now, options } = this.#world
    const { slowUntil, stalledUntil } = this.#machine
    const factor = slowUntil > now ? SLOW : 1
    const latencyMs = options.diskLatencyMs * (0.5 + this.#random.next()) * factor
    this.#pending.push(pending)
    this.#doneAt = Math.max(this.#doneAt, now + latencyMs, stalledUntil)
    this.#world.scheduler.at(this.#doneAt, () => this.#end())
  }

  /** Of what is on its way some prefix arrives. */
  crash(): void {
    if (this.#isOver) return
    this.#isOver = true
    const kept = this.#random.integer(this.#pending.length + 1)
    for (const { writes } of this.#pending.slice(0, kept)) this.#machine.disk.write(writes)
    this.#pending = []
  }

  /** The oldest write ends: there is one such event for each. */
  #end(): void {
    if (this.#isOver) return
    const { disk, stalledUntil, trouble } = this.#machine
    // It stalled while this was under way.
    if (stalledUntil > this.#world.now) {
      this.#world.scheduler.at(stalledUntil, () => this.#end())
      return
    }
    const oldest = this.#pending.shift()
    assert(oldest !== undefined, 'a write ends once')
    if (trouble?.isWritten !== false) {
      disk.write(oldest.writes)
      this.#events.written(oldest.writes)
    }
    if (trouble === undefined) return this.#events.persisted(oldest.ticket)
    this.#isOver = true
    this.#machine.trouble = undefined
    this.#events.failed(trouble.kind === 'full' ? 'the disk is full' : 'fsync failed')
    trouble.onFailed()
  }
}
