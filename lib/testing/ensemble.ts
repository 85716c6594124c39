/**
 * An ensemble in memory, for tests of applications: the real replicas, Views and sessions over the simulated machines,
 * disks and network, with faults on demand. Nothing here opens a file, a socket or a thread.
 */
import { badArguments, describe } from '../session/arguments.js'
import { Session } from '../session/session.js'
import { Disk } from './disk.js'
import { checkEnsembleOptions, checkMs } from './ensemble-options.js'
import { checkReplicaJoinOptions, checkUntilOptions } from './ensemble-options.js'
import type { CheckedEnsemble, EnsembleOptions } from './ensemble-options.js'
import type { ReplicaJoinOptions, UntilOptions } from './ensemble-options.js'
import type { Flow } from './flow.js'
import { InMemoryReplica } from './in-memory-replica.js'
import { makeWorld } from './make-world.js'
import { SILENT } from './observer.js'
import type { Observer } from './observer.js'
import { RealFlow } from './real-flow.js'
import { VirtualFlow } from './virtual-flow.js'
import type { World } from './world.js'

/** An ensemble that has no leader after so long has none ever. */
const LEADER_MS_MAX = 60_000
/** Time goes on for so long after everything that sessions' timeouts can bring about. */
const IDLE_MS = 5000
const IDLE_MS_MAX = 120_000
/** Within so long a process that can hear it hears that its session has ended. */
const HEARD_MS = 1000
/** The others see a dead process's links end after so long, ms. */
const LINK_END_MS = 1

/**
 * Starts an ensemble in memory; resolves when a leader serves.
 *
 * @throws TypeError (`BAD_ARGUMENTS`) for wrong options.
 */
export async function ensemble(options?: EnsembleOptions): Promise<Ensemble> {
  const made = new Ensemble(checkEnsembleOptions(options))
  try {
    await made.until(() => made.leader !== undefined, { timeout: LEADER_MS_MAX })
    return made
  } catch (error) {
    await made.close()
    throw error
  }
}

/** Faults take effect at the moment of the call. Every method rejects once the ensemble is closed, or has failed. */
export class Ensemble {
  /** The same seed and the same calls give the same run. */
  readonly seed: number
  /** Number of replicas; their ids are 1 … size. */
  readonly size: number
  readonly #options: CheckedEnsemble
  readonly #world: World
  readonly #flow: Flow
  /** The running replicas, by id. */
  readonly #replicas = new Map<number, InMemoryReplica>()
  /** Sessions whose end is committed. */
  readonly #ended = new Set<number>()
  #longestTimeoutMs: number
  #wipes = 0
  #failure: Error | undefined
  #isClosed = false

  /** For `ensemble` only. */
  constructor(options: CheckedEnsemble) {
    this.#options = options
    this.seed = options.seed
    this.size = options.size
    this.#longestTimeoutMs = options.sessionTimeoutMs
    this.#world = makeWorld(options, this.#observer())
    const flowOptions = {
      scheduler: this.#world.scheduler,
      pending: () => this.#pending,
      idleMs: () => Math.min(2 * this.#longestTimeoutMs, IDLE_MS_MAX) + IDLE_MS,
      onFailure: (error: unknown) => this.#fail(error),
    }
    this.#flow = options.time === 'real' ? new RealFlow(flowOptions) : new VirtualFlow(flowOptions)
    for (const { id } of this.#world.machines) this.#start(id)
  }

  /** ms of the ensemble's time since it was made. */
  get now(): number {
    return this.#world.now
  }

  /** Id of the replica that leads, and serves; `undefined` while there is none. Of two, which is possible, the newer. */
  get leader(): number | undefined {
    const leading = this.#world.processes.flatMap(({ id, replica: { status } }) => {
      return status?.role === 'leading' && status.established ? [{ id, epoch: status.epoch }] : []
    })
    return leading.sort((left, right) => right.epoch - left.epoch)[0]?.id
  }

  /** Ids of the replicas whose processes run, ascending; paused ones too. */
  get running(): number[] {
    return [...this.#replicas.keys()].sort((left, right) => left - right)
  }

  /**
   * What `join` is in production: a session of that replica. Closing it closes the replica; `replica.openSession` gives
   * further sessions.
   */
  join(id: number, options?: ReplicaJoinOptions): Promise<Session> {
    return this.#waiting(() => {
      const replica = this.#replica(id)
      const { timeout = this.#options.sessionTimeoutMs, signal } = checkReplicaJoinOptions(options)
      if (replica.isJoined) {
        throw new Error(`replica ${id} was joined before: its replica.openSession() gives more`)
      }
      signal?.throwIfAborted()
      return replica.openOwningSession({ timeout, signal })
    })
  }

