/**
 * One client's socket: bytes in, bytes out, and its life from the first byte to the last. What a request means is
 * conversation.ts's. Whatever is wrong with what comes in ends this connection and nothing else, and nothing is thrown
 * into whoever calls: the socket, the apply loop, a timer.
 *
 * Reading stops while something of the client's own must be done first: its session opened, its requests answered, its
 * answers taken. Answers and events are collected and leave in one write per turn.
 */
import type { Socket } from 'node:net'
import createDebug from 'debug'
import { microtask } from '../session/microtask.js'
import { ZooKeeperError } from '../session/remote.js'
import type {
  Identity,
  RemoteClient,
  RemoteEnd,
  RemoteSession,
  WatchEvent,
} from '../session/remote.js'
import { CONNECT_BYTES_MAX, OUTPUT_BYTES_LIMIT, OUTPUT_BYTES_MAX } from './bounds.js'
import { GREETING_MS_MAX, LINGER_MS_MAX, STALLED_MS_MAX, WRITE_BYTES } from './bounds.js'
import { OUTSTANDING_BYTES_MAX, OUTSTANDING_REQUESTS_MAX } from './bounds.js'
import type { CloseReason } from './close-reason.js'
import { Conversation } from './conversation.js'
import type { Link } from './conversation.js'
import { Counters } from './counters.js'
import type { LastRequest } from './counters.js'
import { answerWord, refusedWord } from './four-letter.js'
import { acceptance, dismissal, judge } from './handshake.js'
import { decodeConnectRequest } from './jute/connect.js'
import type { ConnectRequest } from './jute/connect.js'
import { FrameCutter } from './jute/frames.js'
import { JuteError } from './jute/jute-error.js'
import { JuteWriter } from './jute/writer.js'
import type { ConnectionReport, GatewayReport } from './report.js'
import { isKnownWord, isWord } from './words.js'
import { DataTooLarge } from './writes.js'

const log = createDebug('vivarium:gateway')

/** The gateway, as its connections see it. */
export interface ConnectionHost {
  readonly report: GatewayReport
  /** Monotonic, ms. */
  now(): number
  refused(reason: CloseReason): void
  /** Once, when the socket is closed. */
  closed(connection: Connection): void
}

/** `ending`: what is written goes out, what comes in is dropped. */
type Phase = 'greeting' | 'opening' | 'open' | 'ending' | 'closed'

const ENDS: Readonly<Record<RemoteEnd, CloseReason | undefined>> = {
  closed: undefined,
  expired: 'SESSION_EXPIRED',
  moved: 'SESSION_MOVED',
  failed: 'REPLICA_FAILED',
}

export class Connection implements RemoteClient, ConnectionReport, Link {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly establishedAt: number = Date.now()
  readonly counters: Counters = new Counters()
  readonly gateway: GatewayReport
  readonly #socket: Socket
  readonly #host: ConnectionHost
  readonly #cutter: FrameCutter
  readonly #writer: JuteWriter = new JuteWriter()
  readonly #conversation: Conversation
  #phase: Phase = 'greeting'
  /** When the phase began. */
  #since: number
  /** Writes that the socket has not finished, and when it last finished one or had none. */
  #writes = 0
  #progressAt: number
  #isPumping = false
  #isTurnDue = false
  #isHeld = false

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.gateway = host.report
    this.#since = host.now()
    this.#progressAt = this.#since
    this.remoteAddress = plainAddress(socket.remoteAddress)
    this.remotePort = socket.remotePort ?? 0
    this.#cutter = new FrameCutter(host.report.options.frameBytesMax)
    this.#conversation = new Conversation(this)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('drain', () => this.#turnLater())
    socket.on('error', (error) => log('%s: %s', this.name, error.message))
    socket.once('close', () => this.#onClosed())
  }

  get name(): string {
    return `${this.remoteAddress}:${this.remotePort}`
  }

  get sessionId(): number {
    return this.#conversation.session?.id ?? 0
  }

  get timeoutMs(): number {
    return this.#conversation.session?.timeoutMs ?? 0
  }

  get outstanding(): number {
    return this.#conversation.outstanding
  }

  get isPaused(): boolean {
    return this.#isHeld
  }

  get last(): LastRequest {
    return this.#conversation.last
  }

  get auth(): readonly Identity[] {
    return this.#conversation.auth
  }

