/**
 * Does to one server what a script says, and writes down what came back on each connection. It waits for the answers
 * of each step before it takes the next, so what every connection hears, and in what order, is the server's doing.
 */
import type { Connected, Reply } from './answer.js'
import { fourLetterWord } from './apache-zookeeper.js'
import type { Server } from './apache-zookeeper.js'
import type { Ask, WatchLists } from './ask.js'
import { Connection } from './connection.js'
import type { ConnectOptions, Received } from './connection.js'
import type { Client, Step } from './script.js'

/** One connection, from its beginning to its end. */
export interface Life {
  readonly client: Client
  /** Number of the step that opened it. */
  readonly step: number
  readonly connected: Connected | undefined
  readonly received: readonly Received[]
}

export interface Transcript {
  readonly server: string
  readonly lives: readonly Life[]
}

/** Longer than any script takes: no session of a script expires. */
const SESSION_TIMEOUT_MS = 600_000
const PATIENCE_MS = 5000

interface Actor {
  connection: Connection
  session: Connected
}

/** Tags of the pings around a step whose events have no order. */
export const BEFORE = 'before '
export const AFTER = 'after '

/** @param isSpread Clients may be at different replicas: each syncs before its step, so that it has what others did. */
export async function play(
  server: Server,
  steps: readonly Step[],
  isSpread: boolean = false,
): Promise<Transcript> {
  const player = new Player(server, isSpread)
  try {
    for (const [number, step] of steps.entries()) await player.step(number, step)
    await player.pingAll('the end')
    // A server that a script ended has not answered it.
    await fourLetterWord(server.port, 'ruok')
    const lives = player.lives.map((life) => ({ ...life, received: [...life.received] }))
    return { server: server.name, lives }
  } finally {
    player.end()
  }
}

class Player {
  readonly lives: Life[] = []
  readonly #server: Server
  readonly #isSpread: boolean
  readonly #actors = new Map<Client, Actor>()
  readonly #connections: Connection[] = []

  constructor(server: Server, isSpread: boolean) {
    this.#server = server
    this.#isSpread = isSpread
  }