  /**
   * The replica's process ends, as by `kill -9`. Its sessions are `failed` at once; for the ensemble they live until
   * their timeout has passed, or, on the same machine, until the death is noticed. What was being written to its disk
   * is there or not.
   */
  async kill(id: number): Promise<void> {
    this.#kill(this.#replica(id), `the process of replica ${id} was killed`)
  }

  /** A new process on the disk of one that was killed or closed. Its sessions are new ones: `join` again. */
  async restart(id: number): Promise<void> {
    this.#check(id)
    if (this.#replicas.has(id)) throw new Error(`replica ${id} is running`)
    this.#start(id)
    this.#flow.wake()
  }

  /** The replica's disk is lost, and its process with it. `restart` begins with an empty one. */
  async wipe(id: number): Promise<void> {
    this.#check(id)
    const replica = this.#replicas.get(id)
    if (replica !== undefined) this.#kill(replica, `the disk of replica ${id} was lost`)
    this.#wipes += 1
    this.#world.machine(id).disk = new Disk(this.#world.random(`lost disk ${this.#wipes}`))
  }

  /** The process stands still, as by SIGSTOP: the replica and its sessions. What they are sent waits. */
  async pause(id: number): Promise<void> {
    this.#replica(id).pause()
    this.#flow.wake()
  }

  async resume(id: number): Promise<void> {
    this.#replica(id).resume()
    this.#flow.wake()
  }

  /**
   * Replicas of different groups do not reach each other; what is on its way between them waits. Those that are in no
   * group are one more group. Takes the place of the partition before.
   */
  async partition(...groups: readonly (readonly number[])[]): Promise<void> {
    const groupOf = this.#groups(groups)
    const { network } = this.#world
    network.unblockAll()
    for (let from = 1; from <= this.size; from += 1) {
      for (let to = 1; to <= this.size; to += 1) {
        if (groupOf.get(from) !== groupOf.get(to)) network.block(from, to)
      }
    }
    this.#flow.wake()
  }

  /** All replicas reach each other again. */
  async heal(): Promise<void> {
    this.#checkOpen()
    this.#world.network.unblockAll()
    this.#flow.wake()
  }

  /**
   * The ensemble hears of the session no more and ends it when its timeout has passed; its owner can know before
   * (`alive`). Resolves when that is committed and the owner, if it can hear it, has heard it.
   */
  expire(session: Session): Promise<void> {
    return this.#waiting(() => {
      const replica = this.#ownerOf(session)
      if (session.state === 'expired') return Promise.resolve()
      if (isOver(session)) throw this.#error(`a session that is ${session.state} cannot expire`)
      replica.mute(session.id)
      this.#flow.wake()
      return this.#hearOfEnd(session)
    })
  }

  /** Passes exactly so much time: everything that is due by then has happened, and nothing that is due later. */
  advance(ms: number): Promise<void> {
    return this.#waiting(() => {
      checkMs('advance', ms)
      return this.#flow.pass(ms)
    })
  }

  /**
   * The application's thread of that replica stands still for so long, while the replica's own goes on. Resolves at the first
   * instruction after it: `alive` tells the truth, and nothing that came meanwhile has been told yet.
   */
  blockMainThread(id: number, ms: number): Promise<void> {
    return this.#waiting(() => {
      const replica = this.#replica(id)
      checkMs('blockMainThread', ms)
      replica.block()
      // It wakes up in an event of its own: whoever waits for the end of the block comes first.
      return this.#flow.pass(ms).finally(() => replica.unblock())
    })
  }

  /**
   * Time passes until the condition holds, which is asked after each event. Rejects when it does not within the
   * timeout.
   */
  until(condition: () => boolean, options?: UntilOptions): Promise<void> {
    return this.#waiting(() => {
      if (typeof condition !== 'function') {
        throw badArguments(`until takes a function, not ${describe(condition)}`)
      }
      const ms = checkUntilOptions(options)
      return this.#flow.until(condition, ms, () => this.#error(`not so within ${ms} ms`))
    })
  }

  /**
   * Ends it all: sessions are `closed`, nothing runs any more. Idempotent.
   *
   * @throws What the ensemble failed with, if it did.
   */
  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true
      this.#flow.stop(this.#error('the ensemble is closed'))
      for (const replica of this.#replicas.values()) replica.ended()
      this.#replicas.clear()
      for (const machine of this.#world.machines) this.#world.kill(machine, LINK_END_MS)
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #pending(): number {
    let pending = 0
    for (const { view } of this.#replicas.values()) pending += view.pending
    return pending
  }

  #start(id: number): void {
    const process = this.#world.start(this.#world.machine(id))
    const [viewHost] = process.views
    if (viewHost === undefined) throw new Error('a process has a View')
    const replica = new InMemoryReplica(process, viewHost, {
      wake: () => this.#flow.wake(),
      opening: (timeoutMs) => {
        this.#longestTimeoutMs = Math.max(this.#longestTimeoutMs, timeoutMs)
      },
      closed: (closed) => {
        if (this.#replicas.get(id) === closed) this.#end(closed)
      },
      later: (run) => {
        const { scheduler } = this.#world
        scheduler.after(0, () => {
          run()
          scheduler.isTouched = true
        })
      },
    })
    this.#replicas.set(id, replica)
  }

  #end({ id }: InMemoryReplica): void {
    this.#replicas.delete(id)
    this.#world.kill(this.#world.machine(id), LINK_END_MS)
    this.#flow.wake()
  }

  #kill(replica: InMemoryReplica, reason: string): void {
    this.#end(replica)
    replica.failed(this.#error(reason))
  }

  async #hearOfEnd(session: Session): Promise<void> {
    const never = (): Error => this.#error('never')
    await this.#flow.until(() => this.#ended.has(session.id), Infinity, never)
    const heardBy = this.now + HEARD_MS
    await this.#flow.until(() => isOver(session) || this.now >= heardBy, Infinity, never)
  }

  /** Who closes the ensemble without looking back is not punished for what still waits. */
  #waiting<T>(begin: () => Promise<T>): Promise<T> {
    try {
      this.#checkOpen()
      const waiting = begin()
      waiting.catch(() => undefined)
      return waiting
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #ownerOf(session: unknown): InMemoryReplica {
    const replica = session instanceof Session ? session.replica : undefined
    const isMine =
      replica instanceof InMemoryReplica && this.#machines.includes(replica.process.machine)
    if (isMine) return replica
    throw badArguments(`expire takes a session of this ensemble, not ${describe(session)}`)
  }

  get #machines(): World['machines'] {
    return this.#world.machines
  }

  /** The running replica of that id. */
  #replica(id: number): InMemoryReplica {
    this.#check(id)
    const replica = this.#replicas.get(id)
    if (replica === undefined) throw new Error(`replica ${id} is not running: restart(${id})`)
    return replica
  }

  #groups(groups: readonly (readonly number[])[]): Map<number, number> {
    this.#checkOpen()
    const groupOf = new Map<number, number>()
    for (const [index, group] of groups.entries()) {
      if (!Array.isArray(group)) {
        throw badArguments(`partition takes arrays of ids, not ${describe(group)}`)
      }
      for (const id of group) {
        this.#check(id)
        if (groupOf.has(id)) throw badArguments(`replica ${id} is named twice`)
        groupOf.set(id, index)
      }
    }
    return groupOf
  }

  #check(id: number): void {
    this.#checkOpen()
    if (Number.isInteger(id) && id >= 1 && id <= this.size) return
    throw badArguments(`the ids of replicas are 1 to ${this.size}; there is no ${describe(id)}`)
  }

  #checkOpen(): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isClosed) throw this.#error('the ensemble is closed')
  }

  #observer(): Observer {
    return {
      ...SILENT,
      applied: (_process, _after, { txn: { body } }) => {
        if (body.kind === 'closeSession') this.#ended.add(body.session)
        if (body.kind === 'register')
          for (const { session } of body.closed) this.#ended.add(session)
      },
      failed: (what, message) => this.#fail(new Error(`${what}: ${message}`)),
    }
  }

  /** A defect of vivarium: nothing goes on, and everybody hears of it. */
  #fail(cause: unknown): void {
    if (this.#failure !== undefined || this.#isClosed) return
    const reason = cause instanceof Error ? cause.message : String(cause)
    const failure = this.#error(`the simulated ensemble failed: ${reason}`, cause)
    this.#failure = failure
    process.emitWarning(failure.message, { type: 'VivariumWarning' })
    this.#flow.stop(failure)
    for (const replica of this.#replicas.values()) replica.failed(failure)
  }

  #error(message: string, cause?: unknown): Error {
    const when = `seed ${this.seed}, at ${this.now.toFixed(3)} ms`
    return new Error(`${message} (${when})`, cause === undefined ? undefined : { cause })
  }
}

function isOver({ state }: Session): boolean {
  return state !== 'connected' && state !== 'suspended'
}
