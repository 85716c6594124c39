/**
 * An ensemble of one behind a View's port, without consensus, disk or threads: requests are prepared and committed by
 * the real state machine, and a test decides when they are, when their txns arrive, and whether there is a leader.
 */
import { View } from '../../lib/session/view.js'
import type { ViewOptions } from '../../lib/session/view.js'
import type { ReplicaHandle, SessionOptions } from '../../lib/session/handle.js'
import type { ViewPort } from '../../lib/session/port.js'
import type { Session } from '../../lib/session/session.js'
import type { Request, SessionId } from '../../lib/protocol/request.js'
import { makeZxid } from '../../lib/protocol/zxid.js'
import type { ReplicaStatus, ViewInput, ViewOutput } from '../../lib/replica/view-message.js'
import { Overlay } from '../../lib/tree/overlay.js'
import {
  isDuplicate,
  prepare,
  prepareCloseSession,
  prepareCreateSession,
} from '../../lib/tree/prepare.js'
import { Tree } from '../../lib/tree/tree.js'
import type { Txn } from '../../lib/tree/txn.js'
import type { Entry } from '../../lib/zab/entry.js'
import { VirtualClock } from './virtual-clock.js'

export const INCARNATION_KEY = 77

export class FakeReplica implements ViewPort {
  readonly tree: Tree = new Tree()
  readonly #overlay = new Overlay(this.tree)
  /** Everything that the View has sent. */
  readonly outputs: ViewOutput[] = []
  /** Requests wait for `commit`. */
  holdsRequests = false
  /** Txns wait for `deliver`. */
  holdsTxns = false
  isClosed = false
  readonly #waiting: Request[] = []
  #undelivered: Entry<Txn>[] = []
  #established = false
  #counter = 0
  #newestHeartbeat = 0
  readonly #clock: VirtualClock
  #handler: (inputs: readonly ViewInput[]) => void = () => undefined

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  get requests(): Request[] {
    return this.outputs.flatMap((output) => (output.kind === 'requests' ? output.requests : []))
  }

