/** node-zookeeper-client, unmodified, with promises around its callbacks and a record of what it told. */
import zookeeper from 'node-zookeeper-client'
import type { Callback, Client, State, ZkAcl, ZkEvent, ZkStat } from 'node-zookeeper-client'

export const OPEN: readonly ZkAcl[] = zookeeper.ACL.OPEN_ACL_UNSAFE
export const MODE: typeof zookeeper.CreateMode = zookeeper.CreateMode

export class NodeClient {
  readonly client: Client
  /** Every state it was in, by name. */
  readonly states: string[] = []
  /** Watch events, as `NODE_CREATED /path`. */
  readonly events: string[] = []
  readonly #waiting = new Set<() => void>()

  /** @param servers `host:port,host:port/chroot` */
  constructor(servers: string, sessionTimeout = 30_000) {
    this.client = zookeeper.createClient(servers, { sessionTimeout, spinDelay: 20 })
    this.client.on('state', (state: State) => {
      this.states.push(state.name)
      this.#wake()
    })
  }

  static async connect(servers: string, sessionTimeout?: number): Promise<NodeClient> {
    const client = new NodeClient(servers, sessionTimeout)
    client.client.connect()
    await client.state('SYNC_CONNECTED')
    return client
  }

  get session(): string {
    return this.client.getSessionId().toString('hex')
  }

  /** Resolves when it is in this state. */
  state(name: string, timeoutMs?: number): Promise<void> {
    return this.until(`state ${name}`, () => this.client.getState().name === name, timeoutMs)
  }

  /** Resolves when the event was told, this one or an earlier one. */
  event(text: string, timeoutMs?: number): Promise<void> {
    return this.until(`event ${text}`, () => this.events.includes(text), timeoutMs)
  }

  create(
    path: string,
    data = '',
    mode: number = MODE.PERSISTENT,
    acl: readonly ZkAcl[] = OPEN,
  ): Promise<string> {
    return promise((done) => this.client.create(path, Buffer.from(data), acl, mode, done))
  }

  remove(path: string, version = -1): Promise<void> {
    return promise((done) => this.client.remove(path, version, done))
  }

  exists(path: string, watch = false): Promise<ZkStat | null> {
    return promise((done) => this.client.exists(path, this.#watcher(watch), done))
  }

  async data(path: string, watch = false): Promise<string | undefined> {
    const data = await promise<Buffer | undefined>((done) =>
      this.client.getData(path, this.#watcher(watch), done),
    )
    return data?.toString()
  }

  setData(path: string, data: string, version = -1): Promise<ZkStat> {
    return promise((done) => this.client.setData(path, Buffer.from(data), version, done))
  }

  async children(path: string, watch = false): Promise<string[]> {
    const children = await promise<string[]>((done) =>
      this.client.getChildren(path, this.#watcher(watch), done),
    )
    return children.toSorted()
  }

  acl(path: string): Promise<readonly ZkAcl[]> {
    return promise((done) => this.client.getACL(path, done))
  }

  setAcl(path: string, acl: readonly ZkAcl[], version = -1): Promise<ZkStat> {
    return promise((done) => this.client.setACL(path, acl, version, done))
  }

  close(): void {
    this.client.close()
  }

  async until(what: string, isTrue: () => boolean, timeoutMs = 15_000): Promise<void> {
    const end = performance.now() + timeoutMs
    while (!isTrue()) {
      const left = end - performance.now()
      if (left <= 0) throw new Error(`not within ${timeoutMs} ms: ${what}; ${this.states.join()}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        const wake = (): void => {
          clearTimeout(timer)
          resolve()
        }
        this.#waiting.add(wake)
      })
    }
  }

  #watcher(watch: boolean): ((event: ZkEvent) => void) | null {
    if (!watch) return null
    return (event) => {
      this.events.push(`${event.name} ${event.path}`)
      this.#wake()
    }
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }
}

/** Who knows the password may do everything. */
export function digestAcl(id: string): readonly ZkAcl[] {
  return [new zookeeper.ACL(zookeeper.Permission.ALL, new zookeeper.Id('digest', id))]
}

/** The first value behind the error; rejects with the error. */
function promise<T>(start: (done: Callback<[T, ...unknown[]]>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error === null || error === undefined) resolve(value)
      else reject(error)
    })
  })
}
