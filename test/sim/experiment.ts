/**
 * One seed's run: a simulated world with a workload in it, the decided history, and the checkers that are told of
 * everything. It makes no decisions: what happens is in lib/testing, client.ts and faults.ts.
 */
import type { Random } from '../../lib/base/random.js'
import type { SessionId } from '../../lib/protocol/request.js'
import type { Effect } from '../../lib/replica/effect.js'
import type { Input } from '../../lib/replica/input.js'
import type { Zxid } from '../../lib/protocol/zxid.js'
import { epochOf, formatZxid } from '../../lib/protocol/zxid.js'
import type { ViewInput } from '../../lib/replica/view-message.js'
import type { Observer } from '../../lib/testing/observer.js'
import type { Process } from '../../lib/testing/process.js'
import type { Scheduler } from '../../lib/testing/scheduler.js'
import type { Trace } from '../../lib/testing/trace.js'
import type { ViewHost } from '../../lib/testing/view-host.js'
import { World } from '../../lib/testing/world.js'
import type { SnapshotTail } from '../../lib/tree/record.js'
import type { Tree } from '../../lib/tree/tree.js'
import type { Txn } from '../../lib/tree/txn.js'
import { majorityOf } from '../../lib/zab/election.js'
import type { Entry } from '../../lib/zab/entry.js'
import { Checkers } from './checkers/all.js'
import { isSame } from './checkers/prefix.js'
import { Client } from './client.js'
import { RemoteUser } from './remote-client.js'
import { Decided } from './decided.js'
import type { Ambush } from './faults/ambush.js'
import { Marks } from './marks/marks.js'
import { Inspector } from './inspector.js'
import { Violation } from './observation.js'
import type { Observation } from './observation.js'
import type { SimOptions } from './options.js'
import { ZnodeHistory } from './znode-history.js'

/** After so many steps those are asked whose session is over: any moment will do. */
const STEPS_PER_LEASE = 16
const WRITES: ReadonlySet<string> = new Set(['create', 'delete', 'setData', 'multi'])

export class Experiment implements Observer {
  readonly options: SimOptions
  readonly trace: Trace
  readonly world: World
  readonly decided: Decided = new Decided()
  readonly znodes: ZnodeHistory = new ZnodeHistory()
  readonly inspector: Inspector
  readonly marks: Marks
  /** How often each rare thing happened. */
  readonly counts: Map<string, number> = new Map()
  /** Faults that wait for their moment. */
  readonly ambushes: Set<Ambush> = new Set()
  /** The workload asks for nothing new. */
  isIdle = false
  violation: Error | undefined
  readonly #clients = new Map<ViewHost, Client>()
  readonly #remotes: readonly RemoteUser[]
  readonly #checkers: Checkers
  #numbers = 0
  #steps = 0

