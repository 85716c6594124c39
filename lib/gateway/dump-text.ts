/** Sessions and watches as ZooKeeper's `dump`, `wchs`, `wchc` and `wchp` print them. */
import { addressText } from './connection-text.js'
import type { ConnectionReport, GatewayReport } from './report.js'

/** Sessions of the whole ensemble, connections of this gateway. */
export function dumpText(gateway: GatewayReport): string {
  const sessions = [...gateway.sessions.all()].sort((left, right) => left.id - right.id)
  const owners = sessions.filter(({ ephemerals }) => ephemerals.size > 0)
  const lines = [
    'SessionTracker dump:',
    `Global Sessions(${sessions.length}):`,
    ...sessions.map(({ id, timeoutMs }) => `${hexadecimal(id)}\t${timeoutMs}ms`),
    'ephemeral nodes dump:',
    `Sessions with Ephemerals (${owners.length}):`,
    ...owners.flatMap(({ id, ephemerals }) => [
      `${hexadecimal(id)}:`,
      ...[...ephemerals].map((path) => `\t${path}`),
    ]),
    'Connections dump:',
    `Connections Sets (1)/(${gateway.connections().length}):`,
    ...gateway.connections().map((connection) => {
      return `\tip: ${addressText(connection)} sessionId: ${hexadecimal(connection.sessionId)}`
    }),
  ]
  return `${lines.join('\n')}\n`
}

export function watchesSummary(gateway: GatewayReport): string {
  const watching = watchers(gateway)
  const paths = new Set(watching.flatMap(({ paths: own }) => own))
  const total = watching.reduce((sum, { paths: own }) => sum + own.length, 0)
  return `${watching.length} connections watching ${paths.size} paths\nTotal watches:${total}\n`
}

export function watchesBySession(gateway: GatewayReport): string {
  const lines = watchers(gateway).flatMap(({ connection, paths }) => [
    hexadecimal(connection.sessionId),
    ...paths.map((path) => `\t${path}`),
  ])
  return listText(lines)
}

export function watchesByPath(gateway: GatewayReport): string {
  const byPath = new Map<string, string[]>()
  for (const { connection, paths } of watchers(gateway)) {
    for (const path of paths) {
      const ids = byPath.get(path)
      if (ids === undefined) byPath.set(path, [hexadecimal(connection.sessionId)])
      else ids.push(hexadecimal(connection.sessionId))
    }
  }
  const lines = [...byPath].flatMap(([path, ids]) => [path, ...ids.map((id) => `\t${id}`)])
  return listText(lines)
}

/** With an empty line behind it. */
function listText(lines: readonly string[]): string {
  return `${lines.map((line) => `${line}\n`).join('')}\n`
}

function watchers(
  gateway: GatewayReport,
): { connection: ConnectionReport; paths: readonly string[] }[] {
  return gateway
    .connections()
    .map((connection) => ({ connection, paths: connection.watchedPaths() }))
    .filter(({ paths }) => paths.length > 0)
}

function hexadecimal(id: number): string {
  return `0x${id.toString(16)}`
}
