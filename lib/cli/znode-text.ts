/** Znodes as text and as JSON: stats, data in an encoding, events. */
import { TextDecoder } from 'node:util'
import { hexOfLong } from '../gateway/jute/long.js'
import type { Long } from '../gateway/jute/long.js'
import type { WireStat } from '../gateway/jute/records.js'
import { EXIT, Failure, usageFailure } from './failure.js'
import { fields } from './table.js'
import { timeText } from './times.js'

export const ENCODINGS = ['utf8', 'hex', 'base64', 'raw'] as const
export type DataEncoding = (typeof ENCODINGS)[number]

export function encodingOf(text: string | undefined): DataEncoding {
  const found = ENCODINGS.find((each) => each === (text ?? 'utf8'))
  if (found !== undefined) return found
  throw usageFailure(`--encoding ${text}: expected one of ${ENCODINGS.join(', ')}`)
}

/**
 * Data as text; raw is for standard output only.
 *
 * @throws Failure for bytes that are not UTF-8 where UTF-8 was asked for.
 */
export function dataText(data: Uint8Array, encoding: DataEncoding): string {
  if (encoding !== 'utf8') {
    return Buffer.from(data).toString(encoding === 'raw' ? 'latin1' : encoding)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data)
  } catch (error) {
    const hint = 'the data is not UTF-8 (try --encoding hex, base64 or raw)'
    throw new Failure(EXIT.refused, 'BAD_DATA', hint, error)
  }
}

/** As ZooKeeper's tools show zxids and session ids. */
export function hexText(value: Long): string {
  return `0x${hexOfLong(value)}`
}

export function statText(stat: WireStat): string {
  return fields([
    ['czxid', hexText(stat.czxid)],
    ['mzxid', hexText(stat.mzxid)],
    ['pzxid', hexText(stat.pzxid)],
    ['ctime', timeText(Number(stat.ctime))],
    ['mtime', timeText(Number(stat.mtime))],
    ['version', stat.version],
    ['cversion', stat.cversion],
    ['aversion', stat.aversion],
    ['ephemeralOwner', hexText(stat.ephemeralOwner)],
    ['dataLength', stat.dataLength],
    ['numChildren', stat.numChildren],
  ])
}

/** Field for field; a number that JSON's readers would round is text. */
export function statJson(stat: WireStat): Readonly<Record<string, number | string>> {
  const entries = Object.entries(stat) as readonly (readonly [string, Long])[]
  return Object.fromEntries(entries.map(([name, value]) => [name, longJson(value)]))
}

export function longJson(value: Long): number | string {
  return typeof value === 'bigint' ? String(value) : value
}
