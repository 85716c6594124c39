/**
 * The real replicas of a script, with links and disks on which nothing moves by itself. `settle` moves everything that is
 * not held, oldest first, until nothing is left; the other operations move one thing. Time stands still but for `advance`.
 */
import { assert } from '../../lib/base/assert.js'
import { Random } from '../../lib/base/random.js'
import { PROTOCOL_VERSION } from '../../lib/protocol/member.js'
import type { Member as PeerMember } from '../../lib/protocol/member.js'
import type { Request } from '../../lib/protocol/request.js'
import type { Input } from '../../lib/replica/input.js'
import type { Message } from '../../lib/replica/message.js'
import { DEFAULT_BOUNDS } from '../../lib/replica/options.js'
import type { ReplicaBounds } from '../../lib/replica/options.js'
import { Replica } from '../../lib/replica/replica.js'
import { DEFAULT_TIMING } from '../../lib/zab/options.js'
import { Client, VIEW } from './client.js'
import { describeMessage, describeWrites, isQuiet } from './describe.js'
import { Link } from './link.js'
import type { Lane } from './link.js'
import { Member } from './member.js'
import type { Process } from './member.js'
import { Oracle } from './oracle.js'
import { StepRunner } from './step.js'
import { Trace } from './trace.js'
import type { Loudness } from './trace.js'

const WALL = 1_700_000_000_000
/** More than any story needs: whatever goes on for so long never ends. */
const MOVES_MAX = 5000

/** Something that `settle` may do next. */
interface Move {
  readonly sequence: number
  readonly run: () => void
}

