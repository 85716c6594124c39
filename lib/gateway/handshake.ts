/** The first frame of a connection: whether its client may stay, and with which session. Decides; opens nothing. */
import type { SessionId } from '../session/remote.js'
import type { CloseReason } from './close-reason.js'
import { encodeConnectResponse, PASSWORD_BYTES } from './jute/connect.js'
import type { ConnectRequest } from './jute/connect.js'
import type { Long } from './jute/long.js'
import type { GatewayReport } from './report.js'

/** `close`: without an answer, so that the client tries another server. `refuse`: its session is no more. */
export type Verdict =
  | { readonly kind: 'close'; readonly reason: CloseReason; readonly detail: string }
  | { readonly kind: 'refuse'; readonly detail: string }
  | { readonly kind: 'open'; readonly timeoutMs: number }
  | { readonly kind: 'attach'; readonly id: SessionId; readonly password: Uint8Array }

export function judge(request: ConnectRequest, gateway: GatewayReport): Verdict {
  const { sessions, options } = gateway
  const { sessionId, lastZxidSeen } = request
  if (!sessions.isServing) return close('NOT_SERVING', 'no leader')
  const here = sessions.lastZxid
  if (lastZxidSeen > here) {
    return close('CLIENT_AHEAD', `it has seen ${lastZxidSeen}, this replica is at ${here}`)
  }
  if (sessionId === 0) {
    const { timeoutMsMin, timeoutMsMax } = options
    const timeoutMs = Math.min(Math.max(request.timeoutMs, timeoutMsMin), timeoutMsMax)
    return { kind: 'open', timeoutMs }
  }
  if (!isOurs(sessionId)) return { kind: 'refuse', detail: `session ${sessionId} is of elsewhere` }
  // A session's id is the zxid that created it: this replica will know it.
  if (sessionId > here) return close('CLIENT_AHEAD', `session ${sessionId} is newer than ${here}`)
  const { password } = request
  if (password === undefined) return { kind: 'refuse', detail: 'no password' }
  // The frame is of a chunk that many others are part of.
  return { kind: 'attach', id: sessionId, password: Uint8Array.from(password) }
}

/** @param asked  A client that did not say whether it wants to write is not told whether it may. */
export function acceptance(
  session: { readonly id: SessionId; readonly password: Uint8Array; readonly timeoutMs: number },
  asked: ConnectRequest,
): Uint8Array {
  return encodeConnectResponse({
    protocolVersion: 0,
    timeoutMs: session.timeoutMs,
    sessionId: session.id,
    password: session.password,
    readOnly: asked.readOnly === undefined ? undefined : false,
  })
}

/** What a client takes for "expired". */
export function dismissal(asked: ConnectRequest): Uint8Array {
  return encodeConnectResponse({
    protocolVersion: 0,
    timeoutMs: 0,
    sessionId: 0,
    password: new Uint8Array(PASSWORD_BYTES),
    readOnly: asked.readOnly === undefined ? undefined : false,
  })
}

function isOurs(id: Long): id is number {
  return typeof id === 'number' && id > 0
}

function close(reason: CloseReason, detail: string): Verdict {
  return { kind: 'close', reason, detail }
}
