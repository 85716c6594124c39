/**
 * The port between a replica and a View ↔ bytes: everything of one turn and direction in one `ArrayBuffer` of
 * its own, to be transferred to the other thread.
 *
 * Both ends are the same build of the same process, so there is no version and no bound here.
 */
import { unreachable } from '../base/assert.js'
import type {
  PeerStatus,
  ReplicaRole,
  ReplicaStatus,
  ViewInput,
  ViewOutput,
} from '../replica/view-message.js'
import { readEntry, encodeEntry } from './entry.js'
import {
  booleanOf,
  codeOf,
  countOf,
  digestOf,
  epochOf,
  fieldsOf,
  finiteOf,
  listOf,
  nameOf,
  optionalOf,
  textOf,
  uint32Of,
  unexpected,
  wordOf,
  zxidOf,
} from './field.js'
import { decodeReport } from './message.js'
import { pack, unpackOwn } from './pack.js'
import type { Packable } from './pack.js'
import { decodeRequest, encodeRequest } from './request.js'
import { decodeTrace, decodeTraceKind, encodeTrace, encodeTraceKind } from './trace.js'
import { decodeSnapshotTail, decodeZnodes, encodeSnapshotTail, encodeZnodes } from './snapshot.js'

const ATTACHED = 1
const SNAPSHOT_BEGIN = 2
const SNAPSHOT_NODES = 3
const SNAPSHOT_END = 4
const TXNS = 5
const LEASE = 6
const STATUS = 7
const FAILED = 8
const DIVERGENCE = 9
const TRACES = 10

/** Replica → View. */
export function encodeViewInputs(inputs: readonly ViewInput[]): ArrayBuffer {
  return pack(inputs.map(encodeViewInput)).buffer
}

export function decodeViewInputs(buffer: ArrayBuffer): ViewInput[] {
  return listOf(unpackOwn(new Uint8Array(buffer)), Infinity, decodeViewInput)
}

/** View → replica. */
export function encodeViewOutputs(outputs: readonly ViewOutput[]): ArrayBuffer {
  return pack(outputs.map(encodeViewOutput)).buffer
}

export function decodeViewOutputs(buffer: ArrayBuffer): ViewOutput[] {
  return listOf(unpackOwn(new Uint8Array(buffer)), Infinity, decodeViewOutput)
}

function encodeViewInput(input: ViewInput): Packable {
  switch (input.kind) {
    case 'attached':
      return [ATTACHED, input.replica, input.incarnationKey, input.view]
    case 'snapshotBegin':
      return [SNAPSHOT_BEGIN]
    case 'snapshotNodes':
      return [SNAPSHOT_NODES, encodeZnodes(input.nodes)]
    case 'snapshotEnd':
      return [SNAPSHOT_END, encodeSnapshotTail(input.tail), input.entries.map(encodeEntry)]
    case 'txns':
      return [TXNS, input.entries.map(encodeEntry)]
    case 'lease':
      return [LEASE, input.sessions]
    case 'status':
      return [STATUS, encodeStatus(input.status)]
    case 'divergence':
      return [DIVERGENCE, input.zxid]
    case 'trace':
      return [TRACES, input.traces.map(encodeTrace)]
    case 'failed':
      return [FAILED, input.reason, input.code]
    default:
      return unreachable(input)
  }
}

function decodeViewInput(value: unknown): ViewInput {
  const code = codeOf(value)
  switch (code) {
    case ATTACHED: {
      const fields = fieldsOf(value, 4)
      return {
        kind: 'attached',
        replica: uint32Of(fields[1]),
        incarnationKey: uint32Of(fields[2]),
        view: countOf(fields[3]),
      }
    }
    case SNAPSHOT_BEGIN:
      fieldsOf(value, 1)
      return { kind: 'snapshotBegin' }
    case SNAPSHOT_NODES:
      return { kind: 'snapshotNodes', nodes: decodeZnodes(fieldsOf(value, 2)[1]) }
    case SNAPSHOT_END: {
      const fields = fieldsOf(value, 3)
      return {
        kind: 'snapshotEnd',
        tail: decodeSnapshotTail(fields[1]),
        entries: listOf(fields[2], Infinity, readEntry),
      }
    }
    case TXNS:
      return { kind: 'txns', entries: listOf(fieldsOf(value, 2)[1], Infinity, readEntry) }
    case LEASE:
      return { kind: 'lease', sessions: decodeReport(fieldsOf(value, 2)[1]) }
    case STATUS:
      return { kind: 'status', status: decodeStatus(fieldsOf(value, 2)[1]) }
    case DIVERGENCE:
      return { kind: 'divergence', zxid: zxidOf(fieldsOf(value, 2)[1]) }
    case TRACES:
      return { kind: 'trace', traces: listOf(fieldsOf(value, 2)[1], Infinity, decodeTrace) }
    case FAILED: {
      const fields = fieldsOf(value, 3)
      return { kind: 'failed', reason: textOf(fields[1]), code: nameOf(fields[2]) }
    }
    default:
      throw unexpected('a kind of view input', code)
  }
}

