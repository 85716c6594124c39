/**
 * From the arguments of a call to the body of a request: checked, and copied, so that nothing the application does
 * afterwards can change it.
 */
import { ACL_BYTES_MAX, ACL_ENTRIES_MAX } from '../base/limits.js'
import { MULTI_OPERATIONS_MAX, REQUEST_BYTES_MAX } from '../base/limits.js'
import { PERMS } from '../protocol/acl.js'
import type { Acl } from '../protocol/acl.js'
import type {
  CreateOperation,
  DeleteOperation,
  MultiOperation,
  Operation,
  SetAclOperation,
  SetDataOperation,
} from '../protocol/request.js'
import { CONTAINER, TTL_MS_MAX } from '../protocol/retention.js'
import type { Retention } from '../protocol/retention.js'
import { bytesOfAcl, isOpen } from '../tree/access.js'
import {
  argumentError,
  badArguments,
  checkBoolean,
  checkOptions,
  checkVersion,
  copyData,
  describe,
} from './arguments.js'
import { CREATE_OP_OPTIONS } from './op.js'
import type { CreateOpOptions, Op } from './op.js'

/** Where paths are checked and brought into the tree (scope.ts). */
export interface Entrance {
  enter(path: unknown, sequential?: boolean): string
}

export function createBody(
  entrance: Entrance,
  path: string,
  data: unknown,
  options: CreateOpOptions | undefined,
): CreateOperation {
  checkBoolean('ephemeral', options?.ephemeral)
  checkBoolean('sequential', options?.sequential)
  const ephemeral = options?.ephemeral === true
  const sequential = options?.sequential === true
  const body = {
    kind: 'create',
    path: entrance.enter(path, sequential),
    data: data === undefined ? undefined : copyData(data),
    ephemeral,
    sequential,
  } as const
  const acl = options?.acl === undefined ? undefined : copyAcl(options.acl)
  const retention = retentionOf(options)
  // What is as it mostly is takes no room.
  const special = acl === undefined || isOpen(acl) ? undefined : acl
  if (special === undefined && retention === undefined) return body
  return { ...body, acl: special, retention }
}

/** ZooKeeper's kinds: no ephemeral has a time of its own, and no container a number. */
function retentionOf(options: CreateOpOptions | undefined): Retention | undefined {
  if (options === undefined) return undefined
  const { container, ttl, ephemeral, sequential } = options
  checkBoolean('container', container)
  if (ttl !== undefined) {
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > TTL_MS_MAX) {
      throw badArguments(
        `option 'ttl' is a number of ms from 1 to ${TTL_MS_MAX}, not ${describe(ttl)}`,
      )
    }
    if (ephemeral === true) throw badArguments("options 'ttl' and 'ephemeral' exclude each other")
    if (container === true) throw badArguments("options 'ttl' and 'container' exclude each other")
    return ttl
  }
  if (container !== true) return undefined
  if (ephemeral === true || sequential === true) {
    throw badArguments("option 'container' excludes 'ephemeral' and 'sequential'")
  }
  return CONTAINER
}

export function deleteBody(entrance: Entrance, path: string, version: number): DeleteOperation {
  const entered = entrance.enter(path)
  checkVersion(version)
  return { kind: 'delete', path: entered, version }
}

/** Data has to be given: forgetting an argument must not wipe a znode. */
export function setDataBody(
  entrance: Entrance,
  path: string,
  data: unknown,
  version: number,
): SetDataOperation {
  const entered = entrance.enter(path)
  checkVersion(version)
  return { kind: 'setData', path: entered, data: copyData(data), version }
}

export function setAclBody(
  entrance: Entrance,
  path: string,
  acl: unknown,
  version: number,
): SetAclOperation {
  const entered = entrance.enter(path)
  checkVersion(version)
  return { kind: 'setAcl', path: entered, acl: copyAcl(acl), version }
}

/** Only the form: which schemes there are, and what ids they know, is for the leader to say. */
function copyAcl(acl: unknown): readonly Acl[] {
  if (!Array.isArray(acl)) throw badArguments(`an ACL is an array, not ${describe(acl)}`)
  if (acl.length > ACL_ENTRIES_MAX) {
    throw badArguments(`an ACL has ${acl.length} entries; the limit is ${ACL_ENTRIES_MAX}`)
  }
  const copy = acl.map(aclEntry)
  const bytes = bytesOfAcl(copy)
  if (bytes <= ACL_BYTES_MAX) return copy
  throw badArguments(`an ACL has ${bytes} bytes; the limit is ${ACL_BYTES_MAX}`)
}

function aclEntry(entry: unknown): Acl {
  if (typeof entry !== 'object' || entry === null) {
    throw badArguments(`an entry of an ACL is an object, not ${describe(entry)}`)
  }
  const { perms, scheme, id }: { readonly [Name in keyof Acl]?: unknown } = entry
  if (typeof perms !== 'number' || !Number.isInteger(perms) || perms < 0 || perms > PERMS.ALL) {
    throw badArguments(`permissions are a sum of PERMS, 0 to ${PERMS.ALL}, not ${describe(perms)}`)
  }
  if (typeof scheme !== 'string' || typeof id !== 'string') {
    throw badArguments(`an entry of an ACL has a scheme and an id, both strings`)
  }
  return { perms, scheme, id }
}

export function multiBody(entrance: Entrance, ops: readonly Op[]): MultiOperation {
  if (!Array.isArray(ops)) throw badArguments(`operations are an array, not ${describe(ops)}`)
  checkCount(ops.length)
  const operations = ops.map((op: Op | undefined) => operation(entrance, op))
  const body: MultiOperation = { kind: 'multi', operations }
  const bytes = requestBytes(body)
  if (bytes > REQUEST_BYTES_MAX) {
    const message = `a multi has ${bytes} bytes; the limit is ${REQUEST_BYTES_MAX}`
    throw argumentError('DATA_TOO_LARGE', message)
  }
  return body
}

export function checkCount(operations: number): void {
  if (operations <= MULTI_OPERATIONS_MAX) return
  throw badArguments(`a multi has ${operations} operations; the limit is ${MULTI_OPERATIONS_MAX}`)
}

function operation(entrance: Entrance, op: Op | undefined): Operation {
  switch (op?.kind) {
    case 'create':
      checkOptions(op.options, CREATE_OP_OPTIONS)
      return createBody(entrance, op.path, op.data, op.options)
    case 'delete':
      return deleteBody(entrance, op.path, op.version)
    case 'setData':
      return setDataBody(entrance, op.path, op.data, op.version)
    case 'check': {
      const path = entrance.enter(op.path)
      checkVersion(op.version)
      return { kind: 'check', path, version: op.version }
    }
    default:
      throw badArguments(`an operation comes from 'op', not ${describe(op)}`)
  }
}

/** Bytes of paths, data and ACLs, as far as bounds care: a path counts its UTF-16 units. */
export function requestBytes(body: Operation | MultiOperation | SetAclOperation): number {
  if (body.kind !== 'multi') {
    const data = 'data' in body ? (body.data?.length ?? 0) : 0
    const acl = 'acl' in body && body.acl !== undefined ? bytesOfAcl(body.acl) : 0
    return body.path.length + data + acl
  }
  let bytes = 0
  for (const part of body.operations) bytes += requestBytes(part)
  return bytes
}
