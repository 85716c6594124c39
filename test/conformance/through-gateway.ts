/** The table's words as frames of ZooKeeper's client protocol. */
import { connect } from '../../lib/cli/client.js'
import type { ZooKeeperClient } from '../../lib/cli/client.js'
import { serve } from '../../lib/gateway/index.js'
import {
  ADD_WATCH_MODE,
  CREATE_FLAGS,
  WATCHER_TYPE,
  errorName,
} from '../../lib/gateway/jute/opcodes.js'
import type {
  CreateRequest as JuteCreate,
  CreateTtlRequest,
  WriteOperation,
} from '../../lib/gateway/jute/operations.js'
import type { WireStat } from '../../lib/gateway/jute/records.js'
import type { OperationResult } from '../../lib/gateway/jute/results.js'
import { OPEN_ACL } from '../../lib/index.js'
import type { Acl } from '../../lib/index.js'
import type { Ensemble } from '../../lib/testing/index.js'
import type { Access, Client, CreateFlags, MultiOperation, MultiResult, Stat } from './client.js'

export async function throughGateway(ensemble: Ensemble): Promise<Access> {
  const first = await ensemble.join(1)
  const gateway = await serve(first.replica, {
    port: 0,
    maxSessionTimeout: 60_000,
    maxClientConnections: 0,
  })
  return {
    name: 'through the gateway',
    open: async () => {
      const events: string[] = []
      const client = await connect({
        host: '127.0.0.1',
        port: gateway.port,
        timeoutMs: 60_000,
        onEvent: ({ type, path }) => events.push(`${type} ${path}`),
      })
      return new ThroughGateway(client, events)
    },
    close: async () => {
      await gateway.close()
      await first.close()
    },
  }
}

class ThroughGateway implements Client {
  readonly events: readonly string[]
  readonly #client: ZooKeeperClient

  constructor(client: ZooKeeperClient, events: readonly string[]) {
    this.#client = client
    this.events = events
  }

  get id(): number {
    return Number(this.#client.session.id)
  }

  async create(
    path: string,
    data = '',
    flags: CreateFlags = {},
  ): Promise<{ path: string; stat: Stat }> {
    const request = createRequest(path, Buffer.from(data), flags)
    const { body } = await this.#client.request(request)
    if (!('stat' in body)) throw new Error('create2 and its kin answer with a stat')
    return { path: body.path, stat: statOf(body.stat) }
  }

  async delete(path: string, version = -1): Promise<void> {
    await this.#client.request({ kind: 'delete', path, version })
  }

  async setData(path: string, text: string, version = -1): Promise<Stat> {
    const data = Buffer.from(text)
    const { body } = await this.#client.request({ kind: 'setData', path, data, version })
    return statOf(body.stat)
  }

  async setACL(path: string, acl: readonly Acl[], version = -1): Promise<Stat> {
    const { body } = await this.#client.request({ kind: 'setACL', path, acl, version })
    return statOf(body.stat)
  }

  async getACL(path: string): Promise<{ acl: readonly Acl[]; stat: Stat }> {
    const { body } = await this.#client.request({ kind: 'getACL', path })
    return { acl: body.acl, stat: statOf(body.stat) }
  }

  async exists(path: string, watch = false): Promise<Stat | undefined> {
    try {
      const { body } = await this.#client.request({ kind: 'exists', path, watch })
      return statOf(body.stat)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'NO_NODE') return undefined
      throw error
    }
  }

  async getData(path: string, watch = false): Promise<{ data: string; stat: Stat }> {
    const { body } = await this.#client.request({ kind: 'getData', path, watch })
    return { data: Buffer.from(body.data ?? []).toString(), stat: statOf(body.stat) }
  }

  async getChildren(path: string, watch = false): Promise<{ children: string[]; stat: Stat }> {
    const { body } = await this.#client.request({ kind: 'getChildren2', path, watch })
    return { children: [...body.children], stat: statOf(body.stat) }
  }

  async multi(operations: readonly MultiOperation[]): Promise<MultiResult[]> {
    const request = { kind: 'multi', operations: operations.map(writeOf) } as const
    const { body } = await this.#client.request(request)
    const results = body.results.map(shown)
    const failure = results.find((result) => typeof result === 'number' && result !== 0)
    // As the libraries of the original do: the first error that is one.
    if (typeof failure !== 'number') return results
    throw Object.assign(new Error('multi'), { code: errorName(failure), results })
  }

  async addWatch(path: string, mode: keyof typeof ADD_WATCH_MODE): Promise<void> {
    await this.#client.request({ kind: 'addWatch', path, mode: ADD_WATCH_MODE[mode] })
  }

  async removeWatches(path: string, type: Parameters<Client['removeWatches']>[1]): Promise<void> {
    const types = {
      data: WATCHER_TYPE.Data,
      child: WATCHER_TYPE.Children,
      any: WATCHER_TYPE.Any,
      persistent: WATCHER_TYPE.Persistent,
      persistentRecursive: WATCHER_TYPE.PersistentRecursive,
    }
    await this.#client.request({ kind: 'removeWatches', path, type: types[type] })
  }

  addAuth(scheme: string, auth: string): Promise<void> {
    return this.#client.addAuth({ scheme, auth })
  }

  async whoAmI(): Promise<string[]> {
    const { body } = await this.#client.request({ kind: 'whoAmI' })
    return body.identities.map(({ scheme, user }) => `${scheme}:${user}`)
  }

  async getEphemerals(prefix: string): Promise<string[]> {
    const { body } = await this.#client.request({ kind: 'getEphemerals', prefix })
    return [...body.paths]
  }

  async getAllChildrenNumber(path: string): Promise<number> {
    const { body } = await this.#client.request({ kind: 'getAllChildrenNumber', path })
    return body.total
  }

  async sync(path: string): Promise<void> {
    await this.#client.request({ kind: 'sync', path })
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

type CreateRequest = JuteCreate | CreateTtlRequest

function createRequest(path: string, data: Uint8Array, options: CreateFlags): CreateRequest {
  const { ephemeral = false, sequential = false, container = false, ttl, acl = OPEN_ACL } = options
  if (ttl !== undefined) {
    const flags = sequential ? CREATE_FLAGS.persistentSequentialTTL : CREATE_FLAGS.persistentTTL
    return { kind: 'createTTL', path, data, acl, flags, ttl }
  }
  if (container) return { kind: 'createContainer', path, data, acl, flags: CREATE_FLAGS.container }
  const flags =
    (ephemeral ? CREATE_FLAGS.ephemeral : 0) + (sequential ? CREATE_FLAGS.persistentSequential : 0)
  return { kind: 'create2', path, data, acl, flags }
}

function writeOf(operation: MultiOperation): WriteOperation {
  switch (operation.kind) {
    case 'create':
      return createRequest(operation.path, new Uint8Array(0), operation.flags ?? {})
    case 'setData':
      return { ...operation, data: Buffer.from(operation.data) }
    default:
      return operation
  }
}

function shown(result: OperationResult): MultiResult {
  if (result.kind === 'create' || result.kind === 'create2') return result.path
  return result.kind === 'error' ? result.err : result.kind
}

/** Numbers here are small enough for one kind of number. */
function statOf(stat: WireStat): Stat {
  return {
    czxid: Number(stat.czxid),
    mzxid: Number(stat.mzxid),
    pzxid: Number(stat.pzxid),
    ctime: Number(stat.ctime),
    mtime: Number(stat.mtime),
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: Number(stat.ephemeralOwner),
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
  }
}
