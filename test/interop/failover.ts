/**
 * Clients that must move: the process they are connected to is killed, and they go on elsewhere with their session,
 * their ephemerals and their watches. One is node-zookeeper-client, the other ours.
 */
import { ClientError } from '../../lib/cli/client-error.js'
import { connect } from '../../lib/cli/client.js'
import type { ZooKeeperClient } from '../../lib/cli/client.js'
import { reconnect } from '../../lib/cli/reconnect.js'
import { hexOfLong } from '../../lib/gateway/jute/long.js'
import { fourLetterWord } from './apache-zookeeper.js'
import { MODE, NodeClient } from './node-client.js'
import type { VivariumEnsemble } from './vivarium.js'

const TIMEOUT_MS = 10_000
const PATIENCE_MS = 15_000

/** How long a client was without a server: from the kill to the session elsewhere, and to its first write. */
export interface Gap {
  readonly client: string
  readonly connectedMs: number
  readonly writtenMs: number
}

export interface Round {
  /** Mode of the server that was killed. */
  readonly victim: string
  readonly gaps: readonly Gap[]
}

/** A client with an ephemeral and with watches below a path of its own. */
interface Mover {
  readonly name: string
  readonly path: string
  /** 16 hexadecimal digits. */
  readonly session: string
  /** Sets the one-shot watches: on data, on what does not exist yet, on children. */
  watch(): Promise<void>
  /** Resolves when the connection that was killed is gone and there is another. */
  moved(): Promise<void>
  /** One write, until it succeeds. */
  write(): Promise<void>
  /** Watch events since `watch`. */
  readonly events: readonly string[]
  close(): Promise<void>
}

/** Kills, one after the other, the processes that the client is connected to. @throws Error that says what was lost. */
export async function failover(
  ensemble: VivariumEnsemble,
  kind: 'node' | 'ours',
  rounds: number,
  onRound: (round: Round, number: number) => void = () => {},
): Promise<void> {
  const witness = await NodeClient.connect(ensemble.servers, TIMEOUT_MS)
  const path = `/failover-${kind}`
  await insist(() => witness.create(path))
  const mover = await (kind === 'node' ? NodeMover : OurMover).start(ensemble, path)
  try {
    for (let round = 1; round <= rounds; round++) {
      onRound(await oneRound(ensemble, mover, witness), round)
    }
  } finally {
    await mover.close()
    witness.close()
  }
}

async function oneRound(
  ensemble: VivariumEnsemble,
  mover: Mover,
  witness: NodeClient,
): Promise<Round> {
  const { path, session } = mover
  await prepare(mover, witness)
  const index = await serverOf(ensemble, session)
  const victim = await modeOf(ensemble.ports[index] ?? 0)
  const start = performance.now()
  const gap = measure(mover, start)
  await ensemble.kill(index)
  // While the client is away, or just as it comes back.
  await insist(() => witness.setData(`${path}/data`, 'changed'))
  await insist(() => witness.create(`${path}/children/child`))
  await insist(() => witness.create(`${path}/created`))
  const measured = await gap
  must(mover.session === session, `the session is ${mover.session}, and was ${session}`)
  const expected = [`${path}/children changed`, `${path}/created created`, `${path}/data set`]
  await until('the watch events', () => mover.events.length >= expected.length)
  const events = mover.events.toSorted().join(', ')
  must(events === expected.join(', '), `watch events: ${events}`)
  const owner = (await insist(() => witness.exists(`${path}/ephemeral`)))?.ephemeralOwner
  must(owner?.toString('hex') === session, 'the ephemeral is not there, or not its own')
  await ensemble.restart(index)
  return { victim, gaps: [measured] }
}

/** The znodes as they were before the first round, and the watches on them. */
async function prepare(mover: Mover, witness: NodeClient): Promise<void> {
  const { path } = mover
  for (const name of ['data', 'children']) await insist(() => witness.create(`${path}/${name}`))
  for (const name of ['children/child', 'created']) {
    await insist(() => witness.remove(`${path}/${name}`), [-101])
  }
  await mover.watch()
}

async function measure(mover: Mover, start: number): Promise<Gap> {
  await mover.moved()
  const connectedMs = performance.now() - start
  await mover.write()
  return { client: mover.name, connectedMs, writtenMs: performance.now() - start }
}

/** Which server has the session's connection, by what the servers say. */
export async function serverOf(ensemble: VivariumEnsemble, session: string): Promise<number> {
  const sid = `sid=0x${session.replace(/^0+/, '')},`
  for (const [index, port] of ensemble.ports.entries()) {
    if ((await fourLetterWord(port, 'cons')).includes(sid)) return index
  }
  throw new Error(`no server has session ${session}`)
}

async function modeOf(port: number): Promise<string> {
  return /^Mode: (.*)$/m.exec(await fourLetterWord(port, 'srvr'))?.[1] ?? '?'
}

class NodeMover implements Mover {
  readonly name = 'node-zookeeper-client'
  readonly path: string
  readonly #client: NodeClient
  #away = 0

  private constructor(client: NodeClient, path: string) {
    this.#client = client
    this.path = path
  }

