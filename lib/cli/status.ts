/** `vivarium status`: what each server of a list says of itself. */
import { isSet, textOf } from './command.js'
import type { Given } from './command.js'
import { CONNECT_DEFAULT, parseConnectString } from './connect-string.js'
import type { Server } from './connect-string.js'
import { EXIT, failureOf } from './failure.js'
import type { ExitCode } from './failure.js'
import { askWord, linesOf } from './four-letter-client.js'
import type { Output } from './output.js'
import { table } from './table.js'
import { durationOf } from './times.js'

interface ServerStatus {
  readonly server: string
  /** `leader`, `follower`, `standalone` …; `not serving`, or `no answer`. */
  readonly mode: string
  readonly zxid?: string | undefined
  readonly znodes?: number | undefined
  readonly connections?: number | undefined
  readonly outstanding?: number | undefined
  /** Least, average, most; ms. */
  readonly latency?: string | undefined
  readonly version?: string | undefined
  readonly error?: { readonly code: string; readonly message: string }
  /** Everything that `mntr` tells, where the server is allowed to. */
  readonly metrics?: Readonly<Record<string, string>>
}

export async function status(given: Given, output: Output): Promise<ExitCode> {
  const { servers } = parseConnectString(textOf(given, 'connect') ?? CONNECT_DEFAULT)
  const timeoutMs = durationOf('--timeout', textOf(given, 'timeout') ?? '5000')
  const found = await Promise.all(servers.map((server) => statusOf(server, timeoutMs)))
  if (output.isJson) for (const each of found) output.result(each, () => '')
  else output.result(undefined, () => textOfAll(found, isSet(given, 'all')))
  if (found.every(({ error }) => error !== undefined)) return EXIT.unreachable
  return found.every(isServing) ? EXIT.ok : EXIT.refused
}

function isServing({ error, mode }: ServerStatus): boolean {
  return error === undefined && mode !== NOT_SERVING
}

const NOT_SERVING = 'not serving'

async function statusOf(server: Server, timeoutMs: number): Promise<ServerStatus> {
  const { name } = server
  try {
    const answer = await askWord(server, 'srvr', timeoutMs)
    const said = linesOf(answer)
    const mode = said.get('Mode')
    if (mode === undefined) return unclear(name, answer)
    const numberOf = (line: string): number | undefined => {
      const value = said.get(line)
      return value === undefined ? undefined : Number(value)
    }
    return {
      server: name,
      mode,
      zxid: said.get('Zxid'),
      znodes: numberOf('Node count'),
      connections: numberOf('Connections'),
      outstanding: numberOf('Outstanding'),
      latency: said.get('Latency min/avg/max'),
      version: said.get('Zookeeper version')?.replace(/,.*$/, ''),
      ...(await metricsOf(server, timeoutMs)),
    }
  } catch (error) {
    const { code, message } = failureOf(error)
    return { server: name, mode: 'no answer', error: { code, message } }
  }
}

function unclear(server: string, answer: string): ServerStatus {
  if (answer.includes('not currently serving')) return { server, mode: NOT_SERVING }
  const message = answer.split('\n')[0] ?? ''
  return {
    server,
    mode: 'unknown',
    error: { code: 'BAD_ANSWER', message: `${server}: ${message}` },
  }
}

/** Most servers do not allow it; then there is nothing more to say. */
async function metricsOf(
  server: Server,
  timeoutMs: number,
): Promise<Pick<ServerStatus, 'metrics'>> {
  const said = linesOf(await askWord(server, 'mntr', timeoutMs))
  return said.has('zk_version') ? { metrics: Object.fromEntries(said) } : {}
}

function textOfAll(found: readonly ServerStatus[], withMetrics: boolean): string {
  const titles = ['SERVER', 'MODE', 'ZXID', 'ZNODES', 'CONNECTIONS', 'LATENCY', 'VERSION']
  const rows = found.map(({ server, mode, zxid, znodes, connections, latency, version, error }) => [
    server,
    mode,
    zxid ?? '-',
    znodes ?? '-',
    connections ?? '-',
    latency ?? '-',
    version ?? error?.code ?? '-',
  ])
  const parts = [table(titles, rows)]
  for (const { server, metrics } of found) {
    if (!withMetrics || metrics === undefined) continue
    parts.push(table([server, ''], Object.entries(metrics)))
  }
  return parts.join('\n')
}
