/**
 * ZooKeeper's own configuration file, `zoo.cfg`: what it says, checked as ZooKeeper checks it, and what of it means
 * nothing here. Pure but for the reading of a second file, which is asked for; what follows from it is serve-plan.ts's.
 *
 * @see org.apache.zookeeper.server.quorum.QuorumPeerConfig
 */
import { usageFailure } from './failure.js'
import type { Failure } from './failure.js'
import { parseProperties } from './properties.js'
import type { Property } from './properties.js'
import { parsePort, parseServerLine } from './server-line.js'
import type { ServerLine } from './server-line.js'

export interface ZooCfg {
  readonly dataDir: string
  readonly clientPort: number | undefined
  readonly clientPortAddress: string | undefined
  readonly tickTime: number | undefined
  readonly minSessionTimeout: number | undefined
  readonly maxSessionTimeout: number | undefined
  readonly maxClientCnxns: number | undefined
  /** Bytes of one frame, `jute.maxbuffer`. */
  readonly frameBytesMax: number | undefined
  readonly fourLetterWords: readonly string[]
  readonly superDigest: string | undefined
  /** Ours: the file of the secret that members prove to each other. */
  readonly secretFile: string | undefined
  /** Ascending by id; empty for a server of its own. */
  readonly servers: readonly ServerLine[]
  /** What is not done as it says, one sentence each. */
  readonly warnings: readonly string[]
}

/** Understood; the last five are checked, and nothing depends on them here. */
const KNOWN: ReadonlySet<string> = new Set([
  'dataDir',
  'clientPort',
  'clientPortAddress',
  'tickTime',
  'minSessionTimeout',
  'maxSessionTimeout',
  'maxClientCnxns',
  'jute.maxbuffer',
  '4lw.commands.whitelist',
  'DigestAuthenticationProvider.superDigest',
  'dynamicConfigFile',
  'vivarium.secretFile',
  'initLimit',
  'syncLimit',
  'electionAlg',
  'standaloneEnabled',
  'version',
])

/** Worth more than "is ignored". */
const EXPLAINED: Readonly<Record<string, string>> = {
  dataLogDir: 'the log is part of the database in dataDir',
  'admin.enableServer': 'there is no HTTP server',
  secureClientPort: 'there is no TLS for clients; nothing listens there',
  peerType: 'every member votes',
  reconfigEnabled: 'the members cannot be changed while they run',
}

/**
 * @param readFile  Of the file that `dynamicConfigFile` names.
 * @throws Failure that names the line or the key.
 */
export function parseZooCfg(text: string, readFile: (path: string) => string): ZooCfg {
  const properties = parseProperties(text)
  const values = new Map(properties.map(({ key, value }) => [key.trim(), value.trim()]))
  const given = (key: string): string | undefined => {
    const value = values.get(key)
    return value === '' ? undefined : value
  }
  const dataDir = given('dataDir')
  if (dataDir === undefined) throw usageFailure('dataDir is not set')
  const servers = serversOf(properties, given('dynamicConfigFile'), readFile)
  checkLimits(given, servers)
  const clientPort = given('clientPort')
  if (clientPort === undefined && given('clientPortAddress') !== undefined) {
    throw usageFailure('clientPortAddress is set but clientPort is not set')
  }
  return {
    dataDir,
    clientPort: clientPort === undefined ? undefined : portOf(clientPort),
    clientPortAddress: given('clientPortAddress'),
    ...timesOf(given),
    maxClientCnxns: integerOf('maxClientCnxns', given('maxClientCnxns'), 0),
    frameBytesMax: integerOf('jute.maxbuffer', given('jute.maxbuffer'), 64),
    fourLetterWords: (given('4lw.commands.whitelist') ?? '').split(',').flatMap(trimmed),
    superDigest: given('DigestAuthenticationProvider.superDigest'),
    secretFile: given('vivarium.secretFile'),
    servers,
    warnings: [...warningsOf(properties), ...servers.flatMap(serverWarnings)],
  }
}

