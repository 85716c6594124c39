/**
 * Links between processes: FIFO, with latency; they break, each direction losing a suffix of its own, and are dialled
 * anew, perhaps before the other end has noticed. A blocked direction holds what is on it, as a dead network does.
 */
import type { Random } from '../base/random.js'
import type { Member } from '../protocol/member.js'
import type { Message } from '../replica/message.js'
import { decodeMessages, encodeMessages } from '../wire/message.js'
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
  | { readonly kind: 'down' }

/** One direction of a link. */
interface Way {
  readonly from: Endpoint
  readonly to: Endpoint
  queue: Item[]
  /** When the newest item arrives. */
  lastAt: number
  /** Items whose time came while the way was blocked. */
  held: number
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

const REDIAL_MS = 40
const LATE_MS = 300

export class Network {
  readonly #scheduler: Scheduler
  readonly #random: Random
  readonly #options: NetworkOptions
  readonly #links = new Map<number, Link>()
  readonly #endpoints = new Map<number, Endpoint>()
  /** Blocked directions, as `from>to`. */
  readonly #blocked = new Set<string>()
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
    this.#endpoints.delete(endpoint.id)
    for (const link of this.#links.values()) {
      if (link.ways[0].from === endpoint || link.ways[0].to === endpoint)
        this.#break(link, silentMs)
    }
  }

  send(from: Endpoint, number: number, message: Message): void {
    const link = this.#links.get(number)
    if (link === undefined || link.isBroken) return
    const way = wayFrom(link, from)
    const { throughWire } = this.#options
    const sent = throughWire ? decodeMessages(encodeMessages([message])) : [message]
    for (const each of sent) this.#put(link, way, { kind: 'message', message: each })
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
    if (!link.isBroken) this.#break(link, 0)
  }

  breakAny(): number | undefined {
    const whole = [...this.#links.values()].filter((link) => !link.isBroken)
    if (whole.length === 0) return undefined
    const link = this.#random.pick(whole)
    this.#break(link, 0)
    return link.number
  }

  block(from: number, to: number): void {
    this.#blocked.add(`${from}>${to}`)
  }

  unblock(from: number, to: number): void {
    if (!this.#blocked.delete(`${from}>${to}`)) return
    for (const link of this.#links.values()) {
      for (const way of link.ways) {
        if (way.from.id !== from || way.to.id !== to) continue
        const { held } = way
        way.held = 0
        for (let count = 0; count < held; count += 1) this.#arriveLater(link, way)
      }
    }
  }

  unblockAll(): void {
    for (const pair of this.#blocked) {
      const [from = '', to = ''] = pair.split('>')
      this.unblock(Number(from), Number(to))
    }
  }

  #isBlocked(from: number, to: number): boolean {
    return this.#blocked.has(`${from}>${to}`)
  }

  #put(link: Link, way: Way, item: Item): void {
    way.queue.push(item)
    this.#arriveLater(link, way)
  }

  #arriveLater(link: Link, way: Way): void {
    const latencyMs = this.#options.latencyMs * (0.5 + this.#random.next())
    // Now and then a message takes very long, and those behind it wait.
    const spikeMs = this.#random.chance(0.002) ? latencyMs * 20 : 0
    way.lastAt = Math.max(way.lastAt, this.#scheduler.now + latencyMs + spikeMs)
    this.#scheduler.at(way.lastAt, () => this.#arrive(link, way))
  }

  #arrive(link: Link, way: Way): void {
    if (way.isOver) return
    if (this.#isBlocked(way.from.id, way.to.id)) {
      way.held += 1
      return
    }
    const item = way.queue.shift()
    if (item === undefined) return
    if (item.kind === 'up') way.to.linkUp(link.number, item.member)
    else if (item.kind === 'message') way.to.message(link.number, item.message)
    else this.#end(link, way)
  }

  #end(link: Link, way: Way): void {
    way.isOver = true
    way.to.linkDown(link.number)
    if (link.ways.every(({ isOver }) => isOver)) this.#links.delete(link.number)
  }

  #break(link: Link, silentMs: number): void {
    if (link.isBroken) return
    link.isBroken = true
    for (const way of link.ways) {
      if (way.isOver) continue
      if (!way.to.isAlive) {
        way.isOver = true
        continue
      }
      // Of what is on the way some arrives and the rest is lost.
      const kept = this.#random.integer(way.queue.length + 1)
      const isAnnounced = way.queue[0]?.kind !== 'up' || kept > 0
      way.queue.length = kept
      if (!isAnnounced) {
        way.isOver = true
        continue
      }
      // An end may hear of it only when the next link is up already.
      const lateMs = this.#random.chance(0.2) ? LATE_MS : 0
      const hearsMs = Math.max(silentMs, lateMs) * this.#random.next()
      way.lastAt = Math.max(way.lastAt, this.#scheduler.now + hearsMs)
      this.#put(link, way, { kind: 'down' })
    }
    if (link.ways.every(({ isOver }) => isOver)) this.#links.delete(link.number)
    this.#dialLater(link.ways[0].from.id, link.ways[0].to.id)
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
    if (this.#isBlocked(a, b) || this.#isBlocked(b, a) || !isWelcome(members[0], members[1])) {
      return this.#dialLater(a, b)
    }
    this.#newest += 1
    const link: Link = {
      number: this.#newest,
      ways: [wayOf(one, other), wayOf(other, one)],
      isBroken: false,
    }
    this.#links.set(link.number, link)
    this.#put(link, link.ways[0], { kind: 'up', member: members[0] })
    this.#put(link, link.ways[1], { kind: 'up', member: members[1] })
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

function wayOf(from: Endpoint, to: Endpoint): Way {
  return { from, to, queue: [], lastAt: 0, held: 0, isOver: false }
}

function wayFrom(link: Link, from: Endpoint): Way {
  const [first, second] = link.ways
  return first.from === from ? first : second
}
