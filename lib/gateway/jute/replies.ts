/** Everything a server sends after the connection is made, as data, and its bytes: replies and watch events. */
import { JuteError } from './jute-error.js'
import type { Long } from './long.js'
import { EVENT_STATE, EVENT_TYPE, XID, eventTypeName } from './opcodes.js'
import type { EventTypeName } from './opcodes.js'
import { JuteReader } from './reader.js'
import {
  readAcl,
  readIdentities,
  readStat,
  readStrings,
  writeAcl,
  writeIdentities,
  writeStat,
  writeStrings,
} from './records.js'
import type { WireAcl, WireIdentity, WireStat } from './records.js'
import type { RequestKind } from './requests.js'
import { readResults, writeResults } from './results.js'
import type { OperationResult } from './results.js'
import { JuteWriter } from './writer.js'

export interface ReplyHeader {
  /** The request's. */
  readonly xid: number
  /** Where the server stands; of a write, its txn. */
  readonly zxid: Long
  /** 0 or one of WIRE_ERROR. That of a multi is 0 also when it failed: the failure is in its results. */
  readonly err: number
}

interface PathFields {
  readonly path: string
}

interface StatFields {
  readonly stat: WireStat
}

interface PathAndStatFields extends PathFields, StatFields {}

interface DataFields extends StatFields {
  readonly data: Uint8Array | undefined
}

interface ChildrenFields {
  readonly children: readonly string[]
}

interface ResultsFields {
  readonly results: readonly OperationResult[]
}

/** What answers each kind of request, if it succeeds; a kind that is not here is answered by a header alone. */
interface BodyFields {
  create: PathFields
  create2: PathAndStatFields
  createContainer: PathAndStatFields
  createTTL: PathAndStatFields
  sync: PathFields
  exists: StatFields
  setData: StatFields
  setACL: StatFields
  getData: DataFields
  reconfig: DataFields
  getACL: StatFields & { readonly acl: readonly WireAcl[] }
  getChildren: ChildrenFields
  getChildren2: ChildrenFields & StatFields
  multi: ResultsFields
  multiRead: ResultsFields
  getEphemerals: { readonly paths: readonly string[] }
  getAllChildrenNumber: { readonly total: number }
  whoAmI: { readonly identities: readonly WireIdentity[] }
  sasl: { readonly token: Uint8Array | undefined }
  /** `err` is 0. */
  addWatch: { readonly err: number }
}

export type BodyKind = keyof BodyFields
export type ReplyBody = {
  [Kind in BodyKind]: BodyFields[Kind] & { readonly kind: Kind }
}[BodyKind]

/** What answers a kind of request: `undefined` where the header says it all. */
export type ReplyBodyOf<Kind extends RequestKind> = Kind extends BodyKind
  ? Extract<ReplyBody, { kind: Kind }>
  : undefined

/** One answer. No body if `err` is not 0, or if the kind of request has none. */
export interface Reply extends ReplyHeader {
  readonly body: ReplyBody | undefined
}

export interface Notification {
  /** That of the txn which caused it; −1 from ZooKeeper before 3.9. */
  readonly zxid: Long
  readonly type: EventTypeName
  /** One of EVENT_STATE. */
  readonly state: number
  readonly path: string
}

/** Appends one frame. @param body Left out where it says nothing: see {@link Reply}. */
export function writeReply(writer: JuteWriter, header: ReplyHeader, body?: ReplyBody): void {
  writer.frame(() => {
    writeHeader(writer, header)
    if (body !== undefined) writeBody(writer, body)
  })
}

/** One frame with its length. */
export function encodeReply(header: ReplyHeader, body?: ReplyBody): Uint8Array {
  const writer = new JuteWriter()
  writeReply(writer, header, body)
  return writer.take()
}

/** Appends one frame. */
export function writeNotification(
  writer: JuteWriter,
  event: Omit<Notification, 'state'> & { readonly state?: number },
): void {
  writer.frame(() => {
    writeHeader(writer, { xid: XID.notification, zxid: event.zxid, err: 0 })
    writer.int(EVENT_TYPE[event.type])
    writer.int(event.state ?? EVENT_STATE.SyncConnected)
    writer.ustring(event.path)
  })
}

