/** What a row of the table may ask of a session, in words that both ways of asking have: in process and over the wire. */
import type { Acl } from '../../lib/protocol/acl.js'

export interface CreateFlags {
  readonly ephemeral?: boolean
  readonly sequential?: boolean
  readonly container?: boolean
  /** ms */
  readonly ttl?: number
  readonly acl?: readonly Acl[]
}

export interface Stat {
  readonly czxid: number
  readonly mzxid: number
  readonly pzxid: number
  readonly ctime: number
  readonly mtime: number
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  readonly ephemeralOwner: number
  readonly dataLength: number
  readonly numChildren: number
}

export type MultiOperation =
  | { readonly kind: 'create'; readonly path: string; readonly flags?: CreateFlags }
  | { readonly kind: 'delete' | 'check'; readonly path: string; readonly version: number }
  | {
      readonly kind: 'setData'
      readonly path: string
      readonly data: string
      readonly version: number
    }

/** Of each operation: the path that was created, or its kind; of a failed multi, an error number. */
export type MultiResult = string | number

export type WatchMode = 'persistent' | 'persistentRecursive'
export type WatchType = 'data' | 'child' | 'persistent' | 'persistentRecursive' | 'any'

/** One session. Everything rejects with an error that has a `code`. */
export interface Client {
  readonly id: number
  /** `NodeCreated /path`, in the order in which they came. */
  readonly events: readonly string[]
  create(path: string, data?: string, flags?: CreateFlags): Promise<{ path: string; stat: Stat }>
  delete(path: string, version?: number): Promise<void>
  setData(path: string, data: string, version?: number): Promise<Stat>
  setACL(path: string, acl: readonly Acl[], version?: number): Promise<Stat>
  getACL(path: string): Promise<{ acl: readonly Acl[]; stat: Stat }>
  exists(path: string, watch?: boolean): Promise<Stat | undefined>
  getData(path: string, watch?: boolean): Promise<{ data: string; stat: Stat }>
  getChildren(path: string, watch?: boolean): Promise<{ children: string[]; stat: Stat }>
  multi(operations: readonly MultiOperation[]): Promise<MultiResult[]>
  addWatch(path: string, mode: WatchMode): Promise<void>
  removeWatches(path: string, type: WatchType): Promise<void>
  addAuth(scheme: string, auth: string): Promise<void>
  whoAmI(): Promise<string[]>
  getEphemerals(prefix: string): Promise<string[]>
  getAllChildrenNumber(path: string): Promise<number>
  sync(path: string): Promise<void>
  close(): Promise<void>
}

/** One way of asking. */
export interface Access {
  readonly name: 'in process' | 'through the gateway'
  open(): Promise<Client>
  close(): Promise<void>
}