export class Ensemble {
  now = 1000
  /** How many writes the script has asked for. */
  writes = 0
  members: Member[] = []
  readonly trace: Trace = new Trace()
  readonly heldDisks: Set<number> = new Set()
  /** Once a message of this kind has arrived, what follows is not recorded. */
  toldThrough: Message['kind'] | undefined
  /** Directions on which nothing of these kinds moves, and nothing behind it; of no kind: nothing at all. */
  readonly heldLanes: Map<string, readonly string[]> = new Map()
  /** Pairs `1-2` that cannot reach each other. */
  readonly apart: Set<string> = new Set()
  links: Link[] = []
  readonly #random = new Random(1)
  readonly #oracle = new Oracle(
    () => this.members,
    (complaint) => this.trace.complain(complaint),
  )
  readonly #steps = new StepRunner(this, this.#oracle)
  #bounds: ReplicaBounds = DEFAULT_BOUNDS
  #sequence = 0
  #newestLink = 0
  /** What follows from a step by itself: credit given back, the end of a link that a member closed. */
  #immediate: (() => void)[] = []

  form(voters: number, observers: number, bounds: Partial<ReplicaBounds>): void {
    this.#bounds = { ...DEFAULT_BOUNDS, ...bounds }
    this.members = Array.from({ length: voters + observers }, (_, index) => {
      return new Member(index + 1, index < voters, this.#random.fork(`member ${index + 1}`))
    })
  }

  member(id: number): Member {
    const member = this.members.find((each) => each.id === id)
    if (member === undefined) throw new Error(`there is no replica ${id}`)
    return member
  }

  processOf(id: number): Process {
    const { process } = this.member(id)
    if (process === undefined) throw new Error(`replica ${id} is down`)
    return process
  }

  /** Ids of those whose process runs. */
  get running(): number[] {
    return this.members.filter(({ process }) => process !== undefined).map(({ id }) => id)
  }

  sequence(): number {
    this.#sequence += 1
    return this.#sequence
  }

  start(id: number): void {
    const member = this.member(id)
    if (member.process !== undefined) throw new Error(`replica ${id} runs already`)
    const recovered = member.disk.recover()
    const { clusterId, databaseId } = recovered.meta
    member.process = {
      replica: this.#newReplica(member),
      client: new Client(id, recovered.incarnationKey),
      incarnationKey: recovered.incarnationKey,
      identity: { clusterId, databaseId, empty: true },
      pending: [],
      meta: recovered.meta,
      isPaused: false,
      effectsLeft: undefined,
      applied: 0,
    }
    this.step(id, { kind: 'start', recovered }, `starts, incarnation ${recovered.incarnation}`)
    this.step(id, { kind: 'viewAttached', view: VIEW }, 'has a View', 'hidden')
    for (const other of this.running) if (other !== id) this.dial(id, other)
    this.finish()
  }

  /** A new core from what is on the disk; what was on its way there is lost. */
  reload(id: number): void {
    const member = this.member(id)
    const process = this.processOf(id)
    process.pending = []
    const recovered = member.disk.reload(process.incarnationKey)
    process.meta = recovered.meta
    process.applied = 0
    this.step(id, { kind: 'start', recovered }, 'loads from its disk')
  }

  /** The process is gone. Of what was on its way to the disk the first `kept` transactions got there. */
  crash(id: number, kept: number): void {
    const member = this.member(id)
    const { pending } = this.processOf(id)
    for (const { writes } of pending.slice(0, kept)) {
      this.trace.say(`<- disk: ${describeWrites(writes, member.disk.meta)}`)
      member.disk.write(writes)
    }
    const lost = pending.slice(kept).map(({ writes }) => describeWrites(writes, member.disk.meta))
    this.trace.say(`${id} is gone${lost.length > 0 ? `, and with it: ${lost.join('; ')}` : ''}`)
    member.process = undefined
    for (const link of this.links) {
      const lane = link.laneTo(id)
      if (lane === undefined) continue
      lane.queue = []
      lane.isClosed = true
      lane.hasEnded = true
      link.laneFrom(id)?.close(this.sequence(), false)
    }
  }

  ask(id: number, ...requests: Request[]): void {
    const output = { kind: 'requests', requests } as const
    this.step(id, { kind: 'view', view: VIEW, output }, 'is asked by its View', 'quiet')
    this.finish()
  }

  heartbeat(id: number): void {
    const output = { kind: 'heartbeat', ...this.processOf(id).client.heartbeat() } as const
    this.step(id, { kind: 'view', view: VIEW, output }, `<- View: heartbeat ${output.heartbeat}`)
    this.finish()
  }

  /** A new link, whatever the ends know of older ones. */
  dial(a: number, b: number): void {
    if (this.apart.has(pairOf(a, b))) return
    this.#newestLink += 1
    const link = new Link(this.#newestLink, a, b)
    this.links.push(link)
    for (const [id, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const input: Input = { kind: 'linkUp', link: link.number, member: this.#memberOf(peer) }
      this.step(id, input, `<- a link to ${peer} is up`, 'quiet')
    }
  }

  /** All links between them are over; what was on the way is lost, and both are told in their turn. */
  cut(a: number, b: number): void {
    for (const link of this.links.filter((each) => each.joins(a, b))) {
      for (const lane of link.lanes) lane.close(this.sequence(), true)
    }
  }

  /** Hands the oldest parcel over. */
  deliver(lane: Lane): void {
    const parcel = lane.take()
    assert(parcel !== undefined, 'something is on its way')
    const { link, from, to } = lane
    if (parcel.kind === 'end') {
      lane.hasEnded = true
      // It answers by closing its own direction; what it had sent may still arrive.
      link.laneFrom(to)?.close(this.sequence(), false)
      this.step(to, { kind: 'linkDown', link: link.number }, `<- the link to ${from} is down`)
    } else {
      const { message } = parcel
      const words = `<- ${this.peerName(link, from)}: ${describeMessage(message)}`
      this.step(
        to,
        { kind: 'message', link: link.number, message },
        words,
        isQuiet(message) ? 'quiet' : 'loud',
      )
    }
    this.finish()
    if (parcel.kind === 'message' && parcel.message.kind === this.toldThrough)
      this.trace.isMuted = true
  }

  /** The oldest transaction on its way to that disk is on it. */
  persist(id: number): void {
    const member = this.member(id)
    const process = this.processOf(id)
    const write = process.pending.shift()
    if (write === undefined) throw new Error(`nothing is on its way to the disk of ${id}`)
    if (member.isDiskFailing) {
      this.trace.say(`the disk of ${id} refuses: ${describeWrites(write.writes, member.disk.meta)}`)
      return this.crash(id, 0)
    }
    const words = describeWrites(write.writes, member.disk.meta)
    member.disk.write(write.writes)
    this.step(id, { kind: 'persisted', ticket: write.ticket }, `<- disk: ${words}`)
    this.finish()
  }

  timeout(id: number): void {
    const { replica } = this.processOf(id)
    this.now = Math.max(this.now, replica.deadline)
    this.step(id, { kind: 'timeout' }, '<- timeout', 'quiet')
    this.finish()
  }

  /** Moves everything that is not held. Members that have lost their link dial again when nothing else is left to do. */
  settle(): void {
    for (let moves = 0; moves < MOVES_MAX; moves += 1) {
      const move = this.#nextMove()
      if (move !== undefined) move.run()
      else if (!this.#redial()) return
    }
    throw new Error(`no rest after ${MOVES_MAX} moves`)
  }

  /** Lets time pass, stopping at every deadline; `isOver` may end it earlier. */
  advance(ms: number, isOver: () => boolean = () => false): void {
    const end = this.now + ms
    while (!isOver()) {
      this.settle()
      const due = this.running.filter((id) => !this.processOf(id).isPaused)
      const next = Math.min(...due.map((id) => this.processOf(id).replica.deadline))
      if (next > end || isOver()) break
      this.now = Math.max(this.now, next)
      for (const id of due) {
        if ((this.member(id).process?.replica.deadline ?? Infinity) <= this.now) this.timeout(id)
      }
    }
    if (!isOver()) this.now = end
  }

  step(id: number, input: Input, words: string, loudness: Loudness = 'loud'): void {
    if (this.member(id).process === undefined) return
    this.#steps.run(id, { mono: this.now, wall: WALL + this.now }, input, words, loudness)
  }

  /** Runs what follows from the steps so far. */
  finish(): void {
    for (let next = this.#immediate.shift(); next !== undefined; next = this.#immediate.shift())
      next()
  }

  later(run: () => void): void {
    this.#immediate.push(run)
  }

  /** The newest link between them that is not over, as a person would call it: `2`, an older one `2'`. */
  peerName(link: Link, peer: number): string {
    const [{ from, to }] = link.lanes
    const newest = this.links.findLast((each) => each.joins(from, to))
    return newest === link ? `${peer}` : `${peer}'`
  }

  #newReplica(member: Member): Replica {
    const { id, disk } = member
    return new Replica(
      {
        id,
        voterIds: this.#voterIds(),
        process: this.#processIdentity(id),
        timing: DEFAULT_TIMING,
        bounds: this.#bounds,
      },
      this.#random.fork(`replica ${id} ${disk.incarnation}`),
    )
  }

  #voterIds(): number[] {
    return this.members.filter(({ isVoter }) => isVoter).map(({ id }) => id)
  }

  #processIdentity(id: number): NonNullable<PeerMember['process']> {
    return {
      bootId: 'boot',
      pidNamespace: 'pids',
      pid: id,
      startTime: this.member(id).disk.incarnation,
    }
  }

  #memberOf(id: number): PeerMember {
    const { disk, isVoter } = this.member(id)
    const { identity, incarnationKey } = this.processOf(id)
    return {
      protocol: PROTOCOL_VERSION,
      ...identity,
      replicaId: id,
      voterIds: this.#voterIds(),
      role: isVoter ? 'voter' : 'observer',
      incarnation: disk.incarnation,
      incarnationKey,
      process: this.#processIdentity(id),
    }
  }

  #nextMove(): Move | undefined {
    const moves: Move[] = []
    for (const link of this.links) for (const lane of link.lanes) this.#addDelivery(lane, moves)
    for (const { id, process } of this.members) {
      const oldest = process?.pending[0]
      if (oldest === undefined || process?.isPaused === true || this.heldDisks.has(id)) continue
      moves.push({ sequence: oldest.sequence, run: () => this.persist(id) })
    }
    return moves.toSorted((a, b) => a.sequence - b.sequence)[0]
  }

  #addDelivery(lane: Lane, moves: Move[]): void {
    const head = lane.queue[0]
    if (head === undefined || lane.isStuck) return
    if (this.member(lane.to).process?.isPaused !== false) return
    const held = this.heldLanes.get(lane.name)
    if (held?.length === 0) return
    if (head.kind === 'message' && held?.includes(head.message.kind) === true) return
    moves.push({ sequence: head.sequence, run: () => this.deliver(lane) })
  }

  /** True if somebody dialled. */
  #redial(): boolean {
    for (const a of this.running) {
      for (const b of this.running) {
        if (a >= b || this.apart.has(pairOf(a, b))) continue
        const links = this.links.filter((each) => each.joins(a, b))
        if (!links.every(({ isOver }) => isOver)) continue
        this.dial(a, b)
        this.finish()
        return true
      }
    }
    return false
  }
}

export function pairOf(a: number, b: number): string {
  return `${Math.min(a, b)}-${Math.max(a, b)}`
}
