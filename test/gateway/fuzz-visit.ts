/**
 * One connection of a hostile client, from its beginning to its end: what it sends is drawn from a seed, and what comes
 * back is held against what must come back.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Random } from '../../lib/base/random.js'
import { decodeConnectResponse, encodeConnectRequest } from '../../lib/gateway/jute/connect.js'
import type { ConnectResponse } from '../../lib/gateway/jute/connect.js'
import { FrameCutter } from '../../lib/gateway/jute/frames.js'
import { encodeRequest } from '../../lib/gateway/jute/requests.js'
import {
  answeredFrame,
  endingFrame,
  excessiveLength,
  largestLength,
  noise,
  partingFrame,
  pieces,
  xidsInTurn,
  XIDS_OUT_OF_TURN,
} from './fuzz-frames.js'
import { framed, mutated } from './mutations.js'

/** What is no request must have ended its connection after so long, ms: sooner than silence would end it. */
const END_MS_MAX = 8000
const FRAMES_MAX = 30
/** Sent again and again by who should be gone. */
const LATE_REQUEST = Buffer.from(encodeRequest(77, { kind: 'exists', path: '/', watch: false }))
const LATE_REQUEST_MS = 50
const TIMEOUTS_MS = [1, 500, 1000, 2000]

/** What the hostile clients know of each other: sessions to take over. */
export interface Loot {
  readonly sessions: ConnectResponse[]
}

export interface VisitTotals {
  /** Frames, or what stood in place of one. */
  readonly cases: number
  readonly isConnected: boolean
}

/** @throws Error if the gateway does what it must not. */
export async function visit(random: Random, port: number, loot: Loot): Promise<VisitTotals> {
  const visitor = await Visitor.arrive(port)
  try {
    return random.chance(0.25)
      ? await strangers(visitor, random)
      : await guests(visitor, random, loot)
  } finally {
    visitor.leave()
    await visitor.closed
  }
}

/** Never says who it is. */
async function strangers(visitor: Visitor, random: Random): Promise<VisitTotals> {
  if (random.chance(0.1)) {
    await visitor.send(random, excessiveLength(random))
    await visitor.mustBeClosed()
    return { cases: 1, isConnected: false }
  }
  await visitor.send(random, noise(random))
  // Half of a frame is waited for: then it is the client who goes.
  if (random.chance(0.3)) await visitor.closedWithin(random.integer(10))
  return { cases: 1, isConnected: false }
}

/** Has a session, and abuses it. */
async function guests(visitor: Visitor, random: Random, loot: Loot): Promise<VisitTotals> {
  const frames: Buffer[] = []
  for (let count = random.integer(FRAMES_MAX); count > 0; count--) {
    frames.push(answeredFrame(random, frames))
  }
  const stream = Buffer.concat(frames.map(framed))
  const cases = frames.length + 2
  await visitor.send(random, greeting(random, loot))
  // Some do not wait to be let in.
  if (random.chance(0.2)) await visitor.send(random, stream)
  else if (await visitor.isWelcome()) await visitor.send(random, stream)
  const welcome = await visitor.welcome()
  if (welcome === undefined || welcome.timeoutMs === 0) return { cases: 1, isConnected: false }
  if (random.chance(0.2)) keep(loot, welcome)

  if (random.chance(0.5)) await visitor.answers(frames)
  const extra = await farewell(visitor, random)
  visitor.checkOrder(frames, extra)
  return { cases, isConnected: true }
}

function greeting(random: Random, loot: Loot): Buffer {
  const old =
    loot.sessions.length > 0 && random.chance(0.3) ? random.pick(loot.sessions) : undefined
  const password = old?.password ?? new Uint8Array(16)
  const bytes = encodeConnectRequest({
    protocolVersion: 0,
    lastZxidSeen: 0,
    timeoutMs: random.pick(TIMEOUTS_MS),
    sessionId: old?.sessionId ?? 0,
    password: random.chance(0.9) ? password : mutated(random, password),
    readOnly: random.pick([true, false, undefined]),
  })
  return Buffer.from(bytes)
}

function keep({ sessions }: Loot, session: ConnectResponse): void {
  if (sessions.length > 50) sessions.shift()
  sessions.push({ ...session, password: Uint8Array.from(session.password ?? []) })
}

