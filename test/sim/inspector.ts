/**
 * Looks into the replicas of a simulated world while it runs, and tells the checkers what is there (inside.ts): what a
 * replica logs and promises in each step, against what its disk holds at that moment, and, now and then, how full its
 * queues are. It changes nothing and draws nothing.
 */
import type { Zxid } from '../../lib/protocol/zxid.js'
import type { Core } from '../../lib/replica/core.js'
import type { Effect } from '../../lib/replica/effect.js'
import type { Input } from '../../lib/replica/input.js'
import type { ReplicaBounds } from '../../lib/replica/options.js'
import type { Message, SessionReport } from '../../lib/replica/message.js'
import type { ViewOutput } from '../../lib/replica/view-message.js'
import type { Disk } from '../../lib/testing/disk.js'
import type { Process } from '../../lib/testing/process.js'
import type { ViewHost } from '../../lib/testing/view-host.js'
import { originKey } from '../../lib/tree/session-state.js'
import type { Tree } from '../../lib/tree/tree.js'
import { Leading } from '../../lib/zab/leading.js'
import type { LinkNumber } from '../../lib/zab/links.js'
import { isSame } from './checkers/prefix.js'
import { Gauges } from './gauges.js'
import type { Durables, Epochs } from './inside.js'
import type { Observation } from './observation.js'

/** What is known of one life of a process. */
interface Life {
  core: Core | undefined
  memory: Epochs
  disk: Epochs
  /** The log on disk was compared with the one in memory up to here. */
  compared: Zxid
  /** Sessions that it has let expire. */
  expiries: number
}

const NO_EPOCHS: Epochs = { acceptedEpoch: 0, currentEpoch: 0 }
const NO_CLAIM: Durables = { lastZxid: 0, acceptedEpoch: 0, currentEpoch: 0, voter: false }
/** One snapshot in so many is replayed: some runs take hundreds. */
const SNAPSHOTS_SAMPLED = 8
/** One move of a View in so many is looked at, and one callback. */
const GLANCES_SAMPLED = 16

export class Inspector {
  /** Messages between members so far, by their kind. */
  readonly messages: Map<string, number> = new Map()
  readonly #observe: (observation: Observation) => void
  readonly #gauges: Gauges
  readonly #lives = new WeakMap<Process, Life>()
  readonly #disks = new WeakMap<Disk, number>()
  #diskCount = 0
  #snapshots = 0
  #advances = 0
  #callbacks = 0

  constructor(observe: (observation: Observation) => void, bounds: ReplicaBounds) {
    this.#observe = observe
    this.#gauges = new Gauges(observe, bounds)
  }

  /** A replica has taken an input; nothing of the effects has been executed yet. */
  stepped(process: Process, input: Input, effects: readonly Effect[]): void {
    const { core } = process.replica
    if (core === undefined) return
    const life = this.#lifeOf(process)
    if (life.core !== core) this.#onLoaded(process, life, core)
    this.#lookAtEpochs(process, life, core)
    if (input.kind === 'view') this.#onView(core, input.output)
    if (input.kind === 'timeout') this.#onTimeout(life, core)
    if (input.kind === 'message' && input.message.kind === 'report')
      this.#onReport(core, input.link, input.message.sessions)
    this.#gauges.stepped(process, core, input, effects)
    for (const effect of effects) {
      if (effect.kind === 'send') this.#onSend(process, life, core, effect)
      if (effect.kind !== 'persist') continue
      for (const write of effect.writes) {
        if (write.kind !== 'append') continue
        const { id: replica, incarnationKey } = process
        const { entries } = write
        this.#observe({ kind: 'appended', replica, incarnationKey, entries })
      }
    }
  }

