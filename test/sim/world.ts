/**
 * The simulated world of one seed: machines, network, time, and the checkers that are told of everything. It makes no
 * decisions: what happens is in process.ts, view-host.ts, client.ts and faults.ts.
 */
import { Random } from '../../lib/base/random.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { SessionId } from '../../lib/protocol/request.js'
import { epochOf, formatZxid } from '../../lib/protocol/zxid.js'
import type { SnapshotTail } from '../../lib/tree/record.js'
import type { Tree } from '../../lib/tree/tree.js'
import type { Txn } from '../../lib/tree/txn.js'
import { majorityOf } from '../../lib/zab/election.js'
import type { Entry } from '../../lib/zab/entry.js'
import { isSame } from './checkers/prefix.js'
import { allCheckers } from './checkers/all.js'
import { Decided } from './decided.js'
import { Disk } from './disk.js'
import { Machine } from './machine.js'
import { Network } from './network.js'
import { Violation } from './observation.js'
import type { Checker, Observation } from './observation.js'
import type { SimOptions } from './options.js'
import { Process } from './process.js'
import { Scheduler } from './scheduler.js'
import type { Trace } from './trace.js'

export class World {
  readonly options: SimOptions
  readonly trace: Trace
  readonly scheduler: Scheduler = new Scheduler()
  readonly network: Network
  readonly machines: readonly Machine[]
  readonly decided: Decided = new Decided()
  /** How often each rare thing happened. */
  readonly counts: Map<string, number> = new Map()
  /** The workload asks for nothing new. */
  isIdle = false
  violation: Error | undefined
  readonly #random: Random
  readonly #checkers: readonly Checker[]
  #numbers = 0
  #lives = 0

  constructor(options: SimOptions, trace: Trace) {
    this.options = options
    this.trace = trace
    this.#random = new Random(options.seed).fork('world')
    const { networkLatencyMs: latencyMs, throughWire } = options
    this.network = new Network(this.scheduler, this.#random.fork('network'), {
      latencyMs,
      throughWire,
    })
    this.#checkers = allCheckers(this.decided)
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

  nextNumber(): number {
    this.#numbers += 1
    return this.#numbers
  }

  start(machine: Machine): void {
    this.#lives += 1
    this.trace.add(this.now, 'started', [machine.id], () => `*** process ${machine.id} starts`)
    const process = new Process(
      this,
      machine,
      this.#random.fork(`life ${this.#lives} of ${machine.id}`),
    )
    machine.process = process
    this.network.add(process)
    this.scheduler.isTouched = true
  }

  observe(observation: Observation): void {
    if (this.violation !== undefined) return
    try {
      for (const checker of this.#checkers) checker.observe(observation)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Something happened that no checker needs to judge. */
  fail(what: string, message: string): void {
    this.#fail(new Violation(what, message))
  }

  #fail(error: unknown): void {
    if (this.violation !== undefined) return
    this.violation = error instanceof Error ? error : new Error(String(error))
    this.trace.add(this.now, 'violation', [], () => `!!! ${this.violation?.message ?? ''}`)
  }

  count(what: string, by: number): void {
    if (by > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }

  /** Counters of a replica that is at its end. */
  tally(counters: Readonly<Record<string, number>> | undefined): void {
    for (const [name, value] of Object.entries(counters ?? {})) this.count(name, value)
  }

  /** A replica has applied a decided txn. */
  applied(process: Process, after: Zxid, entry: Entry<Txn>): void {
    this.observe({ kind: 'applied', replica: process.id, after, entry })
    if (this.violation !== undefined || this.decided.at(entry.zxid) !== undefined) return
    this.decided.append(entry)
    this.trace.add(this.now, 'decided', [entry.zxid, entry.txn.digest], () => {
      return `=== decided ${formatZxid(entry.zxid)} ${entry.txn.body.kind}`
    })
    this.count('decided', 1)
    this.observe({
      kind: 'decided',
      entry,
      lacking: this.#lacking(entry),
      majority: majorityOf(this.options.size),
    })
    const { body } = entry.txn
    if (body.kind === 'closeSession') this.#sessionEnded(body.session)
    if (body.kind === 'register') for (const { session } of body.closed) this.#sessionEnded(session)
  }

  /** A disk has dropped entries: what is decided must not have been among the last copies. */
  takenBack(): void {
    const { last } = this.decided
    if (last === undefined) return
    const majority = majorityOf(this.options.size)
    this.observe({ kind: 'takenBack', zxid: last.zxid, lacking: this.#lacking(last), majority })
  }

  state(where: string, { lastZxid: zxid, digest }: Tree): void {
    this.observe({ kind: 'state', where, zxid, digest })
  }

  snapshot(process: Process, { end, digest }: SnapshotTail): void {
    this.observe({ kind: 'state', where: `snapshot of ${process.id}`, zxid: end, digest })
  }

  established(process: Process, epoch: number): void {
    const { id, incarnationKey, replica } = process
    // One that was asleep meanwhile may find itself established when later epochs have begun: it lacks theirs rightly.
    const last = this.decided.entries.findLast(({ zxid }) => epochOf(zxid) < epoch)
    const holdsAllDecided = last === undefined || replica.core?.history.has(last.zxid) === true
    this.count('epochs', 1)
    this.observe({ kind: 'established', replica: id, epoch, incarnationKey, holdsAllDecided })
  }

  /** A request ended with OUTCOME_UNKNOWN. */
  onUnknown(isExcused: boolean): void {
    this.count('outcomesUnknown', 1)
    if (!isExcused) this.fail('unknown', 'a request has no outcome for no good reason')
  }

  /** Of the databases that vote, how many do not hold that txn. */
  #lacking({ zxid, txn }: Entry<Txn>): number {
    const lacking = this.machines.filter(({ disk }) => {
      if (!disk.meta.voter) return false
      if (disk.base >= zxid) return false
      const found = disk.entries.findLast((each) => each.zxid <= zxid)
      return found === undefined || !isSame(found, { zxid, txn })
    })
    return lacking.length
  }

  #sessionEnded(session: SessionId): void {
    for (const { views } of this.processes) for (const { client } of views) client.onEnded(session)
  }
}
