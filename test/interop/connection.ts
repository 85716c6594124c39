/**
 * One TCP connection to a ZooKeeper or a gateway: sends what it is told, right or wrong, and writes down everything
 * that comes back in the order in which it came. It never reconnects and never pings by itself.
 */
import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import { readConnected, readEvent, readHeader, readReply } from './answer.js'
import type { Connected, Event, Reply } from './answer.js'
import { encodeAsk } from './ask.js'
import type { Ask } from './ask.js'
import { Reader, Writer } from './jute.js'

const PATIENCE_MS = 10_000

export type Received =
  | { readonly kind: 'reply'; readonly tag: string; readonly ask: Ask; readonly reply: Reply }
  | { readonly kind: 'event'; readonly event: Event }
  /** Whatever should not be: a reply to nothing, or one that cannot be read. */
  | { readonly kind: 'strange'; readonly text: string }
  | { readonly kind: 'closed' }

export interface ConnectOptions {
  readonly timeoutMs?: number
  readonly lastZxid?: bigint
  readonly session?: bigint
  readonly password?: Uint8Array
  /** Absent: the byte is not sent, as by clients before 3.4. */
  readonly readOnly?: boolean
}

interface Sent {
  readonly xid: number
  readonly ask: Ask
  readonly tag: string
}

export class Connection {
  /** Everything that came, in its order. */
  readonly received: Received[] = []
  /** Newest zxid of a reply. */
  lastZxid: bigint = 0n
  isClosed = false
  readonly #socket: Socket
  readonly #sent: Sent[] = []
  readonly #waiting: (() => void)[] = []
  #buffered: Buffer = Buffer.alloc(0)
  #connected: Connected | undefined
  #nextXid = 1
  #onEvent: (event: Event) => void = () => {}

  constructor(port: number) {
    this.#socket = createConnection({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (bytes: Buffer) => this.#onData(bytes))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => this.#onClose())
  }

  /** Resolves with the server's answer, or `undefined` if it closed instead. */
  async connect(options: ConnectOptions = {}): Promise<Connected | undefined> {
    const writer = new Writer()
      .int(0)
      .long(options.lastZxid ?? 0n)
      .int(options.timeoutMs ?? 30_000)
      .long(options.session ?? 0n)
      .buffer(options.password ?? Buffer.alloc(16))
    if (options.readOnly !== undefined) writer.boolean(options.readOnly)
    this.lastZxid = options.lastZxid ?? 0n
    this.#socket.write(writer.frame())
    await this.#until(() => this.#connected !== undefined, 'the answer to a connection')
    return this.#connected
  }

  onEvent(listener: (event: Event) => void): void {
    this.#onEvent = listener
  }

  /** Sends all at once and resolves when all is answered, or the connection closed. */
  async send(asks: readonly Ask[], tag = ''): Promise<void> {
    if (this.isClosed) return
    this.#socket.write(Buffer.concat(asks.map((ask) => this.#encode(ask, tag))))
    await this.#until(() => this.#sent.length === 0, `answers to ${tag}`)
  }

  /** Sends one and resolves with its reply. Rejects if the connection closes instead. */
  async ask(ask: Ask): Promise<Reply> {
    const from = this.received.length
    await this.send([ask])
    for (const entry of this.received.slice(from)) {
      if (entry.kind === 'reply' && entry.ask === ask) return entry.reply
    }
    throw new Error(`the connection closed before the answer to ${ask.op}`)
  }

  /** Resolves when the server has closed the connection, or after `patienceMs`. */
  async closed(patienceMs: number = PATIENCE_MS): Promise<boolean> {
    await this.#until(() => this.isClosed, 'the end of a connection', patienceMs).catch(() => {})
    return this.isClosed
  }

  /** Bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#socket.destroy()
  }

  #encode(ask: Ask, tag: string): Buffer {
    const xid = this.#xidOf(ask)
    this.#sent.push({ xid, ask, tag })
    return encodeAsk(xid, ask)
  }

  #xidOf(ask: Ask): number {
    switch (ask.op) {
      case 'ping':
        return -2
      case 'auth':
        return -4
      case 'setWatches':
      case 'setWatches2':
        return -8
      default:
        return this.#nextXid++
    }
  }

  #onData(bytes: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? bytes : Buffer.concat([this.#buffered, bytes])
    let start = 0
    while (this.#buffered.length - start >= 4) {
      const end = start + 4 + this.#buffered.readInt32BE(start)
      if (end > this.#buffered.length) break
      this.#onFrame(this.#buffered.subarray(start + 4, end))
      start = end
    }
    this.#buffered = this.#buffered.subarray(start)
    this.#wake()
  }

  #onFrame(frame: Buffer): void {
    if (this.#connected === undefined) {
      this.#connected = readConnected(frame)
      return
    }
    try {
      this.received.push(this.#read(frame))
    } catch (error) {
      const text = `${String(error)} in ${frame.toString('hex').slice(0, 400)}`
      this.received.push({ kind: 'strange', text })
    }
  }

  #read(frame: Buffer): Received {
    const reader = new Reader(frame)
    const header = readHeader(reader)
    if (header.xid === -1) {
      const event = readEvent(reader, header.zxid)
      this.#onEvent(event)
      return { kind: 'event', event }
    }
    const index = this.#sent.findIndex((sent) => sent.xid === header.xid)
    const [sent] = index < 0 ? [] : this.#sent.splice(index, 1)
    if (sent === undefined)
      return { kind: 'strange', text: `a reply to nothing, xid ${header.xid}` }
    // Only the answer to auth may overtake others: it belongs to the connection, not to its session.
    if (index > 0 && sent.ask.op !== 'auth') {
      return { kind: 'strange', text: `a reply to ${sent.ask.op} before its turn` }
    }
    if (header.zxid > this.lastZxid) this.lastZxid = header.zxid
    return { kind: 'reply', tag: sent.tag, ask: sent.ask, reply: readReply(frame, sent.ask) }
  }

  #onClose(): void {
    this.isClosed = true
    this.#sent.length = 0
    this.received.push({ kind: 'closed' })
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async #until(isTrue: () => boolean, what: string, patienceMs = PATIENCE_MS): Promise<void> {
    const end = performance.now() + patienceMs
    while (!isTrue() && !this.isClosed) {
      const left = end - performance.now()
      if (left <= 0) throw new Error(`not within ${patienceMs} ms: ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
}