  constructor(options: SimOptions, trace: Trace) {
    this.options = options
    this.trace = trace
    const { drift } = options
    this.#checkers = new Checkers(this.decided, this.znodes, { now: () => this.now, drift })
    this.inspector = new Inspector((observation) => this.observe(observation), options.bounds)
    this.world = new World(options, this, trace)
    this.marks = new Marks(this.world, this.decided)
    this.#remotes = Array.from({ length: options.remotes.count }, (_, index) => {
      return new RemoteUser(this, this.world.random(`remote client ${index}`))
    })
  }

  stepped(process: Process, input: Input, effects: readonly Effect[]): void {
    this.#steps += 1
    if (this.#steps % STEPS_PER_LEASE === 0)
      for (const client of this.#clients.values()) client.checkLeases()
    this.marks.stepped(process, input, effects)
    this.inspector.stepped(process, input, effects)
    for (const ambush of this.ambushes) ambush(process, input)
  }

  get now(): number {
    return this.world.now
  }

  get scheduler(): Scheduler {
    return this.world.scheduler
  }

  /** The workloads of all Views that live. */
  get clients(): Client[] {
    return [...this.#clients.values()]
  }

  get remotes(): readonly RemoteUser[] {
    return this.#remotes
  }

  /** Sessions that are connected. */
  get liveSessions(): SessionId[] {
    const remote = this.#remotes.flatMap(({ liveSession }) => liveSession ?? [])
    return [...this.clients.flatMap(({ liveSessions }) => liveSessions), ...remote]
  }

  nextNumber(): number {
    this.#numbers += 1
    return this.#numbers
  }

  viewStarted(view: ViewHost, random: Random): void {
    this.#clients.set(view, new Client(this, view, random.fork('client')))
  }

  /** Snapshots among what it takes in let it leave positions out. */
  viewTaking(view: ViewHost, inputs: readonly ViewInput[]): void {
    const client = this.#clients.get(view)
    if (client === undefined) return
    let from = view.position
    for (const input of inputs) {
      if (input.kind === 'txns') from = Math.max(from, input.entries.at(-1)?.zxid ?? 0)
      if (input.kind !== 'snapshotEnd') continue
      const { end: to } = input.tail
      this.observe({ kind: 'jumping', view: client.number, from, to })
      from = to
    }
  }

  viewAdvanced(view: ViewHost): void {
    this.#clients.get(view)?.checkLeases()
    this.inspector.viewAdvanced(view)
    this.marks.viewAdvanced(view)
  }

  /** The application of that View ends in good order; resolves when it has, never if it dies first. */
  quit(view: ViewHost, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      view.actor.deliver(() => void this.#clients.get(view)?.quit(timeoutMs).then(resolve))
    })
  }

  viewEnded(view: ViewHost): void {
    this.#clients.get(view)?.abandon()
    this.#clients.delete(view)
    for (const remote of this.#remotes) remote.viewEnded(view)
  }

  processEnded(process: Process): void {
    this.#tally(process.replica.status?.counters)
    this.marks.processEnded(process)
  }

  /** Replicas that live have counted too. */
  tallyLiving(): void {
    this.count('steps', this.#steps)
    for (const [name, count] of this.#checkers.counts) this.count(name, count)
    for (const { replica } of this.world.processes) this.#tally(replica.status?.counters)
  }

  observe(observation: Observation): void {
    if (this.violation !== undefined) return
    this.marks.observed(observation)
    try {
      this.#checkers.observe(observation)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Something happened that no checker needs to judge. */
  failed(what: string, message: string): void {
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

  #tally(counters: Readonly<Record<string, number>> | undefined): void {
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
    if (WRITES.has(entry.txn.body.kind)) this.count('writes', 1)
    this.marks.decided(entry)
    this.observe({
      kind: 'decided',
      entry,
      lacking: this.#lacking(entry),
      majority: majorityOf(this.options.size),
    })
    this.#hand(entry)
    const { body } = entry.txn
    if (body.kind === 'closeSession') this.#sessionEnded(body.session)
    if (body.kind === 'register') for (const { session } of body.closed) this.#sessionEnded(session)
  }

  /** A disk has dropped entries: what is decided must not have been among the last copies. */
  takenBack(process: Process): void {
    this.inspector.takenBack(process)
    const { last } = this.decided
    if (last === undefined) return
    const majority = majorityOf(this.options.size)
    this.observe({ kind: 'takenBack', zxid: last.zxid, lacking: this.#lacking(last), majority })
  }

  state(where: string, { lastZxid: zxid, digest }: Tree): void {
    this.observe({ kind: 'state', where, zxid, digest })
  }

  snapshotTaken(process: Process, tail: SnapshotTail): void {
    const { end, digest } = tail
    this.marks.snapshotTaken(process, tail)
    this.inspector.snapshotTaken(process)
    this.observe({ kind: 'state', where: `snapshot of ${process.id}`, zxid: end, digest })
  }

  established(process: Process, epoch: number): void {
    const { id, incarnationKey, replica } = process
    // One that was asleep meanwhile may find itself established when later epochs have begun: it lacks theirs rightly.
    const last = this.decided.entries.findLast(({ zxid }) => epochOf(zxid) < epoch)
    const holdsAllDecided = last === undefined || replica.core?.history.has(last.zxid) === true
    this.count('epochs', 1)
    this.marks.established(process, epoch)
    this.observe({ kind: 'established', replica: id, epoch, incarnationKey, holdsAllDecided })
    this.inspector.established(process)
  }

  /** A request ended with OUTCOME_UNKNOWN. */
  onUnknown(isExcused: boolean): void {
    this.count('outcomesUnknown', 1)
    if (!isExcused) this.failed('unknown', 'a request has no outcome for no good reason')
  }

  /** Of the databases that vote, how many do not hold that txn. */
  #lacking({ zxid, txn }: Entry<Txn>): number {
    const lacking = this.world.machines.filter(({ disk, isVoting }) => {
      if (!isVoting) return false
      if (disk.base >= zxid) return false
      const found = disk.entries.findLast((each) => each.zxid <= zxid)
      return found === undefined || !isSame(found, { zxid, txn })
    })
    return lacking.length
  }

  /** Who made ephemerals owns them; whoever owned the same paths before must know that he does not. */
  #hand({ txn: { body } }: Entry<Txn>): void {
    const operations = body.kind === 'multi' ? body.operations : [body]
    for (const operation of operations) {
      if (operation.kind !== 'create' || operation.owner === 0) continue
      const { path, owner } = operation
      const earlier = this.znodes.earlierOwner(path)
      if (earlier === undefined) continue
      const sessions = this.clients.flatMap((client) => client.sessions)
      const isEarlierAlive = sessions.some((each) => each.id === earlier && each.alive)
      this.observe({ kind: 'handed', path, owner, earlier, isEarlierAlive })
    }
  }

  #sessionEnded(session: SessionId): void {
    for (const client of this.clients) client.onEnded(session)
  }
}
