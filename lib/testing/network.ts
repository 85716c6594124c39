/**
 * Links between processes: FIFO, with latency; they break, each direction losing a suffix of its own, and are dialled
 * anew, perhaps before the other end has noticed. A blocked direction holds what is on it, as a dead network does.
 */
import type { Random } from '../base/random.js'
import type { Member } from '../protocol/member.js'
import type { Message } from '../replica/message.js'
import { decodeMessages, encodeMessages } from '../wire/message.js'
import { Conditions } from './conditions.js'
import type { Scheduler } from './scheduler.js'

/** One life of one replica's process, as the network sees it. */
export interface Endpoint {
  readonly id: number
  readonly isAlive: boolean
  /** What it says of itself in a handshake now. */
  member(): Member
  linkUp(link: number, member: Member): void
  linkDown(link: number): void
  message(link: number, message: Message): void
}

type Item =
  | { readonly kind: 'up'; readonly member: Member }
  | { readonly kind: 'message'; readonly message: Message }
  /** Nobody hears of it before `at`, ms of true time. */
  | { readonly kind: 'down'; readonly at: number }

/** One direction of a link. */
interface Way {
  readonly link: number
  readonly from: Endpoint
  readonly to: Endpoint
  queue: Item[]
  /** When the newest item arrives. */
  lastAt: number
  /** Items whose time came while the way was blocked or stalled. */
  held: number
  /** Until then nothing arrives, and then all of it. */
  stalledUntil: number
  isOver: boolean
}

interface Link {
  readonly number: number
  readonly ways: readonly [Way, Way]
  isBroken: boolean
}

export interface NetworkOptions {
  readonly latencyMs: number
  readonly throughWire: boolean
}

/** An end of a link that is whole. */
export interface LinkEnds {
  readonly number: number
  readonly members: readonly [number, number]
}

const REDIAL_MS = 40
const LATE_MS = 300

export class Network {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #options: NetworkOptions
  readonly #links = new Map<number, Link>()
  readonly #endpoints = new Map<number, Endpoint>()
  readonly #conditions = new Conditions()
  #newest = 0
  /** No random waits before dialling again: the run is being healed. */
  isCalm = false

  constructor(scheduler: Scheduler, random: Random, options: NetworkOptions) {
    this.#scheduler = scheduler
    this.#random = random
    this.#options = options
  }