  send(outputs: readonly ViewOutput[]): void {
    for (const output of outputs) {
      this.outputs.push(output)
      if (output.kind === 'requests') this.#waiting.push(...output.requests)
      if (output.kind === 'heartbeat') this.#newestHeartbeat = output.heartbeat
    }
    queueMicrotask(() => this.#pump())
  }

  receive(handler: (inputs: readonly ViewInput[]) => void): void {
    this.#handler = handler
  }

  close(): void {
    this.isClosed = true
  }

  give(...inputs: ViewInput[]): void {
    if (!this.isClosed) this.#handler(inputs)
  }

  attach(): void {
    this.give({ kind: 'attached', replica: 1, incarnationKey: INCARNATION_KEY, view: 1 })
    this.#status()
  }

  /** A leader serves from now on. */
  lead(): void {
    this.#established = true
    this.#status()
    this.#pump()
  }

  /** There is no leader any more. */
  look(): void {
    this.#established = false
    this.#status()
  }

  /** What waits is lost with the process that held it. */
  forgetRequests(): void {
    this.#waiting.length = 0
  }

  /** Commits the requests that wait, at most `count`. */
  commit(count: number = Infinity): void {
    for (let n = 0; n < count; n++) {
      const request = this.#waiting.shift()
      if (request === undefined) return
      if (isDuplicate(this.#overlay, request)) continue
      const zxid = this.#nextZxid()
      const wall = this.#clock.wall()
      const txn =
        request.kind === 'createSession'
          ? prepareCreateSession(this.#overlay, request, zxid, wall)
          : prepare(this.#overlay, request, zxid, wall)
      this.#apply({ zxid, txn })
    }
  }

  /** Another session of the ensemble does this; it needs no View. */
  commitAsOther(
    session: SessionId,
    cxid: number,
    body: Extract<Request, { kind: 'request' }>['body'],
  ): void {
    const zxid = this.#nextZxid()
    const request = { kind: 'request', session, cxid, settled: cxid - 1, body } as const
    this.#apply({ zxid, txn: prepare(this.#overlay, request, zxid, this.#clock.wall()) })
  }

  /** The leader found the session expired. */
  expire(session: SessionId): void {
    const zxid = this.#nextZxid()
    this.#apply({
      zxid,
      txn: prepareCloseSession(this.#overlay, session, zxid, this.#clock.wall()),
    })
  }

  /** A session of another process; returns its id. */
  otherSession(): SessionId {
    const zxid = this.#nextZxid()
    const origin = { replica: 2, incarnationKey: 5, view: 1, number: this.#counter }
    const request = { kind: 'createSession', origin, timeoutMs: 10_000 } as const
    this.#apply({
      zxid,
      txn: prepareCreateSession(this.#overlay, request, zxid, this.#clock.wall()),
    })
    return zxid
  }

  /** Hands the committed txns out, as one batch. */
  deliver(count: number = Infinity): void {
    const entries = this.#undelivered.splice(0, count)
    if (entries.length > 0) this.give({ kind: 'txns', entries })
  }

  /** The next txn arrives with another digest than the leader's. */
  deliverCorrupted(): void {
    const [entry] = this.#undelivered.splice(0, 1)
    if (entry === undefined) throw new Error('no txn to corrupt')
    const txn = { ...entry.txn, digest: (entry.txn.digest + 1) % 2 ** 52 }
    this.give({ kind: 'txns', entries: [{ zxid: entry.zxid, txn }] })
  }

  /** The View is caught up by a snapshot of what is committed, instead of by txns. */
  snapshot(): void {
    this.#undelivered = []
    const start = this.tree.lastZxid
    const nodes = this.tree.walk(start).next(Infinity)
    this.give({ kind: 'snapshotBegin' }, { kind: 'snapshotNodes', nodes })
    this.give({ kind: 'snapshotEnd', tail: this.tree.tail(start), entries: [] })
  }

  /** As `snapshot`, but txns were committed while it was taken. */
  fuzzySnapshot(commitMeanwhile: () => void): void {
    const start = this.tree.lastZxid
    const walk = this.tree.walk(start)
    this.#undelivered = []
    const first = walk.next(1)
    commitMeanwhile()
    const rest = walk.next(Infinity)
    this.give({ kind: 'snapshotBegin' }, { kind: 'snapshotNodes', nodes: first })
    this.give({ kind: 'snapshotNodes', nodes: rest })
    this.give({ kind: 'snapshotEnd', tail: this.tree.tail(start), entries: this.#undelivered })
    this.#undelivered = []
  }

  /** A quorum confirms the newest heartbeat, or an older one, for these sessions. */
  confirm(sessions: readonly SessionId[], heartbeat: number = this.#newestHeartbeat): void {
    this.give({ kind: 'lease', sessions: sessions.map((id) => [id, heartbeat] as const) })
  }

  #nextZxid(): number {
    this.#counter += 1
    return makeZxid(1, this.#counter)
  }

  #apply(entry: Entry<Txn>): void {
    this.tree.apply(entry, 'strict')
    this.#overlay.prune(entry.zxid)
    this.#undelivered.push(entry)
  }

  #pump(): void {
    if (!this.#established || this.isClosed) return
    if (!this.holdsRequests) this.commit()
    if (!this.holdsTxns) this.deliver()
  }

  #status(): void {
    const status: ReplicaStatus = {
      id: 1,
      role: this.#established ? 'leading' : 'looking',
      epoch: 1,
      leader: this.#established ? 1 : undefined,
      established: this.#established,
      voter: true,
      lastLogged: this.tree.lastZxid,
      lastCommitted: this.tree.lastZxid,
      connected: [],
      peers: [],
      voters: [1],
      clusterId: 'c',
      waitingFor: undefined,
      counters: {},
    }
    this.give({ kind: 'status', status })
  }
}

/** As much of a handle as sessions need. */
class FakeHandle implements ReplicaHandle {
  readonly #view: View

  constructor(view: View) {
    this.#view = view
  }

  status(): ReturnType<View['status']> {
    return this.#view.status()
  }

  metrics(): Readonly<Record<string, number>> {
    return {}
  }

  openSession(options?: SessionOptions): Promise<Session> {
    return this.#view.openSession(options, { replica: this })
  }

  close(): Promise<void> {
    this.#view.close()
    return Promise.resolve()
  }

  on(): this {
    return this
  }

  off(): this {
    return this
  }
}

export interface Scene {
  readonly clock: VirtualClock
  readonly replica: FakeReplica
  readonly view: View
  readonly handle: ReplicaHandle
  /** The View's failures, in order. */
  readonly failures: Error[]
}

/** A View that is attached to its replica; no leader yet. */
export function scene(options: Partial<ViewOptions> = {}): Scene {
  const clock = new VirtualClock()
  const replica = new FakeReplica(clock)
  const failures: Error[] = []
  const onFailure = (error: Error): void => void failures.push(error)
  const view = new View({ port: replica, clock, onFailure, ...options })
  replica.attach()
  return { clock, replica, view, handle: new FakeHandle(view), failures }
}

export interface OpenScene extends Scene {
  readonly session: Session
}

/** With a leader and one session. */
export async function openScene(
  options: Partial<ViewOptions> = {},
  sessionOptions?: SessionOptions,
): Promise<OpenScene> {
  const opened = scene(options)
  opened.replica.lead()
  const session = await opened.handle.openSession(sessionOptions)
  return { ...opened, session }
}

/** Lets everything that waits for nothing but its turn happen. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
