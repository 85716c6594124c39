/** Zab's own messages as positional arrays: one encoder and one decoder per message, codes 1 … 14. */
import { unreachable } from '../base/assert.js'
import { EPOCH_ENDS_MAX } from '../base/limits.js'
import type { Txn } from '../tree/txn.js'
import type {
  AckEpochMessage,
  AckMessage,
  AckNewLeaderMessage,
  FollowerInfoMessage,
  MemberState,
  NewLeaderMessage,
  NotificationMessage,
  ProposalMessage,
  UpToDateMessage,
  Vote,
  ZabMessage,
} from '../zab/message.js'
import type { Entry } from '../zab/entry.js'
import { decodeEntry, encodeEntry } from './entry.js'
import {
  booleanOf,
  countOf,
  epochOf,
  fieldsOf,
  listOf,
  nameOf,
  uint32Of,
  unexpected,
  wordOf,
  zxidOf,
} from './field.js'
import { decodeRegistry, encodeRegistry } from './identity.js'
import type { Packable } from './pack.js'

const NOTIFICATION = 1
const FOLLOWER_INFO = 2
const LEADER_INFO = 3
const ACK_EPOCH = 4
const DIFF = 5
const SNAP = 6
const NEW_LEADER = 7
const ACK_NEW_LEADER = 8
const UP_TO_DATE = 9
const PROPOSAL = 10
const ACK = 11
const COMMIT = 12
const PING = 13
const PONG = 14

/** Codes up to this one are Zab's. */
export const ZAB_CODE_MAX: number = PONG

const STATES: readonly MemberState[] = ['looking', 'following', 'leading', 'observing']
const ROLES: readonly FollowerInfoMessage['role'][] = ['voter', 'observer']

export function encodeZabMessage(message: ZabMessage<Txn>): Packable {
  switch (message.kind) {
    case 'notification':
      return encodeNotification(message)
    case 'followerInfo':
      return encodeFollowerInfo(message)
    case 'leaderInfo':
      return [LEADER_INFO, message.epoch]
    case 'ackEpoch':
      return encodeAckEpoch(message)
    case 'diff':
      return [DIFF, message.from]
    case 'snap':
      return [SNAP, message.start]
    case 'newLeader':
      return encodeNewLeader(message)
    case 'ackNewLeader':
      return [ACK_NEW_LEADER, message.epoch, message.lastZxid, message.voter]
    case 'upToDate':
      return [UP_TO_DATE, message.epoch, message.committed]
    case 'proposal':
      return [PROPOSAL, message.entries.map(encodeEntry)]
    case 'ack':
      return [ACK, message.zxid, message.voter]
    case 'commit':
      return [COMMIT, message.zxid]
    case 'ping':
      return [PING, message.epoch, message.number]
    case 'pong':
      return [PONG, message.epoch, message.number]
    default:
      return unreachable(message)
  }
}

export function decodeZabMessage(code: number, value: unknown): ZabMessage<Txn> {
  switch (code) {
    case NOTIFICATION:
      return decodeNotification(value)
    case FOLLOWER_INFO:
      return decodeFollowerInfo(value)
    case LEADER_INFO:
      return { kind: 'leaderInfo', epoch: epochOf(fieldsOf(value, 2)[1]) }
    case ACK_EPOCH:
      return decodeAckEpoch(value)
    case DIFF:
      return { kind: 'diff', from: zxidOf(fieldsOf(value, 2)[1]) }
    case SNAP:
      return { kind: 'snap', start: zxidOf(fieldsOf(value, 2)[1]) }
    case NEW_LEADER:
      return decodeNewLeader(value)
    case ACK_NEW_LEADER:
      return decodeAckNewLeader(value)
    case UP_TO_DATE:
      return decodeUpToDate(value)
    case PROPOSAL:
      return decodeProposal(value)
    case ACK:
      return decodeAck(value)
    case COMMIT:
      return { kind: 'commit', zxid: zxidOf(fieldsOf(value, 2)[1]) }
    case PING:
      return { kind: 'ping', ...decodePulse(value) }
    case PONG:
      return { kind: 'pong', ...decodePulse(value) }
    default:
      throw unexpected('a kind of message', code)
  }
}

function encodeNotification(message: NotificationMessage): Packable {
  const { vote } = message
  return [
    NOTIFICATION,
    STATES.indexOf(message.state),
    message.round,
    [vote.leader, vote.epoch, vote.zxid],
    message.voter,
    message.empty,
    message.established,
  ]
}

