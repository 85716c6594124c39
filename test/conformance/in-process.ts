/** The table's words as calls of the public API. */
import { op } from '../../lib/index.js'
import type { Acl, OpResult, Session, WatchEvent } from '../../lib/index.js'
import type { Ensemble } from '../../lib/testing/index.js'
import type { Access, Client, CreateFlags, MultiOperation, MultiResult, Stat } from './client.js'

export async function inProcess(ensemble: Ensemble): Promise<Access> {
  const first = await ensemble.join(1)
  return {
    name: 'in process',
    open: async () => new InProcess(await first.replica.openSession({ timeout: 60_000 })),
    close: () => first.close(),
  }
}

class InProcess implements Client {
  readonly events: string[] = []
  readonly #session: Session
  readonly #listen = (event: WatchEvent): void => {
    this.events.push(`${event.type} ${event.path}`)
  }

  constructor(session: Session) {
    this.#session = session
  }

  get id(): number {
    return this.#session.id
  }

  create(path: string, data = '', flags: CreateFlags = {}): Promise<{ path: string; stat: Stat }> {
    return this.#session.create(path, data, { ...flags, stat: true })
  }

  delete(path: string, version?: number): Promise<void> {
    return this.#session.delete(path, version)
  }

  setData(path: string, data: string, version?: number): Promise<Stat> {
    return this.#session.setData(path, data, version)
  }

  setACL(path: string, acl: readonly Acl[], version?: number): Promise<Stat> {
    return this.#session.setACL(path, acl, version)
  }

  getACL(path: string): Promise<{ acl: readonly Acl[]; stat: Stat }> {
    return this.#session.getACL(path)
  }

  async exists(path: string, watch = false): Promise<Stat | undefined> {
    const stat = await this.#session.exists(path, this.#options(watch))
    return stat ?? undefined
  }

  async getData(path: string, watch = false): Promise<{ data: string; stat: Stat }> {
    const { data, stat } = await this.#session.getData(path, this.#options(watch))
    return { data: data.toString(), stat }
  }

  getChildren(path: string, watch = false): Promise<{ children: string[]; stat: Stat }> {
    return this.#session.getChildren(path, this.#options(watch))
  }

  async multi(operations: readonly MultiOperation[]): Promise<MultiResult[]> {
    try {
      const results = await this.#session.multi(operations.map(opOf))
      return results.map(shown)
    } catch (error) {
      if (error instanceof Error && 'results' in error && Array.isArray(error.results)) {
        Object.assign(error, { results: error.results.map(shown) })
      }
      throw error
    }
  }

  addWatch(path: string, mode: 'persistent' | 'persistentRecursive'): Promise<void> {
    return this.#session.addWatch(path, mode, this.#listen)
  }

  removeWatches(path: string, type: Parameters<Client['removeWatches']>[1]): Promise<void> {
    return this.#session.removeWatches(path, undefined, { type })
  }

  addAuth(scheme: string, auth: string): Promise<void> {
    return this.#session.addAuth(scheme, auth)
  }

  async whoAmI(): Promise<string[]> {
    const identities = await this.#session.whoAmI()
    return identities.map(({ scheme, id }) => `${scheme}:${id.split(':')[0] ?? ''}`)
  }

  getEphemerals(prefix: string): Promise<string[]> {
    return this.#session.getEphemerals(prefix)
  }

  getAllChildrenNumber(path: string): Promise<number> {
    return this.#session.getAllChildrenNumber(path)
  }

  sync(path: string): Promise<void> {
    return this.#session.sync(path)
  }

  close(): Promise<void> {
    return this.#session.close()
  }

  #options(watch: boolean): { watch?: (event: WatchEvent) => void } {
    return watch ? { watch: this.#listen } : {}
  }
}

function opOf(
  operation: MultiOperation,
):
  | ReturnType<typeof op.create | typeof op.check>
  | ReturnType<typeof op.delete | typeof op.setData> {
  switch (operation.kind) {
    case 'create':
      return op.create(operation.path, '', operation.flags)
    case 'delete':
      return op.delete(operation.path, operation.version)
    case 'check':
      return op.check(operation.path, operation.version)
    case 'setData':
      return op.setData(operation.path, operation.data, operation.version)
  }
}

function shown(result: OpResult): MultiResult {
  if (result.kind === 'create') return result.path
  return result.kind === 'error' ? result.errno : result.kind
}
