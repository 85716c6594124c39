/**
 * One peer, as the transport sees it: dials it, answers what it dials, and makes one link of two sockets that
 * prove to belong together. At most one attempt is under way beside the link that may be up; the newest pair
 * that is proved wins.
 *
 * Accepted sockets that claim to be of this peer are *candidates*: nothing is proved yet, so each gets its
 * answer over the socket that we opened to the peer's own address, and whoever is not the peer never reads it.
 */
import { randomInt } from 'node:crypto'
import createDebug from 'debug'
import { assert } from '../base/assert.js'
import type { Member } from '../protocol/member.js'
import type { Address } from './address.js'
import { encodeAnswer, encodeWelcome, isSame, prove, type Answer, type Hello } from './handshake.js'
import type { Inbound } from './inbound.js'
import { Outbound } from './outbound.js'
import { SocketLink } from './socket-link.js'
import type { Refusal, TransportEvents } from './transport.js'

const log = createDebug('vivarium:transport')

const DIAL_DELAY_MIN_MS = 20
const DIAL_DELAY_MAX_MS = 1000
/** A link that lived this long was a success: dialing starts again with the shortest delay. */
const STABLE_MS = 1000
const STRAY_ANSWERS_MAX = 64

/** What all pairings of a transport share. */
export interface PairingContext {
  readonly identity: () => Member
  readonly accept: (peer: Member) => string | undefined
  /** Empty for none. */
  readonly secret: Uint8Array
  readonly frameBytesMax: number
  readonly queueBytesMax: number
  readonly handshakeTimeoutMs: number
  readonly events: TransportEvents
  readonly refused: (refusal: Refusal, detail: string) => void
  readonly nextLinkNumber: () => number
  /** A socket was opened; the transport waits for its end when it closes. */
  readonly onSocket: (outbound: Outbound) => void
}

interface Attempt {
  readonly outbound: Outbound
  /** The database that it told the peer of. */
  readonly databaseId: string
  readonly timer: NodeJS.Timeout
  /** The accepted socket that answered this one with a valid proof, and was welcomed. */
  partner: Inbound | undefined
}

export class Pairing {
  readonly #id: number
  readonly #address: Address
  readonly #context: PairingContext
  readonly #candidates = new Set<Inbound>()
  #attempt: Attempt | undefined
  #link: SocketLink | undefined
  #linkUpAtMs = 0
  #dialTimer: NodeJS.Timeout | undefined
  #dialDueAtMs = Infinity
  #dialedAtMs = -Infinity
  #dialDelayMs = DIAL_DELAY_MIN_MS
  #isClosed = false

  constructor(id: number, address: Address, context: PairingContext) {
    this.#id = id
    this.#address = address
    this.#context = context
  }

  /** Dials now, and for ever after. */
  start(): void {
    this.#scheduleDial(0)
  }

