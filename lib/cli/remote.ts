/** Znodes of a server: a connection to the first of a list that serves, and paths below a chroot. */
import { connect } from './client.js'
import type { Answer, ConnectOptions, Credential, ZooKeeperClient } from './client.js'
import { textOf, textsOf } from './command.js'
import type { Given } from './command.js'
import {
  CONNECT_DEFAULT,
  parseConnectString,
  underChroot,
  withoutChroot,
} from './connect-string.js'
import type { Server } from './connect-string.js'
import { EXIT, Failure, failureOf, usageFailure } from './failure.js'
import { durationOf } from './times.js'
import type { ZnodeReader } from './znode-reader.js'

export interface Remote extends ZnodeReader {
  readonly client: ZooKeeperClient
  readonly servers: readonly Server[]
  /** Rejects when the connection has ended, whoever ended it; to be raced with. */
  readonly ended: Promise<never>
  /** The path as the server knows it. @throws Failure for what is no absolute path. */
  readonly toServer: (path: string) => string
  /** The path as the user knows it. */
  readonly toUser: (path: string) => string
}

/** @throws Failure (unreachable) that says what each server said, if none serves; ClientError `AUTH_FAILED`. */
export async function openRemote(
  given: Given,
  onEvent?: ConnectOptions['onEvent'],
): Promise<Remote> {
  const { servers, chroot } = parseConnectString(textOf(given, 'connect') ?? CONNECT_DEFAULT)
  const timeoutMs = durationOf('--timeout', textOf(given, 'timeout') ?? '5000')
  const auth = textsOf(given, 'auth').map(credentialOf)
  let onEnd: ConnectOptions['onEnd']
  const ended = new Promise<never>((_resolve, reject) => {
    onEnd = reject
  })
  // Most commands end the connection themselves, and wait for nothing.
  ended.catch(() => undefined)
  const client = await connectToAny(servers, { timeoutMs, auth, onEvent, onEnd })
  const toServer = (path: string): string => {
    if (!path.startsWith('/')) throw usageFailure(`${path}: a path starts with /`)
    return underChroot(chroot, path)
  }
  return {
    client,
    servers,
    ended,
    toServer,
    toUser: (path) => withoutChroot(chroot, path),
    stat: async (path) => {
      const { body } = await read(client, 'exists', toServer(path))
      return body.stat
    },
    data: async (path) => {
      const { body } = await read(client, 'getData', toServer(path))
      return body
    },
    children: async (path) => {
      const { body } = await read(client, 'getChildren2', toServer(path))
      return body
    },
    close: () => client.close(),
  }
}

function read<Kind extends 'exists' | 'getData' | 'getChildren2'>(
  client: ZooKeeperClient,
  kind: Kind,
  path: string,
): Promise<Answer<Kind>> {
  return client.request({ kind, path, watch: false })
}

async function connectToAny(
  servers: readonly Server[],
  options: Omit<ConnectOptions, 'host' | 'port'>,
): Promise<ZooKeeperClient> {
  const reasons: string[] = []
  for (const { host, port, name } of servers) {
    try {
      return await connect({ ...options, host, port })
    } catch (error) {
      const { code, message } = failureOf(error)
      if (code !== 'CONNECTION_LOSS') throw error
      reasons.push(message.includes(name) ? message : `${name}: ${message}`)
    }
  }
  throw new Failure(EXIT.unreachable, 'CONNECTION_LOSS', reasons.join('; '))
}

function credentialOf(text: string): Credential {
  const colon = text.indexOf(':')
  if (colon < 1) throw usageFailure(`--auth ${text}: expected SCHEME:AUTH`)
  return { scheme: text.slice(0, colon), auth: text.slice(colon + 1) }
}
