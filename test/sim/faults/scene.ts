/** What one fault is given: the world, dice of its own, and how to tell what it did. */
import type { Random } from '../../../lib/base/random.js'
import type { Machine } from '../../../lib/testing/machine.js'
import type { World } from '../../../lib/testing/world.js'
import type { Experiment } from '../experiment.js'
import type { Budget } from './budget.js'

/** Breaks something, now or later, and tells when it has; tells nothing if there is nothing to break. */
export type Inject = (scene: Scene) => void

export interface SceneOptions {
  readonly experiment: Experiment
  readonly budget: Budget
  readonly kind: string
  readonly number: number
  readonly dice: Random
  readonly isOver: () => boolean
}

export class Scene {
  readonly experiment: Experiment
  readonly world: World
  readonly budget: Budget
  /** Nobody else draws from them: a fault that is left out changes nothing for the others. */
  readonly dice: Random
  readonly #kind: string
  readonly #number: number
  readonly #isOver: () => boolean

  constructor({ experiment, budget, kind, number, dice, isOver }: SceneOptions) {
    this.experiment = experiment
    this.world = experiment.world
    this.budget = budget
    this.dice = dice
    this.#kind = kind
    this.#number = number
    this.#isOver = isOver
  }

  /** A follower that hears nothing for so long gives up. */
  get silenceMs(): number {
    return this.world.options.timing.silenceMs
  }

  /** The fault has happened. */
  tell(what: string): void {
    const { world, experiment } = this
    experiment.count(this.#kind, 1)
    world.trace.add(world.now, this.#kind, [this.#number], () => `*** #${this.#number} ${what}`)
  }

  /** A part of it comes later, unless everything was healed meanwhile. */
  after(ms: number, run: () => void): void {
    this.world.scheduler.after(ms, () => {
      if (this.#isOver()) return
      run()
      this.world.scheduler.isTouched = true
    })
  }

  shuffled<T>(things: readonly T[]): T[] {
    return things
      .map((thing) => ({ thing, at: this.dice.next() }))
      .sort((left, right) => left.at - right.at)
      .map(({ thing }) => thing)
  }

  machine(): Machine {
    return this.dice.pick(this.world.machines)
  }

  /** Ends the process of a machine, if it has one, and nothing that must be survived forbids it. */
  kill(machine: Machine): boolean {
    if (!this.budget.mayRestart(machine)) return false
    return this.world.kill(machine, this.dice.chance(0.3) ? this.silenceMs * 3 : 1)
  }

  startAfter(machine: Machine, ms: number): void {
    this.after(ms, () => {
      if (machine.process === undefined) this.world.start(machine)
    })
  }

  /** Sometimes a moment, sometimes longer than anybody's patience. */
  pauseMs(): number {
    return this.dice.chance(0.5) ? this.dice.integer(200) : this.dice.integer(this.silenceMs * 3)
  }
}
