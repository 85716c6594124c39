/** Who asked and who answers, as positional arrays: origins, incarnations, processes, registries. */
import type { Incarnation, ProcessIdentity } from '../protocol/member.js'
import type { SessionOrigin } from '../protocol/request.js'
import type { Registry, RegistryRow } from '../zab/entry.js'
import { countOf, fieldsOf, listOf, nameOf, optionalOf, uint32Of, zxidOf } from './field.js'
import type { Packable } from './pack.js'

/** Voters of one ensemble, beyond any sensible one. */
const VOTERS_MAX = 255

export function encodeSessionOrigin(origin: SessionOrigin): Packable {
  return [origin.replica, origin.incarnationKey, origin.view, origin.number]
}

export function decodeSessionOrigin(value: unknown): SessionOrigin {
  const fields = fieldsOf(value, 4)
  return {
    replica: uint32Of(fields[0]),
    incarnationKey: uint32Of(fields[1]),
    view: countOf(fields[2]),
    number: countOf(fields[3]),
  }
}

export function encodeIncarnation(incarnation: Incarnation): Packable {
  return [incarnation.databaseId, incarnation.incarnation, incarnation.incarnationKey]
}

export function decodeIncarnation(value: unknown): Incarnation {
  const fields = fieldsOf(value, 3)
  return {
    databaseId: nameOf(fields[0]),
    incarnation: countOf(fields[1]),
    incarnationKey: uint32Of(fields[2]),
  }
}

export function encodeProcess(process: ProcessIdentity | undefined): Packable {
  if (process === undefined) return undefined
  return [process.bootId, process.pidNamespace, process.pid, process.startTime]
}

export function decodeProcess(value: unknown): ProcessIdentity | undefined {
  return optionalOf(value, (present) => {
    const fields = fieldsOf(present, 4)
    return {
      bootId: nameOf(fields[0]),
      pidNamespace: nameOf(fields[1]),
      pid: countOf(fields[2]),
      startTime: countOf(fields[3]),
    }
  })
}

export function encodeRegistry(registry: Registry): Packable {
  return [registry.asOf, registry.voters.map(encodeRegistryRow)]
}

export function decodeRegistry(value: unknown): Registry {
  const fields = fieldsOf(value, 2)
  return { asOf: zxidOf(fields[0]), voters: listOf(fields[1], VOTERS_MAX, decodeRegistryRow) }
}

function encodeRegistryRow(row: RegistryRow): Packable {
  return [row.replica, row.databaseId, row.incarnation, row.incarnationKey]
}

function decodeRegistryRow(value: unknown): RegistryRow {
  const fields = fieldsOf(value, 4)
  return {
    replica: uint32Of(fields[0]),
    databaseId: nameOf(fields[1]),
    incarnation: countOf(fields[2]),
    incarnationKey: uint32Of(fields[3]),
  }
}
