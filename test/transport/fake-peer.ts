/** A peer made by hand, socket by socket and message by message, so that it can do what no honest one does. */
import { randomBytes } from 'node:crypto'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Member } from '../../lib/protocol/member.js'
import { PROTOCOL_VERSION } from '../../lib/protocol/member.js'
import {
  decodeHandshake,
  encodeAnswer,
  encodeHello,
  encodeWelcome,
  prove,
  type Handshake,
  type Hello,
} from '../../lib/transport/handshake.js'
import { FrameReader } from '../../lib/wire/frame.js'
import { memberOf } from './support.js'

/** One socket, its frames, and its end. */
export class Wire {
  readonly socket: Socket
  readonly frames: Uint8Array[] = []
  readonly ended: Promise<void>
  isEnded = false
  #wake: () => void = () => undefined

  constructor(socket: Socket) {
    this.socket = socket
    const reader = new FrameReader(1 << 25, (frame) => {
      this.frames.push(Uint8Array.from(frame))
      this.#wake()
    })
    socket.on('data', (chunk: Buffer) => reader.feed(chunk))
    socket.on('error', () => undefined)
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.isEnded = true
        this.#wake()
        resolve()
      })
    })
  }

  static open(path: string): Wire {
    return new Wire(connect(path))
  }

  write(...frames: Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames.map(framed)))
  }

  /** The first message of the kind, once it has come. */
  async message<K extends Handshake['kind']>(
    kind: K,
    isMeant: (message: Extract<Handshake, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<Handshake, { kind: K }>> {
    for (;;) {
      for (const frame of this.frames) {
        const message = decodeHandshake(frame, PROTOCOL_VERSION)
        if (message.kind !== kind) continue
        const found = message as Extract<Handshake, { kind: K }>
        if (isMeant(found)) return found
      }
      if (this.isEnded) throw new Error(`the socket ended before a ${kind}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

export interface FakePair {
  /** Opened by the fake peer, which writes on it. */
  readonly own: Wire
  /** Opened by the transport, which writes on it. */
  readonly theirs: Wire
}

export class FakePeer {
  readonly member: Member
  readonly secret: Uint8Array
  readonly #targetPath: string
  readonly #server: Server
  readonly #wires: Wire[] = []
  readonly #accepted: Wire[] = []
  #wake: () => void = () => undefined

  private constructor(path: string, targetPath: string, member: Member, secret: Uint8Array) {
    this.#targetPath = targetPath
    this.member = member
    this.secret = secret
    this.#server = createServer((socket) => {
      const wire = new Wire(socket)
      this.#wires.push(wire)
      this.#accepted.push(wire)
      this.#wake()
    })
    this.#server.listen(path)
  }

  static create(options: {
    path: string
    targetPath: string
    member?: Member
    secret?: Uint8Array
  }): FakePeer {
    const { path, targetPath, member = memberOf(2), secret = new Uint8Array(0) } = options
    return new FakePeer(path, targetPath, member, secret)
  }

  /** The next socket that the transport opens to this peer. */
  async accept(): Promise<Wire> {
    for (;;) {
      const wire = this.#accepted.shift()
      if (wire !== undefined && !wire.isEnded) return wire
      if (wire !== undefined) continue
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  open(): Wire {
    const wire = Wire.open(this.#targetPath)
    this.#wires.push(wire)
    return wire
  }

  hello(changes: Partial<Omit<Hello, 'bytes'>> = {}): Uint8Array {
    return encodeHello({
      member: this.member,
      nonce: randomBytes(16),
      answers: undefined,
      isSecured: this.secret.length > 0,
      ...changes,
    })
  }

  answerTo(other: Hello, ownHello: Uint8Array): Uint8Array {
    return encodeAnswer(other.nonce, prove(this.secret, ownHello, other.bytes))
  }

  /** A whole honest handshake. */
  async pair(): Promise<FakePair> {
    const own = this.open()
    const hello = this.hello()
    own.write(hello)
    const theirs = await this.accept()
    own.write(this.answerTo(await theirs.message('hello'), hello))
    const { nonce } = decodeHandshake(hello, PROTOCOL_VERSION) as Hello
    await theirs.message('answer', (answer) => Buffer.compare(answer.nonce, nonce) === 0)
    own.write(encodeWelcome())
    await theirs.message('welcome')
    return { own, theirs }
  }

  async close(): Promise<void> {
    for (const wire of this.#wires) wire.socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }
}

export function framed(frame: Uint8Array): Buffer {
  return Buffer.concat([lengthOf(frame.length), frame])
}

export function lengthOf(length: number): Buffer {
  const header = Buffer.alloc(4)
  header.writeUInt32BE(length)
  return header
}
