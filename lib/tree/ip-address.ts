/**
 * Addresses of the Internet, as the scheme `ip` of access control lists needs them: ranges with a
 * prefix length, IPv4 and IPv6. Text in, yes or no out; no name is resolved.
 *
 * An IPv4 address is the same as its mapped form, `::ffff:1.2.3.4`: that is how a socket that
 * listens to both shows it.
 */

/** The eight 16-bit groups of an address. */
type Groups = readonly number[]

interface Range {
  readonly groups: Groups
  /** Leading bits that count. */
  readonly bits: number
}

const GROUPS = 8
const GROUP_BITS = 16
const BITS = GROUPS * GROUP_BITS
/** Leading bits of every IPv4 address in its mapped form. */
const MAPPED_BITS = 96
const MAPPED_GROUP = 0xffff

/** Whether `range` is an address, or one with a prefix length behind a slash. */
export function isIpRange(range: string): boolean {
  return rangeOf(range) !== undefined
}

/** Whether `address` is in `range`. False if either is none. */
export function isIpWithin(address: string, range: string): boolean {
  const expected = rangeOf(range)
  if (expected === undefined) return false
  // The zone names a network card of the machine that listens, and is no part of the address.
  const [bare = ''] = address.split('%', 1)
  const found = groupsOf(bare)
  return found !== undefined && sharesBits(found, expected.groups, expected.bits)
}

function sharesBits(left: Groups, right: Groups, bits: number): boolean {
  for (let at = 0; at * GROUP_BITS < bits; at++) {
    const rest = Math.min(GROUP_BITS, bits - at * GROUP_BITS)
    const mask = (0xffff << (GROUP_BITS - rest)) & 0xffff
    if (((left[at]! ^ right[at]!) & mask) !== 0) return false
  }
  return true
}

function rangeOf(text: string): Range | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) {
    const groups = groupsOf(text)
    return groups && { groups, bits: BITS }
  }
  const address = text.slice(0, slash)
  const groups = groupsOf(address)
  const offset = address.includes(':') ? 0 : MAPPED_BITS
  const bits = numberOf(text.slice(slash + 1), BITS - offset)
  return groups === undefined || bits === undefined ? undefined : { groups, bits: bits + offset }
}

function groupsOf(address: string): Groups | undefined {
  if (address.includes(':')) return groupsOfV6(address)
  const tail = groupsOfV4(address)
  return tail && [0, 0, 0, 0, 0, MAPPED_GROUP, ...tail]
}

/** The last two groups of the mapped form. */
function groupsOfV4(address: string): Groups | undefined {
  const parts = address.split('.')
  if (parts.length !== 4) return undefined
  const bytes: number[] = []
  for (const part of parts) {
    const byte = numberOf(part, 255)
    if (byte === undefined) return undefined
    bytes.push(byte)
  }
  const [first = 0, second = 0, third = 0, fourth = 0] = bytes
  return [first * 256 + second, third * 256 + fourth]
}

function groupsOfV6(address: string): Groups | undefined {
  const halves = address.split('::')
  if (halves.length > 2) return undefined
  const [start = '', end] = halves
  const tail = end === undefined ? start : end
  const head = end === undefined ? [] : hexadecimals(start, false)
  const rest = hexadecimals(tail, true)
  if (head === undefined || rest === undefined) return undefined
  const missing = GROUPS - head.length - rest.length
  // Two colons stand for one group of zeros at least.
  if (end === undefined ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array.from({ length: missing }, () => 0), ...rest]
}

/** Groups between single colons; the last may be an IPv4 address where the whole ends. */
function hexadecimals(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [at, part] of parts.entries()) {
    if (isEnd && at === parts.length - 1 && part.includes('.')) {
      const tail = groupsOfV4(part)
      if (tail === undefined) return undefined
      groups.push(...tail)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}

/** Of at most three decimal digits. */
function numberOf(text: string, max: number): number | undefined {
  if (!/^[0-9]{1,3}$/.test(text)) return undefined
  const number = Number(text)
  return number <= max ? number : undefined
}
