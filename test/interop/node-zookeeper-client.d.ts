/** The part of node-zookeeper-client 1.1.3 that the tests use; the package has no types of its own. */
declare module 'node-zookeeper-client' {
  export interface State {
    readonly name: string
    readonly code: number
  }
  export interface ZkEvent {
    readonly type: number
    readonly name: string
    readonly path: string
  }
  /** 64-bit fields are buffers of 8 bytes. */
  export interface ZkStat {
    readonly czxid: Buffer
    readonly mzxid: Buffer
    readonly version: number
    readonly cversion: number
    readonly aversion: number
    readonly ephemeralOwner: Buffer
    readonly dataLength: number
    readonly numChildren: number
  }
  export interface ZkError extends Error {
    readonly code: number
  }
  export type Callback<T extends readonly unknown[]> = (
    error: ZkError | null | undefined,
    ...values: T
  ) => void
  export interface ZkAcl {
    readonly permission: number
    readonly id: { readonly scheme: string; readonly id: string }
  }
  export interface Transaction {
    create(path: string, data?: Buffer, acls?: readonly ZkAcl[], mode?: number): this
    setData(path: string, data: Buffer, version?: number): this
    check(path: string, version?: number): this
    remove(path: string, version?: number): this
    commit(
      callback: Callback<[results: readonly { readonly type: number; readonly err?: number }[]]>,
    ): void
  }
  export interface Client {
    connect(): void
    close(): void
    getState(): State
    getSessionId(): Buffer
    getSessionPassword(): Buffer
    getSessionTimeout(): number
    addAuthInfo(scheme: string, auth: Buffer): void
    on(event: 'state', listener: (state: State) => void): this
    once(event: 'connected' | 'disconnected' | 'expired', listener: () => void): this
    create(
      path: string,
      data: Buffer | null,
      acls: readonly ZkAcl[],
      mode: number,
      callback: Callback<[path: string]>,
    ): void
    remove(path: string, version: number, callback: Callback<[]>): void
    exists(
      path: string,
      watcher: ((event: ZkEvent) => void) | null,
      callback: Callback<[stat: ZkStat | null]>,
    ): void
    getData(
      path: string,
      watcher: ((event: ZkEvent) => void) | null,
      callback: Callback<[data: Buffer | undefined, stat: ZkStat]>,
    ): void
    setData(
      path: string,
      data: Buffer | null,
      version: number,
      callback: Callback<[stat: ZkStat]>,
    ): void
    getChildren(
      path: string,
      watcher: ((event: ZkEvent) => void) | null,
      callback: Callback<[children: string[], stat: ZkStat]>,
    ): void
    getACL(path: string, callback: Callback<[acls: readonly ZkAcl[], stat: ZkStat]>): void
    setACL(
      path: string,
      acls: readonly ZkAcl[],
      version: number,
      callback: Callback<[stat: ZkStat]>,
    ): void
    mkdirp(path: string, callback: Callback<[path: string]>): void
    listSubTreeBFS(path: string, callback: Callback<[paths: readonly string[]]>): void
    transaction(): Transaction
  }
  const zookeeper: {
    createClient(
      servers: string,
      options?: {
        readonly sessionTimeout?: number
        readonly spinDelay?: number
        readonly retries?: number
      },
    ): Client
    readonly ACL: {
      new (permission: number, id: unknown): ZkAcl
      readonly OPEN_ACL_UNSAFE: readonly ZkAcl[]
      readonly CREATOR_ALL_ACL: readonly ZkAcl[]
    }
    readonly Id: new (scheme: string, id: string) => unknown
    readonly CreateMode: {
      readonly PERSISTENT: number
      readonly PERSISTENT_SEQUENTIAL: number
      readonly EPHEMERAL: number
      readonly EPHEMERAL_SEQUENTIAL: number
    }
    readonly Permission: { readonly READ: number; readonly ALL: number }
  }
  export default zookeeper
}
