/** Records that requests and replies share: Stat, ACL, the header of an operation in a multi. */
import { JuteError } from './jute-error.js'
import type { Long } from './long.js'
import type { JuteReader } from './reader.js'
import type { JuteWriter } from './writer.js'

/** Field for field what the session API calls Stat, with room for the 64-bit numbers of other servers. */
export interface WireStat {
  readonly czxid: Long
  readonly mzxid: Long
  readonly pzxid: Long
  /** ms since 1970. */
  readonly ctime: Long
  readonly mtime: Long
  readonly version: number
  readonly cversion: number
  readonly aversion: number
  /** 0 of a znode that no session owns. */
  readonly ephemeralOwner: Long
  readonly dataLength: number
  readonly numChildren: number
}

export interface WireAcl {
  readonly perms: number
  readonly scheme: string
  readonly id: string
}

/** One of whoAmI. */
export interface WireIdentity {
  readonly scheme: string
  readonly user: string
}

/** Before each operation of a multi, before each of its results, and at the end of both. */
export interface MultiHeader {
  readonly type: number
  readonly done: boolean
  /** −1 before an operation, 0 before a result, the code before an error. */
  readonly err: number
}

/** What a vector's items take at least. */
export const BYTES_MIN = { ustring: 4, acl: 12, identity: 8 } as const

const END: MultiHeader = { type: -1, done: true, err: -1 }

/** In the order of the wire: `pzxid` comes last. */
export function readStat(reader: JuteReader): WireStat {
  const czxid = reader.long()
  const mzxid = reader.long()
  const ctime = reader.long()
  const mtime = reader.long()
  const version = reader.int()
  const cversion = reader.int()
  const aversion = reader.int()
  const ephemeralOwner = reader.long()
  const dataLength = reader.int()
  const numChildren = reader.int()
  const pzxid = reader.long()
  return {
    czxid,
    mzxid,
    pzxid,
    ctime,
    mtime,
    version,
    cversion,
    aversion,
    ephemeralOwner,
    dataLength,
    numChildren,
  }
}

export function writeStat(writer: JuteWriter, stat: WireStat): void {
  writer.long(stat.czxid)
  writer.long(stat.mzxid)
  writer.long(stat.ctime)
  writer.long(stat.mtime)
  writer.int(stat.version)
  writer.int(stat.cversion)
  writer.int(stat.aversion)
  writer.long(stat.ephemeralOwner)
  writer.int(stat.dataLength)
  writer.int(stat.numChildren)
  writer.long(stat.pzxid)
}

/** A null list is an empty one: neither is an ACL that a znode can have. */
export function readAcl(reader: JuteReader): WireAcl[] {
  return reader.vector(BYTES_MIN.acl, readAclEntry)
}

export function writeAcl(writer: JuteWriter, acl: readonly WireAcl[]): void {
  writer.vector(acl, writeAclEntry)
}

export function readStrings(reader: JuteReader): string[] {
  return reader.vector(BYTES_MIN.ustring, readText)
}

export function writeStrings(writer: JuteWriter, strings: readonly string[]): void {
  writer.vector(strings, writeText)
}

export function readIdentities(reader: JuteReader): WireIdentity[] {
  return reader.vector(BYTES_MIN.identity, readIdentity)
}

export function writeIdentities(writer: JuteWriter, identities: readonly WireIdentity[]): void {
  writer.vector(identities, writeIdentity)
}

export function readMultiHeader(reader: JuteReader): MultiHeader {
  const type = reader.int()
  const done = reader.bool()
  const err = reader.int()
  if (done && type !== END.type) throw new JuteError('BAD_VALUE', `a multi ends with ${type}`)
  return { type, done, err }
}

export function writeMultiHeader(writer: JuteWriter, type: number, err: number): void {
  writer.int(type)
  writer.bool(false)
  writer.int(err)
}

export function writeMultiEnd(writer: JuteWriter): void {
  writer.int(END.type)
  writer.bool(END.done)
  writer.int(END.err)
}

function readAclEntry(reader: JuteReader): WireAcl {
  const perms = reader.int()
  const scheme = reader.text()
  const id = reader.text()
  return { perms, scheme, id }
}

function writeAclEntry(writer: JuteWriter, entry: WireAcl): void {
  writer.int(entry.perms)
  writer.ustring(entry.scheme)
  writer.ustring(entry.id)
}

function readIdentity(reader: JuteReader): WireIdentity {
  const scheme = reader.text()
  const user = reader.text()
  return { scheme, user }
}

function writeIdentity(writer: JuteWriter, identity: WireIdentity): void {
  writer.ustring(identity.scheme)
  writer.ustring(identity.user)
}

function readText(reader: JuteReader): string {
  return reader.text()
}

function writeText(writer: JuteWriter, text: string): void {
  writer.ustring(text)
}
