/**
 * What `vivarium serve` will do, from its options or from ZooKeeper's configuration file: the options of `join` and of
 * the gateway, and what the user should know. Files are read here; nothing is opened.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join as joinPaths } from 'node:path'
import { FRAME_BYTES_LIMIT } from '../gateway/bounds.js'
import type { GatewayOptions } from '../gateway/options.js'
import { isKnownWord } from '../gateway/words.js'
import type { JoinOptions } from '../session/join-options.js'
import { Failure, failureOf, usageFailure } from './failure.js'
import { parsePort } from './server-line.js'
import type { ServerLine } from './server-line.js'
import { parseZooCfg } from './zoo-cfg.js'
import type { ZooCfg } from './zoo-cfg.js'

export interface ServePlan {
  readonly join: JoinOptions
  readonly gateway: GatewayOptions
  /** One sentence each, for standard error. */
  readonly notes: readonly string[]
}

/** The options of the command as they were given. */
export interface ServeFlags {
  readonly dir?: string | undefined
  readonly size?: string | undefined
  readonly id?: string | undefined
  readonly listen?: string | undefined
  readonly peers?: string | undefined
  readonly 'client-port'?: string | undefined
  readonly 'client-address'?: string | undefined
  readonly 'secret-file'?: string | undefined
  readonly 'session-timeout'?: string | undefined
  readonly 'four-letter-words'?: string | undefined
  readonly 'super-digest'?: string | undefined
  readonly insecure?: boolean | undefined
}

/** @throws Failure */
export function planFromFlags(flags: ServeFlags): ServePlan {
  if (flags.dir === undefined) {
    throw usageFailure('serve needs --dir DIRECTORY, or the path of a zoo.cfg')
  }
  const { secret, notes } = readSecret(flags['secret-file'])
  return {
    join: {
      dir: flags.dir,
      size: flags.size === undefined ? undefined : integerOf('--size', flags.size),
      id: flags.id === undefined ? undefined : integerOf('--id', flags.id),
      listen: flags.listen,
      peers: flags.peers === undefined ? undefined : peersOf(flags.peers),
      secret,
      insecure: flags.insecure,
    },
    gateway: { port: 2181, ...gatewayFlags(flags) },
    notes,
  }
}

/** @throws Failure that names the file. */
export function planFromZooCfg(path: string, flags: ServeFlags): ServePlan {
  for (const name of ['dir', 'size', 'id', 'listen', 'peers'] as const) {
    if (flags[name] !== undefined) throw usageFailure(`--${name} and a zoo.cfg exclude each other`)
  }
  try {
    const config = parseZooCfg(readText(path), readText)
    return planOf(config, flags)
  } catch (error) {
    const { exitCode, code, message } = failureOf(error)
    throw new Failure(exitCode, code, `${path}: ${message}`, error)
  }
}

function planOf(config: ZooCfg, flags: ServeFlags): ServePlan {
  const voters = config.servers.filter(({ role }) => role === 'participant')
  const isAlone = config.servers.length <= 1
  const own = isAlone ? config.servers[0] : ownServer(config)
  const { secret, notes } = readSecret(flags['secret-file'] ?? config.secretFile)
  const { dataDir: dir } = config
  const { insecure } = flags
  const members = isAlone || own === undefined ? { size: 1 } : membersOf(own, voters)
  const gateway = { ...gatewayOf(config, own), ...gatewayFlags(flags) }
  return {
    join: { dir, ...members, secret, insecure },
    gateway,
    notes: [...config.warnings, ...notes, ...notesOn(config, gateway)],
  }
}

function ownServer({ dataDir, servers }: ZooCfg): ServerLine {
  const path = joinPaths(dataDir, 'myid')
  const text = readText(path).trim()
  const own = servers.find(({ id }) => String(id) === text)
  if (own === undefined) throw usageFailure(`${path}: there is no server.${text}`)
  if (own.role === 'observer') {
    throw usageFailure(`server.${own.id} is an observer: here every member of a list votes`)
  }
  return own
}

function membersOf(
  own: ServerLine,
  voters: readonly ServerLine[],
): Pick<JoinOptions, 'id' | 'listen' | 'peers'> {
  const peers = Object.fromEntries(voters.map((server) => [server.id, addressOf(server)]))
  return { id: own.id, listen: addressOf(own), peers }
}

function addressOf({ host, quorumPort }: ServerLine): string {
  return `tcp://${bracketed(host)}:${quorumPort}`
}

