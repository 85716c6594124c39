/**
 * Everything a client may send after it is connected, as data, and its bytes. What is well formed is not yet right:
 * paths, flags, versions and modes are whatever the client sent.
 *
 * Decoding is strict: nothing may follow the record, a boolean is 0 or 1, a multi ends as ZooKeeper's does. The
 * clients of Java, Go (go-zookeeper), Python (kazoo) and npm (node-zookeeper-client) keep to that.
 */
import type { Long } from './long.js'
import { OPCODE, opcodeName } from './opcodes.js'
import type { OpcodeName } from './opcodes.js'
import * as operations from './operations.js'
import type {
  CreateRequest,
  CreateTtlRequest,
  ReadOperation,
  SetDataRequest,
  VersionRequest,
  WatchingReadRequest,
  WriteOperation,
} from './operations.js'
import { JuteReader } from './reader.js'
import { readAcl, readStrings, writeAcl, writeStrings } from './records.js'
import type { WireAcl } from './records.js'
import { JuteWriter } from './writer.js'

export interface PathRequest {
  readonly kind: 'getACL' | 'sync' | 'getAllChildrenNumber'
  readonly path: string
}

export interface SetAclRequest {
  readonly kind: 'setACL'
  readonly path: string
  readonly acl: readonly WireAcl[]
  readonly version: number
}

/** A header and nothing else. */
export interface BareRequest {
  readonly kind: 'ping' | 'whoAmI' | 'closeSession'
}

export interface MultiRequest {
  readonly kind: 'multi'
  readonly operations: readonly WriteOperation[]
}

export interface MultiReadRequest {
  readonly kind: 'multiRead'
  readonly operations: readonly ReadOperation[]
}

export interface AuthRequest {
  readonly kind: 'auth'
  /** Always 0. */
  readonly type: number
  readonly scheme: string
  readonly auth: Uint8Array | undefined
}

export interface SaslRequest {
  readonly kind: 'sasl'
  readonly token: Uint8Array | undefined
}

export interface SetWatchesRequest {
  readonly kind: 'setWatches'
  /** What the client has seen: later changes are news. */
  readonly relativeZxid: Long
  readonly dataWatches: readonly string[]
  readonly existWatches: readonly string[]
  readonly childWatches: readonly string[]
}

export interface SetWatches2Request {
  readonly kind: 'setWatches2'
  readonly relativeZxid: Long
  readonly dataWatches: readonly string[]
  readonly existWatches: readonly string[]
  readonly childWatches: readonly string[]
  readonly persistentWatches: readonly string[]
  readonly persistentRecursiveWatches: readonly string[]
}

export interface WatcherRequest {
  readonly kind: 'checkWatches' | 'removeWatches'
  readonly path: string
  /** One of WATCHER_TYPE. */
  readonly type: number
}

export interface AddWatchRequest {
  readonly kind: 'addWatch'
  readonly path: string
  /** One of ADD_WATCH_MODE. */
  readonly mode: number
}

export interface GetEphemeralsRequest {
  readonly kind: 'getEphemerals'
  /** Empty: all of the session's. */
  readonly prefix: string
}

export interface ReconfigRequest {
  readonly kind: 'reconfig'
  readonly joiningServers: string | undefined
  readonly leavingServers: string | undefined
  readonly newMembers: string | undefined
  readonly curConfigId: Long
}

/** An opcode that no client may send, outside a multi at least. */
export interface UnknownRequest {
  readonly kind: 'unknown'
  readonly opcode: number
  readonly body: Uint8Array
}

export type ClientRequest =
  | CreateRequest
  | CreateTtlRequest
  | (VersionRequest & { readonly kind: 'delete' })
  | SetDataRequest
  | WatchingReadRequest
  | PathRequest
  | SetAclRequest
  | BareRequest
  | MultiRequest
  | MultiReadRequest
  | AuthRequest
  | SaslRequest
  | SetWatchesRequest
  | SetWatches2Request
  | WatcherRequest
  | AddWatchRequest
  | GetEphemeralsRequest
  | ReconfigRequest
  | UnknownRequest

export type RequestKind = Exclude<ClientRequest['kind'], 'unknown'>

export interface RequestFrame {
  readonly xid: number
  readonly request: ClientRequest
}

/** Buffers in it are views of the frame. @throws JuteError */
export function decodeRequest(frame: Uint8Array): RequestFrame {
  const reader = new JuteReader(frame)
  const xid = reader.int()
  const opcode = reader.int()
  const request = readRequest(reader, opcode, opcodeName(opcode))
  reader.end()
  return { xid, request }
}

/** One frame with its length. @throws RangeError for a number that does not fit its field. */
export function encodeRequest(xid: number, request: ClientRequest): Uint8Array {
  const writer = new JuteWriter()
  writeRequest(writer, xid, request)
  return writer.take()
}

/** Appends one frame. */
export function writeRequest(writer: JuteWriter, xid: number, request: ClientRequest): void {
  writer.frame(() => {
    writer.int(xid)
    writer.int(request.kind === 'unknown' ? request.opcode : OPCODE[request.kind])
    writeBody(writer, request)
  })
}

