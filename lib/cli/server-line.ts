/** `server.N=host:port:port[:role][;[address:]clientport]`, one member in ZooKeeper's configuration. */
import { usageFailure } from './failure.js'

export interface ServerLine {
  readonly id: number
  /** Without brackets. */
  readonly host: string
  readonly quorumPort: number
  readonly electionPort: number
  readonly role: 'participant' | 'observer'
  readonly clientPort: number | undefined
  readonly clientAddress: string | undefined
  /** Further addresses of the same member, as written: one is enough here. */
  readonly others: readonly string[]
}

const FORM = 'server.N=host:port:port[:participant|observer][;[address:]clientport]'
const ID_MAX = 0xffff

/** @throws Failure that quotes the line. */
export function parseServerLine(key: string, value: string): ServerLine {
  const bad = (why: string): Error => usageFailure(`${key}=${value}: ${why}; expected ${FORM}`)
  const id = Number(/^server\.(\d+)$/.exec(key)?.[1])
  if (!(id >= 1 && id <= ID_MAX)) throw bad(`its number is not from 1 to ${ID_MAX}`)
  const [server = '', client, ...rest] = value.split(';')
  if (rest.length > 0) throw bad('it has more than one ;')
  const [first = '', ...others] = server.split('|')
  const [host, quorum, election, role = 'participant', ...more] = splitAddress(first.trim())
  if (host === undefined || host === '') throw bad('it has no host')
  if (more.length > 0) throw bad('it has more than four parts')
  const quorumPort = parsePort(quorum, 1)
  const electionPort = parsePort(election, 1)
  if (quorumPort === undefined || electionPort === undefined)
    throw bad('a port is missing or wrong')
  const lower = role.toLowerCase()
  if (lower !== 'participant' && lower !== 'observer') throw bad(`there is no role '${role}'`)
  const listens = client === undefined ? {} : parseClient(client.trim())
  if (listens === undefined) throw bad('the part behind the ; is neither port nor address:port')
  return {
    id,
    host,
    quorumPort,
    electionPort,
    role: lower,
    clientPort: listens.port,
    clientAddress: listens.address,
    others,
  }
}

function parseClient(
  text: string,
): { readonly port?: number; readonly address?: string } | undefined {
  const parts = splitAddress(text)
  const port = parsePort(parts.at(-1), 0)
  if (port === undefined || parts.length > 2) return undefined
  const address = parts.length === 2 ? parts[0] : undefined
  if (address === '') return undefined
  return address === undefined ? { port } : { port, address }
}

/** By colons, but for those of an IPv6 address in brackets, which comes first. */
function splitAddress(text: string): string[] {
  const bracketed = /^\[([0-9a-fA-F:.%]+)\]:(.*)$/.exec(text)
  if (bracketed === null) return text.split(':')
  const [, host = '', rest = ''] = bracketed
  return [host, ...rest.split(':')]
}

/** A whole decimal number and nothing else; `undefined` for anything that is no port. */
export function parsePort(text: string | undefined, least: 0 | 1): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port >= least && port <= 65_535 ? port : undefined
}