  async step(number: number, step: Step): Promise<void> {
    if (step.kind === 'dump') return this.#dump(number)
    if (step.kind === 'open') return this.#open(number, step.client)
    const actor = this.#actors.get(step.client)
    if (actor === undefined) return
    if (step.kind === 'attach') return this.#attach(number, step, actor)
    const { connection } = actor
    if (connection.isClosed) return
    await this.#sync(connection, `${number}`)
    switch (step.kind) {
      case 'send':
        await this.#send(
          connection,
          await this.#careful(connection, step, `${number}`),
          `${number}`,
        )
        return
      case 'child':
        return this.#child(number, step, connection)
      case 'clear':
        return this.#clear(connection, step.path, `${number}`)
      case 'close':
        return this.#close(number, step.client, connection)
      case 'drop':
        await this.#ping(connection, `${number}`)
        connection.destroy()
        await connection.closed()
    }
  }

  /** After it every connection has heard what was to be heard of it by now. */
  async pingAll(tag: string): Promise<void> {
    for (const { connection } of this.#actors.values()) await this.#ping(connection, tag)
  }

  end(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  async #open(number: number, client: Client): Promise<void> {
    if (this.#actors.get(client)?.connection.isClosed === false) return
    const connection = this.#connect()
    const options = { timeoutMs: SESSION_TIMEOUT_MS, readOnly: false }
    const session = await connection.connect(options)
    this.#live(number, client, connection, session)
    if (session === undefined) return
    this.#actors.set(client, { connection, session })
    if (client === 0) {
      await connection.send([{ op: 'auth', scheme: 'digest', auth: 'super:secret' }], `${number}`)
    }
  }

  async #attach(
    number: number,
    step: Extract<Step, { readonly kind: 'attach' }>,
    actor: Actor,
  ): Promise<void> {
    const former = actor.connection
    if (!former.isClosed) await this.#ping(former, `${number}`)
    const { session } = actor
    const password = step.wrong === true ? Buffer.alloc(16, 7) : session.password
    const options = { lastZxid: former.lastZxid, session: session.session, password }
    const [connection, connected] = await this.#takeUp(options)
    this.#live(number, step.client, connection, connected)
    if (connected === undefined || connected.timeoutMs === 0) {
      await connection.closed()
      return
    }
    await former.closed()
    actor.connection = connection
    if (step.watches === undefined) return
    await this.#setWatches(connection, step.watches, former.lastZxid, `${number}`)
  }

  /** A replica that is behind what the client has seen sends it away, to the next. */
  async #takeUp(options: ConnectOptions): Promise<readonly [Connection, Connected | undefined]> {
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      const connection = this.#connect()
      const connected = await connection.connect({ ...options, timeoutMs: SESSION_TIMEOUT_MS })
      const isAnswered = connected !== undefined || !this.#isSpread || performance.now() > end
      if (isAnswered) return [connection, connected]
    }
  }

  /** Persistent watches are set again apart, as if nothing had been missed: ours tells of what was, ZooKeeper does not. */
  async #setWatches(
    connection: Connection,
    lists: NonNullable<Extract<Step, { readonly kind: 'attach' }>['watches']>,
    seen: bigint,
    tag: string,
  ): Promise<void> {
    const zxid = lists.seen === 'all' ? seen : 0n
    const [reply] = await this.#send(connection, [{ op: 'ping' }], tag)
    // Nor is anybody told here of what he may not read: see divergence catch-up-is-filtered.
    const data = await this.#readable(connection, lists.data, tag)
    const exist = await this.#readable(connection, lists.exist, tag)
    const child = await this.#readable(connection, lists.child, tag)
    const oneShot = { data, exist, child, persistent: [], recursive: [] }
    const asks = [setWatches({ ...oneShot, two: lists.two }, zxid)]
    if (lists.two) {
      const persistent = await this.#readable(connection, lists.persistent, tag, [0])
      const recursive = await this.#readable(connection, lists.recursive, tag, [0])
      const both = { data: [], exist: [], child: [], persistent, recursive }
      asks.push(setWatches({ ...both, two: true }, reply?.zxid ?? zxid))
    }
    await this.#send(connection, asks, tag)
  }

  async #readable(
    connection: Connection,
    paths: readonly string[],
    tag: string,
    codes: readonly number[] = [0, -101],
  ): Promise<readonly string[]> {
    const looks = paths.map((path): Ask => ({ op: 'getData', path, watch: false }))
    if (looks.length === 0) return []
    const replies = await this.#send(connection, looks, tag)
    return paths.filter((_, index) => codes.includes(replies[index]?.err ?? 0))
  }

  async #close(number: number, client: Client, connection: Connection): Promise<void> {
    await this.pingAll(`${BEFORE}${number}`)
    await connection.send([{ op: 'close' }], `${number}`)
    await connection.closed()
    this.#actors.delete(client)
    await this.pingAll(`${AFTER}${number}`)
  }

  async #send(connection: Connection, asks: readonly Ask[], tag: string): Promise<Reply[]> {
    const from = connection.received.length
    await connection.send(asks, tag)
    const replies: Reply[] = []
    for (const entry of connection.received.slice(from)) {
      if (entry.kind === 'reply') replies.push(entry.reply)
    }
    // The server ends the connection behind such an answer, or does not: the ping finds out.
    if (replies.some((reply) => ENDING.has(reply.err))) {
      await connection.closed(SETTLING_MS)
      await this.#ping(connection, tag)
    }
    return replies
  }

  /**
   * Whoever may not read a znode may not learn that it exists: not so before ZooKeeper 3.8.4, whose `exists` also leaves
   * a watch there. So nobody watches by `exists` what he may not read.
   */
  async #careful(
    connection: Connection,
    { asks }: Extract<Step, { readonly kind: 'send' }>,
    tag: string,
  ): Promise<readonly Ask[]> {
    const checked: Ask[] = []
    for (const ask of asks) {
      if (ask.op !== 'exists' || !ask.watch) checked.push(ask)
      else if (asks.length > 1) checked.push({ ...ask, watch: false })
      else {
        const look: Ask = { ...ask, op: 'getData', watch: false }
        const [reply] = await this.#send(connection, [look], tag)
        checked.push({ ...ask, watch: reply?.err !== -102 })
      }
    }
    return checked
  }

  async #child(
    number: number,
    step: Extract<Step, { readonly kind: 'child' }>,
    connection: Connection,
  ): Promise<void> {
    const names = await this.#children(connection, step.parent, `${number}`)
    const name = names[step.nth % Math.max(names.length, 1)]
    if (name === undefined) return
    const path = childPath(step.parent, name)
    const asks = [{ ...step.ask, path } as Ask]
    const careful = await this.#careful(connection, { ...step, kind: 'send', asks }, `${number}`)
    await this.#send(connection, careful, `${number}`)
  }

  async #clear(connection: Connection, path: string, tag: string): Promise<void> {
    for (const name of await this.#children(connection, path, tag)) {
      const child = childPath(path, name)
      if (child === '/zookeeper') continue
      await this.#clear(connection, child, tag)
      await this.#send(connection, [{ op: 'delete', path: child, version: -1 }], tag)
    }
  }

  async #dump(number: number): Promise<void> {
    const connection = this.#actors.get(0)?.connection
    if (connection === undefined || connection.isClosed) return
    await this.#sync(connection, `${number}`)
    await this.#dumpBelow(connection, '/', `${number}`)
  }

  async #dumpBelow(connection: Connection, path: string, tag: string): Promise<void> {
    await this.#send(
      connection,
      [
        { op: 'getData', path, watch: false },
        { op: 'getAcl', path },
      ],
      tag,
    )
    for (const name of await this.#children(connection, path, tag)) {
      await this.#dumpBelow(connection, childPath(path, name), tag)
    }
  }

  async #children(connection: Connection, path: string, tag: string): Promise<readonly string[]> {
    const replies = await this.#send(connection, [{ op: 'getChildren', path, watch: false }], tag)
    return replies[0]?.body?.children ?? []
  }

  async #ping(connection: Connection, tag: string): Promise<void> {
    await this.#sync(connection, tag)
    await connection.send([{ op: 'ping' }], tag)
  }

  async #sync(connection: Connection, tag: string): Promise<void> {
    if (this.#isSpread) await connection.send([{ op: 'sync', path: '/' }], tag)
  }

  #connect(): Connection {
    const { port, ports = [port] } = this.#server
    const connection = new Connection(ports[this.#connections.length % ports.length] ?? port)
    this.#connections.push(connection)
    return connection
  }

  #live(number: number, client: Client, connection: Connection, connected?: Connected): void {
    this.lives.push({ client, step: number, connected, received: connection.received })
  }
}

/** UNIMPLEMENTED, AUTHFAILED, SESSIONMOVED, SESSIONEXPIRED. */
const ENDING: ReadonlySet<number> = new Set([-6, -115, -118, -112])
const SETTLING_MS = 30

function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`
}

function setWatches(lists: WatchLists & { readonly two: boolean }, zxid: bigint): Ask {
  return { ...lists, op: lists.two ? 'setWatches2' : 'setWatches', zxid }
}
