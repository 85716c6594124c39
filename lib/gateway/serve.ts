/** The door of a gateway: ZooKeeper's clients become clients of a replica of this process. */
import type { ReplicaHandle } from '../session/handle.js'
import { remoteSessions } from '../session/remote-sessions.js'
import type { RemoteSessions } from '../session/remote.js'
import { Gateway } from './gateway.js'
import { checkOptions } from './options.js'
import type { GatewayOptions } from './options.js'

/**
 * Serves ZooKeeper's client protocol for a replica of this process, on the loopback address unless told otherwise.
 * Resolves when it listens. The replica stays its owner's: close the gateway first, then the replica.
 *
 * @throws TypeError (`BAD_ARGUMENTS`) for wrong arguments; whatever listening throws (`EADDRINUSE`, `EACCES`).
 */
export async function serve(replica: ReplicaHandle, options?: GatewayOptions): Promise<Gateway> {
  return serveSessions(remoteSessions(replica), options)
}

/** The same for whatever offers sessions. */
export async function serveSessions(
  sessions: RemoteSessions,
  options?: GatewayOptions,
): Promise<Gateway> {
  const gateway = new Gateway(sessions, checkOptions(options))
  await gateway.listen()
  return gateway
}