  /** A process has started: it dials everybody, and everybody it. */
  add(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.id, endpoint)
    for (const other of this.#endpoints.values()) {
      if (other !== endpoint) this.#dialLater(endpoint.id, other.id)
    }
  }

  /** A process is gone. Others see their links end, at once or, with `silentMs`, late. */
  remove(endpoint: Endpoint, silentMs: number): void {
    if (this.#endpoints.get(endpoint.id) === endpoint) this.#endpoints.delete(endpoint.id)
    for (const link of this.#links.values()) {
      if (link.ways[0].from === endpoint || link.ways[0].to === endpoint)
        this.#break(link, [silentMs, silentMs])
    }
  }

  send(from: Endpoint, number: number, message: Message): void {
    const link = this.#links.get(number)
    if (link === undefined || link.isBroken) return
    const way = wayFrom(link, from)
    const { throughWire } = this.#options
    const sent = throughWire ? decodeMessages(encodeMessages([message])) : [message]
    for (const each of sent) this.#put(way, { kind: 'message', message: each })
  }

  /** The end that closes hears of it at once, and nothing else any more; the other end later. */
  close(by: Endpoint, number: number): void {
    const link = this.#links.get(number)
    if (link === undefined) return
    const towards = link.ways.find((way) => way.to === by)
    if (towards === undefined || towards.isOver) return
    towards.queue = []
    towards.held = 0
    towards.isOver = true
    this.#scheduler.after(0, () => by.linkDown(number))
    if (!link.isBroken) this.#break(link, [0, 0])
  }

  /** Links that are up or come up at that end, oldest first. */
  linksOf(endpoint: Endpoint): number[] {
    return [...this.#links.values()]
      .filter(({ ways }) => ways.some(({ to, isOver }) => to === endpoint && !isOver))
      .map(({ number }) => number)
  }

  /** Links that are whole, oldest first. */
  get whole(): LinkEnds[] {
    return [...this.#links.values()]
      .filter((link) => !link.isBroken)
      .map(({ number, ways: [{ from, to }] }) => ({ number, members: [from.id, to.id] }))
  }

  breakAny(): number | undefined {
    const { whole } = this
    if (whole.length === 0) return undefined
    const { number } = this.#random.pick(whole)
    this.break(number)
    return number
  }

  /**
   * Breaks a link. Of what is on it each end gets some and then hears of the end, after at most so many ms (first the
   * end of `members[0]`): a long time for one of them is a link that is half open.
   */
  break(number: number, silentMs: readonly [number, number] = [0, 0]): void {
    const link = this.#links.get(number)
    if (link !== undefined) this.#break(link, silentMs)
  }

  /** For so long nothing arrives over that link, to `members[0]`, to `members[1]`; then everything does. */
  stall(number: number, ms: readonly [number, number]): void {
    const ways = this.#links.get(number)?.ways
    if (ways === undefined) return
    this.#stall(ways[0], ms[1])
    this.#stall(ways[1], ms[0])
  }

  block(from: number, to: number): void {
    this.#conditions.block(from, to)
  }

  unblock(from: number, to: number): void {
    if (!this.#conditions.unblock(from, to)) return
    for (const { ways } of this.#links.values()) {
      for (const way of ways) if (way.from.id === from && way.to.id === to) this.#release(way)
    }
  }

  unblockAll(): void {
    for (const [from, to] of this.#conditions.blocked()) {
      while (this.#conditions.isBlocked(from, to)) this.unblock(from, to)
    }
  }

  /** Everything takes `factor` times as long in that direction, until `unslow` with the same factor. */
  slow(from: number, to: number, factor: number): void {
    this.#conditions.slow(from, to, factor)
  }

  unslow(from: number, to: number, factor: number): void {
    this.#conditions.unslow(from, to, factor)
  }

  /** Nothing is blocked, slow or stalled any more, whoever has a dead link hears of it, and links are dialled at once. */
  heal(): void {
    this.isCalm = true
    this.unblockAll()
    this.#conditions.clear()
    for (const { ways } of this.#links.values()) {
      for (const way of ways) {
        this.#unstall(way)
        this.#hasten(way)
      }
    }
  }

  /** What was sent while the way was slow, or is to be heard of late, comes now; its own time finds nothing left. */
  #hasten(way: Way): void {
    const last = way.queue.at(-1)
    if (last?.kind === 'down') way.queue.splice(-1, 1, { kind: 'down', at: this.#scheduler.now })
    way.lastAt = this.#scheduler.now
    for (let count = way.queue.length; count > 0; count -= 1) this.#arriveLater(way)
  }

  #stall(way: Way, ms: number): void {
    if (ms <= 0 || way.isOver) return
    const until = Math.max(way.stalledUntil, this.#scheduler.now + ms)
    way.stalledUntil = until
    this.#scheduler.at(until, () => {
      if (way.stalledUntil === until) this.#unstall(way)
    })
  }

  #unstall(way: Way): void {
    way.stalledUntil = 0
    this.#release(way)
  }

  /** What was held goes on its way again, unless something else holds it. */
  #release(way: Way): void {
    if (this.#isStuck(way)) return
    const { held } = way
    way.held = 0
    for (let count = 0; count < held; count += 1) this.#arriveLater(way)
  }

  #isStuck(way: Way): boolean {
    const isStalled = way.stalledUntil > this.#scheduler.now
    return isStalled || this.#conditions.isBlocked(way.from.id, way.to.id)
  }

  #put(way: Way, item: Item): void {
    way.queue.push(item)
    this.#arriveLater(way)
  }

  #arriveLater(way: Way): void {
    const factor = this.#conditions.factor(way.from.id, way.to.id)
    const latencyMs = this.#options.latencyMs * (0.5 + this.#random.next())
    // Now and then a message takes very long, and those behind it wait: long enough for a leader to be thought dead.
    const isSpike = this.#random.chance(0.002) && !this.isCalm
    const times = isSpike ? factor + 20 : factor
    way.lastAt = Math.max(way.lastAt, this.#scheduler.now + latencyMs * times)
    this.#scheduler.at(way.lastAt, () => this.#arrive(way))
  }

  #arrive(way: Way): void {
    if (way.isOver) return
    if (this.#isStuck(way)) {
      way.held += 1
      return
    }
    const [item] = way.queue
    if (item === undefined || (item.kind === 'down' && item.at > this.#scheduler.now)) return
    way.queue.shift()
    if (item.kind === 'up') way.to.linkUp(way.link, item.member)
    else if (item.kind === 'message') way.to.message(way.link, item.message)
    else this.#end(way)
  }

  #end(way: Way): void {
    way.isOver = true
    way.to.linkDown(way.link)
    const link = this.#links.get(way.link)
    if (link?.ways.every(({ isOver }) => isOver) === true) this.#links.delete(way.link)
  }

  /** @param silentMs  For each end of the link, how late at most it hears of it. */
  #break(link: Link, silentMs: readonly [number, number]): void {
    if (link.isBroken) return
    link.isBroken = true
    const [first, second] = link.ways
    this.#cut(first, silentMs[1])
    this.#cut(second, silentMs[0])
    if (link.ways.every(({ isOver }) => isOver)) this.#links.delete(link.number)
    this.#dialLater(first.from.id, first.to.id)
  }

  #cut(way: Way, silentMs: number): void {
    if (way.isOver) return
    // Of what is on the way some arrives and the rest is lost.
    const kept = this.#random.integer(way.queue.length + 1)
    const isAnnounced = way.queue[0]?.kind !== 'up' || kept > 0
    if (!way.to.isAlive || !isAnnounced) {
      way.isOver = true
      return
    }
    way.queue.length = kept
    // An end may hear of it only when the next link is up already, and get what was on this one even then.
    const lateMs = this.#random.chance(0.2) ? LATE_MS : 0
    const hearsMs = Math.max(silentMs, lateMs) * this.#random.next()
    if (lateMs > 0 && this.#random.chance(0.5)) this.#stall(way, hearsMs)
    way.lastAt = Math.max(way.lastAt, this.#scheduler.now + hearsMs)
    this.#put(way, { kind: 'down', at: this.#scheduler.now + hearsMs })
  }

  #dialLater(a: number, b: number): void {
    const ms = this.isCalm ? 5 : 1 + this.#random.integer(REDIAL_MS)
    this.#scheduler.after(ms, () => this.#dial(a, b))
  }

  #dial(a: number, b: number): void {
    const one = this.#endpoints.get(a)
    const other = this.#endpoints.get(b)
    if (one === undefined || other === undefined) return
    if (this.#isLinked(one, other)) return
    const members = [one.member(), other.member()] as const
    const isCut = this.#conditions.isBlocked(a, b) || this.#conditions.isBlocked(b, a)
    if (isCut || !isWelcome(members[0], members[1])) {
      return this.#dialLater(a, b)
    }
    this.#newest += 1
    const link: Link = {
      number: this.#newest,
      ways: [wayOf(this.#newest, one, other), wayOf(this.#newest, other, one)],
      isBroken: false,
    }
    this.#links.set(link.number, link)
    this.#put(link.ways[0], { kind: 'up', member: members[0] })
    this.#put(link.ways[1], { kind: 'up', member: members[1] })
  }

  #isLinked(one: Endpoint, other: Endpoint): boolean {
    return [...this.#links.values()].some(({ isBroken, ways: [{ from, to }] }) => {
      return !isBroken && ((from === one && to === other) || (from === other && to === one))
    })
  }
}

/** The handshake: members of different clusters refuse each other, unless one of them is empty. */
function isWelcome(one: Member, other: Member): boolean {
  if (one.clusterId === other.clusterId) return true
  return one.clusterId === '' || other.clusterId === '' || one.empty || other.empty
}

function wayOf(link: number, from: Endpoint, to: Endpoint): Way {
  return { link, from, to, queue: [], lastAt: 0, held: 0, stalledUntil: 0, isOver: false }
}

function wayFrom(link: Link, from: Endpoint): Way {
  const [first, second] = link.ways
  return first.from === from ? first : second
}
