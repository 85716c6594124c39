/** What stands alone or in a multi: the writes of `multi`, the reads of `multiRead`. */
import { JuteError } from './jute-error.js'
import type { Long } from './long.js'
import { OPCODE, opcodeName } from './opcodes.js'
import { readAcl, readMultiHeader, writeAcl, writeMultiEnd, writeMultiHeader } from './records.js'
import type { WireAcl } from './records.js'
import type { JuteReader } from './reader.js'
import type { JuteWriter } from './writer.js'

export interface CreateRequest {
  readonly kind: 'create' | 'create2' | 'createContainer'
  readonly path: string
  readonly data: Uint8Array | undefined
  readonly acl: readonly WireAcl[]
  /** As sent: whether it is one of the known ones, and suits the kind, is not checked here. */
  readonly flags: number
}

export interface CreateTtlRequest {
  readonly kind: 'createTTL'
  readonly path: string
  readonly data: Uint8Array | undefined
  readonly acl: readonly WireAcl[]
  readonly flags: number
  /** ms. */
  readonly ttl: Long
}

/** `version` −1 stands for any. */
export interface VersionRequest {
  readonly kind: 'delete' | 'check'
  readonly path: string
  readonly version: number
}

export interface SetDataRequest {
  readonly kind: 'setData'
  readonly path: string
  readonly data: Uint8Array | undefined
  readonly version: number
}

/** `watch` means nothing inside a multi. */
export interface WatchingReadRequest {
  readonly kind: 'exists' | 'getData' | 'getChildren' | 'getChildren2'
  readonly path: string
  readonly watch: boolean
}

export type WriteOperation = CreateRequest | CreateTtlRequest | VersionRequest | SetDataRequest
export type ReadOperation = WatchingReadRequest & { readonly kind: 'getData' | 'getChildren' }

/** Before an operation of a multi. */
const NO_ERR = -1

export function readCreate(reader: JuteReader, kind: CreateRequest['kind']): CreateRequest {
  const path = reader.text()
  const data = reader.buffer()
  const acl = readAcl(reader)
  const flags = reader.int()
  return { kind, path, data, acl, flags }
}

export function readCreateTtl(reader: JuteReader): CreateTtlRequest {
  const path = reader.text()
  const data = reader.buffer()
  const acl = readAcl(reader)
  const flags = reader.int()
  const ttl = reader.long()
  return { kind: 'createTTL', path, data, acl, flags, ttl }
}

export function readVersion<Kind extends VersionRequest['kind']>(
  reader: JuteReader,
  kind: Kind,
): VersionRequest & { readonly kind: Kind } {
  const path = reader.text()
  const version = reader.int()
  return { kind, path, version }
}

export function readSetData(reader: JuteReader): SetDataRequest {
  const path = reader.text()
  const data = reader.buffer()
  const version = reader.int()
  return { kind: 'setData', path, data, version }
}

export function readWatchingRead<Kind extends WatchingReadRequest['kind']>(
  reader: JuteReader,
  kind: Kind,
): WatchingReadRequest & { readonly kind: Kind } {
  const path = reader.text()
  const watch = reader.bool()
  return { kind, path, watch }
}

export function writeWrite(writer: JuteWriter, request: WriteOperation): void {
  writer.ustring(request.path)
  switch (request.kind) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      writer.buffer(request.data)
      writeAcl(writer, request.acl)
      writer.int(request.flags)
      if (request.kind === 'createTTL') writer.long(request.ttl)
      return
    case 'delete':
    case 'check':
      writer.int(request.version)
      return
    case 'setData':
      writer.buffer(request.data)
      writer.int(request.version)
      return
  }
}

export function writeWatchingRead(writer: JuteWriter, request: WatchingReadRequest): void {
  writer.ustring(request.path)
  writer.bool(request.watch)
}

/** The operations of a `multi`, up to its end. A read among them is malformed: no client can send one. */
export function readWrites(reader: JuteReader): WriteOperation[] {
  return readOperations(reader, readWriteOperation)
}

export function readReads(reader: JuteReader): ReadOperation[] {
  return readOperations(reader, readReadOperation)
}

export function writeWrites(writer: JuteWriter, operations: readonly WriteOperation[]): void {
  for (const operation of operations) {
    writeMultiHeader(writer, OPCODE[operation.kind], NO_ERR)
    writeWrite(writer, operation)
  }
  writeMultiEnd(writer)
}

export function writeReads(writer: JuteWriter, operations: readonly ReadOperation[]): void {
  for (const operation of operations) {
    writeMultiHeader(writer, OPCODE[operation.kind], NO_ERR)
    writeWatchingRead(writer, operation)
  }
  writeMultiEnd(writer)
}

function readOperations<T>(
  reader: JuteReader,
  readOperation: (reader: JuteReader, type: number) => T,
): T[] {
  const operations: T[] = []
  for (;;) {
    const header = readMultiHeader(reader)
    if (header.done) return operations
    operations.push(readOperation(reader, header.type))
  }
}

function readWriteOperation(reader: JuteReader, type: number): WriteOperation {
  const kind = opcodeName(type)
  switch (kind) {
    case 'create':
    case 'create2':
    case 'createContainer':
      return readCreate(reader, kind)
    case 'createTTL':
      return readCreateTtl(reader)
    case 'delete':
    case 'check':
      return readVersion(reader, kind)
    case 'setData':
      return readSetData(reader)
    default:
      throw new JuteError('BAD_VALUE', `an operation of type ${type} in a multi`)
  }
}

function readReadOperation(reader: JuteReader, type: number): ReadOperation {
  const kind = opcodeName(type)
  switch (kind) {
    case 'getData':
    case 'getChildren':
      return readWatchingRead(reader, kind)
    default:
      throw new JuteError('BAD_VALUE', `an operation of type ${type} in a multiRead`)
  }
}
