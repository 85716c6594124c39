// Gateways for tests: over real replicas in memory, and over sessions that the test itself answers for.
import type { ExecutionContext } from 'ava'
import type { Gateway, GatewayOptions } from '../../lib/gateway/index.js'
import { serve } from '../../lib/gateway/index.js'
import { serveSessions } from '../../lib/gateway/serve.js'
import type { RemoteSessions } from '../../lib/session/remote.js'
import type { Session } from '../../lib/session/session.js'
import { ensemble } from '../../lib/testing/index.js'
import type { Ensemble } from '../../lib/testing/index.js'
import { RawClient } from './raw-client.js'

export interface Served {
  readonly world: Ensemble
  readonly zk: Session
  readonly gateway: Gateway
  readonly port: number
}

/** One replica, in real time, with a gateway; all of it ends with the test. */
export async function served(t: ExecutionContext, options: GatewayOptions = {}): Promise<Served> {
  const world = await ensemble({ size: 1, time: 'real' })
  t.teardown(() => world.close())
  const zk = await world.join(1)
  const gateway = await serve(zk.replica, { port: 0, ...options })
  t.teardown(() => gateway.close())
  return { world, zk, gateway, port: gateway.port }
}

export interface ServedThree {
  readonly world: Ensemble
  readonly gateways: readonly Gateway[]
}

/** Three replicas with a gateway each; that of replica 1 is first. */
export async function servedThree(
  t: ExecutionContext,
  options: GatewayOptions = {},
): Promise<ServedThree> {
  const world = await ensemble({ size: 3, time: 'real' })
  t.teardown(() => world.close())
  const gateways = await Promise.all(
    [1, 2, 3].map(async (id) => {
      const zk = await world.join(id)
      return serve(zk.replica, { port: 0, ...options })
    }),
  )
  t.teardown(() => Promise.all(gateways.map((gateway) => gateway.close())))
  return { world, gateways }
}

/** A gateway over whatever offers sessions. */
export async function gatewayOver(
  t: ExecutionContext,
  sessions: RemoteSessions,
  options: GatewayOptions = {},
): Promise<Gateway> {
  const gateway = await serveSessions(sessions, { port: 0, ...options })
  t.teardown(() => gateway.close())
  return gateway
}

/** A raw client with a session; its socket ends with the test. */
export async function client(
  t: ExecutionContext,
  port: number,
  asked: Parameters<typeof RawClient.connected>[1] = {},
): Promise<RawClient> {
  const raw = await RawClient.connected(port, asked)
  t.teardown(() => raw.destroy())
  return raw
}

/** One without. */
export async function stranger(t: ExecutionContext, port: number): Promise<RawClient> {
  const raw = await RawClient.open(port)
  t.teardown(() => raw.destroy())
  return raw
}

/** Waits, in small steps, for what must come. */
export async function until(condition: () => boolean, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not come about')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** What a four-letter word is answered. */
export async function say(port: number, word: string): Promise<string> {
  const raw = await RawClient.open(port)
  raw.socket.removeAllListeners('data')
  let text = ''
  raw.socket.on('data', (chunk) => (text += chunk.toString()))
  raw.write(word)
  await raw.closed
  return text
}
