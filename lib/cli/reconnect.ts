/** Going on with a session at another server, or at the same one when it is back. */
import { connect } from './client.js'
import type { ConnectOptions, ZooKeeperClient } from './client.js'
import { ClientError } from './client-error.js'

export interface ReconnectOptions {
  /** Tried in turn; the server it was connected to unless told. */
  readonly servers?: readonly { readonly host: string; readonly port: number }[] | undefined
  /** Gives up after so long, ms; the session's timeout unless told. */
  readonly withinMs?: number | undefined
  /** Replaces what the client had: listeners, credentials. */
  readonly options?: Partial<ConnectOptions> | undefined
}

const PAUSE_MS = 50

/**
 * Cuts the connection, if there is one, and goes on with its session. Watches are the caller's to set again, by
 * setWatches with the session's last zxid.
 *
 * @throws ClientError `SESSION_EXPIRED` at once; anything else when no server has taken it in time.
 */
export async function reconnect(
  client: ZooKeeperClient,
  { servers, withinMs, options }: ReconnectOptions = {},
): Promise<ZooKeeperClient> {
  const { session } = client
  client.drop()
  const deadline = performance.now() + (withinMs ?? session.timeoutMs)
  const places = servers ?? [client.options]
  for (let attempt = 0; ; attempt++) {
    const { host, port } = places[attempt % places.length] ?? client.options
    try {
      return await attemptAt({ ...client.options, ...options, host, port, session })
    } catch (error) {
      const isFinal = error instanceof ClientError && error.code !== 'CONNECTION_LOSS'
      if (isFinal || performance.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}

/** `onEnd` is told of a connection that there was, not of an attempt at one. */
async function attemptAt(options: ConnectOptions): Promise<ZooKeeperClient> {
  let isThere = false
  let early: ClientError | undefined
  const onEnd = (reason: ClientError): void => {
    if (isThere) options.onEnd?.(reason)
    else early = reason
  }
  const client = await connect({ ...options, onEnd })
  isThere = true
  if (early !== undefined) options.onEnd?.(early)
  return client
}