const ROLES: readonly ReplicaRole[] = ['looking', 'following', 'leading', 'observing']
const PEER_STATES = ['synchronizing', 'upToDate'] as const

function encodeStatus(status: ReplicaStatus): Packable {
  return [
    status.id,
    ROLES.indexOf(status.role),
    status.epoch,
    status.leader,
    status.established,
    status.voter,
    status.lastLogged,
    status.lastCommitted,
    status.connected,
    status.voters,
    status.clusterId,
    status.waitingFor,
    Object.entries(status.counters),
    status.peers.map(encodePeer),
  ]
}

function decodeStatus(value: unknown): ReplicaStatus {
  const fields = fieldsOf(value, 14)
  return {
    id: uint32Of(fields[0]),
    role: wordOf(ROLES, fields[1]),
    epoch: epochOf(fields[2]),
    leader: optionalOf(fields[3], uint32Of),
    established: booleanOf(fields[4]),
    voter: booleanOf(fields[5]),
    lastLogged: zxidOf(fields[6]),
    lastCommitted: zxidOf(fields[7]),
    connected: listOf(fields[8], Infinity, uint32Of),
    peers: listOf(fields[13], Infinity, decodePeer),
    voters: listOf(fields[9], Infinity, uint32Of),
    clusterId: nameOf(fields[10]),
    waitingFor: optionalOf(fields[11], textOf),
    counters: Object.fromEntries(listOf(fields[12], Infinity, decodeCounter)),
  }
}

function encodePeer({ id, voter, connected, state, ...rest }: PeerStatus): Packable {
  const known = state === undefined ? undefined : PEER_STATES.indexOf(state)
  return [id, voter, connected, known, rest.acked, rest.lagTxns, rest.lagBytes]
}

function decodePeer(value: unknown): PeerStatus {
  const fields = fieldsOf(value, 7)
  return {
    id: uint32Of(fields[0]),
    voter: booleanOf(fields[1]),
    connected: booleanOf(fields[2]),
    state: optionalOf(fields[3], (state) => wordOf(PEER_STATES, state)),
    acked: optionalOf(fields[4], zxidOf),
    lagTxns: optionalOf(fields[5], countOf),
    lagBytes: optionalOf(fields[6], countOf),
  }
}

function decodeCounter(value: unknown): [string, number] {
  const fields = fieldsOf(value, 2)
  return [nameOf(fields[0]), finiteOf(fields[1])]
}

const REQUESTS = 1
const HEARTBEAT = 2
const CREDIT = 3
const DIVERGED = 4
const LISTEN = 5

function encodeViewOutput(output: ViewOutput): Packable {
  switch (output.kind) {
    case 'requests':
      return [REQUESTS, output.requests.map(encodeRequest)]
    case 'heartbeat':
      return [HEARTBEAT, output.heartbeat, output.sessions]
    case 'credit':
      return [CREDIT, output.messages, output.lastZxid, output.digest]
    case 'diverged':
      return [DIVERGED, output.zxid]
    case 'trace':
      return [LISTEN, output.on.map(encodeTraceKind)]
    default:
      return unreachable(output)
  }
}

function decodeViewOutput(value: unknown): ViewOutput {
  const code = codeOf(value)
  switch (code) {
    case REQUESTS:
      return { kind: 'requests', requests: listOf(fieldsOf(value, 2)[1], Infinity, decodeRequest) }
    case HEARTBEAT: {
      const fields = fieldsOf(value, 3)
      return {
        kind: 'heartbeat',
        heartbeat: countOf(fields[1]),
        sessions: listOf(fields[2], Infinity, zxidOf),
      }
    }
    case CREDIT: {
      const fields = fieldsOf(value, 4)
      return {
        kind: 'credit',
        messages: countOf(fields[1]),
        lastZxid: zxidOf(fields[2]),
        digest: digestOf(fields[3]),
      }
    }
    case DIVERGED:
      return { kind: 'diverged', zxid: zxidOf(fieldsOf(value, 2)[1]) }
    case LISTEN:
      return { kind: 'trace', on: listOf(fieldsOf(value, 2)[1], Infinity, decodeTraceKind) }
    default:
      throw unexpected('a kind of view output', code)
  }
}
