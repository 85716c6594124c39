/**
 * A small client of ZooKeeper's protocol, for the command and for tests: one connection to one server, of ours or of
 * Apache's. It does not come back by itself when the connection is lost, and keeps no table of watches: see
 * reconnect.ts.
 */
import { connect as openSocket } from 'node:net'
import type { Socket } from 'node:net'
import { decodeConnectResponse, encodeConnectRequest } from '../gateway/jute/connect.js'
import type { ConnectResponse } from '../gateway/jute/connect.js'
import { FrameCutter } from '../gateway/jute/frames.js'
import { JuteError } from '../gateway/jute/jute-error.js'
import type { Long } from '../gateway/jute/long.js'
import { hexOfLong } from '../gateway/jute/long.js'
import { errorName, WIRE_ERROR, XID } from '../gateway/jute/opcodes.js'
import { decodeNotification, decodeReply, decodeReplyHeader } from '../gateway/jute/replies.js'
import type { Notification, Reply, ReplyBodyOf, ReplyHeader } from '../gateway/jute/replies.js'
import { writeRequest } from '../gateway/jute/requests.js'
import type { ClientRequest, RequestKind } from '../gateway/jute/requests.js'
import { JuteWriter } from '../gateway/jute/writer.js'
import { ClientError, connectionLoss } from './client-error.js'

export interface Credential {
  readonly scheme: string
  readonly auth: string | Uint8Array
}

/** What it takes to go on with a session elsewhere. */
export interface ClientSession {
  readonly id: Long
  readonly password: Uint8Array
  /** Newest zxid of an answer: a server that is behind it sends the client away. */
  readonly lastZxid: Long
}

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  /** Session timeout to ask for, ms; also how long to wait for the connection. */
  readonly timeoutMs: number
  /** A server without a quorum will do. */
  readonly readOnly?: boolean | undefined
  /** A session to go on with; a new one unless told. */
  readonly session?: ClientSession | undefined
  /** Sent in this order before anything else. */
  readonly auth?: readonly Credential[] | undefined
  /** Watch events, in the order of the wire: before the answers that came after them. */
  readonly onEvent?: ((event: Notification) => void) | undefined
  /** Once, however the connection ends; what was not answered has been rejected by then. */
  readonly onEnd?: ((reason: ClientError) => void) | undefined
  /** Bytes of one answer; 64 MiB unless told: lists of children may be long. */
  readonly frameBytesMax?: number | undefined
}

/** What the caller may ask: pings are the client's own, for credentials there is {@link ZooKeeperClient.addAuth}. */
export type Askable = Exclude<ClientRequest, { kind: 'unknown' | 'ping' | 'auth' }>

/** An answer without error. A multi is one too when it failed: its results say so. */
export interface Answer<Kind extends RequestKind> extends ReplyHeader {
  readonly body: ReplyBodyOf<Kind>
}

type Answerable = Extract<ClientRequest, { kind: RequestKind }>

interface Pending {
  readonly request: Answerable
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: ClientError) => void
}

const REPLY_BYTES_MAX_DEFAULT = 64 * 1024 * 1024
const XID_MAX = 0x7fff_ffff
const CLOSED = 'the client was closed'

/**
 * @returns A client whose session the server has confirmed and whose credentials it has taken.
 * @throws ClientError `SESSION_EXPIRED` if the server knows no such session; `AUTH_FAILED`; `CONNECTION_LOSS` if there
 *   is no server, it does not serve, or it is behind what the session has seen.
 */
export async function connect(options: ConnectOptions): Promise<ZooKeeperClient> {
  const client = new ZooKeeperClient(options)
  await client.connected
  try {
    await Promise.all((options.auth ?? []).map((credential) => client.addAuth(credential)))
  } catch (error) {
    client.drop()
    throw error
  }
  return client
}