/** @returns How many answers it may bring. */
async function farewell(visitor: Visitor, random: Random): Promise<number> {
  const dice = random.next()
  if (dice < 0.65) {
    await visitor.send(random, framed(endingFrame(random)))
    await visitor.mustBeClosed()
  } else if (dice < 0.75) {
    await visitor.send(random, framed(partingFrame(random)))
    await visitor.mustBeClosed()
    return 1
  } else if (dice < 0.85) {
    await visitor.send(random, excessiveLength(random))
    await visitor.mustBeClosed()
  } else if (dice < 0.9) {
    await visitor.send(random, largestLength(random))
  } else if (dice < 0.95) {
    visitor.finish()
    await visitor.mustBeClosed()
  }
  return 0
}

class Visitor {
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #cutter = new FrameCutter(64 * 1024 * 1024)
  readonly #waiting = new Set<() => void>()
  readonly #xids: number[] = []
  #welcome: ConnectResponse | undefined
  #isClosed = false
  #failure: unknown

  private constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    // A reset is one of the ways in which a connection ends.
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (chunk) => this.#onChunk(chunk))
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#isClosed = true
        this.#wake()
        resolve()
      })
    })
  }

  static async arrive(port: number): Promise<Visitor> {
    const visitor = new Visitor(port)
    await once(visitor.#socket, 'connect')
    return visitor
  }

  async send(random: Random, bytes: Buffer): Promise<void> {
    const parts = random.chance(0.2) ? pieces(random, bytes) : [bytes]
    for (const part of parts) {
      if (this.#isClosed || !this.#socket.writable) return
      this.#socket.write(part)
      if (parts.length > 1) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  finish(): void {
    this.#socket.end()
  }

  leave(): void {
    this.#socket.destroy()
  }

  async isWelcome(): Promise<boolean> {
    return ((await this.welcome())?.timeoutMs ?? 0) > 0
  }

  /** `undefined` if the connection ended without one. */
  async welcome(): Promise<ConnectResponse | undefined> {
    await this.#until(() => this.#welcome !== undefined || this.#isClosed, 'let in or sent away')
    return this.#welcome
  }

  /** Unless another took the session, every frame is answered. */
  async answers(frames: readonly Buffer[]): Promise<void> {
    const count = xidsInTurn(frames).length
    await this.#until(() => this.#xids.length >= count || this.#isClosed, 'answered')
  }

  /** Meanwhile it goes on asking: `checkOrder` sees whether anybody listens. */
  async mustBeClosed(): Promise<void> {
    const timer = setInterval(() => {
      if (this.#socket.writable) this.#socket.write(LATE_REQUEST)
    }, LATE_REQUEST_MS)
    await this.#until(() => this.#isClosed, 'sent away')
    clearInterval(timer)
  }

  async closedWithin(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), ms)
    await this.closed
    clearTimeout(timer)
  }

  /**
   * What was answered was answered in order, from the first on, and nothing after the end.
   *
   * @param extra Answers that the end itself may have brought.
   */
  checkOrder(frames: readonly Buffer[], extra: number): void {
    const expected = xidsInTurn(frames)
    const got = this.#xids.slice(0, expected.length)
    if (got.some((xid, index) => xid !== expected[index])) {
      throw new Error(`answers to ${got.join(' ')} where ${expected.join(' ')} was asked`)
    }
    if (this.#xids.length > expected.length + extra) throw new Error('answers after the end')
  }

  #onChunk(chunk: Uint8Array): void {
    this.#cutter.push(chunk)
    try {
      for (let frame = this.#cutter.next(); frame !== undefined; frame = this.#cutter.next()) {
        this.#onFrame(Buffer.from(frame))
      }
    } catch (error) {
      this.#failure ??= error
      this.#socket.destroy()
    }
    this.#wake()
  }

  #onFrame(frame: Buffer): void {
    if (this.#welcome === undefined) {
      this.#welcome = decodeConnectResponse(frame)
      return
    }
    const xid = frame.readInt32BE(0)
    if (!XIDS_OUT_OF_TURN.has(xid)) this.#xids.push(xid)
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      this.#wake()
    }, END_MS_MAX)
    while (!condition() && !isLate && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
    clearTimeout(timer)
    if (this.#failure !== undefined) {
      throw new Error('the gateway sent what nobody can read', { cause: this.#failure })
    }
    if (isLate && !condition()) throw new Error(`not ${what} within ${END_MS_MAX} ms`)
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
