/** Connections as ZooKeeper's `cons` and `stat` print them. */
import type { ConnectionReport, GatewayReport } from './report.js'

/** One line each. */
export function connectionsText(gateway: GatewayReport, isBrief: boolean): string {
  return gateway
    .connections()
    .map((connection) => `${connectionText(connection, isBrief)}\n`)
    .join('')
}

/** Java's form of an address: the name before the slash is not known. */
export function addressText(connection: ConnectionReport): string {
  const { remoteAddress, remotePort } = connection
  return remoteAddress.includes(':')
    ? `/[${remoteAddress}]:${remotePort}`
    : `/${remoteAddress}:${remotePort}`
}

function connectionText(connection: ConnectionReport, isBrief: boolean): string {
  const { outstanding, counters, sessionId } = connection
  // Java's interest in the socket: 1 is reading.
  const interest = connection.isPaused ? 0 : 1
  const { received, sent } = counters
  const packets = `queued=${outstanding},recved=${received},sent=${sent}`
  const details = isBrief || sessionId === 0 ? '' : sessionText(connection)
  return ` ${addressText(connection)}[${interest}](${packets}${details})`
}

function sessionText(connection: ConnectionReport): string {
  const { sessionId, timeoutMs, establishedAt, counters, last } = connection
  const parts = [
    `sid=0x${sessionId.toString(16)}`,
    `lop=${last.operation}`,
    `est=${establishedAt}`,
    `to=${timeoutMs}`,
    ...(last.xid >= 0 ? [`lcxid=0x${last.xid.toString(16)}`] : []),
    `lzxid=0x${last.zxid < 0 ? 'f'.repeat(16) : last.zxid.toString(16)}`,
    `lresp=${last.at}`,
    `llat=${last.latencyMs}`,
    `minlat=${counters.latencyMsMin}`,
    `avglat=${Math.floor(counters.latencyMsAverage)}`,
    `maxlat=${counters.latencyMsMax}`,
  ]
  return `,${parts.join(',')}`
}
