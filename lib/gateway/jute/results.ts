/** The results of a multi or multiRead, one per operation. */
import { JuteError } from './jute-error.js'
import { OPCODE, opcodeName } from './opcodes.js'
import {
  readMultiHeader,
  readStat,
  readStrings,
  writeMultiEnd,
  writeMultiHeader,
  writeStat,
  writeStrings,
} from './records.js'
import type { WireStat } from './records.js'
import type { JuteReader } from './reader.js'
import type { JuteWriter } from './writer.js'

/**
 * create2, createContainer and createTTL are all answered as `create2`. If a multi fails, all its results are errors:
 * 0 for the operations before the failing one, its code, −2 for those after it.
 */
export type OperationResult =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'create2'; readonly path: string; readonly stat: WireStat }
  | { readonly kind: 'delete' | 'check' }
  | { readonly kind: 'setData'; readonly stat: WireStat }
  | { readonly kind: 'getData'; readonly data: Uint8Array | undefined; readonly stat: WireStat }
  | { readonly kind: 'getChildren'; readonly children: readonly string[] }
  | { readonly kind: 'error'; readonly err: number }

export function readResults(reader: JuteReader): OperationResult[] {
  const results: OperationResult[] = []
  for (;;) {
    const header = readMultiHeader(reader)
    if (header.done) return results
    results.push(readResult(reader, header.type))
  }
}

export function writeResults(writer: JuteWriter, results: readonly OperationResult[]): void {
  for (const result of results) {
    writeMultiHeader(writer, OPCODE[result.kind], result.kind === 'error' ? result.err : 0)
    writeResult(writer, result)
  }
  writeMultiEnd(writer)
}

function readResult(reader: JuteReader, type: number): OperationResult {
  const kind = opcodeName(type)
  switch (kind) {
    case 'create':
      return { kind, path: reader.text() }
    case 'create2':
      return { kind, path: reader.text(), stat: readStat(reader) }
    case 'delete':
    case 'check':
      return { kind }
    case 'setData':
      return { kind, stat: readStat(reader) }
    case 'getData':
      return { kind, data: reader.buffer(), stat: readStat(reader) }
    case 'getChildren':
      return { kind, children: readStrings(reader) }
    case 'error':
      return { kind, err: reader.int() }
    default:
      throw new JuteError('BAD_VALUE', `a result of type ${type}`)
  }
}

function writeResult(writer: JuteWriter, result: OperationResult): void {
  switch (result.kind) {
    case 'create':
      return writer.ustring(result.path)
    case 'create2':
      writer.ustring(result.path)
      return writeStat(writer, result.stat)
    case 'delete':
    case 'check':
      return
    case 'setData':
      return writeStat(writer, result.stat)
    case 'getData':
      writer.buffer(result.data)
      return writeStat(writer, result.stat)
    case 'getChildren':
      return writeStrings(writer, result.children)
    case 'error':
      return writer.int(result.err)
  }
}
