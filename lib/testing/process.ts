/** One life of one replica's process: the replica's thread with its disk on one side, its Views on the other. */
import type { Random } from '../base/random.js'
import { PROTOCOL_VERSION } from '../protocol/member.js'
import type { Member, ProcessIdentity } from '../protocol/member.js'
import type { Zxid } from '../protocol/zxid.js'
import type { ErrorCode } from '../protocol/error-code.js'
import type { Effect, Write } from '../replica/effect.js'
import type { Input } from '../replica/input.js'
import type { Message } from '../replica/message.js'
import { Replica } from '../replica/replica.js'
import type { ViewInput } from '../replica/view-message.js'
import { Leading } from '../zab/leading.js'
import type { Machine } from './machine.js'
import type { Endpoint } from './network.js'
import { Actor } from './actor.js'
import { arrow, describeInput, describeMessage, describeWrites, line } from './trace.js'
import { ViewHost } from './view-host.js'
import type { World } from './world.js'
import { WriteQueue } from './write-queue.js'

/** A process that is about to die between two effects of one step. */
export interface Doom {
  /** Steps with more than one effect that it survives before. */
  steps: number
  /** Of that step's effects so large a part is executed: in [0, 1). */
  readonly part: number
  /** Ends the process; `after` effects of the step are executed, `of` how many. */
  readonly strike: (after: number, of: number) => void
}

/** What a timer is late by, ms. */
const TIMER_MS = 0.001

export class Process implements Endpoint {
  readonly id: number
  readonly machine: Machine
  readonly actor: Actor = new Actor()
  readonly views: ViewHost[] = []
  readonly replica: Replica
  readonly incarnationKey: number
  /** Over shared memory, as in production: not 0 once the replica has let go of its database. */
  readonly gone: Int32Array = new Int32Array(1)
  /** Its replica is at work. */
  isAlive = true
  /** It exists: its replica may have failed for all that. */
  isRunning = true
  doom: Doom | undefined
  /** Everything decided up to here was seen being applied. */
  applied: Zxid = 0
  readonly #world: World
  readonly #random: Random
  readonly #writes: WriteQueue
  readonly #watched = new Map<number, number>()
  /** Whom each link goes to, also those that are down. */
  readonly #peers = new Map<number, number>()
  readonly #operatingSystem: ProcessIdentity | undefined
  #identity = { clusterId: '', databaseId: '', empty: true }
  #timerAt = Infinity
  #establishedEpoch = 0
  #core: unknown

