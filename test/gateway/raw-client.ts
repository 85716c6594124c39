// A client that sends what it is told and takes what comes, frame by frame: for tests of order, bounds and manners.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { decodeConnectResponse, encodeConnectRequest } from '../../lib/gateway/jute/connect.js'
import type { ConnectRequest, ConnectResponse } from '../../lib/gateway/jute/connect.js'
import { FrameCutter } from '../../lib/gateway/jute/frames.js'
import { XID } from '../../lib/gateway/jute/opcodes.js'
import {
  decodeNotification,
  decodeReply,
  decodeReplyHeader,
} from '../../lib/gateway/jute/replies.js'
import type { WireAcl } from '../../lib/gateway/jute/records.js'
import type { Reply } from '../../lib/gateway/jute/replies.js'
import { encodeRequest } from '../../lib/gateway/jute/requests.js'
import type { ClientRequest, RequestKind } from '../../lib/gateway/jute/requests.js'

export const OPEN: WireAcl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }]

export class RawClient {
  readonly socket: Socket
  /** Resolves when the other side has closed the connection. */
  readonly closed: Promise<void>
  readonly #cutter = new FrameCutter(64 * 1024 * 1024)
  readonly #waiting: (() => void)[] = []
  #isClosed = false
  #xid = 0

  private constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.socket.on('error', () => undefined)
    this.socket.on('data', (chunk) => {
      this.#cutter.push(chunk)
      this.#wake()
    })
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.#isClosed = true
        this.#wake()
        resolve()
      })
    })
  }

  static async open(port: number): Promise<RawClient> {
    const client = new RawClient(port)
    await new Promise<void>((resolve, reject) => {
      client.socket.once('connect', resolve)
      client.socket.once('close', () => reject(new Error('not connected')))
    })
    return client
  }

  /** With a session. */
  static async connected(port: number, asked: Partial<ConnectRequest> = {}): Promise<RawClient> {
    const client = await RawClient.open(port)
    const response = await client.greet(asked)
    if (response === undefined || response.timeoutMs === 0) throw new Error('refused')
    client.session = response
    return client
  }

  session: ConnectResponse | undefined

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes)
  }

  /** @returns `undefined` if the connection was closed without an answer. */
  async greet(asked: Partial<ConnectRequest> = {}): Promise<ConnectResponse | undefined> {
    this.write(
      encodeConnectRequest({
        protocolVersion: 0,
        lastZxidSeen: 0,
        timeoutMs: 10_000,
        sessionId: 0,
        password: new Uint8Array(16),
        readOnly: false,
        ...asked,
      }),
    )
    const frame = await this.frame()
    return frame === undefined ? undefined : decodeConnectResponse(frame)
  }

  /** @returns `undefined` once the connection is closed and nothing is left. */
  async frame(): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = this.#cutter.next()
      if (frame !== undefined || this.#isClosed) return frame
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** @returns The xid. */
  send(request: ClientRequest, xid: number = (this.#xid += 1)): number {
    this.write(encodeRequest(xid, request))
    return xid
  }

  /** The next answer; a notification in its place is a failure. */
  async reply(kind: RequestKind): Promise<Reply> {
    const frame = await this.frame()
    if (frame === undefined) throw new Error('the connection was closed')
    return decodeReply(frame, kind)
  }

  async ask(request: Extract<ClientRequest, { kind: RequestKind }>): Promise<Reply> {
    this.send(request)
    return this.reply(request.kind)
  }

  async err(request: Extract<ClientRequest, { kind: RequestKind }>): Promise<number> {
    return (await this.ask(request)).err
  }

  /** The next frame as short text: `NodeCreated /a`, or `reply 3 0`. */
  async line(): Promise<string> {
    const frame = await this.frame()
    if (frame === undefined) return 'closed'
    const { xid, err } = decodeReplyHeader(frame)
    if (xid !== XID.notification) return `reply ${xid} ${err}`
    const { type, path } = decodeNotification(frame)
    return `${type} ${path}`
  }

  async lines(count: number): Promise<string[]> {
    const lines: string[] = []
    while (lines.length < count) lines.push(await this.line())
    return lines
  }

  destroy(): void {
    this.socket.destroy()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
