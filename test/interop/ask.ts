/**
 * What a script asks of a server: the requests of ZooKeeper's protocol, right and wrong ones, and their bytes. What
 * servers answer is in answer.ts.
 */
import { Writer } from './jute.js'

/** Opcodes (ZooDefs.OpCode). */
export const OP = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getAcl: 6,
  setAcl: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  createTtl: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  close: -11,
} as const

/** `perms scheme id`, as the protocol has it. */
export type AclEntry = readonly [perms: number, scheme: string, id: string]

/** Absent text is null on the wire. */
export type Text = string | undefined

export interface CreateAsk {
  readonly op: 'create' | 'create2' | 'createContainer' | 'createTtl'
  readonly path?: Text
  readonly data?: Text
  readonly acl?: readonly AclEntry[] | undefined
  readonly flags: number
  /** ms; of createTtl. */
  readonly ttl?: number
}

export type Ask =
  | CreateAsk
  | { readonly op: 'delete' | 'check'; readonly path?: Text; readonly version: number }
  | {
      readonly op: 'exists' | 'getData' | 'getChildren' | 'getChildren2'
      readonly path?: Text
      readonly watch: boolean
    }
  | {
      readonly op: 'setData'
      readonly path?: Text
      readonly data?: Text
      readonly version: number
    }
  | {
      readonly op: 'setAcl'
      readonly path?: Text
      readonly acl?: readonly AclEntry[] | undefined
      readonly version: number
    }
  | {
      readonly op: 'getAcl' | 'sync' | 'getEphemerals' | 'getAllChildrenNumber'
      readonly path?: Text
    }
  | { readonly op: 'multi' | 'multiRead'; readonly asks: readonly Ask[] }
  | { readonly op: 'addWatch'; readonly path?: Text; readonly mode: number }
  | {
      readonly op: 'checkWatches' | 'removeWatches'
      readonly path?: Text
      readonly type: number
    }
  | { readonly op: 'auth'; readonly scheme: string; readonly auth: string }
  | ({ readonly op: 'setWatches' | 'setWatches2'; readonly zxid: bigint } & WatchLists)
  | { readonly op: 'whoAmI' | 'ping' | 'close' }
  /** A frame of any type whose body is just these bytes, in hexadecimal. */
  | { readonly op: 'raw'; readonly type: number; readonly body: string }

/** Paths that a client watches when it comes back. */
export interface WatchLists {
  readonly data: readonly string[]
  readonly exist: readonly string[]
  readonly child: readonly string[]
  readonly persistent: readonly string[]
  readonly recursive: readonly string[]
}

export function opcodeOf(ask: Ask): number {
  return ask.op === 'raw' ? ask.type : OP[ask.op]
}

/** True of what a server orders and logs. */
export function isWrite(ask: Ask): boolean {
  return WRITES.has(ask.op)
}

const WRITES: ReadonlySet<string> = new Set([
  'create',
  'create2',
  'createContainer',
  'createTtl',
  'delete',
  'setData',
  'setAcl',
  'multi',
  'close',
])

/** The whole frame. */
export function encodeAsk(xid: number, ask: Ask): Buffer {
  const writer = new Writer().int(xid).int(opcodeOf(ask))
  writeBody(writer, ask)
  return writer.frame()
}

function writeBody(writer: Writer, ask: Ask): void {
  switch (ask.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTtl':
      return writeCreate(writer, ask)
    case 'delete':
    case 'check':
      return void writer.buffer(ask.path).int(ask.version)
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      return void writer.buffer(ask.path).boolean(ask.watch)
    case 'setData':
      return void writer.buffer(ask.path).buffer(ask.data).int(ask.version)
    case 'setAcl':
      writeAcl(writer.buffer(ask.path), ask.acl)
      return void writer.int(ask.version)
    case 'getAcl':
    case 'sync':
    case 'getEphemerals':
    case 'getAllChildrenNumber':
      return void writer.buffer(ask.path)
    case 'multi':
    case 'multiRead':
      return writeMulti(writer, ask.asks)
    case 'addWatch':
      return void writer.buffer(ask.path).int(ask.mode)
    case 'checkWatches':
    case 'removeWatches':
      return void writer.buffer(ask.path).int(ask.type)
    case 'auth':
      return void writer.int(0).buffer(ask.scheme).buffer(ask.auth)
    case 'setWatches':
    case 'setWatches2':
      return writeWatches(writer, ask)
    case 'raw':
      return void writer.bytes(Buffer.from(ask.body, 'hex'))
    case 'whoAmI':
    case 'ping':
    case 'close':
  }
}

function writeCreate(writer: Writer, ask: CreateAsk): void {
  writeAcl(writer.buffer(ask.path).buffer(ask.data), ask.acl)
  writer.int(ask.flags)
  if (ask.op === 'createTtl') writer.long(BigInt(ask.ttl ?? 0))
}

function writeAcl(writer: Writer, acl: readonly AclEntry[] | undefined): void {
  writer.vector(acl, ([perms, scheme, id]) => writer.int(perms).buffer(scheme).buffer(id))
}

function writeMulti(writer: Writer, asks: readonly Ask[]): void {
  for (const ask of asks) {
    writer.int(opcodeOf(ask)).boolean(false).int(-1)
    writeBody(writer, ask)
  }
  writer.int(-1).boolean(true).int(-1)
}

function writeWatches(
  writer: Writer,
  ask: Extract<Ask, { readonly op: 'setWatches' | 'setWatches2' }>,
): void {
  writer.long(ask.zxid)
  const lists = [ask.data, ask.exist, ask.child]
  if (ask.op === 'setWatches2') lists.push(ask.persistent, ask.recursive)
  for (const paths of lists) writer.vector(paths, (path) => writer.buffer(path))
}