/** For whoever must know the xid before it can tell what the frame answers. @throws JuteError */
export function decodeReplyHeader(frame: Uint8Array): ReplyHeader {
  return readHeader(new JuteReader(frame))
}

/** @param kind What was asked. @throws JuteError */
export function decodeReply(frame: Uint8Array, kind: RequestKind): Reply {
  const reader = new JuteReader(frame)
  const header = readHeader(reader)
  const body = header.err === 0 ? readBody(reader, kind) : undefined
  reader.end()
  return { ...header, body }
}

/** Of a frame whose xid is XID.notification. @throws JuteError */
export function decodeNotification(frame: Uint8Array): Notification {
  const reader = new JuteReader(frame)
  const { zxid } = readHeader(reader)
  const number = reader.int()
  const type = eventTypeName(number)
  if (type === undefined) throw new JuteError('BAD_VALUE', `an event of type ${number}`)
  const state = reader.int()
  const path = reader.text()
  reader.end()
  return { zxid, type, state, path }
}

function readHeader(reader: JuteReader): ReplyHeader {
  const xid = reader.int()
  const zxid = reader.long()
  const err = reader.int()
  return { xid, zxid, err }
}

function writeHeader(writer: JuteWriter, header: ReplyHeader): void {
  writer.int(header.xid)
  writer.long(header.zxid)
  writer.int(header.err)
}

function readBody(reader: JuteReader, kind: RequestKind): ReplyBody | undefined {
  switch (kind) {
    case 'create':
    case 'sync':
      return { kind, path: reader.text() }
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      return { kind, path: reader.text(), stat: readStat(reader) }
    case 'exists':
    case 'setData':
    case 'setACL':
      return { kind, stat: readStat(reader) }
    case 'getData':
    case 'reconfig':
      return { kind, data: reader.buffer(), stat: readStat(reader) }
    case 'getACL':
      return { kind, acl: readAcl(reader), stat: readStat(reader) }
    case 'getChildren':
      return { kind, children: readStrings(reader) }
    case 'getChildren2':
      return { kind, children: readStrings(reader), stat: readStat(reader) }
    case 'multi':
    case 'multiRead':
      return { kind, results: readResults(reader) }
    case 'getEphemerals':
      return { kind, paths: readStrings(reader) }
    case 'getAllChildrenNumber':
      return { kind, total: reader.int() }
    case 'whoAmI':
      return { kind, identities: readIdentities(reader) }
    case 'sasl':
      return { kind, token: reader.buffer() }
    case 'addWatch':
      return { kind, err: reader.int() }
    case 'delete':
    case 'ping':
    case 'auth':
    case 'setWatches':
    case 'setWatches2':
    case 'checkWatches':
    case 'removeWatches':
    case 'closeSession':
      return undefined
  }
}

function writeBody(writer: JuteWriter, body: ReplyBody): void {
  switch (body.kind) {
    case 'create':
    case 'sync':
      return writer.ustring(body.path)
    case 'create2':
    case 'createContainer':
    case 'createTTL':
      writer.ustring(body.path)
      return writeStat(writer, body.stat)
    case 'exists':
    case 'setData':
    case 'setACL':
      return writeStat(writer, body.stat)
    case 'getData':
    case 'reconfig':
      writer.buffer(body.data)
      return writeStat(writer, body.stat)
    case 'getACL':
      writeAcl(writer, body.acl)
      return writeStat(writer, body.stat)
    case 'getChildren':
      return writeStrings(writer, body.children)
    case 'getChildren2':
      writeStrings(writer, body.children)
      return writeStat(writer, body.stat)
    case 'multi':
    case 'multiRead':
      return writeResults(writer, body.results)
    case 'getEphemerals':
      return writeStrings(writer, body.paths)
    case 'getAllChildrenNumber':
      return writer.int(body.total)
    case 'whoAmI':
      return writeIdentities(writer, body.identities)
    case 'sasl':
      return writer.buffer(body.token)
    case 'addWatch':
      return writer.int(body.err)
  }
}
