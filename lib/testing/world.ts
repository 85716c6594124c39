/**
 * A simulated world: machines with disks and clocks, a network between them, processes that run the real replica and
 * the real View, and one time for all of it. Everything that chance decides is drawn from one seed, so that a world
 * runs the same way twice.
 */
import { Random } from '../base/random.js'
import type { ReplicaBounds } from '../replica/options.js'
import type { ZabTiming } from '../zab/options.js'
import { Disk } from './disk.js'
import { Machine } from './machine.js'
import { Network } from './network.js'
import type { Observer } from './observer.js'
import { Process } from './process.js'
import { Scheduler } from './scheduler.js'
import type { Trace } from './trace.js'

export interface WorldOptions {
  readonly seed: number
  readonly size: number
  readonly timing: ZabTiming
  readonly bounds: ReplicaBounds
  readonly networkLatencyMs: number
  readonly diskLatencyMs: number
  readonly viewLatencyMs: number
  /** Processes know each other's deaths. */
  readonly sameMachine: boolean
  /** Messages go through bytes and back. */
  readonly throughWire: boolean
  /** Relative error of monotonic clocks. */
  readonly drift: number
  readonly viewsPerProcess: number
}

export class World {
  readonly options: WorldOptions
  readonly observer: Observer
  readonly trace: Trace
  readonly scheduler: Scheduler
  readonly network: Network
  readonly machines: readonly Machine[]
  readonly #random: Random

  /** @param scheduler  Of virtual time, unless told. */
  constructor(
    options: WorldOptions,
    observer: Observer,
    trace: Trace,
    scheduler: Scheduler = new Scheduler(),
  ) {
    this.scheduler = scheduler
    this.options = options
    this.observer = observer
    this.trace = trace
    this.#random = new Random(options.seed).fork('world')
    const { networkLatencyMs: latencyMs, throughWire } = options
    this.network = new Network(this.scheduler, this.#random.fork('network'), {
      latencyMs,
      throughWire,
    })
    this.machines = Array.from({ length: options.size }, (_, index) => {
      const random = this.#random.fork(`machine ${index + 1}`)
      return new Machine(index + 1, new Disk(random.fork('disk')), options.drift, random)
    })
  }

  get now(): number {
    return this.scheduler.now
  }

  get voterIds(): number[] {
    return this.machines.map(({ id }) => id)
  }

  get processes(): Process[] {
    return this.machines.flatMap(({ process }) => (process === undefined ? [] : [process]))
  }

  /** Dice of one's own. */
  random(name: string): Random {
    return this.#random.fork(name)
  }

  machine(id: number): Machine {
    const machine = this.machines[id - 1]
    if (machine === undefined) throw new Error(`no machine ${id}`)
    return machine
  }

  /** A new process on a machine that has none. */
  start(machine: Machine): Process {
    machine.lives += 1
    this.trace.add(this.now, 'started', [machine.id], () => `*** process ${machine.id} starts`)
    const random = this.#random.fork(`life ${machine.lives} of ${machine.id}`)
    const process = new Process(this, machine, random)
    machine.process = process
    this.network.add(process)
    this.scheduler.isTouched = true
    return process
  }

  /**
   * The process of a machine dies. Its peers see their links end soon, or only after `silentMs`, as when a whole machine
   * is gone. False if there is none.
   */
  kill(machine: Machine, silentMs: number): boolean {
    const { process } = machine
    if (process === undefined) return false
    machine.process = undefined
    process.kill()
    this.network.remove(process, silentMs)
    return true
  }
}
