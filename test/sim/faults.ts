/** What goes wrong: each kind of fault at random moments, as often as the options say, within what must be survived. */
import type { Random } from '../../lib/base/random.js'
import { majorityOf } from '../../lib/zab/election.js'
import { Disk } from '../../lib/testing/disk.js'
import type { Machine } from '../../lib/testing/machine.js'
import type { World } from '../../lib/testing/world.js'
import type { Experiment } from './experiment.js'
import type { FaultRates } from './options.js'

export class Faults {
  readonly #experiment: Experiment
  readonly #world: World
  readonly #random: Random
  #isOver = false
  #wipes = 0

  constructor(experiment: Experiment, random: Random) {
    this.#experiment = experiment
    this.#world = experiment.world
    this.#random = random
  }

  start(): void {
    const { faults } = this.#experiment.options
    for (const kind of Object.keys(faults) as (keyof FaultRates)[]) {
      this.#schedule(kind, faults[kind], this.#random.fork(kind))
    }
  }

  /** No more faults, and what is broken is mended. */
  heal(): void {
    this.#isOver = true
    const world = this.#world
    world.network.isCalm = true
    world.network.unblockAll()
    for (const machine of world.machines) {
      machine.slowUntil = 0
      for (const view of machine.process?.views ?? []) this.#resume(() => view.actor.resume())
      this.#resume(() => machine.process?.resume())
      if (machine.process === undefined) world.start(machine)
    }
  }

  #schedule(kind: keyof FaultRates, meanMs: number, random: Random): void {
    if (meanMs === Infinity) return
    this.#world.scheduler.after(meanMs * 2 * random.next(), () => {
      if (this.#isOver) return
      this.#experiment.count(kind, this.#inject(kind, random) ? 1 : 0)
      this.#schedule(kind, meanMs, random)
    })
  }

  /** False if there was nothing to break. */
  #inject(kind: keyof FaultRates, random: Random): boolean {
    const machine = random.pick(this.#world.machines)
    this.#world.trace.add(this.#world.now, kind, [machine.id], () => `*** ${kind} (${machine.id})`)
    switch (kind) {
      case 'crash':
        return this.#crash(machine, random)
      case 'wipe':
        return this.#wipe(machine, random)
      case 'breakLink':
        return this.#world.network.breakAny() !== undefined
      case 'partition':
        return this.#partition(random)
      case 'pauseReplica':
        return this.#pauseReplica(machine, random)
      case 'pauseProcess':
        return this.#pauseView(machine, random) && this.#pauseReplica(machine, random)
      case 'pauseView':
        return this.#pauseView(machine, random)
      case 'slowDisk':
        machine.slowUntil = this.#world.now + random.integer(1500)
        return true
      case 'wallJump':
        machine.wallOffset += random.pick([-60_000, -50, 70, 3000, 86_400_000])
        return true
    }
  }

  #crash(machine: Machine, random: Random): boolean {
    const { silenceMs } = this.#world.options.timing
    if (!this.#world.kill(machine, random.chance(0.3) ? silenceMs * 3 : 1)) return false
    this.#world.scheduler.after(random.integer(1500), () => {
      if (machine.process === undefined) this.#world.start(machine)
    })
    return true
  }

  /** Only while a majority of the databases that vote keeps its data. */
  #wipe(machine: Machine, random: Random): boolean {
    const { machines, options } = this.#world
    const voting = machines.filter((each) => each !== machine && each.disk.meta.voter).length
    if (voting < majorityOf(options.size)) return false
    this.#crash(machine, random)
    this.#wipes += 1
    machine.disk = new Disk(random.fork(`disk ${machine.id} ${this.#wipes}`))
    return true
  }

  /** Cuts the ensemble in two, or single pairs of it, so that two still have a third in common; perhaps one way only. */
  #partition(random: Random): boolean {
    const { machines, network, scheduler } = this.#world
    const { options } = this.#experiment
    const isOneWay = options.oneWayPartitions && random.chance(0.5)
    const isByPairs = random.chance(0.4)
    const isApart = new Map(machines.map(({ id }) => [id, random.chance(0.5)]))
    const cut: [number, number][] = []
    for (const { id: from } of machines) {
      for (const { id: to } of machines) {
        if (from >= to) continue
        const isCut = isByPairs ? random.chance(0.4) : isApart.get(from) !== isApart.get(to)
        if (!isCut) continue
        const isForward = isByPairs ? random.chance(0.5) : isApart.get(from) === true
        if (!isOneWay || isForward) cut.push([from, to])
        if (!isOneWay || !isForward) cut.push([to, from])
      }
    }
    for (const [from, to] of cut) network.block(from, to)
    scheduler.after(random.integer(options.timing.silenceMs * 4), () => {
      for (const [from, to] of cut) network.unblock(from, to)
    })
    return cut.length > 0
  }

  #pauseReplica(machine: Machine, random: Random): boolean {
    const { process } = machine
    if (process === undefined || process.actor.isPaused) return false
    process.actor.pause()
    this.#later(random, () => process.resume())
    return true
  }

  #pauseView(machine: Machine, random: Random): boolean {
    const view = machine.process?.views[0]
    if (view === undefined || view.actor.isPaused) return false
    view.actor.pause()
    this.#later(random, () => view.actor.resume())
    return true
  }

  #later(random: Random, resume: () => void): void {
    const { scheduler, options } = this.#world
    const ms = random.chance(0.5)
      ? random.integer(200)
      : random.integer(options.timing.silenceMs * 3)
    scheduler.after(ms, () => this.#resume(resume))
  }

  #resume(resume: () => void): void {
    resume()
    this.#world.scheduler.isTouched = true
  }
}