  constructor(world: World, machine: Machine, random: Random) {
    const { options } = world
    this.id = machine.id
    this.machine = machine
    this.#world = world
    this.#random = random
    const recovered = machine.disk.recover()
    this.incarnationKey = recovered.incarnationKey
    this.#operatingSystem = options.sameMachine
      ? { bootId: 'boot', pidNamespace: 'pids', pid: this.incarnationKey, startTime: 1 }
      : undefined
    const replicaOptions = {
      id: machine.id,
      voterIds: world.voterIds,
      process: this.#operatingSystem,
      timing: options.timing,
      bounds: options.bounds,
    }
    this.replica = new Replica(replicaOptions, random.fork('replica'))
    this.#writes = new WriteQueue(world, machine, random.fork('disk'), {
      written: (writes) => this.#onWritten(writes),
      persisted: (ticket) => this.input({ kind: 'persisted', ticket }),
      failed: (reason) => this.fail('STORAGE', reason),
    })
    this.step({ kind: 'start', recovered })
    for (let view = 1; view <= options.viewsPerProcess; view += 1) {
      this.views.push(new ViewHost(world, this, view, random.fork(`view ${view}`)))
      this.step({ kind: 'viewAttached', view })
    }
  }

  get name(): string {
    const status = this.replica.status
    return `${this.id}@${status?.epoch ?? 0} ${status?.role ?? 'loading'}${status?.established === true ? '*' : ''}`
  }

  member(): Member {
    return {
      protocol: PROTOCOL_VERSION,
      ...this.#identity,
      replicaId: this.id,
      voterIds: this.#world.voterIds,
      role: 'voter',
      incarnation: this.machine.disk.incarnation,
      incarnationKey: this.incarnationKey,
      process: this.#operatingSystem,
    }
  }

  linkUp(link: number, member: Member): void {
    this.#peers.set(link, member.replicaId)
    this.input({ kind: 'linkUp', link, member })
  }

  linkDown(link: number): void {
    this.input({ kind: 'linkDown', link })
  }

  message(link: number, message: Message): void {
    this.input({ kind: 'message', link, message })
  }

  /** By way of the thread's inbox. */
  input(input: Input): void {
    this.actor.deliver(() => this.step(input))
  }

  resume(): void {
    this.actor.resume()
    this.#arm()
  }

  /** The process ends here and now. Of what is on its way to the disk some prefix arrives. */
  kill(): void {
    this.isAlive = false
    this.isRunning = false
    this.#writes.crash()
    this.actor.kill()
    for (const view of this.views) view.kill()
    this.#world.observer.processEnded(this)
  }

  /** What the host does when its storage fails: the replica is over, its peers and Views hear of it, the process lives on. */
  fail(code: ErrorCode, reason: string): void {
    if (!this.isAlive) return
    const { now, trace, network } = this.#world
    trace.add(now, 'failed', [this.id], () => line(this.name, `has failed: ${reason}`))
    this.isAlive = false
    Atomics.store(this.gone, 0, 1)
    this.actor.kill()
    for (const view of this.views) view.give({ kind: 'failed', reason, code })
    network.remove(this, 0)
  }

  /** What the host does when it is closed: the same, but in good order, and nobody needs to be told. */
  close(): void {
    this.step({ kind: 'close' })
    Atomics.store(this.gone, 0, 1)
  }

  step(input: Input): void {
    if (!this.isAlive) return
    const { now, trace } = this.#world
    const { machine } = this
    trace.add(now, input.kind, [this.id], () => {
      return line(
        this.name,
        describeInput(this.id, input, (link) => this.#peers.get(link)),
      )
    })
    const instant = { mono: machine.mono(now), wall: machine.wall(now) }
    const effects = this.replica.step(instant, input)
    this.#world.observer.stepped(this, input, effects)
    this.#observe()
    this.#executeAll(effects)
    this.#arm()
  }

  #executeAll(effects: readonly Effect[]): void {
    const doomedAt = this.#doomedAt(effects.length)
    for (const [index, effect] of effects.entries()) {
      if (index === doomedAt) this.doom?.strike(index, effects.length)
      if (!this.isAlive) return
      this.#execute(effect)
    }
  }

  /** Before which effect the process dies, if in this step. */
  #doomedAt(effects: number): number | undefined {
    const { doom } = this
    if (doom === undefined || effects < 2) return undefined
    doom.steps -= 1
    return doom.steps < 0 ? 1 + Math.floor(doom.part * (effects - 1)) : undefined
  }

  /** What the step has made true. */
  #observe(): void {
    const { core } = this.replica
    if (core === undefined) return
    const { observer } = this.#world
    const { history, tree, peer } = core
    if (core !== this.#core) {
      this.#core = core
      this.applied = history.base
      observer.state(`replica ${this.id}, loaded`, tree)
      // What the snapshot holds was seen when it was applied; the log up to its end is the same again.
      this.applied = tree.lastZxid
    }
    if (history.committed > this.applied) {
      if (this.applied >= history.base) {
        for (const entry of history.between(this.applied, history.committed)) {
          observer.applied(this, this.applied, entry)
          this.applied = entry.zxid
        }
      }
      this.applied = history.committed
      observer.state(`replica ${this.id}`, tree)
    }
    const { role } = peer
    if (role instanceof Leading && role.isEstablished && role.epoch !== this.#establishedEpoch) {
      this.#establishedEpoch = role.epoch
      observer.established(this, role.epoch)
    }
  }

  #execute(effect: Effect): void {
    const world = this.#world
    switch (effect.kind) {
      case 'send':
        world.trace.add(world.now, 'send', [this.id, effect.link], () => {
          const to = arrow(this.id, this.#peers.get(effect.link), effect.link)
          return line(this.name, `${to} ${describeMessage(effect.message)}`)
        })
        return world.network.send(this, effect.link, effect.message)
      case 'persist':
        world.trace.add(world.now, 'persist', [this.id, effect.ticket], () =>
          line(this.name, describeWrites(effect.ticket, effect.writes)),
        )
        return this.#writes.push(effect)
      case 'view':
        return this.#toView(effect.view, effect.input)
      case 'closeLink':
        world.trace.add(world.now, 'close', [this.id, effect.link], () => {
          const to = arrow(this.id, this.#peers.get(effect.link), effect.link)
          return line(this.name, `${to} closed: ${effect.reason}`)
        })
        return world.network.close(this, effect.link)
      case 'identity':
        return this.#identify(effect)
      case 'watchProcess':
        this.#watched.set(effect.replica, effect.incarnationKey)
        return this.#watch(effect.replica, effect.incarnationKey)
      case 'unwatchProcess':
        this.#watched.delete(effect.replica)
        return
      case 'reload':
        return this.#reload(effect.reason)
      case 'failed':
        return world.observer.failed('failed', `replica ${this.id} gave up: ${effect.reason}`)
      case 'status':
    }
  }

  /** As the host does: on links that are up or come up, the database would keep its former name. */
  #identify({
    clusterId,
    databaseId,
    empty,
  }: Pick<Member, 'clusterId' | 'databaseId' | 'empty'>): void {
    const isRenamed = databaseId !== this.#identity.databaseId
    this.#identity = { clusterId, databaseId, empty }
    if (!isRenamed) return
    for (const number of this.#world.network.linksOf(this)) this.#world.network.close(this, number)
  }

  /** A digest that differs is a defect: nothing in the simulated world damages memory. */
  #reload(reason: string): void {
    this.#world.observer.failed('reload', `replica ${this.id} had to load again: ${reason}`)
  }

  #onWritten(writes: readonly Write[]): void {
    const { observer } = this.#world
    const takesBack = writes.some(({ kind }) => kind === 'truncate' || kind === 'resetLog')
    if (takesBack) observer.takenBack(this)
    const snapshot = writes.find((write) => write.kind === 'snapshotComplete')
    if (snapshot !== undefined) observer.snapshotTaken(this, snapshot.tail)
  }

  #toView(view: number, input: ViewInput): void {
    this.views.find((host) => host.number === view)?.give(input)
  }

  #watch(replica: number, incarnationKey: number): void {
    const world = this.#world
    world.scheduler.after(5 + this.#random.integer(20), () => {
      if (!this.isAlive || this.#watched.get(replica) !== incarnationKey) return
      const { process } = world.machine(replica)
      if (process?.incarnationKey === incarnationKey && process.isRunning)
        return this.#watch(replica, incarnationKey)
      this.#watched.delete(replica)
      this.input({ kind: 'processGone', replica, incarnationKey })
    })
  }

  #arm(): void {
    const { scheduler } = this.#world
    const { deadline } = this.replica
    if (deadline === Infinity || !this.isAlive) return
    // Rounded up: a clock with a drift would else show a little less than the deadline for ever.
    const at = Math.max(scheduler.now, this.machine.trueTime(deadline) + TIMER_MS)
    if (at >= this.#timerAt) return
    this.#timerAt = at
    scheduler.at(at, () => this.#onTimer(at))
  }

  #onTimer(at: number): void {
    if (this.#timerAt !== at || !this.isAlive) return
    this.#timerAt = Infinity
    // A paused thread looks at its deadline when it wakes, after everything that has come meanwhile.
    if (this.actor.isPaused) return
    if (this.machine.mono(this.#world.now) < this.replica.deadline) return this.#arm()
    this.step({ kind: 'timeout' })
  }
}