type Given = (key: string) => string | undefined

/** In the file itself, or, if it names one, in the dynamic one and nowhere else. */
function serversOf(
  properties: readonly Property[],
  dynamicFile: string | undefined,
  readFile: (path: string) => string,
): ServerLine[] {
  const own = properties.filter(({ key }) => key.trim().startsWith('server.'))
  if (dynamicFile === undefined) return parseServers(own)
  if (own[0] !== undefined) {
    throw usageFailure(`line ${own[0].line}: ${own[0].key.trim()} must be in ${dynamicFile}`)
  }
  const dynamic = parseProperties(readFile(dynamicFile))
  return parseServers(dynamic.filter(({ key }) => key.trim().startsWith('server.')))
}

/** Of two lines with one number the last counts, as in every property file. */
function parseServers(properties: readonly Property[]): ServerLine[] {
  const lines = new Map<number, ServerLine>()
  for (const { key, value, line } of properties) {
    const server = located(line, () => parseServerLine(key.trim(), value.trim()))
    lines.set(server.id, server)
  }
  return [...lines.values()].sort((a, b) => a.id - b.id)
}

function located<T>(line: number, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw usageFailure(`line ${line}: ${(error as Failure).message}`)
  }
}

/** An ensemble has them in ZooKeeper, and a file without them would not start there either. */
function checkLimits(given: Given, servers: readonly ServerLine[]): void {
  for (const name of ['initLimit', 'syncLimit']) {
    const limit = integerOf(name, given(name), 1)
    if (limit === undefined && servers.length > 1) throw usageFailure(`${name} is not set`)
  }
  const algorithm = integerOf('electionAlg', given('electionAlg'), 0)
  if (algorithm !== undefined && algorithm !== 3) throw usageFailure('electionAlg can only be 3')
}

function timesOf(
  given: Given,
): Pick<ZooCfg, 'tickTime' | 'minSessionTimeout' | 'maxSessionTimeout'> {
  const tickTime = integerOf('tickTime', given('tickTime'), 1)
  const least = sessionTimeout(given, 'minSessionTimeout')
  const most = sessionTimeout(given, 'maxSessionTimeout')
  // ZooKeeper's own default, where clients and tests that count on it will notice.
  const tick = tickTime ?? 3000
  if ((least ?? 2 * tick) > (most ?? 20 * tick)) {
    throw usageFailure('minSessionTimeout must not be larger than maxSessionTimeout')
  }
  return { tickTime: tick, minSessionTimeout: least, maxSessionTimeout: most }
}

/** −1 stands for the default. */
function sessionTimeout(given: Given, name: string): number | undefined {
  const value = given(name)
  return value === '-1' ? undefined : integerOf(name, value, 1)
}

function integerOf(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  const value = /^(0x[0-9a-fA-F]+|\d{1,15})$/.test(text) ? Number(text) : NaN
  if (value >= least) return value
  throw usageFailure(`${name}=${text}: expected an integer of at least ${least}`)
}

function portOf(text: string): number {
  const port = parsePort(text, 0)
  if (port === undefined) throw usageFailure(`clientPort=${text}: expected a port`)
  return port
}

function trimmed(word: string): string[] {
  const name = word.trim()
  return name === '' ? [] : [name]
}

/** Each key once, in the order of the file. */
function warningsOf(properties: readonly Property[]): string[] {
  const lines = new Map<string, number>()
  for (const { key, line } of properties) {
    const name = key.trim()
    if (!KNOWN.has(name) && !name.startsWith('server.') && !lines.has(name)) lines.set(name, line)
  }
  return Array.from(lines, ([name, line]) => {
    const why = EXPLAINED[name]
    return `line ${line}: ${name} is ignored${why === undefined ? '' : `: ${why}`}`
  })
}

function serverWarnings({ id, others }: ServerLine): string[] {
  if (others.length === 0) return []
  return [`server.${id}: only its first address is used, not ${others.join('|')}`]
}
