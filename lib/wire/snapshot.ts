/**
 * Snapshots as positional arrays and bytes: batches of znodes, and the tail that holds everything else. The
 * same format on disk, between members and for Views; part of the disk format like txns.
 *
 * A batch is one flat array, all fields of all znodes in a row: half the time of an array per znode.
 */
import { REQUESTS_PER_SESSION_MAX } from '../base/limits.js'
import { OPEN_ACL } from '../protocol/acl.js'
import type {
  KeptOutcome,
  MemberRecord,
  SessionRecord,
  SnapshotTail,
  ZnodeRecord,
} from '../tree/record.js'
import {
  aclOf,
  countOf,
  dataOf,
  digestOf,
  encodeAcl,
  fieldsOf,
  finiteOf,
  int32Of,
  listOf,
  optionalOf,
  passwordOf,
  pathOf,
  retentionOf,
  uint32Of,
  unexpected,
  zxidOf,
} from './field.js'
import {
  decodeIncarnation,
  decodeProcess,
  decodeSessionOrigin,
  encodeIncarnation,
  encodeProcess,
  encodeSessionOrigin,
} from './identity.js'
import { decodeOutcome, encodeOutcome } from './outcome.js'
import { pack, unpack } from './pack.js'
import type { Packable } from './pack.js'

const ZNODE_FIELDS = 11

/** Bytes of a batch of znodes, in a buffer of their own. */
export function packZnodes(nodes: readonly ZnodeRecord[]): Uint8Array<ArrayBuffer> {
  return pack(encodeZnodes(nodes))
}

/** @throws WireError */
export function unpackZnodes(bytes: Uint8Array): ZnodeRecord[] {
  return decodeZnodes(unpack(bytes))
}

/** Bytes of a snapshot's tail, in a buffer of their own. */
export function packSnapshotTail(tail: SnapshotTail): Uint8Array<ArrayBuffer> {
  return pack(encodeSnapshotTail(tail))
}

/** @throws WireError */
export function unpackSnapshotTail(bytes: Uint8Array): SnapshotTail {
  return decodeSnapshotTail(unpack(bytes))
}

export function encodeZnodes(nodes: readonly ZnodeRecord[]): Packable {
  const flat: Packable[] = []
  for (const node of nodes) {
    flat.push(
      node.path,
      node.data,
      node.czxid,
      node.ctime,
      node.mzxid,
      node.mtime,
      node.pzxid,
      node.version,
      node.created,
      node.owner,
      encodeSpecial(node),
    )
  }
  return flat
}

export function decodeZnodes(value: unknown): ZnodeRecord[] {
  if (!Array.isArray(value)) throw unexpected('znodes', value)
  const flat: readonly unknown[] = value
  if (flat.length % ZNODE_FIELDS !== 0) throw unexpected('whole znodes', flat.length)
  const nodes: ZnodeRecord[] = []
  for (let at = 0; at < flat.length; at += ZNODE_FIELDS) nodes.push(decodeZnode(flat, at))
  return nodes
}

/** What few znodes have: one field, absent in the others. */
function encodeSpecial({ acl, aversion = 0, retention = 0 }: ZnodeRecord): Packable {
  const isOpen = acl === undefined || acl === OPEN_ACL
  if (isOpen && aversion === 0 && retention === 0) return undefined
  return [isOpen ? undefined : encodeAcl(acl), aversion, retention]
}

function decodeZnode(flat: readonly unknown[], at: number): ZnodeRecord {
  const record: ZnodeRecord = {
    path: pathOf(flat[at]),
    data: dataOf(flat[at + 1]),
    czxid: zxidOf(flat[at + 2]),
    ctime: finiteOf(flat[at + 3]),
    mzxid: zxidOf(flat[at + 4]),
    mtime: finiteOf(flat[at + 5]),
    pzxid: zxidOf(flat[at + 6]),
    version: int32Of(flat[at + 7]),
    created: countOf(flat[at + 8]),
    owner: zxidOf(flat[at + 9]),
  }
  const special = flat[at + 10]
  if (special === null || special === undefined) return record
  const fields = fieldsOf(special, 3)
  return {
    ...record,
    acl: optionalOf(fields[0], aclOf),
    aversion: int32Of(fields[1]),
    retention: retentionOf(fields[2]),
  }
}

export function encodeSnapshotTail(tail: SnapshotTail): Packable {
  return [
    tail.start,
    tail.end,
    tail.digest,
    tail.sessions.map(encodeSession),
    tail.members.map(encodeMember),
  ]
}

export function decodeSnapshotTail(value: unknown): SnapshotTail {
  const fields = fieldsOf(value, 5)
  return {
    start: zxidOf(fields[0]),
    end: zxidOf(fields[1]),
    digest: digestOf(fields[2]),
    sessions: listOf(fields[3], Infinity, decodeSession),
    members: listOf(fields[4], Infinity, decodeMember),
  }
}

export function encodeSession(session: SessionRecord): Packable {
  return [
    session.id,
    session.timeoutMs,
    encodeSessionOrigin(session.origin),
    session.lastCxid,
    session.outcomes.map(encodeKeptOutcome),
    session.password,
    session.attached,
  ]
}

export function decodeSession(value: unknown): SessionRecord {
  const fields = fieldsOf(value, 7)
  return {
    id: zxidOf(fields[0]),
    timeoutMs: countOf(fields[1]),
    origin: decodeSessionOrigin(fields[2]),
    lastCxid: countOf(fields[3]),
    outcomes: listOf(fields[4], REQUESTS_PER_SESSION_MAX, decodeKeptOutcome),
    password: optionalOf(fields[5], passwordOf),
    attached: optionalOf(fields[6], zxidOf),
  }
}

function encodeKeptOutcome(kept: KeptOutcome): Packable {
  return [kept.cxid, encodeOutcome(kept.outcome)]
}

function decodeKeptOutcome(value: unknown): KeptOutcome {
  const fields = fieldsOf(value, 2)
  return { cxid: countOf(fields[0]), outcome: decodeOutcome(fields[1]) }
}

function encodeMember(member: MemberRecord): Packable {
  return [member.replica, encodeIncarnation(member.incarnation), encodeProcess(member.process)]
}

function decodeMember(value: unknown): MemberRecord {
  const fields = fieldsOf(value, 3)
  return {
    replica: uint32Of(fields[0]),
    incarnation: decodeIncarnation(fields[1]),
    process: decodeProcess(fields[2]),
  }
}
