/** Addresses of members as users write them: `unix:/path` and `tcp://host:port`. Nothing is opened here. */
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { TransportError } from './transport-error.js'

export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/**
 * Longest path of a Unix socket in bytes. Node 20 silently cuts a path at 107 bytes (103 on macOS), so that
 * two peers whose paths share a long beginning share one socket, and one is answered by the other.
 */
export const SOCKET_PATH_BYTES_MAX = 100

/** Throws `TransportError`: `BAD_ADDRESS` or `PATH_TOO_LONG`. */
export function parseAddress(text: string): Address {
  if (text.startsWith('unix:')) return parseUnix(text)
  if (text.startsWith('tcp://')) return parseTcp(text)
  throw bad(text, "it starts neither with 'unix:' nor with 'tcp://'")
}

/** Only this machine can reach the host. A name other than `localhost` counts as reachable from outside. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

/** Throws `PATH_TOO_LONG`; the caller chooses a shorter path, a hashed name for example. */
export function checkSocketPath(path: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes <= SOCKET_PATH_BYTES_MAX) return
  throw new TransportError(
    'PATH_TOO_LONG',
    `the path of a Unix socket may have ${SOCKET_PATH_BYTES_MAX} bytes, this one has ${bytes}: ${path}`,
  )
}

function parseUnix(text: string): Address {
  const path = text.slice('unix:'.length)
  if (path === '' || path.includes('\0')) throw bad(text, 'it has no path')
  // Absolute, so that a later change of the working directory cannot make it another file.
  const absolute = resolve(path)
  checkSocketPath(absolute)
  return { kind: 'unix', path: absolute }
}

function parseTcp(text: string): Address {
  const match = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^\s[\]:/?#@]+)):(\d{1,5})$/.exec(text)
  if (match === null) throw bad(text, "it is not of the form 'tcp://host:port'")
  const [, bracketed, plain, digits] = match
  const host = bracketed ?? plain ?? ''
  if (bracketed !== undefined && isIP(bracketed) !== 6) throw bad(text, 'only IPv6 takes brackets')
  // node-ipc would take these two hosts as a wish for UDP.
  if (/^udp[46]$/i.test(host)) throw bad(text, 'this host name is reserved')
  const port = Number(digits)
  // Port 0 would become node-ipc's own default, 8000; besides, peers could not know it.
  if (port < 1 || port > 65_535) throw bad(text, 'the port is not between 1 and 65535')
  return { kind: 'tcp', host, port }
}

function bad(text: string, why: string): TransportError {
  return new TransportError('BAD_ADDRESS', `${JSON.stringify(text)} is no address: ${why}`)
}
