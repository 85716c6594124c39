/**
 * Links inside one process, with the promises of the socket links and none of their cost: for ensembles in
 * memory. Nothing is encoded and nobody has to prove anything, but frames are copied, come later, and can be
 * lost with their link. It runs on the real event loop; virtual time has a network of its own.
 */
import { randomInt } from 'node:crypto'
import { assert } from '../base/assert.js'
import { FRAME_BYTES_MAX, LINK_QUEUE_BYTES_MAX } from '../base/limits.js'
import type { Member } from '../protocol/member.js'
import { LocalLink } from './local-link.js'
import { TransportError } from './transport-error.js'
import type { Refusal, Transport, TransportEvents } from './transport.js'

const DIAL_DELAY_MIN_MS = 20
const DIAL_DELAY_MAX_MS = 1000

export interface LocalTransportOptions {
  readonly network: LocalNetwork
  /** Asked whenever a link is made. The id must not change. */
  readonly identity: () => Member
  /** The host's policy: a reason to refuse the peer, or nothing. */
  readonly accept: (peer: Member) => string | undefined
  readonly frameBytesMax?: number | undefined
  readonly queueBytesMax?: number | undefined
}

/** Two members of a network that are to be linked. */
interface Pair {
  readonly ends: readonly [LocalTransport, LocalTransport]
  link: LocalLink | undefined
  delayMs: number
  timer: NodeJS.Timeout | undefined
}

/** The place where local transports find each other: everyone in it dials everyone else. */
export class LocalNetwork {
  readonly #members = new Map<number, LocalTransport>()
  readonly #pairs = new Set<Pair>()

  /** For `LocalTransport` only. Throws `SLOT_TAKEN` if the id is in use. */
  join(member: LocalTransport): void {
    if (this.#members.has(member.id)) {
      throw new TransportError('SLOT_TAKEN', `another replica ${member.id} is in this network`)
    }
    for (const other of this.#members.values()) {
      const pair: Pair = {
        ends: [other, member],
        link: undefined,
        delayMs: DIAL_DELAY_MIN_MS,
        timer: undefined,
      }
      this.#pairs.add(pair)
      this.#dialLater(pair, 0)
    }
    this.#members.set(member.id, member)
  }

  /** For `LocalTransport` only: its links end, and nothing is kept of it. */
  leave(member: LocalTransport): void {
    if (this.#members.get(member.id) !== member) return
    this.#members.delete(member.id)
    for (const pair of this.#pairs) {
      if (!pair.ends.includes(member)) continue
      this.#pairs.delete(pair)
      clearTimeout(pair.timer)
      pair.link?.cut(Infinity, 'the replica closes')
    }
  }

  /**
   * Breaks the link of two members. Of the frames under way the first `kept` of each direction still arrive,
   * all later ones are lost. They find each other again as after any break.
   */
  cut(one: number, other: number, kept = 0): void {
    for (const pair of this.#pairs) {
      const ids = pair.ends.map((end) => end.id)
      if (ids.includes(one) && ids.includes(other)) pair.link?.cut(kept, 'the link was cut')
    }
  }

  #dialLater(pair: Pair, delayMs: number): void {
    pair.timer = setTimeout(() => this.#dial(pair), delayMs)
  }

  #dial(pair: Pair): void {
    const [one, other] = pair.ends
    // Both are asked, as both sides of a pair of sockets would be.
    const isWelcome = [one.admits(other), other.admits(one)].every(Boolean)
    if (!isWelcome) return this.#redial(pair)
    pair.delayMs = DIAL_DELAY_MIN_MS
    pair.link = one.endFor(other)
    LocalLink.join(pair.link, other.endFor(one), () => {
      pair.link = undefined
      if (this.#pairs.has(pair)) this.#redial(pair)
    })
  }

  #redial(pair: Pair): void {
    this.#dialLater(pair, pair.delayMs * (randomInt(50, 101) / 100))
    pair.delayMs = Math.min(pair.delayMs * 2, DIAL_DELAY_MAX_MS)
  }
}

export class LocalTransport implements Transport {
  readonly id: number
  readonly #options: LocalTransportOptions
  #events: TransportEvents | undefined
  #closing: Promise<void> | undefined
  #linkNumber = 0
  #refusals = 0

  constructor(options: LocalTransportOptions) {
    this.#options = options
    this.id = options.identity().replicaId
  }

  get refusals(): number {
    return this.#refusals
  }

  async start(events: TransportEvents): Promise<void> {
    assert(this.#events === undefined, 'a transport is started once')
    if (this.#closing !== undefined) {
      throw new TransportError('CLOSED', 'the transport was closed before it had started')
    }
    this.#events = events
    this.#options.network.join(this)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** For `LocalNetwork` only: whether this end lets the other one in. */
  admits(other: LocalTransport): boolean {
    const own = this.#options.identity()
    const peer = other.#options.identity()
    if (peer.protocol !== own.protocol) {
      const detail = `the peer speaks protocol version ${peer.protocol}, this replica ${own.protocol}`
      return this.#refuse('PROTOCOL_VERSION', detail)
    }
    const objection = this.#options.accept(peer)
    if (objection === undefined) return true
    return this.#refuse('NOT_ACCEPTED', `peer ${other.id}: ${objection}`)
  }

  /** For `LocalNetwork` only: this side of a new link. */
  endFor(other: LocalTransport): LocalLink {
    assert(this.#events !== undefined, 'only a started transport is in a network')
    return new LocalLink({
      number: ++this.#linkNumber,
      peer: other.#options.identity(),
      events: this.#events,
      frameBytesMax: this.#options.frameBytesMax ?? FRAME_BYTES_MAX,
      queueBytesMax: this.#options.queueBytesMax ?? LINK_QUEUE_BYTES_MAX,
    })
  }

  async #close(): Promise<void> {
    // So that no event comes from inside this call.
    await Promise.resolve()
    this.#options.network.leave(this)
  }

  #refuse(refusal: Refusal, detail: string): false {
    this.#refusals += 1
    this.#events?.refused(refusal, detail)
    return false
  }
}
