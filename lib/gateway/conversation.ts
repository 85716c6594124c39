/**
 * What one client and its session say to each other: requests in, answers and events out, in the order in which they
 * came to be. Writes go through the session to the leader, everything else is evaluated here, behind the writes before
 * it. Bytes and their flow are connection.ts's.
 */
import { ERRNO } from '../session/remote.js'
import type { Identity, RemoteSession, WatchEvent, Zxid } from '../session/remote.js'
import { shownIdentity } from '../session/auth.js'
import { proveMore } from './authentication.js'
import type { CloseReason } from './close-reason.js'
import { NO_REQUEST } from './counters.js'
import type { Counters, LastRequest } from './counters.js'
import { XID } from './jute/opcodes.js'
import { writeNotification, writeReply } from './jute/replies.js'
import type { JuteWriter } from './jute/writer.js'
import { decodeRequest } from './jute/requests.js'
import type { AuthRequest, ClientRequest } from './jute/requests.js'
import { shortNameOf } from './operation-names.js'
import { DONE, errnoOf, evaluate, refusal } from './reads.js'
import type { Answer } from './reads.js'
import type { GatewayReport } from './report.js'
import type { OneRequest, RequestOf } from './request-of.js'
import { watch } from './watch-requests.js'
import { answerOf, bodyOf } from './writes.js'
import type { WriteRequest } from './writes.js'

/** The connection, as its conversation sees it. None of it throws. */
export interface Link {
  readonly remoteAddress: string
  readonly counters: Counters
  readonly gateway: GatewayReport
  /** Monotonic, ms. */
  now(): number
  /** Appends to what goes out. */
  write(append: (writer: JuteWriter) => void): void
  /** Reads on, if it had to stop. */
  settled(): void
  refuse(reason: CloseReason, detail: string): void
  /** A defect of ours. */
  fault(error: unknown): void
}

/** Answered here, by this replica's own state. */
type EvaluatedKind = Exclude<
  ClientRequest['kind'],
  WriteRequest['kind'] | 'auth' | 'sasl' | 'unknown'
>

/** A request without an answer. */
interface Pending {
  readonly xid: number
  readonly kind: ClientRequest['kind']
  readonly bytes: number
  readonly at: number
}

export class Conversation {
  readonly #link: Link
  #session: RemoteSession | undefined
  #auth: readonly Identity[]
  /** Whose request is evaluated now: who its client was when it came. */
  #asking: readonly Identity[] | undefined
  #outstanding = 0
  #outstandingBytes = 0
  #isClosing = false
  #last: LastRequest = NO_REQUEST

  constructor(link: Link) {
    this.#link = link
    this.#auth = [{ scheme: 'ip', id: link.remoteAddress }]
  }

  get session(): RemoteSession | undefined {
    return this.#session
  }

  get auth(): readonly Identity[] {
    return this.#asking ?? this.#auth
  }

  get outstanding(): number {
    return this.#outstanding
  }

  get outstandingBytes(): number {
    return this.#outstandingBytes
  }

  /** Nothing after what came last means anything. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  get last(): LastRequest {
    return this.#last
  }

  resetLast(): void {
    this.#last = NO_REQUEST
  }

  begin(session: RemoteSession): void {
    this.#session = session
  }

  /** The connection ends: the session stays for its client to come back to. */
  leave(): void {
    const session = this.#session
    this.#forget()
    session?.detach()
  }

  /** The session has ended, or is another's. */
  lose(): void {
    this.#forget()
  }

  tell(event: WatchEvent): void {
    this.#link.write((writer) => writeNotification(writer, event))
  }

