/**
 * What one txn would change: operations are checked and done here, one after the other, each against what those before
 * it did; then all of it is taken over, or none. The checks and their order are PrepRequestProcessor's.
 */
import { OPEN, fixed, isAllowed, isOpen } from './access.js'
import { hasPathShape, isValidPath, parentPath } from './path.js'
import { isOverQuota, isQuotaText, isRetention } from './quota.js'
import type { Znodes } from './quota.js'
import { isSystemPath } from './system.js'
import { PERMS } from './types.js'
import type {
  Acl,
  CreateRequest,
  DeleteRequest,
  Effect,
  FailureCode,
  Identity,
  Operation,
  Result,
  SessionId,
  SetAclRequest,
  SetDataRequest,
  Zxid,
} from './types.js'
import {
  childCount,
  newZnode,
  statOf,
  withAcl,
  withChildCreated,
  withChildDeleted,
  withData,
} from './znode.js'
import type { Znode } from './znode.js'

/** One change of one path, in the order in which the txn makes them. */
export interface Step {
  readonly kind: 'created' | 'deleted' | 'data'
  readonly path: string
  /** Who may read the znode, just before it is deleted or just after anything else; and its parent. */
  readonly acl: readonly Acl[]
  readonly parentAcl: readonly Acl[]
}

/** The state that the txn finds. */
export interface Base {
  znode(path: string): Znode | undefined
  /** Length of the paths of all the session's ephemerals. */
  ephemeralLength(session: SessionId): number
  /** All of them. */
  znodes(): Znodes
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
  /** Who asks. */
  readonly #auth: readonly Identity[] | undefined
  /** By how much the paths of each session's ephemerals grow. */
  readonly #ephemeralGrowth = new Map<SessionId, number>()

  constructor(base: Base, zxid: Zxid, timeMs: number, auth?: readonly Identity[]) {
    this.#auth = auth
    this.#base = base
    this.#zxid = zxid
    this.#timeMs = timeMs
  }

  /** @returns what was done, or why nothing was. */
  operate(session: SessionId, operation: Operation | SetAclRequest): Done | FailureCode {
    switch (operation.kind) {
      case 'create':
        return this.#create(session, operation)
      case 'delete':
        return this.#delete(operation)
      case 'setData':
        return this.#setData(operation)
      case 'setAcl':
        return this.#setAcl(operation)
      case 'check': {
        const { path, version } = operation
        const found = this.#permitted(path, PERMS.READ)
        if (typeof found === 'string') return found
        if (version !== -1 && version !== found.version) return 'BAD_VERSION'
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
    this.steps.push({ kind: 'deleted', path, acl: znode.acl, parentAcl: parent.acl })
  }

  #create(session: SessionId, request: CreateRequest): Done | FailureCode {
    const { data, ephemeral, retention = 0 } = request
    if (!isRetention(retention, ephemeral)) return 'BAD_ARGUMENTS'
    if (!hasPathShape(request.path)) return 'BAD_ARGUMENTS'
    const acl = request.acl === undefined ? OPEN : fixed(request.acl, this.#auth)
    if (acl === undefined) return 'INVALID_ACL'
    const above = parentPath(request.path)
    const parent = this.#get(above)
    if (parent === undefined) return 'NO_NODE'
    if (!isAllowed(parent.acl, PERMS.CREATE, this.#auth)) return 'NO_AUTH'
    const path = request.sequential ? numbered(request.path, parent.created) : request.path
    if (!isValidPath(path)) return 'BAD_ARGUMENTS'
    if (this.#get(path) !== undefined) return 'NODE_EXISTS'
    if (parent.owner !== 0) return 'NO_CHILDREN_FOR_EPHEMERALS'
    if (!isQuotaText(path, data)) return 'BAD_ARGUMENTS'
    if (this.#isOverQuota(path, 1, data?.length ?? 0)) return 'QUOTA_EXCEEDED'
    if (ephemeral && this.#isTooMuchOf(session, path)) return 'QUOTA_EXCEEDED'
    const owner = ephemeral ? session : 0
    const znode = newZnode(path, data, owner, this.#zxid, this.#timeMs, acl, retention)
    this.#grow(owner, path.length)
    this.#set(above, withChildCreated(parent, this.#zxid))
    this.#set(path, znode)
    this.steps.push({ kind: 'created', path, acl, parentAcl: parent.acl })
    const parentCreated = parent.created + 1
    const told = {
      acl: isOpen(acl) ? undefined : acl,
      retention: retention === 0 ? undefined : retention,
    }
    return {
      effect: { kind: 'create', path, data, owner, parentCreated, ...told },
      result: { kind: 'create', path, stat: statOf(znode) },
    }
  }

  #delete({ path, version }: DeleteRequest): Done | FailureCode {
    if (!hasPathShape(path) || isSystemPath(path)) return 'BAD_ARGUMENTS'
    const parent = this.#get(parentPath(path))
    if (parent === undefined) return 'NO_NODE'
    if (!isAllowed(parent.acl, PERMS.DELETE, this.#auth)) return 'NO_AUTH'
    const znode = this.#get(path)
    if (znode === undefined) return 'NO_NODE'
    if (version !== -1 && version !== znode.version) return 'BAD_VERSION'
    if (childCount(znode) > 0) return 'NOT_EMPTY'
    this.remove(path)
    return { effect: { kind: 'delete', path }, result: { kind: 'delete' } }
  }

  #setData({ path, data, version }: SetDataRequest): Done | FailureCode {
    const found = this.#permitted(path, PERMS.WRITE)
    if (typeof found === 'string') return found
    if (!isQuotaText(path, data)) return 'BAD_ARGUMENTS'
    const bytes = (data?.length ?? 0) - (found.data?.length ?? 0)
    if (this.#isOverQuota(path, 0, bytes)) return 'QUOTA_EXCEEDED'
    if (version !== -1 && version !== found.version) return 'BAD_VERSION'
    const znode = withData(found, data, this.#zxid, this.#timeMs)
    this.#set(path, znode)
    this.steps.push({ kind: 'data', path, acl: found.acl, parentAcl: OPEN })
    return {
      effect: { kind: 'setData', path, data, version: znode.version },
      result: { kind: 'setData', stat: statOf(znode) },
    }
  }

  #setAcl({ path, acl: asked, version }: SetAclRequest): Done | FailureCode {
    if (!isValidPath(path)) return 'BAD_ARGUMENTS'
    const acl = fixed(asked, this.#auth)
    if (acl === undefined) return 'INVALID_ACL'
    const found = this.#permitted(path, PERMS.ADMIN)
    if (typeof found === 'string') return found
    if (version !== -1 && version !== found.aversion) return 'BAD_VERSION'
    const znode = withAcl(found, acl)
    this.#set(path, znode)
    return {
      effect: { kind: 'setAcl', path, acl, aversion: znode.aversion },
      result: { kind: 'setAcl', stat: statOf(znode) },
    }
  }

  /** A znode that whoever asks may do that with. */
  #permitted(path: string, perms: number): Znode | FailureCode {
    if (!isValidPath(path)) return 'BAD_ARGUMENTS'
    const znode = this.#get(path)
    if (znode === undefined) return 'NO_NODE'
    return isAllowed(znode.acl, perms, this.#auth) ? znode : 'NO_AUTH'
  }

  #isOverQuota(path: string, count: number, bytes: number): boolean {
    return isOverQuota(
      path,
      count,
      bytes,
      (at) => this.#get(at),
      () => new Map([...this.#base.znodes(), ...this.znodes]),
    )
  }

  #isTooMuchOf(session: SessionId, path: string): boolean {
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
