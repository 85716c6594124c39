/**
 * The sessions of remote clients at one replica, for a gateway. What it offers is remote.ts; here is the way from the
 * handle that a gateway is given to the View behind it.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { PASSWORD_BYTES, REQUEST_BYTES_IN_FLIGHT_MAX } from '../base/limits.js'
import type { SessionId } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import { badArguments } from './arguments.js'
import type { ReplicaHandle, Status } from './handle.js'
import { SESSION_TIMEOUT_MS_MAX, SESSION_TIMEOUT_MS_MIN } from './lease.js'
import { EXPIRED, UNKNOWN_SESSION, refusalError } from './refusal.js'
import { RemoteCore } from './remote-core.js'
import type { RemoteClient, RemoteSession, RemoteSessions, SessionSummary } from './remote.js'
import type { View } from './view.js'

/** The View behind each handle; whoever makes a handle says so. */
const views = new WeakMap<ReplicaHandle, View>()

export function bindView(replica: ReplicaHandle, view: View): void {
  views.set(replica, view)
}

/** @throws TypeError (`BAD_ARGUMENTS`) for anything that is not a replica of this library. */
export function remoteSessions(replica: ReplicaHandle): RemoteSessions {
  const view = typeof replica === 'object' && replica !== null ? views.get(replica) : undefined
  if (view === undefined) throw badArguments('a gateway serves the `replica` of a session')
  return new ViewRemoteSessions(replica, view)
}

class ViewRemoteSessions implements RemoteSessions {
  readonly #replica: ReplicaHandle
  readonly #view: View

  constructor(replica: ReplicaHandle, view: View) {
    this.#replica = replica
    this.#view = view
  }

  get isServing(): boolean {
    return this.#view.isEstablished && !this.#view.isDiverged
  }

  get isFull(): boolean {
    return this.#view.bytesInFlight > REQUEST_BYTES_IN_FLIGHT_MAX
  }

  get lastZxid(): Zxid {
    return this.#view.memory.tree.lastZxid
  }

  get ephemeralCount(): number {
    let count = 0
    for (const { ephemerals } of this.#view.memory.tree.sessions.values()) count += ephemerals.size
    return count
  }

  status(): Status {
    return this.#view.status()
  }

  metrics(): Readonly<Record<string, number>> {
    return this.#replica.metrics()
  }

  *all(): Generator<SessionSummary> {
    for (const session of this.#view.memory.tree.sessions.values()) yield session
  }

  open(timeoutMs: number, client: RemoteClient): Promise<RemoteSession> {
    const bounded = Math.min(Math.max(timeoutMs, SESSION_TIMEOUT_MS_MIN), SESSION_TIMEOUT_MS_MAX)
    const password = randomBytes(PASSWORD_BYTES)
    return this.#view.openRemote(new RemoteCore(this.#view, bounded, password, client))
  }

  async attach(id: SessionId, password: Uint8Array, client: RemoteClient): Promise<RemoteSession> {
    const { tree } = this.#view.memory
    const session = tree.sessions.get(id)
    if (session === undefined && id > tree.lastZxid) throw refusalError(UNKNOWN_SESSION)
    if (session?.password === undefined || !isSame(session.password, password)) {
      throw refusalError(EXPIRED)
    }
    const core = new RemoteCore(this.#view, session.timeoutMs, session.password, client)
    return this.#view.openRemote(core, { session: id, from: session.attached })
  }
}

/** Takes the same time wherever the two differ. */
function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}
