/** What a replica reports of its elections, snapshots and writes ↔ fields of the port between it and its Views. */
import { unreachable } from '../base/assert.js'
import type {
  ReplicaRole,
  SnapshotTrace,
  Timed,
  Trace,
  TraceKind,
} from '../replica/view-message.js'
import {
  codeOf,
  countOf,
  epochOf,
  fieldsOf,
  finiteOf,
  optionalOf,
  uint32Of,
  unexpected,
  wordOf,
  zxidOf,
} from './field.js'
import type { Packable } from './pack.js'

const KINDS: readonly TraceKind[] = ['election', 'snapshot', 'fsync']
const ELECTION = 0
const SNAPSHOT = 1
const FSYNC = 2

const ROLES: readonly ReplicaRole[] = ['looking', 'following', 'leading', 'observing']
const ACTIONS: readonly SnapshotTrace['action'][] = ['taken', 'sent', 'received']

export function encodeTraceKind(kind: TraceKind): number {
  return KINDS.indexOf(kind)
}

export function decodeTraceKind(value: unknown): TraceKind {
  return wordOf(KINDS, value)
}

export function encodeTrace(trace: Trace): Packable {
  const { start, durationMs } = trace
  switch (trace.kind) {
    case 'election':
      return [ELECTION, start, durationMs, trace.epoch, trace.leader, ROLES.indexOf(trace.role)]
    case 'snapshot': {
      const { action, peer, bytes, znodes, zxid } = trace
      return [SNAPSHOT, start, durationMs, ACTIONS.indexOf(action), peer, bytes, znodes, zxid]
    }
    case 'fsync':
      return [FSYNC, start, durationMs, trace.writes, trace.bytes]
    default:
      return unreachable(trace)
  }
}

export function decodeTrace(value: unknown): Trace {
  const code = codeOf(value)
  switch (code) {
    case ELECTION: {
      const fields = fieldsOf(value, 6)
      return {
        kind: 'election',
        ...timed(fields[1], fields[2]),
        epoch: epochOf(fields[3]),
        leader: uint32Of(fields[4]),
        role: wordOf(ROLES, fields[5]),
      }
    }
    case SNAPSHOT: {
      const fields = fieldsOf(value, 8)
      return {
        kind: 'snapshot',
        ...timed(fields[1], fields[2]),
        action: wordOf(ACTIONS, fields[3]),
        peer: optionalOf(fields[4], uint32Of),
        bytes: countOf(fields[5]),
        znodes: countOf(fields[6]),
        zxid: zxidOf(fields[7]),
      }
    }
    case FSYNC: {
      const fields = fieldsOf(value, 5)
      return {
        kind: 'fsync',
        ...timed(fields[1], fields[2]),
        writes: countOf(fields[3]),
        bytes: countOf(fields[4]),
      }
    }
    default:
      throw unexpected('a kind of trace', code)
  }
}

function timed(start: unknown, durationMs: unknown): Timed {
  return { start: finiteOf(start), durationMs: finiteOf(durationMs) }
}
