/**
 * Breaks things at random moments, each kind as often as the options say. Every fault of a run has a number and dice
 * of its own, which depend on the seed alone: so one can be left out, and the others stay what they were.
 */
import type { Random } from '../../../lib/base/random.js'
import type { Experiment } from '../experiment.js'
import { ambush } from './ambush.js'
import { loseMajority } from './beyond.js'
import { Budget } from './budget.js'
import { wallFreeze, wallJump } from './clocks.js'
import { oldCopy, rot, wipe } from './databases.js'
import { failFsync, fillDisk, slowDisk, stallDisk } from './disks.js'
import { FAULT_KINDS } from './kinds.js'
import type { FaultKind } from './kinds.js'
import { breakLink, flapLink, halfOpenLink, slowLink, stallLink } from './links.js'
import { bridge, cutPairs, isolateLeader, partition, ring, swizzle } from './partitions.js'
import { lagView, pauseProcess, pauseReplica, pauseView } from './pauses.js'
import { close, crash, crashInside, crashLoop, powerCut } from './processes.js'
import { Scene } from './scene.js'
import type { Inject } from './scene.js'

const INJECT: Readonly<Record<FaultKind, Inject>> = {
  crash,
  crashInside,
  crashLoop,
  powerCut,
  ambush,
  close,
  pauseReplica,
  pauseView,
  pauseProcess,
  lagView,
  breakLink,
  halfOpenLink,
  stallLink,
  slowLink,
  flapLink,
  partition,
  cutPairs,
  isolateLeader,
  bridge,
  ring,
  swizzle,
  slowDisk,
  stallDisk,
  failFsync,
  fillDisk,
  wipe,
  rot,
  oldCopy,
  wallJump,
  wallFreeze,
}

export class Faults {
  readonly #experiment: Experiment
  readonly #random: Random
  readonly #budget: Budget
  readonly #skipped: ReadonlySet<number>
  #numbers = 0
  #isOver = false
  /** A majority was lost: nothing may be formed any more. */
  isBeyond = false

  constructor(experiment: Experiment, random: Random) {
    this.#experiment = experiment
    this.#random = random
    this.#budget = new Budget(experiment.world, experiment.decided)
    this.#skipped = new Set(experiment.options.skippedFaults)
  }

  /** Faults have the numbers from 1 to this. */
  get count(): number {
    return this.#numbers
  }

  start(): void {
    const { faults, losesMajority, faultMs } = this.#experiment.options
    for (const kind of FAULT_KINDS) this.#schedule(kind, faults[kind], this.#random.fork(kind), 1)
    if (!losesMajority) return
    const random = this.#random.fork('majority')
    this.#experiment.scheduler.after(faultMs * (0.3 + 0.6 * random.next()), () => {
      if (this.#isOver) return
      const scene = this.#scene('loseMajority', random)
      this.isBeyond = scene !== undefined && loseMajority(scene)
    })
  }

  /** No more faults, and what is broken is mended. */
  heal(): void {
    this.#isOver = true
    const { world } = this.#experiment
    world.network.heal()
    for (const machine of world.machines) {
      machine.slowUntil = 0
      machine.stalledUntil = 0
      machine.trouble = undefined
      machine.frozenWall = undefined
      for (const view of machine.process?.views ?? []) view.resume()
      machine.process?.resume()
      if (machine.process?.isAlive === false) world.kill(machine, 1)
      if (machine.process !== undefined) machine.process.doom = undefined
      else world.start(machine)
    }
    world.scheduler.isTouched = true
  }

  #schedule(kind: FaultKind, meanMs: number, random: Random, occurrence: number): void {
    if (meanMs === Infinity) return
    this.#experiment.scheduler.after(meanMs * 2 * random.next(), () => {
      if (this.#isOver) return
      const scene = this.#scene(kind, random.fork(`${occurrence}`))
      if (scene !== undefined) INJECT[kind](scene)
      this.#experiment.scheduler.isTouched = true
      this.#schedule(kind, meanMs, random, occurrence + 1)
    })
  }

  /** The next fault's; `undefined` if that one is to be left out. */
  #scene(kind: FaultKind | 'loseMajority', dice: Random): Scene | undefined {
    this.#numbers += 1
    if (this.#skipped.has(this.#numbers)) return undefined
    return new Scene({
      experiment: this.#experiment,
      budget: this.#budget,
      kind,
      number: this.#numbers,
      dice,
      isOver: () => this.#isOver,
    })
  }
}