  /** @throws JuteError, DataTooLarge: the connection is of no use any more. */
  receive(frame: Uint8Array): void {
    const session = this.#session
    if (session === undefined || this.#isClosing) return
    const decoded = decodeRequest(frame)
    const request: OneRequest = decoded.request
    // A ping is answered as one, whatever it calls itself.
    const xid = request.kind === 'ping' ? XID.ping : decoded.xid
    session.touch()
    const pending: Pending = { xid, kind: request.kind, bytes: frame.length, at: this.#link.now() }
    switch (request.kind) {
      case 'auth':
        return this.#authenticate(pending, request)
      case 'create':
      case 'create2':
      case 'createContainer':
      case 'createTTL':
      case 'delete':
      case 'setData':
      case 'setACL':
      case 'multi':
      case 'sync':
      case 'closeSession':
        return this.#write(session, pending, request)
      case 'sasl':
        return this.#part(session, pending, 'AUTH_FAILED', ERRNO.AUTH_FAILED)
      case 'unknown':
        return this.#part(session, pending, 'UNKNOWN_REQUEST', ERRNO.UNIMPLEMENTED)
      default:
        return this.#read(session, pending, (zxid) => this.#evaluate(session, request, zxid))
    }
  }

  #write(session: RemoteSession, pending: Pending, request: WriteRequest): void {
    const body = bodyOf(request)
    this.#begin(pending)
    if (request.kind === 'closeSession') this.#isClosing = true
    session.request(body, (outcome) => {
      this.#guard(session, () => this.#answer(pending, outcome.zxid, answerOf(request, outcome)))
    })
  }

  #read(session: RemoteSession, pending: Pending, answer: (zxid: Zxid) => Answer): void {
    const auth = this.#auth
    this.#begin(pending)
    session.read(() => {
      this.#guard(session, () => {
        const zxid = this.#link.gateway.sessions.lastZxid
        this.#asking = auth
        this.#answer(
          pending,
          zxid,
          answered(() => answer(zxid)),
        )
      })
      this.#asking = undefined
    })
  }

  /** Refused in its turn, and with it whatever follows. */
  #part(session: RemoteSession, pending: Pending, reason: CloseReason, err: number): void {
    this.#isClosing = true
    this.#begin(pending)
    session.read(() => {
      this.#guard(session, () => {
        this.#answer(pending, UNPREPARED, refusal(err))
        this.#link.refuse(reason, `a request of kind ${pending.kind}`)
      })
    })
  }

  #evaluate(session: RemoteSession, request: RequestOf<EvaluatedKind>, zxid: Zxid): Answer {
    switch (request.kind) {
      case 'ping':
        return DONE
      case 'reconfig':
        return refusal(ERRNO.RECONFIG_DISABLED)
      case 'whoAmI':
        return { err: 0, body: { kind: 'whoAmI', identities: this.auth.map(shown) } }
      case 'addWatch':
      case 'checkWatches':
      case 'removeWatches':
      case 'setWatches':
      case 'setWatches2':
        return watch(session, request, zxid, (event) => this.tell(event))
      default:
        return evaluate(session, request)
    }
  }

  /** At once, as in ZooKeeper: it counts for the requests behind it, and its answer may overtake others. */
  #authenticate(pending: Pending, { scheme, auth }: AuthRequest): void {
    const { gateway } = this.#link
    const proved = proveMore(this.#auth, scheme, auth, gateway.options.superDigest)
    this.#begin(pending)
    if (proved !== undefined) {
      this.#auth = proved
      this.#answer(pending, NO_ZXID, DONE)
      return
    }
    this.#isClosing = true
    this.#answer(pending, NO_ZXID, refusal(ERRNO.AUTH_FAILED))
    this.#link.refuse('AUTH_FAILED', `scheme ${JSON.stringify(scheme)}`)
  }

  #begin(pending: Pending): void {
    this.#outstanding += 1
    this.#outstandingBytes += pending.bytes
  }

  #answer({ xid, kind, bytes, at }: Pending, zxid: Zxid, { err, body }: Answer): void {
    const latencyMs = Math.max(0, Math.round(this.#link.now() - at))
    this.#outstanding -= 1
    this.#outstandingBytes -= bytes
    this.#last = { operation: shortNameOf(kind), xid, zxid, at: Date.now(), latencyMs }
    this.#link.counters.answered(latencyMs)
    this.#link.gateway.counters.answered(latencyMs)
    this.#link.write((writer) => writeReply(writer, { xid, zxid, err }, body))
    this.#link.settled()
  }

  /**
   * The apply loop must not hear of what is wrong with one answer; and nobody hears an answer whose connection has
   * left the session.
   */
  #guard(session: RemoteSession, run: () => void): void {
    if (this.#session !== session) return
    try {
      run()
    } catch (error) {
      this.#link.fault(error)
    }
  }

  #forget(): void {
    this.#session = undefined
    this.#outstanding = 0
    this.#outstandingBytes = 0
    this.#isClosing = true
  }
}

/** Of an answer that tells of no state. */
const NO_ZXID: Zxid = 0
/** Of one that was refused before anybody looked at the state (zookeeper: Request.zxid). */
const UNPREPARED: Zxid = -1

function answered(answer: () => Answer): Answer {
  try {
    return answer()
  } catch (error) {
    return refusal(errnoOf(error))
  }
}

function shown(identity: Identity): { scheme: string; user: string } {
  const { scheme, id } = shownIdentity(identity)
  return { scheme, user: id }
}
