/**
 * From the arguments of a call to the body of a request: checked, and copied, so that nothing the application does
 * afterwards can change it.
 */
import { MULTI_OPERATIONS_MAX, REQUEST_BYTES_MAX } from '../base/limits.js'
import type {
  CreateOperation,
  DeleteOperation,
  MultiOperation,
  Operation,
  SetDataOperation,
} from '../protocol/request.js'
import {
  argumentError,
  badArguments,
  checkBoolean,
  checkOptions,
  checkPath,
  checkVersion,
  copyData,
  describe,
} from './arguments.js'
import type { Op } from './op.js'

interface CreateFlags {
  readonly ephemeral?: boolean | undefined
  readonly sequential?: boolean | undefined
}

export function createBody(
  path: string,
  data: unknown,
  flags: CreateFlags | undefined,
): CreateOperation {
  checkBoolean('ephemeral', flags?.ephemeral)
  checkBoolean('sequential', flags?.sequential)
  const sequential = flags?.sequential === true
  checkPath(path, sequential)
  return {
    kind: 'create',
    path,
    data: data === undefined ? undefined : copyData(data),
    ephemeral: flags?.ephemeral === true,
    sequential,
  }
}

export function deleteBody(path: string, version: number): DeleteOperation {
  checkPath(path)
  checkVersion(version)
  return { kind: 'delete', path, version }
}

/** Data has to be given: forgetting an argument must not wipe a znode. */
export function setDataBody(path: string, data: unknown, version: number): SetDataOperation {
  checkPath(path)
  checkVersion(version)
  return { kind: 'setData', path, data: copyData(data), version }
}

export function multiBody(ops: readonly Op[]): MultiOperation {
  if (!Array.isArray(ops)) throw badArguments(`operations are an array, not ${describe(ops)}`)
  if (ops.length > MULTI_OPERATIONS_MAX) {
    throw badArguments(`a multi has ${ops.length} operations; the limit is ${MULTI_OPERATIONS_MAX}`)
  }
  const body: MultiOperation = { kind: 'multi', operations: ops.map(operation) }
  const bytes = requestBytes(body)
  if (bytes > REQUEST_BYTES_MAX) {
    const message = `a multi has ${bytes} bytes; the limit is ${REQUEST_BYTES_MAX}`
    throw argumentError('DATA_TOO_LARGE', message)
  }
  return body
}

function operation(op: Op | undefined): Operation {
  switch (op?.kind) {
    case 'create':
      checkOptions(op.options, ['ephemeral', 'sequential'])
      return createBody(op.path, op.data, op.options)
    case 'delete':
      return deleteBody(op.path, op.version)
    case 'setData':
      return setDataBody(op.path, op.data, op.version)
    case 'check':
      checkPath(op.path)
      checkVersion(op.version)
      return { kind: 'check', path: op.path, version: op.version }
    default:
      throw badArguments(`an operation comes from 'op', not ${describe(op)}`)
  }
}

/** Bytes of paths and data, as far as bounds care: a path counts its UTF-16 units. */
export function requestBytes(body: Operation | MultiOperation): number {
  if (body.kind !== 'multi') {
    return body.path.length + ('data' in body ? (body.data?.length ?? 0) : 0)
  }
  let bytes = 0
  for (const part of body.operations) bytes += requestBytes(part)
  return bytes
}