export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function gatewayOf(config: ZooCfg, own: ServerLine | undefined): GatewayOptions {
  const { clientPort, fourLetterWords, frameBytesMax } = config
  if (clientPort !== undefined && own?.clientPort !== undefined && clientPort !== own.clientPort) {
    throw usageFailure(`clientPort is ${clientPort}, and server.${own.id} has ${own.clientPort}`)
  }
  const port = clientPort ?? own?.clientPort
  if (port === undefined) throw usageFailure('clientPort is not set')
  return {
    port,
    host: config.clientPortAddress ?? own?.clientAddress,
    tickTime: config.tickTime,
    minSessionTimeout: config.minSessionTimeout,
    maxSessionTimeout: config.maxSessionTimeout,
    maxClientConnections: config.maxClientCnxns,
    whitelist: fourLetterWords.filter((word) => word === '*' || isKnownWord(word)),
    superDigest: config.superDigest,
    frameBytesMax:
      frameBytesMax === undefined ? undefined : Math.min(frameBytesMax, FRAME_BYTES_LIMIT),
  }
}

function notesOn(config: ZooCfg, { host, port }: GatewayOptions): string[] {
  const notes: string[] = []
  const { dataDir, servers, fourLetterWords, frameBytesMax } = config
  if (host === undefined) {
    notes.push(
      `clients are served on 127.0.0.1:${port} only: no clientPortAddress (0.0.0.0 is everywhere)`,
    )
  }
  if (existsSync(joinPaths(dataDir, 'version-2'))) {
    notes.push(`${joinPaths(dataDir, 'version-2')} holds ZooKeeper's own data, which is not read`)
  }
  for (const { id, role } of servers) {
    if (role === 'observer') notes.push(`server.${id} is an observer, and left out`)
  }
  for (const word of fourLetterWords) {
    if (word !== '*' && !isKnownWord(word)) notes.push(`there is no four-letter word ${word}`)
  }
  if (frameBytesMax !== undefined && frameBytesMax > FRAME_BYTES_LIMIT) {
    notes.push(`jute.maxbuffer is ${FRAME_BYTES_LIMIT}, the most that there is`)
  }
  return notes
}

/** Those that were given, with or without a configuration file. */
function gatewayFlags(flags: ServeFlags): GatewayOptions {
  const port = flags['client-port']
  const host = flags['client-address']
  const words = flags['four-letter-words']
  const superDigest = flags['super-digest']
  return {
    ...(port === undefined ? {} : { port: portOf('--client-port', port) }),
    ...(host === undefined ? {} : { host }),
    ...(words === undefined ? {} : { whitelist: words.split(',').map((word) => word.trim()) }),
    ...(superDigest === undefined ? {} : { superDigest }),
    ...timeoutsOf(flags['session-timeout']),
  }
}

/** `MAX` or `MIN-MAX`, ms. */
function timeoutsOf(
  text: string | undefined,
): Pick<GatewayOptions, 'minSessionTimeout' | 'maxSessionTimeout'> {
  if (text === undefined) return {}
  const match = /^(?:(\d{1,9})-)?(\d{1,9})$/.exec(text)
  if (match === null) throw usageFailure(`--session-timeout ${text}: expected MIN-MAX or MAX, ms`)
  const [, least, most] = match
  const maxSessionTimeout = Number(most)
  return {
    minSessionTimeout: least === undefined ? Math.min(4000, maxSessionTimeout) : Number(least),
    maxSessionTimeout,
  }
}

function peersOf(text: string): Record<number, string> {
  const peers: Record<number, string> = {}
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,5})=(\S+)\s*$/.exec(part)
    if (match === null) {
      throw usageFailure(`--peers ${part}: expected ID=ADDRESS, as in 1=tcp://10.0.0.1:2888`)
    }
    peers[Number(match[1])] = match[2] ?? ''
  }
  return peers
}

export function portOf(name: string, text: string): number {
  const port = parsePort(text, 0)
  if (port === undefined) throw usageFailure(`${name} ${text}: expected a port`)
  return port
}

export function integerOf(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw usageFailure(`${name} ${text}: expected a number`)
}

/** Its last line break, which editors put there, is not part of the secret. */
function readSecret(path: string | undefined): {
  readonly secret: string | undefined
  readonly notes: readonly string[]
} {
  if (path === undefined) return { secret: undefined, notes: [] }
  const secret = readText(path).replace(/\r?\n$/, '')
  if (secret === '') throw usageFailure(`the secret in ${path} is empty`)
  const isOpen = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0
  return { secret, notes: isOpen ? [`${path} can be read by other users`] : [] }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw usageFailure(`${path} cannot be read: ${reason}`)
  }
}