  /** Views tell who wants a session that exists, and, to a leader of their own, whose clients live. */
  #onView(core: Core, output: ViewOutput): void {
    if (output.kind === 'requests') {
      for (const request of output.requests) {
        if (request.kind !== 'createSession' || request.attach === undefined) continue
        const { session, from } = request.attach
        this.#observe({ kind: 'wanted', origin: originKey(request.origin), session, from })
      }
    }
    const { role } = core.peer
    if (output.kind !== 'heartbeat' || !(role instanceof Leading) || !role.isEstablished) return
    for (const session of output.sessions)
      this.#observe({ kind: 'heardOf', epoch: role.epoch, session })
  }

  #onTimeout(life: Life, core: Core): void {
    const { role } = core.peer
    if (!(role instanceof Leading) || !role.isEstablished) return
    const expiries = core.status().counters['expiries'] ?? 0
    if (expiries > life.expiries) this.#observe({ kind: 'expiring', epoch: role.epoch })
    life.expiries = expiries
  }

  #onReport(core: Core, link: LinkNumber, sessions: SessionReport): void {
    const { role } = core.peer
    if (!(role instanceof Leading) || !role.isEstablished || !role.isServing(link)) return
    for (const [session] of sessions) this.#observe({ kind: 'heardOf', epoch: role.epoch, session })
  }

  /** What was compared is not there any more. */
  takenBack(process: Process): void {
    this.#lifeOf(process).compared = 0
  }

  /** All that a leader has when it is established is decided; what it proposes at once is not yet. */
  established({ id, replica }: Process): void {
    const { core } = replica
    if (core === undefined) return
    const { base, committed } = core.history
    const entries = core.history.between(base, committed)
    this.#observe({ kind: 'log', where: `the log of leader ${id}`, base, entries })
  }

  snapshotTaken({ id, machine: { disk } }: Process): void {
    const { snapshot } = disk
    this.#snapshots += 1
    if (snapshot === undefined || this.#snapshots % SNAPSHOTS_SAMPLED !== 1) return
    const { start, end, sessions } = snapshot.tail
    this.#observe({
      kind: 'snapshot',
      where: `snapshot ${snapshot.number} of ${id}`,
      start,
      end,
      znodes: snapshot.nodes.flat(),
      sessions: sessions.map((session) => session.id),
      log: disk.entries,
    })
  }

  viewAdvanced(view: ViewHost): void {
    this.#advances += 1
    if (this.#advances % GLANCES_SAMPLED === 0) this.#glance(view)
  }

  /** The View has applied the txn that a watch tells of, all of it and nothing of the next. */
  glanceInCallback(view: ViewHost): void {
    this.#callbacks += 1
    if (this.#callbacks % GLANCES_SAMPLED === 0) this.#glance(view)
  }

  #glance({ name: where, view }: ViewHost): void {
    const { tree } = view.memory
    this.#observe({
      kind: 'glanced',
      where,
      position: tree.lastZxid,
      znodes: [...tree.znodes].map(([path, stat]) => ({ path, stat })),
    })
  }

  /** Everything is at rest: nothing is in any log that is not decided, in memory or on disk. */
  rested(processes: readonly Process[]): void {
    for (const { id, replica, machine, views } of processes) {
      const { core } = replica
      if (core === undefined) continue
      const { base, lastZxid } = core.history
      const entries = core.history.between(base, lastZxid)
      this.#observe({ kind: 'log', where: `the log of replica ${id}`, base, entries })
      const { disk } = machine
      const { base: from, entries: logged } = disk
      this.#observe({
        kind: 'log',
        where: `the disk of replica ${id}`,
        base: from,
        entries: logged,
      })
      this.#takeCensus(`replica ${id}`, core.tree)
      for (const { name, view } of views) this.#takeCensus(name, view.memory.tree)
    }
  }

  #takeCensus(where: string, tree: Tree): void {
    const ephemerals = [...tree.znodes].filter(([, { owner }]) => owner !== 0)
    this.#observe({
      kind: 'census',
      where,
      position: tree.lastZxid,
      sessions: [...tree.sessions.keys()],
      ephemerals: ephemerals.map(([path, { owner }]) => [path, owner]),
      listed: [...tree.sessions.values()].flatMap((session) => {
        return [...session.ephemerals].map((path) => [path, session.id] as const)
      }),
    })
  }

  #onLoaded({ id: replica }: Process, life: Life, core: Core): void {
    life.core = core
    life.compared = 0
    life.memory = NO_EPOCHS
    this.#observe({ kind: 'loaded', replica, position: core.tree.lastZxid })
    this.#takeCensus(`replica ${replica}`, core.tree)
  }

  #lookAtEpochs({ incarnationKey, machine }: Process, life: Life, core: Core): void {
    const memory = core.history.meta
    const disk = machine.disk.meta
    if (isSameEpochs(memory, life.memory) && isSameEpochs(disk, life.disk)) return
    life.memory = memory
    life.disk = disk
    const { lastZxid: lastLogged } = machine.disk
    const database = this.#nameOf(machine.disk)
    this.#observe({ kind: 'epochs', database, incarnationKey, memory, disk, lastLogged })
  }

  #onSend(
    process: Process,
    life: Life,
    core: Core,
    { link, message }: Extract<Effect, { kind: 'send' }>,
  ): void {
    this.messages.set(message.kind, (this.messages.get(message.kind) ?? 0) + 1)
    const claim = claimOf(message)
    if (claim === undefined) return
    const { disk } = process.machine
    const lastZxid =
      claim.lastZxid === 0 ? 0 : comparedUpTo(disk, core, claim.lastZxid, life.compared)
    if (claim.lastZxid !== 0) life.compared = lastZxid
    const { acceptedEpoch, currentEpoch, voter } = disk.meta
    this.#observe({
      kind: 'claimed',
      replica: process.id,
      message: message.kind,
      claim,
      disk: { lastZxid, acceptedEpoch, currentEpoch, voter },
    })
    if (message.kind !== 'ackEpoch' || !message.fresh) return
    const member = core.peer.links.get(link)?.member
    if (member === undefined) return
    const leader = `${member.replicaId} (${member.incarnationKey})`
    const database = this.#nameOf(disk)
    this.#observe({ kind: 'promised', database, epoch: message.epoch, leader })
  }

  #lifeOf(process: Process): Life {
    const known = this.#lives.get(process)
    if (known !== undefined) return known
    const life = { core: undefined, memory: NO_EPOCHS, disk: NO_EPOCHS, compared: 0, expiries: 0 }
    this.#lives.set(process, life)
    return life
  }

  /** A copy of a database has its name, and is another one. */
  #nameOf(disk: Disk): string {
    let number = this.#disks.get(disk)
    if (number === undefined) {
      this.#diskCount += 1
      number = this.#diskCount
      this.#disks.set(disk, number)
    }
    return `${disk.meta.databaseId.slice(0, 8)} on disk ${number}`
  }
}

