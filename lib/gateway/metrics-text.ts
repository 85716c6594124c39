/** What `mntr` prints: ZooKeeper's keys, then the replica's own counters under theirs. */
import { modeOf, outstandingOf } from './report.js'
import type { GatewayReport } from './report.js'

export function metricsText(gateway: GatewayReport): string {
  const lines = [
    ['version', gateway.options.version],
    ['server_state', modeOf(gateway.sessions)],
    ...gatewayValues(gateway),
    ...leaderValues(gateway),
    ...replicaValues(gateway),
  ].map(([name, value]) => `zk_${name}\t${value}`)
  return `${lines.join('\n')}\n`
}

/** As Java prints a double of at most four decimals. */
export function decimal(value: number): string {
  const rounded = Math.round(value * 10_000) / 10_000
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded)
}

type Value = readonly [name: string, value: string | number]

function gatewayValues(gateway: GatewayReport): Value[] {
  const { sessions, counters } = gateway
  const connections = gateway.connections()
  const status = sessions.status()
  const refused = [...gateway.refusals.values()].reduce((sum, count) => sum + count, 0)
  return [
    ['avg_latency', decimal(counters.latencyMsAverage)],
    ['max_latency', counters.latencyMsMax],
    ['min_latency', counters.latencyMsMin],
    ['packets_received', counters.received],
    ['packets_sent', counters.sent],
    ['num_alive_connections', connections.length],
    ['outstanding_requests', outstandingOf(gateway)],
    ['znode_count', status.znodes],
    ['watch_count', status.watches],
    ['ephemerals_count', status.ephemerals],
    ['approximate_data_size', status.bytes],
    ['global_sessions', status.sessions],
    ['local_sessions', 0],
    ['connection_drop_count', refused],
    ['auth_failed_count', gateway.refusals.get('AUTH_FAILED') ?? 0],
    ['uptime', Math.floor(gateway.uptimeMs)],
  ]
}

/** As a ZooKeeper server says only while it leads others. */
function leaderValues({ sessions }: GatewayReport): Value[] {
  const { role, voters, connected } = sessions.status()
  if (role !== 'leading' || voters.length === 1) return []
  const voting = connected.filter((id) => voters.includes(id)).length
  return [
    ['learners', connected.length],
    ['synced_followers', voting],
    ['synced_observers', connected.length - voting],
    ['quorum_size', voters.length],
  ]
}

function replicaValues({ sessions }: GatewayReport): Value[] {
  return Object.entries(sessions.metrics()).map(([name, value]) => [
    `vivarium_${snakeCase(name)}`,
    value,
  ])
}

/** `lagTxns` and `refused.FRAME_EMPTY` as ZooKeeper would write them. */
function snakeCase(name: string): string {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
  return words.replaceAll(/[^A-Za-z0-9]+/g, '_').toLowerCase()
}
