/** ZooKeeper's connect string: `host:port,host:port/chroot`. */
import { usageFailure } from './failure.js'
import { parsePort } from './server-line.js'

export interface Server {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  /** `host:port` as one would write it. */
  readonly name: string
}

export interface ConnectString {
  readonly servers: readonly Server[]
  /** Every path is below it: '' for none, else an absolute path. */
  readonly chroot: string
}

export const CONNECT_DEFAULT = '127.0.0.1:2181'
const PORT_DEFAULT = 2181

/** @throws Failure that quotes what is wrong. */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/')
  const hosts = slash === -1 ? text : text.slice(0, slash)
  const chroot = slash === -1 ? '' : text.slice(slash).replace(/\/$/, '')
  const servers = hosts.split(',').map((part) => parseServer(part.trim(), text))
  return { servers, chroot }
}

function parseServer(part: string, whole: string): Server {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^[\]:]+))(?::(\d+))?$/.exec(part)
  const host = match?.[1] ?? match?.[2]
  const port = match?.[3] === undefined ? PORT_DEFAULT : parsePort(match[3], 1)
  if (host === undefined || port === undefined) {
    throw usageFailure(`'${part}' in --connect ${whole}: expected HOST:PORT`)
  }
  return { host, port, name: `${match?.[1] === undefined ? host : `[${host}]`}:${port}` }
}

/** The path on the server of one that is meant below the chroot. */
export function underChroot(chroot: string, path: string): string {
  if (chroot === '') return path
  return path === '/' ? chroot : chroot + path
}

/** The reverse, for paths that the server names. */
export function withoutChroot(chroot: string, path: string): string {
  if (chroot === '' || !path.startsWith(chroot)) return path
  return path.slice(chroot.length) || '/'
}