function isSameEpochs(left: Epochs, right: Epochs): boolean {
  return left.acceptedEpoch === right.acceptedEpoch && left.currentEpoch === right.currentEpoch
}

/** What that message makes others count on; `undefined` if nothing. */
function claimOf(message: Message): Durables | undefined {
  switch (message.kind) {
    case 'ack':
      return { ...NO_CLAIM, lastZxid: message.zxid, voter: message.voter }
    case 'ackNewLeader': {
      const { epoch, lastZxid, voter } = message
      return { lastZxid, acceptedEpoch: epoch, currentEpoch: epoch, voter }
    }
    case 'ackEpoch': {
      const { epoch, fresh, currentEpoch, lastZxid, voter } = message
      // An epoch that was accepted before counts for nothing.
      if (!fresh) return { ...NO_CLAIM, voter }
      return { lastZxid, acceptedEpoch: epoch, currentEpoch, voter }
    }
    case 'leaderInfo':
      return { ...NO_CLAIM, acceptedEpoch: message.epoch }
    case 'upToDate':
      return { ...NO_CLAIM, acceptedEpoch: message.epoch, currentEpoch: message.epoch }
    case 'notification':
    case 'followerInfo':
      return message.voter ? { ...NO_CLAIM, voter: true } : undefined
    default:
      return undefined
  }
}

/**
 * Up to where, at most to `zxid`, the log on disk is the log in memory.
 *
 * @param from  Known to be the same so far.
 */
function comparedUpTo(disk: Disk, { history }: Core, zxid: Zxid, from: Zxid): Zxid {
  let same = Math.max(from, history.base, disk.base)
  if (same >= zxid) return same
  let index = disk.entries.length
  while (index > 0 && (disk.entries[index - 1]?.zxid ?? 0) > same) index -= 1
  for (const entry of history.between(same, zxid)) {
    const stored = disk.entries[index]
    if (stored === undefined || !isSame(stored, entry)) break
    same = entry.zxid
    index += 1
  }
  return same
}
