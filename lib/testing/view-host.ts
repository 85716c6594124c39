/** The thread of the application: a View of the library, its way to the replica's thread, and its clock. */
import type { Random } from '../base/random.js'
import type { Zxid } from '../protocol/zxid.js'
import type { ReplicaStatus, ViewInput, ViewOutput } from '../replica/view-message.js'
import type { Clock, TimerHandle, ViewPort } from '../session/port.js'
import { View } from '../session/view.js'
import {
  decodeViewInputs,
  decodeViewOutputs,
  encodeViewInputs,
  encodeViewOutputs,
} from '../wire/port.js'
import type { Process } from './process.js'
import { Actor } from './actor.js'
import type { TimerOrder } from './actor.js'
import type { Due } from './scheduler.js'
import { describeViewInput, line } from './trace.js'
import type { World } from './world.js'

/** Who holds the sessions of a View, and hears what production's replica handle hears. */
export interface ViewOwner {
  onStatus(status: ReplicaStatus): void
  onDivergence(zxid: Zxid): void
  /** The replica has stopped for good. */
  onFailure(): void
  /** The View sends this; what is given back is what leaves. */
  onOutputs(outputs: readonly ViewOutput[]): readonly ViewOutput[]
}

export class ViewHost implements ViewPort, Clock {
  readonly number: number
  readonly process: Process
  readonly actor: Actor = new Actor()
  readonly view: View
  /** How often it was caught up by a snapshot. */
  snapshots = 0
  owner: ViewOwner | undefined
  readonly #world: World
  readonly #random: Random
  #handler: (inputs: readonly ViewInput[]) => void = () => undefined
  #inputs: ViewInput[] = []
  #inputsAt = 0
  #outputsAt = 0
  #seen: Zxid = 0

  constructor(world: World, process: Process, number: number, random: Random) {
    this.#world = world
    this.process = process
    this.number = number
    this.#random = random
    this.view = new View({
      port: this,
      clock: this,
      gone: process.gone,
      onStatus: (status) => this.owner?.onStatus(status),
      onDivergence: (zxid) => {
        this.owner?.onDivergence(zxid)
        world.observer.failed('view divergence', `${this.name} differs at ${zxid}`)
      },
      onFailure: (error) => {
        this.owner?.onFailure()
        // Of a process that is gone, or whose replica is over, nothing else can be expected.
        if (this.actor.isDead || !process.isAlive) return
        world.observer.failed('view failure', `${this.name}: ${error.stack ?? error.message}`)
      },
    })
    world.observer.viewStarted(this, random)
  }

  get name(): string {
    return `view ${this.process.id}.${this.number}`
  }

  get position(): Zxid {
    return this.view.memory.tree.lastZxid
  }

  mono(): number {
    return this.process.machine.mono(this.#world.now)
  }

  wall(): number {
    return this.process.machine.wall(this.#world.now)
  }

  setTimer(delayMs: number, fire: () => void): TimerHandle {
    const due: Due = this.#world.scheduler.after(delayMs / this.process.machine.rate, () => {
      this.actor.deliver(() => {
        if (due.isCancelled) return
        fire()
        this.#world.scheduler.isTouched = true
      }, true)
    })
    return due
  }

  clearTimer(timer: TimerHandle): void {
    if (timer !== undefined) (timer as Due).isCancelled = true
  }

  /** From the View: its requests. A thread that stands still sends nothing. */
  send(outputs: readonly ViewOutput[]): void {
    const wanted = this.owner === undefined ? outputs : this.owner.onOutputs(outputs)
    this.actor.deliver(() => this.#ship(wanted))
  }

  /** On their way to the replica's thread. */
  #ship(outputs: readonly ViewOutput[]): void {
    const { options } = this.#world
    const sent = options.throughWire ? decodeViewOutputs(encodeViewOutputs(outputs)) : outputs
    this.#outputsAt = Math.max(this.#outputsAt, this.#world.now + this.#latencyMs())
    this.#world.scheduler.at(this.#outputsAt, () => {
      for (const output of sent) this.process.input({ kind: 'view', view: this.number, output })
    })
  }

  receive(handler: (inputs: readonly ViewInput[]) => void): void {
    this.#handler = handler
  }

  close(): void {
    this.#handler = () => undefined
  }

  /** From the replica: everything of one step arrives as one batch. */
  give(input: ViewInput): void {
    this.#inputs.push(input)
    if (this.#inputs.length > 1) return
    this.#inputsAt = Math.max(this.#inputsAt, this.#world.now + this.#latencyMs())
    const batch = this.#inputs
    this.#world.scheduler.after(0, () => {
      if (this.#inputs === batch) this.#inputs = []
    })
    this.#world.scheduler.at(this.#inputsAt, () => {
      if (this.#inputs === batch) this.#inputs = []
      this.actor.deliver(() => this.#take(batch))
    })
  }

  /** The thread goes on: it handles what has come one after the other, and what each settles before the next. */
  resume(order: TimerOrder = 'asDue'): void {
    this.actor.sort(order)
    this.#wake()
  }

  #wake(): void {
    this.#world.scheduler.after(0, () => {
      this.#world.scheduler.isTouched = true
      if (this.actor.handleOldest()) this.#wake()
      else this.actor.resume()
    })
  }

  kill(): void {
    this.actor.kill()
    this.#world.observer.viewEnded(this)
  }

  #take(batch: readonly ViewInput[]): void {
    const world = this.#world
    const { options, trace } = world
    const inputs = options.throughWire ? decodeViewInputs(encodeViewInputs(batch)) : batch
    for (const input of inputs) {
      if (input.kind === 'snapshotEnd') this.snapshots += 1
      trace.add(world.now, input.kind, [this.process.id, this.number], () =>
        line(this.name, describeViewInput(input)),
      )
    }
    world.observer.viewTaking(this, inputs)
    this.#handler(inputs)
    world.scheduler.isTouched = true
    if (this.position === this.#seen) return
    this.#seen = this.position
    world.observer.state(this.name, this.view.memory.tree)
    world.observer.viewAdvanced(this)
  }

  #latencyMs(): number {
    return this.#world.options.viewLatencyMs * (0.5 + this.#random.next())
  }
}