  /** It has, or waits for, a session. */
  get isGreeted(): boolean {
    return this.#phase === 'opening' || this.#phase === 'open'
  }

  get #isOver(): boolean {
    return this.#phase === 'ending' || this.#phase === 'closed'
  }

  watchedPaths(): readonly string[] {
    const { session } = this.#conversation
    return session === undefined ? [] : [...session.watchedPaths()]
  }

  resetCounters(): void {
    this.counters.reset()
    this.#conversation.resetLast()
  }

  now(): number {
    return this.#host.now()
  }

  onEvent(event: WatchEvent): void {
    this.#conversation.tell(event)
  }

  onEnd(reason: RemoteEnd): void {
    this.#conversation.lose()
    const why = ENDS[reason]
    if (why === undefined) this.end()
    else this.refuse(why, `the session is ${reason}`)
  }

  write(append: (writer: JuteWriter) => void): void {
    if (this.#isOver) return
    try {
      append(this.#writer)
    } catch (error) {
      // Half a frame may be there: nothing of it may go out.
      this.#writer.take()
      this.fault(error)
      return
    }
    this.counters.sent += 1
    this.gateway.counters.sent += 1
    if (this.#waiting > OUTPUT_BYTES_LIMIT) this.#abort('OUTPUT_OVERFLOW', 'it takes too little')
    else if (this.#writer.length > WRITE_BYTES) this.#flush()
    else this.#turnLater()
  }

  settled(): void {
    if (this.#isHeld) this.#turnLater()
  }

  /** Because of what its client did, or of what cannot be done for it. What is written already goes out. */
  refuse(reason: CloseReason, detail: string): void {
    if (this.#isOver) return
    log('%s: %s: %s', this.name, reason, detail)
    this.#host.refused(reason)
    this.end()
  }

  fault(error: unknown): void {
    if (error instanceof JuteError) this.refuse(error.code, error.message)
    else if (error instanceof DataTooLarge) this.refuse('REQUEST_TOO_LARGE', error.message)
    else this.#abort('INTERNAL_ERROR', error instanceof Error ? error.stack : error)
  }

  /** What is written already goes out, then the socket closes; a session that was not closed stays. */
  end(): void {
    if (this.#isOver) return
    this.#conversation.leave()
    this.#flush()
    this.#phase = 'ending'
    this.#since = this.now()
    this.#socket.end()
    // What still comes is read and dropped: bytes left unread would make the close a reset, which takes our last
    // answer from a client that has not read it yet.
    this.#hold(false)
  }

  /** At once, whatever waits. */
  destroy(): void {
    this.#conversation.leave()
    if (this.#phase !== 'closed') this.#phase = 'ending'
    this.#socket.destroy()
  }

  /** Now and then: what lasts too long ends, what was held back goes on. */
  sweep(now: number): void {
    const lasted = now - this.#since
    if (this.#phase === 'greeting' && lasted > GREETING_MS_MAX) {
      this.refuse('GREETING_TIMEOUT', 'it said nothing, or half of it')
    } else if (this.#phase === 'ending' && lasted > LINGER_MS_MAX) {
      this.#socket.destroy()
    } else if (this.#writes > 0 && now - this.#progressAt > STALLED_MS_MAX) {
      this.#abort('STALLED', 'it takes nothing of what waits for it')
    } else if (this.#isHeld) {
      this.#turnLater()
    }
  }

  /** Bytes that the client has not taken. */
  get #waiting(): number {
    return this.#writer.length + this.#socket.writableLength
  }

  #onData(chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#cutter.push(chunk)
    this.#pump()
  }

  /** Takes frame after frame for as long as one may be taken. */
  #pump(): void {
    if (this.#isPumping || this.#isOver) return
    this.#isPumping = true
    try {
      while (this.#mayRead() && this.#step());
    } catch (error) {
      this.fault(error)
    }
    this.#isPumping = false
    if (!this.#isOver) this.#hold(!this.#mayRead())
  }

  /** @returns whether there was something to take. */
  #step(): boolean {
    const word = this.#phase === 'greeting' ? this.#cutter.word() : undefined
    if (word !== undefined && isKnownWord(word)) {
      this.#received()
      this.#answer(word)
      return false
    }
    const frame = this.#cutter.next()
    if (frame === undefined) return false
    this.#received()
    if (this.#phase === 'greeting') this.#greet(frame)
    else this.#conversation.receive(frame)
    return true
  }

  #received(): void {
    this.counters.received += 1
    this.gateway.counters.received += 1
  }

  #mayRead(): boolean {
    if (this.#phase === 'greeting') return true
    if (this.#phase !== 'open') return false
    const { outstanding, outstandingBytes, isClosing } = this.#conversation
    const { isServing, isFull } = this.gateway.sessions
    if (isClosing || !isServing || (isFull && outstanding > 0)) return false
    if (outstanding >= OUTSTANDING_REQUESTS_MAX) return false
    return outstandingBytes < OUTSTANDING_BYTES_MAX && this.#waiting < OUTPUT_BYTES_MAX
  }

  #hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return
    this.#isHeld = isHeld
    if (isHeld) this.#socket.pause()
    else this.#socket.resume()
  }

  #answer(word: string): void {
    const { options } = this.gateway
    const isAllowed = isWord(word) && options.words.has(word)
    const text = isAllowed ? answerWord(word, this.gateway) : refusedWord(word)
    this.write((writer) => writer.bytes(Buffer.from(text)))
    this.end()
  }

  #greet(frame: Uint8Array): void {
    if (frame.length > CONNECT_BYTES_MAX) {
      this.refuse('FRAME_TOO_LARGE', `a connect request of ${frame.length} bytes`)
      return
    }
    const asked = decodeConnectRequest(frame)
    const verdict = judge(asked, this.gateway)
    switch (verdict.kind) {
      case 'close':
        this.refuse(verdict.reason, verdict.detail)
        return
      case 'refuse':
        this.#dismiss(asked, verdict.detail)
        return
      case 'open':
        this.#await(asked, this.gateway.sessions.open(verdict.timeoutMs, this))
        return
      case 'attach':
        this.#await(asked, this.gateway.sessions.attach(verdict.id, verdict.password, this))
    }
  }

  #await(asked: ConnectRequest, session: Promise<RemoteSession>): void {
    this.#phase = 'opening'
    session.then(
      (opened) => this.#open(asked, opened),
      (error: unknown) => this.#onRefusal(asked, error),
    )
  }

  #open(asked: ConnectRequest, session: RemoteSession): void {
    if (this.#phase !== 'opening') {
      // A session that nobody ever heard of is of no use; one that was there before stays for its client.
      if (asked.sessionId === 0) session.request({ kind: 'closeSession' }, () => undefined)
      else session.detach()
      return
    }
    this.#phase = 'open'
    this.#conversation.begin(session)
    this.write((writer) => writer.bytes(acceptance(session, asked)))
    this.#pump()
  }

  #onRefusal(asked: ConnectRequest, error: unknown): void {
    const code = error instanceof ZooKeeperError ? error.code : undefined
    const detail = error instanceof Error ? error.message : String(error)
    if (code === 'SESSION_EXPIRED') this.#dismiss(asked, detail)
    else this.refuse(code === 'SESSION_MOVED' ? code : 'SESSION_UNAVAILABLE', detail)
  }

  #dismiss(asked: ConnectRequest, detail: string): void {
    this.write((writer) => writer.bytes(dismissal(asked)))
    this.refuse('SESSION_REFUSED', detail)
  }

  /** Once this turn: more is read if it may be, and what is to go out goes. */
  #turnLater(): void {
    if (this.#isTurnDue) return
    this.#isTurnDue = true
    microtask(() => {
      this.#isTurnDue = false
      if (this.#isHeld) this.#pump()
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#writer.length === 0 || this.#isOver) return
    if (this.#writes === 0) this.#progressAt = this.now()
    this.#writes += 1
    this.#socket.write(this.#writer.take(), () => {
      this.#writes -= 1
      this.#progressAt = this.now()
    })
  }

  #abort(reason: CloseReason, detail: unknown): void {
    if (!this.#isOver) {
      log('%s: %s: %s', this.name, reason, detail)
      this.#host.refused(reason)
    }
    this.destroy()
  }

  #onClosed(): void {
    const isCut = !this.#isOver && this.#cutter.isInsideFrame
    if (isCut) this.#host.refused('TRUNCATED')
    this.#conversation.leave()
    this.#phase = 'closed'
    this.#host.closed(this)
  }
}

/** IPv4 as IPv4, also over a socket of IPv6. */
function plainAddress(address: string | undefined): string {
  const text = address ?? ''
  return text.startsWith('::ffff:') && text.includes('.') ? text.slice('::ffff:'.length) : text
}
