/** What a script writes through one member: sessions, their requests, and what became of them as far as the View was told. */
import type { Request, RequestBody, SessionId, SessionOrigin } from '../../lib/protocol/request.js'
import type { ViewInput } from '../../lib/replica/view-message.js'
import type { SnapshotTail } from '../../lib/tree/record.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'
import { formatZxid } from '../../lib/protocol/zxid.js'
import type { Zxid } from '../../lib/protocol/zxid.js'

/** The one View of each member. */
export const VIEW = 1

/** Of every remote session. */
const PASSWORD = new Uint8Array(16)

/** A write that the script asked for: `w1`, `w2` … */
export interface Written {
  readonly name: string
  readonly session: OpenSession
  readonly cxid: number
  /** How often the View heard of it. */
  answers: string[]
}

export interface OpenSession {
  readonly number: number
  readonly timeoutMs: number
  /** The remote session that it is, once it is attached here. */
  readonly wanted: SessionId | undefined
  id: SessionId | undefined
  /** The txn that gave it to this View. */
  attached: Zxid
  hasEnded: boolean
  /** Another View has it. */
  hasMoved: boolean
  cxid: number
}

export class Client {
  readonly replica: number
  readonly incarnationKey: number
  readonly sessions: OpenSession[] = []
  readonly writes: Written[] = []
  #heartbeat = 0
  /** Newest heartbeat of each session that a quorum has confirmed. */
  readonly confirmed: Map<SessionId, number> = new Map()

  constructor(replica: number, incarnationKey: number) {
    this.replica = replica
    this.incarnationKey = incarnationKey
  }

  /** The newest session that is open. */
  get session(): OpenSession | undefined {
    return this.sessions.findLast(({ id, hasEnded }) => id !== undefined && !hasEnded)
  }

  /** @param isRemote  It belongs to a client elsewhere. */
  open(timeoutMs: number, isRemote = false): Request {
    const origin = this.#ask(timeoutMs, undefined)
    const request = { kind: 'createSession', origin, timeoutMs } as const
    return isRemote ? { ...request, password: PASSWORD } : request
  }

  /** A remote session that it knows to be attached elsewhere since `from`. */
  attach(session: SessionId, from: Zxid, timeoutMs: number): Request {
    const origin = this.#ask(timeoutMs, session)
    const attach = { session, from }
    return { kind: 'createSession', origin, timeoutMs, password: PASSWORD, attach }
  }

  #ask(timeoutMs: number, wanted: SessionId | undefined): SessionOrigin {
    const number = this.sessions.length + 1
    const fresh = { id: undefined, attached: 0, hasEnded: false, hasMoved: false, cxid: 0 }
    this.sessions.push({ number, timeoutMs, wanted, ...fresh })
    const { replica, incarnationKey } = this
    return { replica, incarnationKey, view: VIEW, number }
  }

  write(name: string, body: RequestBody): Request {
    const { session } = this
    if (session?.id === undefined) throw new Error(`${this.replica} has no open session`)
    session.cxid += 1
    this.writes.push({ name, session, cxid: session.cxid, answers: [] })
    return {
      kind: 'request',
      session: session.id,
      cxid: session.cxid,
      settled: this.#settled(session),
      body,
      attached: session.attached === session.id ? undefined : session.attached,
    }
  }

  heartbeat(): { readonly heartbeat: number; readonly sessions: readonly SessionId[] } {
    this.#heartbeat += 1
    const open = this.sessions.filter(({ hasEnded }) => !hasEnded)
    const sessions = open.flatMap(({ id }) => (id === undefined ? [] : [id]))
    return { heartbeat: this.#heartbeat, sessions }
  }

  /** Returns what is now known of writes and sessions, a line each. */
  hear(input: ViewInput): string[] {
    if (input.kind === 'txns') return input.entries.flatMap((entry) => this.#hearTxn(entry))
    if (input.kind === 'lease') return input.sessions.map((pair) => this.#confirm(...pair))
    if (input.kind !== 'snapshotEnd') return []
    const settled = this.#hearTail(input.tail)
    return [...settled, ...input.entries.flatMap((entry) => this.#hearTxn(entry))]
  }

  #hearTxn({ zxid, txn }: Entry<Txn>): string[] {
    const { body, origin } = txn
    const moved: string[] = []
    if (body.kind === 'createSession') this.#opened(zxid, body.origin, zxid)
    if (body.kind === 'attachSession') {
      moved.push(...this.#moved(body.session, zxid))
      if (this.#opened(body.session, body.origin, zxid))
        moved.push(`session ${formatZxid(body.session)} is attached here`)
    }
    if (body.kind === 'closeSession') this.#ended(body.session)
    if (body.kind === 'register') for (const { session } of body.closed) this.#ended(session)
    const written = this.writes.find(
      ({ session, cxid }) =>
        session.id === origin?.session && !session.hasMoved && cxid === origin?.cxid,
    )
    if (written === undefined) return moved
    const answer = body.kind === 'error' ? body.code : 'ok'
    return this.#answer(written, answer, zxid)
  }

  #hearTail(tail: SnapshotTail): string[] {
    const lines: string[] = []
    for (const { id, origin, attached = id } of tail.sessions) {
      lines.push(...this.#moved(id, attached))
      if (this.#opened(id, origin, attached) && attached !== id)
        lines.push(`session ${formatZxid(id)} is attached here`)
    }
    for (const session of this.sessions) {
      if (session.id === undefined || session.hasMoved) continue
      const record = tail.sessions.find(({ id }) => id === session.id)
      if (record === undefined && session.id <= tail.end) session.hasEnded = true
      for (const { cxid, outcome } of record?.outcomes ?? []) {
        const written = this.writes.find((each) => each.session === session && each.cxid === cxid)
        if (written === undefined || written.answers.length > 0) continue
        const answer = outcome.kind === 'ok' ? 'ok' : outcome.code
        lines.push(...this.#answer(written, answer, outcome.zxid))
      }
    }
    return lines
  }

  #confirm(session: SessionId, heartbeat: number): string {
    this.confirmed.set(session, heartbeat)
    return `heartbeat ${heartbeat} of session ${formatZxid(session)} is confirmed`
  }

  #answer(written: Written, answer: string, zxid: Zxid): string[] {
    written.answers.push(answer)
    return [`${written.name} is answered: ${answer} (${formatZxid(zxid)})`]
  }

  /** False if that is not news. */
  #opened(
    id: SessionId,
    origin: { readonly incarnationKey: number; readonly number: number },
    attached: Zxid,
  ): boolean {
    if (origin.incarnationKey !== this.incarnationKey) return false
    const session = this.sessions.find(({ number }) => number === origin.number)
    if (session === undefined || session.id !== undefined) return false
    session.id = id
    session.attached = attached
    return true
  }

  /** Whoever had the session before that txn has it no longer. */
  #moved(id: SessionId, attached: Zxid): string[] {
    const session = this.sessions.find((each) => each.id === id && !each.hasMoved)
    if (session === undefined || session.attached === attached) return []
    session.hasMoved = true
    session.hasEnded = true
    return [`session ${formatZxid(id)} has moved`]
  }

  #ended(id: SessionId): void {
    const session = this.sessions.find((each) => each.id === id)
    if (session !== undefined) session.hasEnded = true
  }

  /** Newest cxid up to which everything is answered. */
  #settled(session: OpenSession): number {
    const open = this.writes.find((each) => each.session === session && each.answers.length === 0)
    return (open?.cxid ?? session.cxid) - 1
  }
}
