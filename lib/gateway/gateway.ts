/** The listener and its connections: who may connect, who is looked after, and how all of it ends. */
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import createDebug from 'debug'
import type { RemoteSessions } from '../session/remote.js'
import { CLOSE_MS_MAX, SWEEP_MS } from './bounds.js'
import type { CloseReason } from './close-reason.js'
import { Connection } from './connection.js'
import type { ConnectionHost } from './connection.js'
import { Counters } from './counters.js'
import type { CheckedOptions } from './options.js'
import type { ConnectionReport, GatewayReport } from './report.js'
import { snapshotOf } from './report.js'

const log = createDebug('vivarium:gateway')

/** What `serve` returns. */
export class Gateway {
  readonly #sessions: RemoteSessions
  readonly #options: CheckedOptions
  readonly #server: Server
  readonly #connections = new Set<Connection>()
  readonly #perAddress = new Map<string, number>()
  readonly #counters = new Counters()
  readonly #refusals = new Map<string, number>()
  readonly #startedAt: number = performance.now()
  readonly #host: ConnectionHost
  #address = ''
  #port = 0
  #sweeper: NodeJS.Timeout | undefined
  /** When this replica was last seen to serve. */
  #servedAt: number = performance.now()
  #closing: Promise<void> | undefined

  /** For `serve` only. */
  constructor(sessions: RemoteSessions, options: CheckedOptions) {
    this.#sessions = sessions
    this.#options = options
    this.#host = {
      report: this.#report(),
      now: () => performance.now(),
      refused: (reason) => this.#count(reason),
      closed: (connection) => this.#forget(connection),
    }
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  /** That it listens on. */
  get address(): string {
    return this.#address
  }

  get port(): number {
    return this.#port
  }

  /** Those that are open now, in the order in which they came. */
  connections(): readonly ConnectionReport[] {
    return Array.from(this.#connections, snapshotOf)
  }

  /** How many connections were ended, by reason; those that clients ended themselves do not count. */
  refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refusals)
  }

  /** @throws whatever listening throws: the port is taken, or not allowed. */
  async listen(): Promise<void> {
    const { port, host } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ port, host, exclusive: true }, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    const bound = this.#server.address() as AddressInfo
    this.#address = bound.address
    this.#port = bound.port
    this.#server.on('error', (error) => log('listening: %s', error.message))
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    log('listening on %s:%d', bound.address, bound.port)
  }

  /**
   * Takes no more connections and ends those there are; resolves when nothing is open. The sessions live on, for their
   * clients to take them to another replica. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    for (const connection of this.#connections) connection.end()
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy()
    }, CLOSE_MS_MAX)
    await ended
    clearTimeout(timer)
    clearInterval(this.#sweeper)
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? ''
    const known = this.#perAddress.get(address) ?? 0
    const { connectionsPerAddress } = this.#options
    if (connectionsPerAddress > 0 && known >= connectionsPerAddress) {
      socket.on('error', () => undefined)
      socket.destroy()
      this.#count('TOO_MANY_CONNECTIONS')
      log('%s: more than %d connections', address, connectionsPerAddress)
      return
    }
    const connection = new Connection(socket, this.#host)
    this.#connections.add(connection)
    this.#perAddress.set(address, known + 1)
    socket.once('close', () => this.#release(address))
  }

  #release(address: string): void {
    const rest = (this.#perAddress.get(address) ?? 1) - 1
    if (rest === 0) this.#perAddress.delete(address)
    else this.#perAddress.set(address, rest)
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection)
  }

  #count(reason: CloseReason): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1)
  }

  /**
   * Clients wait through a short election. After a tick without a leader they are sent away: they may find one
   * elsewhere, and must not believe that they are heard.
   */
  #sweep(): void {
    const now = performance.now()
    if (this.#sessions.isServing) this.#servedAt = now
    const isLost = now - this.#servedAt > this.#options.tickMs
    for (const connection of this.#connections) {
      if (isLost && connection.isGreeted) connection.refuse('NOT_SERVING', 'no leader for a tick')
      connection.sweep(now)
    }
  }

  #report(): GatewayReport {
    const startedAt = this.#startedAt
    const portOf = (): number => this.#port
    return {
      sessions: this.#sessions,
      options: this.#options,
      counters: this.#counters,
      refusals: this.#refusals,
      get port() {
        return portOf()
      },
      get uptimeMs() {
        return performance.now() - startedAt
      },
      connections: () => this.connections(),
      resetConnections: () => {
        for (const connection of this.#connections) connection.resetCounters()
      },
    }
  }
}
