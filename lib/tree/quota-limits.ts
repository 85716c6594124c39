/**
 * The text of a quota, as ZooKeeper's tools write and read it: `count=5,bytes=100`, and for hard
 * limits `count=-1,bytes=-1=;byteHardLimit=100;countHardLimit=5`. The odd `=` lets old parsers
 * leave out what follows it.
 *
 * @see org.apache.zookeeper.StatsTrack
 */

/** −1 is "none". A soft limit is only shown; a hard one refuses what would go over it. */
export interface QuotaLimits {
  readonly count: number
  readonly bytes: number
  readonly countHardLimit: number
  readonly byteHardLimit: number
}

export const NO_LIMITS: QuotaLimits = Object.freeze({
  count: -1,
  bytes: -1,
  countHardLimit: -1,
  byteHardLimit: -1,
})

/** Longer texts are none of ours. */
const TEXT_BYTES_MAX = 1024

/** @returns `undefined` for a text that is not one of key=number pairs. No data is no limit. */
export function parseLimits(data: Uint8Array | undefined): QuotaLimits | undefined {
  if (data === undefined || data.length === 0) return NO_LIMITS
  if (data.length > TEXT_BYTES_MAX) return undefined
  const values = new Map<string, number>()
  for (const pair of String.fromCharCode(...data).split(/[,;]+/)) {
    const match = /^([A-Za-z]+)=(-?[0-9]{1,19})?=*$/.exec(pair)
    if (match === null) return undefined
    const [, key = '', value = '-1'] = match
    values.set(key, Number(value))
  }
  const valueOf = (key: keyof QuotaLimits): number => Math.max(-1, values.get(key) ?? -1)
  return {
    count: valueOf('count'),
    bytes: valueOf('bytes'),
    countHardLimit: valueOf('countHardLimit'),
    byteHardLimit: valueOf('byteHardLimit'),
  }
}

/** What is used, as ZooKeeper shows it. ASCII. */
export function formatUsage(count: number, bytes: number): Uint8Array {
  const text = `count=${count},bytes=${bytes}`
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