  static async start(ensemble: VivariumEnsemble, path: string): Promise<Mover> {
    const client = await NodeClient.connect(ensemble.servers, TIMEOUT_MS)
    await client.create(`${path}/ephemeral`, '', MODE.EPHEMERAL)
    return new NodeMover(client, path)
  }

  get session(): string {
    return this.#client.session
  }

  get events(): readonly string[] {
    return this.#client.events.map((event) => {
      const [type, path] = event.split(' ')
      return `${path} ${NODE_EVENTS[type ?? ''] ?? type}`
    })
  }

  async watch(): Promise<void> {
    this.#away = this.#client.states.length
    // Its server may be behind the witness's, and it has no sync.
    const isClean = async (): Promise<boolean> =>
      (await this.#client.exists(`${this.path}/created`)) === null &&
      (await this.#client.children(`${this.path}/children`)).length === 0
    await until('its server has what the witness did', isClean)
    this.#client.events.length = 0
    await this.#client.data(`${this.path}/data`, true)
    await this.#client.exists(`${this.path}/created`, true)
    await this.#client.children(`${this.path}/children`, true)
  }

  async moved(): Promise<void> {
    const { states } = this.#client
    const isBack = (): boolean => states.slice(this.#away).join() === 'DISCONNECTED,SYNC_CONNECTED'
    await this.#client.until('another server', isBack, PATIENCE_MS)
  }

  async write(): Promise<void> {
    await insist(() => this.#client.setData(`${this.path}/ephemeral`, 'mine'))
  }

  close(): Promise<void> {
    this.#client.close()
    return Promise.resolve()
  }
}

const NODE_EVENTS: Readonly<Record<string, string>> = {
  NODE_CREATED: 'created',
  NODE_DATA_CHANGED: 'set',
  NODE_CHILDREN_CHANGED: 'changed',
}

class OurMover implements Mover {
  readonly name = 'our client'
  readonly path: string
  readonly events: string[]
  readonly #servers: readonly { readonly host: string; readonly port: number }[]
  readonly #loss: { tell: () => void }
  #client: ZooKeeperClient
  #lost: Promise<void> = Promise.resolve()

  private constructor(
    ensemble: VivariumEnsemble,
    client: ZooKeeperClient,
    path: string,
    told: Pick<OurMover, 'events'> & { readonly loss: { tell: () => void } },
  ) {
    this.#servers = ensemble.ports.map((port) => ({ host: '127.0.0.1', port }))
    this.#client = client
    this.#loss = told.loss
    this.events = told.events
    this.path = path
  }

  static async start(ensemble: VivariumEnsemble, path: string): Promise<Mover> {
    const events: string[] = []
    const loss = { tell: (): void => {} }
    const client = await connect({
      host: '127.0.0.1',
      port: ensemble.ports[0] ?? 0,
      timeoutMs: TIMEOUT_MS,
      onEvent: ({ type, path: changed }) => {
        events.push(`${changed} ${OUR_EVENTS[type] ?? type}`)
      },
      onEnd: () => loss.tell(),
    })
    const acl = [{ perms: 31, scheme: 'world', id: 'anyone' }]
    const ephemeral = `${path}/ephemeral`
    await client.request({ kind: 'create', path: ephemeral, data: undefined, acl, flags: 1 })
    return new OurMover(ensemble, client, path, { events, loss })
  }

  get session(): string {
    return hexOfLong(this.#client.session.id).padStart(16, '0')
  }

  async watch(): Promise<void> {
    await this.#client.request({ kind: 'sync', path: this.path })
    this.events.length = 0
    this.#lost = new Promise((resolve) => {
      this.#loss.tell = resolve
    })
    const { path } = this
    await this.#client.request({ kind: 'getData', path: `${path}/data`, watch: true })
    await this.#client
      .request({ kind: 'exists', path: `${path}/created`, watch: true })
      .catch(noNode)
    await this.#client.request({ kind: 'getChildren', path: `${path}/children`, watch: true })
  }

  async moved(): Promise<void> {
    await this.#lost
    this.#client = await reconnect(this.#client, { servers: this.#servers })
    const { lastZxid } = this.#client.session
    await this.#client.request({
      kind: 'setWatches2',
      relativeZxid: lastZxid,
      dataWatches: [`${this.path}/data`],
      existWatches: [`${this.path}/created`],
      childWatches: [`${this.path}/children`],
      persistentWatches: [],
      persistentRecursiveWatches: [],
    })
  }

  async write(): Promise<void> {
    const path = `${this.path}/ephemeral`
    await this.#client.request({ kind: 'setData', path, data: Buffer.from('mine'), version: -1 })
  }

  async close(): Promise<void> {
    await this.#client.close()
  }
}

const OUR_EVENTS: Readonly<Record<string, string>> = {
  NodeCreated: 'created',
  NodeDataChanged: 'set',
  NodeChildrenChanged: 'changed',
}

function noNode(error: unknown): void {
  if (!(error instanceof ClientError) || error.errno !== -101) throw error
}

/** Again while the connection is lost; what a first attempt has done already is no error, nor is what is `fine`. */
async function insist<T>(
  attempt: () => Promise<T>,
  fine: readonly number[] = [-110],
): Promise<T | undefined> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? Number(error.code) : NaN
      if (fine.includes(code)) return undefined
      if (code !== -4 || performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function must(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Error(what)
}
