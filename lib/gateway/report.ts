/** What a gateway tells of itself and of its connections: to its owner, and to the four-letter words. */
import type { RemoteSessions, SessionId } from '../session/remote.js'
import type { Counters, LastRequest } from './counters.js'
import type { CheckedOptions } from './options.js'

/** One connection, as it is now. */
export interface ConnectionReport {
  readonly remoteAddress: string
  readonly remotePort: number
  /** 0 before the session is there. */
  readonly sessionId: SessionId
  /** ms, as negotiated; 0 before. */
  readonly timeoutMs: number
  /** Requests without an answer. */
  readonly outstanding: number
  /** Nothing is read from it now: it has too much outstanding, or the gateway cannot serve. */
  readonly isPaused: boolean
  /** ms since 1970. */
  readonly establishedAt: number
  readonly counters: Counters
  readonly last: LastRequest
  /** Paths that it watches. */
  watchedPaths(): readonly string[]
}

/** Plain data: the connection itself holds what is nobody's business, the gateway's options above all. */
export function snapshotOf(connection: ConnectionReport): ConnectionReport {
  const { remoteAddress, remotePort, sessionId, timeoutMs, outstanding, isPaused } = connection
  const { establishedAt, counters, last } = connection
  const paths = [...connection.watchedPaths()]
  const client = { remoteAddress, remotePort, sessionId, timeoutMs, establishedAt }
  const load = { outstanding, isPaused, counters, last: { ...last } }
  return { ...client, ...load, watchedPaths: () => paths }
}

/** What the words tell of. */
export interface GatewayReport {
  readonly sessions: RemoteSessions
  readonly options: CheckedOptions
  /** That it listens on. */
  readonly port: number
  readonly counters: Counters
  /** ms since the gateway began. */
  readonly uptimeMs: number
  /** Connections that were closed for what their clients did, by reason. */
  readonly refusals: ReadonlyMap<string, number>
  connections(): readonly ConnectionReport[]
  resetConnections(): void
}

export function outstandingOf(gateway: GatewayReport): number {
  let outstanding = 0
  for (const connection of gateway.connections()) outstanding += connection.outstanding
  return outstanding
}

/** ZooKeeper's words for what a server is. */
export function modeOf(sessions: RemoteSessions): string {
  const { role, voter, voters } = sessions.status()
  if (role === 'leading') return voters.length === 1 ? 'standalone' : 'leader'
  return role === 'observing' || !voter ? 'observer' : 'follower'
}
