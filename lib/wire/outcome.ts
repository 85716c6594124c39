/** Outcomes of requests as positional arrays: they travel in the session table of a snapshot. */
import { unreachable } from '../base/assert.js'
import { MULTI_OPERATIONS_MAX } from '../base/limits.js'
import { ERRNO } from '../protocol/error-code.js'
import type { OperationResult, Outcome, OutcomeResult } from '../protocol/request.js'
import type { Stat } from '../protocol/stat.js'
import {
  codeOf,
  countOf,
  fieldsOf,
  finiteOf,
  int32Of,
  listOf,
  optionalOf,
  pathOf,
  txnErrorCodeOf,
  unexpected,
  zxidOf,
} from './field.js'
import type { Packable } from './pack.js'

const OK = 1
const ERROR = 2

export function encodeOutcome(outcome: Outcome): Packable {
  switch (outcome.kind) {
    case 'ok':
      return [OK, outcome.zxid, encodeResult(outcome.result)]
    case 'error':
      return [ERROR, outcome.zxid, ERRNO[outcome.code], outcome.index, outcome.count]
    default:
      return unreachable(outcome)
  }
}

export function decodeOutcome(value: unknown): Outcome {
  const code = codeOf(value)
  switch (code) {
    case OK: {
      const fields = fieldsOf(value, 3)
      return { kind: 'ok', zxid: zxidOf(fields[1]), result: decodeResult(fields[2]) }
    }
    case ERROR: {
      const fields = fieldsOf(value, 5)
      const zxid = zxidOf(fields[1])
      const errorCode = txnErrorCodeOf(fields[2])
      const index = optionalOf(fields[3], countOf)
      const count = optionalOf(fields[4], countOf)
      if (index === undefined || count === undefined) {
        if (index !== count) throw unexpected('both index and count, or neither', index)
        return { kind: 'error', zxid, code: errorCode }
      }
      return { kind: 'error', zxid, code: errorCode, index, count }
    }
    default:
      throw unexpected('a kind of outcome', code)
  }
}

const CREATE = 1
const DELETE = 2
const SET_DATA = 3
const CHECK = 4
const MULTI = 5
const NONE = 6
const FAILED = 7
const SET_ACL = 8

function encodeResult(result: OutcomeResult): Packable {
  switch (result.kind) {
    case 'create':
      return [CREATE, result.path, encodeStat(result.stat)]
    case 'setData':
      return [SET_DATA, encodeStat(result.stat)]
    case 'setAcl':
      return [SET_ACL, encodeStat(result.stat)]
    case 'multi':
      return [MULTI, result.results.map(encodeOperationResult)]
    case 'none':
      return [NONE]
    default:
      return unreachable(result)
  }
}

function decodeResult(value: unknown): OutcomeResult {
  const code = codeOf(value)
  switch (code) {
    case CREATE: {
      const fields = fieldsOf(value, 3)
      return { kind: 'create', path: pathOf(fields[1]), stat: decodeStat(fields[2]) }
    }
    case SET_DATA:
      return { kind: 'setData', stat: decodeStat(fieldsOf(value, 2)[1]) }
    case SET_ACL:
      return { kind: 'setAcl', stat: decodeStat(fieldsOf(value, 2)[1]) }
    case MULTI: {
      const fields = fieldsOf(value, 2)
      const results = listOf(fields[1], MULTI_OPERATIONS_MAX, decodeOperationResult)
      return { kind: 'multi', results }
    }
    case NONE:
      fieldsOf(value, 1)
      return { kind: 'none' }
    default:
      throw unexpected('a kind of result', code)
  }
}

function encodeOperationResult(result: OperationResult): Packable {
  switch (result.kind) {
    case 'create':
      return [CREATE, result.path, encodeStat(result.stat)]
    case 'delete':
      return [DELETE]
    case 'setData':
      return [SET_DATA, encodeStat(result.stat)]
    case 'check':
      return [CHECK]
    case 'error':
      return [FAILED, result.code === 'OK' ? 0 : ERRNO[result.code], result.errno]
    default:
      return unreachable(result)
  }
}

function decodeOperationResult(value: unknown): OperationResult {
  const code = codeOf(value)
  switch (code) {
    case CREATE: {
      const fields = fieldsOf(value, 3)
      return { kind: 'create', path: pathOf(fields[1]), stat: decodeStat(fields[2]) }
    }
    case DELETE:
      fieldsOf(value, 1)
      return { kind: 'delete' }
    case SET_DATA:
      return { kind: 'setData', stat: decodeStat(fieldsOf(value, 2)[1]) }
    case CHECK:
      fieldsOf(value, 1)
      return { kind: 'check' }
    case FAILED: {
      const fields = fieldsOf(value, 3)
      const errorCode = fields[1] === 0 ? 'OK' : txnErrorCodeOf(fields[1])
      return { kind: 'error', code: errorCode, errno: int32Of(fields[2]) }
    }
    default:
      throw unexpected('a kind of result', code)
  }
}

function encodeStat(stat: Stat): Packable {
  return [
    stat.czxid,
    stat.mzxid,
    stat.pzxid,
    stat.ctime,
    stat.mtime,
    stat.version,
    stat.cversion,
    stat.aversion,
    stat.ephemeralOwner,
    stat.dataLength,
    stat.numChildren,
  ]
}

function decodeStat(value: unknown): Stat {
  const fields = fieldsOf(value, 11)
  return Object.freeze({
    czxid: zxidOf(fields[0]),
    mzxid: zxidOf(fields[1]),
    pzxid: zxidOf(fields[2]),
    ctime: finiteOf(fields[3]),
    mtime: finiteOf(fields[4]),
    version: int32Of(fields[5]),
    cversion: finiteOf(fields[6]),
    aversion: int32Of(fields[7]),
    ephemeralOwner: zxidOf(fields[8]),
    dataLength: countOf(fields[9]),
    numChildren: countOf(fields[10]),
  })
}
