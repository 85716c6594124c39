/**
 * What one txn would change: operations are checked and done here, one after the other, each against what those before
 * it did; then all of it is taken over, or none. The checks and their order are PrepRequestProcessor's.
 */
import { hasPathShape, isValidPath, parentPath } from './path.js'
import type {
  CreateRequest,
  DeleteRequest,
  Effect,
  FailureCode,
  Operation,
  Result,
  SessionId,
  SetDataRequest,
  Zxid,
} from './types.js'
import {
  childCount,
  newZnode,
  statOf,
  withChildCreated,
  withChildDeleted,
  withData,
} from './znode.js'
import type { Znode } from './znode.js'

/** One change of one path, in the order in which the txn makes them. */
export interface Step {
  readonly kind: 'created' | 'deleted' | 'data'
  readonly path: string
}

/** The state that the txn finds. */
export interface Base {
  znode(path: string): Znode | undefined
  /** Length of the paths of all the session's ephemerals. */
  ephemeralLength(session: SessionId): number
}

export interface Done {
  readonly effect: Effect
  /** Of the operation alone, as the txn goes on its stat may change once more. */
  readonly result: Result
}

/** Length of the paths of one session's ephemerals: they all stand in the one txn that ends it. */
export const EPHEMERAL_LENGTH_MAX: number = 4 * 2 ** 20

const SEQUENCE_DIGITS = 10

export class Draft {
  /** `undefined` for what is deleted. */
  readonly znodes: Map<string, Znode | undefined> = new Map<string, Znode | undefined>()
  readonly steps: Step[] = []
  readonly #base: Base
  readonly #zxid: Zxid
  readonly #timeMs: number
  /** By how much the paths of each session's ephemerals grow. */
  readonly #ephemeralGrowth = new Map<SessionId, number>()

  constructor(base: Base, zxid: Zxid, timeMs: number) {
    this.#base = base
    this.#zxid = zxid
    this.#timeMs = timeMs
  }

  /** @returns what was done, or why nothing was. */
  operate(session: SessionId, operation: Operation): Done | FailureCode {
    switch (operation.kind) {
      case 'create':
        return this.#create(session, operation)
      case 'delete':
        return this.#delete(operation)
      case 'setData':
        return this.#setData(operation)
      case 'check': {
        const found = this.#versioned(operation.path, operation.version)
        if (typeof found === 'string') return found
        return { effect: { kind: 'check' }, result: { kind: 'check' } }
      }
    }
  }

  /** Unconditionally: a session takes its ephemerals with it. */
  remove(path: string): void {
    const parent = this.#get(parentPath(path))
    const znode = this.#get(path)
    if (parent === undefined || znode === undefined) throw new Error(`${path} is not there`)
    this.#grow(znode.owner, -path.length)
    this.#set(parentPath(path), withChildDeleted(parent, this.#zxid))
    this.#set(path, undefined)
    this.steps.push({ kind: 'deleted', path })
  }

  #create(session: SessionId, request: CreateRequest): Done | FailureCode {
    if (!hasPathShape(request.path)) return 'BAD_ARGUMENTS'
    const above = parentPath(request.path)
    const parent = this.#get(above)
    if (parent === undefined) return 'NO_NODE'
    const path = request.sequential ? numbered(request.path, parent.created) : request.path
    if (!isValidPath(path)) return 'BAD_ARGUMENTS'
    if (this.#get(path) !== undefined) return 'NODE_EXISTS'
    if (parent.owner !== 0) return 'NO_CHILDREN_FOR_EPHEMERALS'
    if (request.ephemeral && this.#isOverQuota(session, path)) return 'QUOTA_EXCEEDED'
    const owner = request.ephemeral ? session : 0
    const { data } = request
    const znode = newZnode(path, data, owner, this.#zxid, this.#timeMs)
    this.#grow(owner, path.length)
    this.#set(above, withChildCreated(parent, this.#zxid))
    this.#set(path, znode)
    this.steps.push({ kind: 'created', path })
    const parentCreated = parent.created + 1
    return {
      effect: { kind: 'create', path, data, owner, parentCreated },
      result: { kind: 'create', path, stat: statOf(znode) },
    }
  }

  #delete({ path, version }: DeleteRequest): Done | FailureCode {
    if (!hasPathShape(path) || path === '/') return 'BAD_ARGUMENTS'
    if (this.#get(parentPath(path)) === undefined) return 'NO_NODE'
    const znode = this.#get(path)
    if (znode === undefined) return 'NO_NODE'
    if (version !== -1 && version !== znode.version) return 'BAD_VERSION'
    if (childCount(znode) > 0) return 'NOT_EMPTY'
    this.remove(path)
    return { effect: { kind: 'delete', path }, result: { kind: 'delete' } }
  }

  #setData({ path, data, version }: SetDataRequest): Done | FailureCode {
    const found = this.#versioned(path, version)
    if (typeof found === 'string') return found
    const znode = withData(found, data, this.#zxid, this.#timeMs)
    this.#set(path, znode)
    this.steps.push({ kind: 'data', path })
    return {
      effect: { kind: 'setData', path, data, version: znode.version },
      result: { kind: 'setData', stat: statOf(znode) },
    }
  }

  #versioned(path: string, version: number): Znode | FailureCode {
    if (!isValidPath(path)) return 'BAD_ARGUMENTS'
    const znode = this.#get(path)
    if (znode === undefined) return 'NO_NODE'
    return version === -1 || version === znode.version ? znode : 'BAD_VERSION'
  }

  #isOverQuota(session: SessionId, path: string): boolean {
    const growth = this.#ephemeralGrowth.get(session) ?? 0
    return this.#base.ephemeralLength(session) + growth + path.length > EPHEMERAL_LENGTH_MAX
  }

  #grow(owner: SessionId, length: number): void {
    if (owner === 0) return
    this.#ephemeralGrowth.set(owner, (this.#ephemeralGrowth.get(owner) ?? 0) + length)
  }

  #get(path: string): Znode | undefined {
    return this.znodes.has(path) ? this.znodes.get(path) : this.#base.znode(path)
  }

  #set(path: string, znode: Znode | undefined): void {
    this.znodes.set(path, znode)
  }
}

/** The number of children ever created before it: never given twice in the parent's life. */
function numbered(path: string, created: number): string {
  return path + String(created).padStart(SEQUENCE_DIGITS, '0')
}