  close(reason: string): void {
    this.#isClosed = true
    clearTimeout(this.#dialTimer)
    this.#endAttempt()
    for (const candidate of this.#candidates) candidate.hangUp()
    this.#candidates.clear()
    this.#link?.end(reason)
  }

  /** An accepted socket says it is of this peer. */
  onHello(inbound: Inbound, hello: Hello): void {
    const attempt = this.#attempt
    if (this.#link !== undefined && hello.answers !== undefined) {
      // It answers a socket of ours, and with a link up there is none but the attempt's. Following a false one
      // would let a stranger's HELLO, sent to both of us, replace our link again and again.
      const isOurs = attempt !== undefined && isSame(hello.answers, attempt.outbound.nonce)
      if (!isOurs) return inbound.refuse('BAD_HANDSHAKE', 'it answers a socket that is not open')
    }
    this.#candidates.add(inbound)
    if (attempt === undefined) {
      // The peer is there, so there is no need to wait any longer; but no faster than this in any case.
      this.#scheduleDial(this.#dialedAtMs + DIAL_DELAY_MIN_MS - performance.now())
    } else if (attempt.outbound.isOpen && attempt.partner === undefined) {
      this.#answer(attempt.outbound, inbound)
    }
  }

  onAnswer(inbound: Inbound, hello: Hello, answer: Answer): void {
    const attempt = this.#attempt
    const isMeant =
      attempt?.partner === undefined &&
      attempt?.outbound.isOpen === true &&
      isSame(answer.nonce, attempt.outbound.nonce)
    // It may speak of our last attempt, which the peer does not know to be over. A recorded handshake also ends
    // here: its nonce is of a socket long gone, and nothing else comes before the time is up.
    if (!isMeant) return this.#onStrayAnswer(inbound)
    const expected = prove(this.#context.secret, hello.bytes, attempt.outbound.hello)
    if (!isSame(answer.proof, expected)) {
      return this.#refuse(inbound, 'BAD_PROOF', `peer ${this.#id} does not know the secret`)
    }
    const objection = this.#context.accept(hello.member)
    if (objection !== undefined) {
      return this.#refuse(inbound, 'NOT_ACCEPTED', `peer ${this.#id}: ${objection}`)
    }
    attempt.partner = inbound
    attempt.outbound.send(encodeWelcome())
  }

  onWelcome(inbound: Inbound, hello: Hello): void {
    const attempt = this.#attempt
    if (attempt === undefined || attempt.partner !== inbound) {
      return inbound.refuse('BAD_HANDSHAKE', 'a welcome before a valid answer')
    }
    this.#linkUp(attempt, inbound, hello)
  }

  onInboundEnded(inbound: Inbound, reason: string): void {
    this.#candidates.delete(inbound)
    if (this.#link?.inbound === inbound) this.#link.end(reason)
    if (this.#attempt?.partner === inbound) this.#failAttempt(reason)
  }

  #linkUp(attempt: Attempt, inbound: Inbound, hello: Hello): void {
    // The database has got another name meanwhile: on this link the peer would know it by the old one for ever.
    if (attempt.databaseId !== this.#context.identity().databaseId)
      return this.#failAttempt('it told of a database that has another name now')
    clearTimeout(attempt.timer)
    this.#attempt = undefined
    this.#candidates.delete(inbound)
    // Older than the pair that is proved now, or a stranger's. A newer one of the peer comes again.
    for (const candidate of this.#candidates) candidate.hangUp()
    this.#candidates.clear()
    this.#link?.end('the peer made a newer link')
    assert(!this.#isClosed && !inbound.isClosed, 'a handler of `down` ends nothing from inside')
    const link = new SocketLink({
      number: this.#context.nextLinkNumber(),
      peer: hello.member,
      inbound,
      outbound: attempt.outbound,
      frameBytesMax: this.#context.frameBytesMax,
      events: this.#context.events,
      onDown: (ended, reason) => this.#onLinkDown(ended, reason),
    })
    this.#link = link
    this.#linkUpAtMs = performance.now()
    log('link %d to peer %d is up', link.number, this.#id)
    this.#context.events.up(link)
  }

  #onLinkDown(link: SocketLink, reason: string): void {
    assert(this.#link === link, 'a peer has one link at a time')
    log('link %d to peer %d is down: %s', link.number, this.#id, reason)
    this.#link = undefined
    const isStable = performance.now() - this.#linkUpAtMs >= STABLE_MS
    if (isStable) this.#dialDelayMs = DIAL_DELAY_MIN_MS
    this.#redial()
  }

  #dial(): void {
    this.#dialDueAtMs = Infinity
    this.#dialedAtMs = performance.now()
    if (this.#attempt !== undefined || !this.#isWanted()) return
    const context = this.#context
    const [candidate] = this.#candidates
    const member = context.identity()
    const outbound = new Outbound(
      {
        address: this.#address,
        member,
        answers: this.#link === undefined ? undefined : candidate?.hello?.nonce,
        isSecured: context.secret.length > 0,
        queueBytesMax: context.queueBytesMax,
      },
      {
        opened: (opened) => this.#onOpened(opened),
        ended: (ended, reason) => this.#onOutboundEnded(ended, reason),
        drained: (drained) => {
          if (this.#link?.outbound === drained) this.#link.onDrained()
        },
        unexpectedBytes: (written) => {
          context.refused('UNEXPECTED_BYTES', `peer ${this.#id} wrote where it should only read`)
          written.hangUp()
          this.#onOutboundEnded(written, 'unexpected bytes')
        },
      },
    )
    const timer = setTimeout(
      () => this.#failAttempt('the peer does not answer'),
      context.handshakeTimeoutMs,
    )
    const { databaseId } = member
    this.#attempt = { outbound, databaseId, timer, partner: undefined }
    context.onSocket(outbound)
  }

  #onOpened(outbound: Outbound): void {
    for (const candidate of this.#candidates) this.#answer(outbound, candidate)
  }

  #onOutboundEnded(outbound: Outbound, reason: string): void {
    if (this.#link?.outbound === outbound) this.#link.end(reason)
    else if (this.#attempt?.outbound === outbound) this.#failAttempt(reason)
  }

  #answer(outbound: Outbound, candidate: Inbound): void {
    const { hello } = candidate
    assert(hello !== undefined, 'a candidate has said who it is')
    const proof = prove(this.#context.secret, outbound.hello, hello.bytes)
    outbound.send(encodeAnswer(hello.nonce, proof))
  }

  #onStrayAnswer(inbound: Inbound): void {
    inbound.strayAnswers += 1
    if (inbound.strayAnswers <= STRAY_ANSWERS_MAX) return
    inbound.refuse('BAD_HANDSHAKE', 'answers to sockets that are not open')
  }

  /** Both sockets go: the peer learns that this pair came to nothing. */
  #refuse(inbound: Inbound, refusal: Refusal, detail: string): void {
    inbound.refuse(refusal, detail)
    this.#failAttempt(detail)
  }

  #failAttempt(reason: string): void {
    if (this.#attempt === undefined) return
    log('no link to peer %d: %s', this.#id, reason)
    this.#endAttempt()
    this.#redial()
  }

  #endAttempt(): void {
    const attempt = this.#attempt
    if (attempt === undefined) return
    this.#attempt = undefined
    clearTimeout(attempt.timer)
    attempt.outbound.hangUp()
    if (attempt.partner === undefined) return
    this.#candidates.delete(attempt.partner)
    attempt.partner.hangUp()
  }

  /** There is no link, or somebody who says he is the peer asks for another one. */
  #isWanted(): boolean {
    return !this.#isClosed && (this.#link === undefined || this.#candidates.size > 0)
  }

  #redial(): void {
    if (!this.#isWanted()) return
    // Jittered, so that two members that failed together do not go on failing together.
    const delayMs = this.#dialDelayMs * (randomInt(50, 101) / 100)
    this.#dialDelayMs = Math.min(this.#dialDelayMs * 2, DIAL_DELAY_MAX_MS)
    this.#scheduleDial(delayMs)
  }

  /** Only ever brings the next dial forward. */
  #scheduleDial(delayMs: number): void {
    if (this.#isClosed) return
    const dueAtMs = performance.now() + Math.max(0, delayMs)
    if (dueAtMs >= this.#dialDueAtMs) return
    clearTimeout(this.#dialTimer)
    this.#dialDueAtMs = dueAtMs
    this.#dialTimer = setTimeout(() => this.#dial(), Math.max(0, delayMs))
  }
}