function readRequest(
  reader: JuteReader,
  opcode: number,
  kind: OpcodeName | undefined,
): ClientRequest {
  switch (kind) {
    case 'create':
    case 'create2':
    case 'createContainer':
      return operations.readCreate(reader, kind)
    case 'createTTL':
      return operations.readCreateTtl(reader)
    case 'delete':
      return operations.readVersion(reader, kind)
    case 'setData':
      return operations.readSetData(reader)
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      return operations.readWatchingRead(reader, kind)
    case 'getACL':
    case 'sync':
    case 'getAllChildrenNumber':
      return { kind, path: reader.text() }
    case 'setACL':
      return readSetAcl(reader)
    case 'ping':
    case 'whoAmI':
    case 'closeSession':
      return { kind }
    case 'multi':
      return { kind, operations: operations.readWrites(reader) }
    case 'multiRead':
      return { kind, operations: operations.readReads(reader) }
    case 'auth':
      return readAuth(reader)
    case 'sasl':
      return { kind, token: reader.buffer() }
    case 'setWatches':
      return readSetWatches(reader)
    case 'setWatches2':
      return readSetWatches2(reader)
    case 'checkWatches':
    case 'removeWatches':
      return readWatcher(reader, kind)
    case 'addWatch':
      return readAddWatch(reader)
    case 'getEphemerals':
      return { kind, prefix: reader.text() }
    case 'reconfig':
      return readReconfig(reader)
    case 'check':
    case 'error':
    case undefined:
      return { kind: 'unknown', opcode, body: reader.remainder() }
  }
}

function writeBody(writer: JuteWriter, request: ClientRequest): void {
  switch (request.kind) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
    case 'delete':
    case 'setData':
      return operations.writeWrite(writer, request)
    case 'exists':
    case 'getData':
    case 'getChildren':
    case 'getChildren2':
      return operations.writeWatchingRead(writer, request)
    case 'getACL':
    case 'sync':
    case 'getAllChildrenNumber':
      return writer.ustring(request.path)
    case 'setACL':
      return writeSetAcl(writer, request)
    case 'ping':
    case 'whoAmI':
    case 'closeSession':
      return
    case 'multi':
      return operations.writeWrites(writer, request.operations)
    case 'multiRead':
      return operations.writeReads(writer, request.operations)
    case 'auth':
      return writeAuth(writer, request)
    case 'sasl':
      return writer.buffer(request.token)
    case 'setWatches':
    case 'setWatches2':
      return writeSetWatches(writer, request)
    case 'checkWatches':
    case 'removeWatches':
      return writePathAndInt(writer, request.path, request.type)
    case 'addWatch':
      return writePathAndInt(writer, request.path, request.mode)
    case 'getEphemerals':
      return writer.ustring(request.prefix)
    case 'reconfig':
      return writeReconfig(writer, request)
    case 'unknown':
      return writer.bytes(request.body)
  }
}

function readSetAcl(reader: JuteReader): SetAclRequest {
  const path = reader.text()
  const acl = readAcl(reader)
  const version = reader.int()
  return { kind: 'setACL', path, acl, version }
}

function writeSetAcl(writer: JuteWriter, request: SetAclRequest): void {
  writer.ustring(request.path)
  writeAcl(writer, request.acl)
  writer.int(request.version)
}

function readAuth(reader: JuteReader): AuthRequest {
  const type = reader.int()
  const scheme = reader.text()
  const auth = reader.buffer()
  return { kind: 'auth', type, scheme, auth }
}

function writeAuth(writer: JuteWriter, request: AuthRequest): void {
  writer.int(request.type)
  writer.ustring(request.scheme)
  writer.buffer(request.auth)
}

function readSetWatches(reader: JuteReader): SetWatchesRequest {
  const relativeZxid = reader.long()
  const dataWatches = readStrings(reader)
  const existWatches = readStrings(reader)
  const childWatches = readStrings(reader)
  return { kind: 'setWatches', relativeZxid, dataWatches, existWatches, childWatches }
}

function readSetWatches2(reader: JuteReader): SetWatches2Request {
  const watches = readSetWatches(reader)
  const persistentWatches = readStrings(reader)
  const persistentRecursiveWatches = readStrings(reader)
  return { ...watches, kind: 'setWatches2', persistentWatches, persistentRecursiveWatches }
}

function writeSetWatches(
  writer: JuteWriter,
  request: SetWatchesRequest | SetWatches2Request,
): void {
  writer.long(request.relativeZxid)
  writeStrings(writer, request.dataWatches)
  writeStrings(writer, request.existWatches)
  writeStrings(writer, request.childWatches)
  if (request.kind === 'setWatches') return
  writeStrings(writer, request.persistentWatches)
  writeStrings(writer, request.persistentRecursiveWatches)
}

function readWatcher(reader: JuteReader, kind: WatcherRequest['kind']): WatcherRequest {
  const path = reader.text()
  const type = reader.int()
  return { kind, path, type }
}

function readAddWatch(reader: JuteReader): AddWatchRequest {
  const path = reader.text()
  const mode = reader.int()
  return { kind: 'addWatch', path, mode }
}

function writePathAndInt(writer: JuteWriter, path: string, value: number): void {
  writer.ustring(path)
  writer.int(value)
}

function readReconfig(reader: JuteReader): ReconfigRequest {
  const joiningServers = reader.ustring()
  const leavingServers = reader.ustring()
  const newMembers = reader.ustring()
  const curConfigId = reader.long()
  return { kind: 'reconfig', joiningServers, leavingServers, newMembers, curConfigId }
}

function writeReconfig(writer: JuteWriter, request: ReconfigRequest): void {
  writer.ustring(request.joiningServers)
  writer.ustring(request.leavingServers)
  writer.ustring(request.newMembers)
  writer.long(request.curConfigId)
}