/** One connection. Requests are sent in the order they are made, pipelined, and answered in that order. */
export class ZooKeeperClient {
  readonly options: ConnectOptions
  /** Resolves when the server has confirmed the session. */
  readonly connected: Promise<void>
  readonly #socket: Socket
  readonly #cutter: FrameCutter
  readonly #writer: JuteWriter = new JuteWriter()
  readonly #pending = new Map<number, Pending>()
  /** Credentials are answered out of turn, among themselves in order. */
  readonly #pendingAuth: Pending[] = []
  readonly #onEvent: (event: Notification) => void
  #settleConnected: { resolve: () => void; reject: (error: ClientError) => void } | undefined
  #session: ConnectResponse | undefined
  #lastZxid: Long
  /** Of the newest request, and of the newest that was answered. */
  #xid: number = 0
  #answeredXid: number = 0
  #timer: NodeJS.Timeout
  /** Thirds of the timeout that began since anything came. */
  #silentTicks: number = 0
  #isFlushing: boolean = false
  #end: ClientError | undefined

  /** Use {@link connect}. */
  constructor(options: ConnectOptions) {
    this.options = options
    this.#lastZxid = options.session?.lastZxid ?? 0
    this.#onEvent = options.onEvent ?? (() => undefined)
    this.#cutter = new FrameCutter(options.frameBytesMax ?? REPLY_BYTES_MAX_DEFAULT)
    this.connected = new Promise((resolve, reject) => {
      this.#settleConnected = { resolve, reject }
    })
    this.#timer = setTimeout(() => {
      this.#fail(connectionLoss(`no answer within ${options.timeoutMs} ms`))
    }, options.timeoutMs)
    this.#socket = openSocket({ host: options.host, port: options.port, noDelay: true })
    this.#listen()
  }

  /** The session as the server confirmed it, with what was seen by now. */
  get session(): ClientSession & { readonly timeoutMs: number } {
    const session = this.#session
    if (session === undefined) throw connectionLoss('not connected yet')
    return {
      id: session.sessionId,
      password: session.password ?? new Uint8Array(0),
      timeoutMs: session.timeoutMs,
      lastZxid: this.#lastZxid,
    }
  }

  /** The server is one without a quorum, that answers reads only. */
  get isReadOnly(): boolean {
    return this.#session?.readOnly ?? false
  }

  get isConnected(): boolean {
    return this.#session !== undefined && this.#end === undefined
  }

  /**
   * Sends at the end of this turn.
   *
   * @throws ClientError The server's error, or `CONNECTION_LOSS`: then the request may have been carried out.
   * @throws RangeError for a number that does not fit its field: nothing was sent.
   */
  async request<R extends Askable>(request: R): Promise<Answer<R['kind']>> {
    // `decodeReply` read it for this kind.
    return (await this.#send(request)) as Answer<R['kind']>
  }

  async addAuth(credential: Credential): Promise<void> {
    const { scheme, auth } = credential
    const bytes = typeof auth === 'string' ? Buffer.from(auth) : auth
    await this.#send({ kind: 'auth', type: 0, scheme, auth: bytes })
  }

  /** Ends the session and the connection; resolves when the server has closed it, or has had the session's timeout to. */
  async close(): Promise<void> {
    if (this.#end !== undefined) return
    const ended = new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve())
    })
    const deadline = setTimeout(() => this.drop(), this.options.timeoutMs)
    try {
      await this.request({ kind: 'closeSession' })
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      // The connection or the session has ended before: nothing to close any more.
    }
    this.#fail(connectionLoss(CLOSED))
    await ended
    clearTimeout(deadline)
  }

  /** Cuts the connection; the session lives on until its timeout has passed. */
  drop(): void {
    this.#fail(connectionLoss('the connection was dropped'))
  }

  #listen(): void {
    const { host, port } = this.options
    this.#socket.once('connect', () => this.#greet())
    this.#socket.on('data', (chunk) => this.#onChunk(chunk))
    this.#socket.on('error', (error) => {
      this.#fail(connectionLoss(`${host}:${port}: ${error.message}`, error))
    })
    this.#socket.once('close', () => {
      this.#fail(connectionLoss(`${host}:${port} has closed the connection`))
    })
  }

  #greet(): void {
    const { timeoutMs, session, readOnly } = this.options
    this.#socket.write(
      encodeConnectRequest({
        protocolVersion: 0,
        lastZxidSeen: this.#lastZxid,
        timeoutMs,
        sessionId: session?.id ?? 0,
        password: session?.password ?? new Uint8Array(16),
        readOnly: readOnly ?? false,
      }),
    )
  }

  #onChunk(chunk: Uint8Array): void {
    this.#silentTicks = 0
    this.#cutter.push(chunk)
    try {
      for (;;) {
        if (this.#end !== undefined) return
        const frame = this.#cutter.next()
        if (frame === undefined) return
        if (this.#session === undefined) this.#onConnected(frame)
        else this.#onFrame(frame)
      }
    } catch (error) {
      if (!(error instanceof JuteError)) throw error
      this.#fail(connectionLoss(`the server sent ${error.message}`, error))
    }
  }

  #onConnected(frame: Uint8Array): void {
    const session = decodeConnectResponse(frame)
    if (session.timeoutMs <= 0) {
      const asked = hexOfLong(this.options.session?.id ?? 0)
      this.#fail(new ClientError(WIRE_ERROR.SESSION_EXPIRED, `no session 0x${asked} any more`))
      return
    }
    this.#session = session
    clearTimeout(this.#timer)
    this.#timer = setInterval(() => this.#onTick(), session.timeoutMs / 3)
    // The socket is what keeps a process alive.
    this.#timer.unref()
    this.#settleConnected?.resolve()
  }

  /** A third of the timeout has passed: two whole ones in silence, and the server is gone. */
  #onTick(): void {
    this.#silentTicks += 1
    if (this.#silentTicks > 2) {
      this.#fail(connectionLoss('the server has been silent for two thirds of the timeout'))
      return
    }
    this.#write(XID.ping, { kind: 'ping' })
  }

  #onFrame(frame: Uint8Array): void {
    const { xid } = decodeReplyHeader(frame)
    if (xid === XID.notification) return this.#onEvent(decodeNotification(frame))
    if (xid === XID.ping) return this.#see(decodeReply(frame, 'ping').zxid)
    const pending = xid === XID.auth ? this.#pendingAuth[0] : this.#nextPending(xid)
    if (pending === undefined) {
      throw new JuteError('BAD_VALUE', `an answer to request ${xid} out of turn`)
    }
    // Until it is read it waits with the others: it is rejected with them if it cannot be.
    const reply = decodeReply(frame, pending.request.kind)
    if (xid === XID.auth) this.#pendingAuth.shift()
    else this.#onAnswered(xid)
    this.#see(reply.zxid)
    if (reply.err === 0) pending.resolve(reply)
    else pending.reject(refusal(reply.err, pending.request))
  }

  #nextPending(xid: number): Pending | undefined {
    return xid === following(this.#answeredXid) ? this.#pending.get(xid) : undefined
  }

  #onAnswered(xid: number): void {
    this.#pending.delete(xid)
    this.#answeredXid = xid
  }

  #see(zxid: Long): void {
    if (zxid > this.#lastZxid) this.#lastZxid = zxid
  }

  #send(request: Answerable): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) return reject(connectionLoss(this.#end.message, this.#end))
      const pending = { request, resolve, reject }
      if (request.kind === 'auth') {
        this.#write(XID.auth, request)
        this.#pendingAuth.push(pending)
        return
      }
      const xid = following(this.#xid)
      this.#write(xid, request)
      this.#xid = xid
      this.#pending.set(xid, pending)
    })
  }

  #write(xid: number, request: Answerable): void {
    writeRequest(this.#writer, xid, request)
    if (this.#isFlushing) return
    this.#isFlushing = true
    queueMicrotask(() => {
      this.#isFlushing = false
      if (this.#end === undefined) this.#socket.write(this.#writer.take())
    })
  }

  #fail(reason: ClientError): void {
    if (this.#end !== undefined) return
    this.#end = reason
    clearTimeout(this.#timer)
    this.#socket.destroy()
    this.#settleConnected?.reject(reason)
    for (const { request, reject } of [...this.#pending.values(), ...this.#pendingAuth]) {
      reject(new ClientError(reason.errno, `${request.kind}: ${reason.message}`, undefined, reason))
    }
    this.#pending.clear()
    this.#pendingAuth.length = 0
    this.options.onEnd?.(reason)
  }
}

function following(xid: number): number {
  return xid === XID_MAX ? 1 : xid + 1
}

function refusal(err: number, request: Answerable): ClientError {
  const path = 'path' in request ? request.path : undefined
  const what = path === undefined ? request.kind : `${request.kind} ${path}`
  return new ClientError(err, `${what}: ${errorName(err) ?? 'error'} (${err})`, path)
}
