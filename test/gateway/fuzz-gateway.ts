/**
 * A real gateway over a real replica, many hostile connections at once, and one client beside them that must notice
 * nothing. At the end everything is as it was at the beginning.
 */
import { Random } from '../../lib/base/random.js'
import { connect } from '../../lib/cli/client.js'
import type { ZooKeeperClient } from '../../lib/cli/client.js'
import type { Gateway } from '../../lib/gateway/index.js'
import { serve } from '../../lib/gateway/index.js'
import { remoteSessions } from '../../lib/session/remote-sessions.js'
import type { Session } from '../../lib/session/session.js'
import { visit } from './fuzz-visit.js'
import type { Loot } from './fuzz-visit.js'

const CONNECTIONS_AT_ONCE = 24
/** Sessions that a hostile client leaves behind are gone after so long, ms. */
const SESSION_MS_MAX = 4000
const REST_MS_MAX = 3 * SESSION_MS_MAX + 5000
const OPEN = [{ perms: 31, scheme: 'world', id: 'anyone' }]

export interface GatewayTotals {
  readonly cases: number
  readonly connections: number
  readonly connected: number
  readonly refusals: Readonly<Record<string, number>>
  readonly neighbour: { readonly rounds: number; readonly slowestMs: number }
  /** After a third of the run, and at its end. */
  readonly early: Memory
  readonly late: Memory
}

/** MiB: this thread's heap, after a collection if there may be one, and data and paths of the tree. */
export interface Memory {
  readonly heap: number
  readonly tree: number
}

/** @param zk  A session of the replica that is served. @throws Error for whatever must not happen. */
export async function fuzzGateway(
  zk: Session,
  seed: number,
  cases: number,
): Promise<GatewayTotals> {
  const sessionsBefore = sessionCount(zk)
  const gateway = await serve(zk.replica, {
    port: 0,
    minSessionTimeout: 500,
    maxSessionTimeout: SESSION_MS_MAX,
    maxClientConnections: 0,
    whitelist: ['*'],
  })
  try {
    const neighbour = await Neighbour.move(gateway.port)
    const run = new Run(gateway, () => memoryOf(zk), seed, cases)
    try {
      const [gone, lived] = [run.go(), neighbour.live()]
      // The first failure is told; of what the other still does nobody hears.
      gone.catch(() => undefined)
      lived.catch(() => undefined)
      await Promise.race([gone, lived])
    } finally {
      run.stop()
      await neighbour.leave()
    }
    await atRest(gateway, zk, sessionsBefore)
    return { ...run.totals(), refusals: gateway.refusals(), neighbour: neighbour.totals() }
  } finally {
    await gateway.close()
  }
}

class Run {
  readonly #gateway: Gateway
  readonly #memory: () => Memory
  readonly #seed: number
  readonly #wanted: number
  readonly #loot: Loot = { sessions: [] }
  #cases = 0
  #connections = 0
  #connected = 0
  #isOver = false
  #early: Memory | undefined

  constructor(gateway: Gateway, memory: () => Memory, seed: number, wanted: number) {
    this.#gateway = gateway
    this.#memory = memory
    this.#seed = seed
    this.#wanted = wanted
  }

  async go(): Promise<void> {
    await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, () => this.#visits()))
    const internal = this.#gateway.refusals()['INTERNAL_ERROR']
    if (internal !== undefined) throw new Error(`${internal} defects of the gateway's own`)
  }

  /** No further connections. */
  stop(): void {
    this.#isOver = true
  }

  totals(): Pick<GatewayTotals, 'cases' | 'connections' | 'connected' | 'early' | 'late'> {
    const late = this.#memory()
    const [cases, connections, connected] = [this.#cases, this.#connections, this.#connected]
    return { cases, connections, connected, early: this.#early ?? late, late }
  }

  async #visits(): Promise<void> {
    while (this.#cases < this.#wanted && !this.#isOver) {
      const number = this.#connections++
      // Each connection has dice of its own, whatever the others do.
      const random = new Random(this.#seed).fork(`connection ${number}`)
      try {
        const { cases, isConnected } = await visit(random, this.#gateway.port, this.#loot)
        this.#cases += cases
        if (isConnected) this.#connected += 1
      } catch (error) {
        throw new Error(`seed ${this.#seed}, connection ${number}`, { cause: error })
      }
      if (this.#cases > this.#wanted / 3) this.#early ??= this.#memory()
    }
  }
}

/** A client of good manners, that hears of its own changes and of nothing else. */
class Neighbour {
  readonly #client: ZooKeeperClient
  readonly #path = '/neighbour'
  #events = 0
  #rounds = 0
  #slowestMs = 0
  #isLeaving = false

  private constructor(client: ZooKeeperClient) {
    this.#client = client
  }

  static async move(port: number): Promise<Neighbour> {
    const neighbours: Neighbour[] = []
    const client = await connect({
      host: '127.0.0.1',
      port,
      timeoutMs: SESSION_MS_MAX,
      onEvent: () => neighbours.forEach((neighbour) => (neighbour.#events += 1)),
    })
    const neighbour = new Neighbour(client)
    neighbours.push(neighbour)
    const path = neighbour.#path
    await client.request({ kind: 'create', path, data: undefined, acl: OPEN, flags: 1 })
    await client.request({ kind: 'addWatch', path, mode: 0 })
    return neighbour
  }

  /** Resolves only after `leave`. @throws Error for anything out of the ordinary. */
  async live(): Promise<void> {
    while (!this.#isLeaving) {
      const start = performance.now()
      const data = Buffer.from(`round ${++this.#rounds}`)
      const [set, got] = await Promise.all([
        this.#client.request({
          kind: 'setData',
          path: this.#path,
          data,
          version: this.#rounds - 1,
        }),
        this.#client.request({ kind: 'getData', path: this.#path, watch: false }),
      ])
      if (set.body.stat.version !== this.#rounds) throw new Error('another version')
      if (!data.equals(got.body.data ?? new Uint8Array(0))) throw new Error('other data')
      if (this.#events !== this.#rounds) throw new Error(`${this.#events} events`)
      this.#slowestMs = Math.max(this.#slowestMs, performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    await this.#client.close()
  }

  totals(): GatewayTotals['neighbour'] {
    return { rounds: this.#rounds, slowestMs: Math.round(this.#slowestMs) }
  }
}

/** No connection is left, and, when their timeouts have passed, no session. */
async function atRest(gateway: Gateway, zk: Session, sessionsBefore: number): Promise<void> {
  const deadline = performance.now() + REST_MS_MAX
  for (;;) {
    const connections = gateway.connections().length
    const sessions = sessionCount(zk) - sessionsBefore
    if (connections === 0 && sessions === 0) return
    if (performance.now() > deadline) {
      throw new Error(`${connections} connections and ${sessions} sessions are left`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function sessionCount(zk: Session): number {
  return [...remoteSessions(zk.replica).all()].length
}

function memoryOf(zk: Session): Memory {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  const tree = zk.replica.metrics()['treeBytes'] ?? 0
  return { heap: inMib(heapUsed + arrayBuffers), tree: inMib(tree) }
}

function inMib(bytes: number): number {
  return Math.round(bytes / 2 ** 18) / 4
}