function decodeNotification(value: unknown): NotificationMessage {
  const fields = fieldsOf(value, 7)
  return {
    kind: 'notification',
    state: wordOf(STATES, fields[1]),
    round: countOf(fields[2]),
    vote: decodeVote(fields[3]),
    voter: booleanOf(fields[4]),
    empty: booleanOf(fields[5]),
    established: booleanOf(fields[6]),
  }
}

function decodeVote(value: unknown): Vote {
  const fields = fieldsOf(value, 3)
  return { leader: uint32Of(fields[0]), epoch: epochOf(fields[1]), zxid: zxidOf(fields[2]) }
}

function encodeFollowerInfo(message: FollowerInfoMessage): Packable {
  const { acceptedEpoch, voter, empty, role } = message
  return [FOLLOWER_INFO, acceptedEpoch, voter, empty, ROLES.indexOf(role)]
}

function decodeFollowerInfo(value: unknown): FollowerInfoMessage {
  const fields = fieldsOf(value, 5)
  return {
    kind: 'followerInfo',
    acceptedEpoch: epochOf(fields[1]),
    voter: booleanOf(fields[2]),
    empty: booleanOf(fields[3]),
    role: wordOf(ROLES, fields[4]),
  }
}

function encodeAckEpoch(message: AckEpochMessage): Packable {
  return [
    ACK_EPOCH,
    message.epoch,
    message.fresh,
    message.currentEpoch,
    message.lastZxid,
    message.voter,
    message.empty,
    message.epochEnds,
    message.needsSnapshot,
  ]
}

function decodeAckEpoch(value: unknown): AckEpochMessage {
  const fields = fieldsOf(value, 9)
  return {
    kind: 'ackEpoch',
    epoch: epochOf(fields[1]),
    fresh: booleanOf(fields[2]),
    currentEpoch: epochOf(fields[3]),
    lastZxid: zxidOf(fields[4]),
    voter: booleanOf(fields[5]),
    empty: booleanOf(fields[6]),
    epochEnds: listOf(fields[7], EPOCH_ENDS_MAX, zxidOf),
    needsSnapshot: booleanOf(fields[8]),
  }
}

function encodeNewLeader(message: NewLeaderMessage): Packable {
  const { epoch, clusterId, lastZxid, registry, formation } = message
  return [NEW_LEADER, epoch, clusterId, lastZxid, encodeRegistry(registry), formation]
}

function decodeNewLeader(value: unknown): NewLeaderMessage {
  const fields = fieldsOf(value, 6)
  return {
    kind: 'newLeader',
    epoch: epochOf(fields[1]),
    clusterId: nameOf(fields[2]),
    lastZxid: zxidOf(fields[3]),
    registry: decodeRegistry(fields[4]),
    formation: booleanOf(fields[5]),
  }
}

function decodeAckNewLeader(value: unknown): AckNewLeaderMessage {
  const fields = fieldsOf(value, 4)
  return {
    kind: 'ackNewLeader',
    epoch: epochOf(fields[1]),
    lastZxid: zxidOf(fields[2]),
    voter: booleanOf(fields[3]),
  }
}

function decodeUpToDate(value: unknown): UpToDateMessage {
  const fields = fieldsOf(value, 3)
  return { kind: 'upToDate', epoch: epochOf(fields[1]), committed: zxidOf(fields[2]) }
}

function decodeProposal(value: unknown): ProposalMessage<Txn> {
  const entries = listOf(fieldsOf(value, 2)[1], Infinity, decodeEntry)
  if (entries.length === 0) throw unexpected('one entry or more', 0)
  entries.forEach(checkAscending)
  return { kind: 'proposal', entries }
}

function checkAscending(entry: Entry<Txn>, index: number, entries: readonly Entry<Txn>[]): void {
  const previous = entries[index - 1]
  if (previous !== undefined && previous.zxid >= entry.zxid) {
    throw unexpected('ascending zxids', entry.zxid)
  }
}

function decodeAck(value: unknown): AckMessage {
  const fields = fieldsOf(value, 3)
  return { kind: 'ack', zxid: zxidOf(fields[1]), voter: booleanOf(fields[2]) }
}

function decodePulse(value: unknown): { readonly epoch: number; readonly number: number } {
  const fields = fieldsOf(value, 3)
  return { epoch: epochOf(fields[1]), number: countOf(fields[2]) }
}
