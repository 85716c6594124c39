/**
 * The state of a member as text: equal texts behave alike from now on.
 *
 * Everything that can be reached is in it, but for what cannot matter: counters for people, dice (fixed here), and
 * whatever is absolute where the code only compares: times become times from now, tickets their distance from what is
 * on the disk.
 */
import { inspect } from 'node:util'
import { LAID_OPEN } from './library.js'

export interface Now {
  /** Monotonic ms of the member. */
  readonly ms: number
  /** Newest ticket that is on its disk. */
  readonly durable: number
}

/** Further back than any patience: how long ago exactly makes no difference. */
const LONG_AGO_MS = 20_000

const own = (names: string): string[] => names.split(' ').map((name) => LAID_OPEN + name)

const TIMES = new Set([
  'heardAt',
  'since',
  ...own('finalizeAt repeatAt since progressAt pingAt tickAt'),
])
const TICKETS = new Set(['ticket', ...own('metaTicket voterTicket')])
const IGNORED = new Set([
  'now',
  'counters',
  'random',
  'lastResignation',
  'options',
  'snapshots',
  'taken',
  // FOLLOWERINFOs that a new leader has read when it entered its role.
  'early',
  ...own('random counters reporter options bounds'),
])

export function canonical(root: object, now: Now): string {
  const seen = new Map<object, number>()
  const parts: string[] = []
  writeObject(root, now, seen, parts)
  return parts.join('')
}

type Seen = Map<object, number>

function write(value: unknown, now: Now, seen: Seen, parts: string[]): void {
  switch (typeof value) {
    case 'number':
      parts.push(String(value))
      return
    case 'string':
      parts.push("'", value, "'")
      return
    case 'boolean':
      parts.push(value ? 'T' : 'F')
      return
    case 'undefined':
      parts.push('-')
      return
    case 'function':
      return
    case 'object':
      if (value === null) parts.push('0')
      else writeObject(value, now, seen, parts)
      return
    default:
      throw new Error(`a ${typeof value} in the state of a member`)
  }
}

function writeObject(value: object, now: Now, seen: Seen, parts: string[]): void {
  if (Array.isArray(value)) {
    parts.push('[')
    for (const each of value) {
      write(each, now, seen, parts)
      parts.push(',')
    }
    parts.push(']')
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  // Plain data is what it holds; of an object with a class it matters which one it is.
  if (prototype !== Object.prototype) {
    const number = seen.get(value)
    if (number !== undefined) {
      parts.push('@', String(number))
      return
    }
    seen.set(value, seen.size)
    parts.push(value.constructor.name)
    if (writeCollection(value, now, seen, parts)) return
    // Its numbers are absolute; between two steps only how many writes are on their way matters.
    if (value.constructor.name === 'Journal') {
      parts.push(String((value as { pending: number }).pending))
      return
    }
  }
  parts.push('{')
  writeFields(value as Record<string, unknown>, now, seen, parts)
  parts.push('}')
}

function writeFields(value: Record<string, unknown>, now: Now, seen: Seen, parts: string[]): void {
  for (const key in value) {
    const field = value[key]
    if (typeof field === 'function') continue
    if (IGNORED.has(key) || (key === `${LAID_OPEN}early` && value['state'] === 'leading')) continue
    parts.push(key, ':')
    if (typeof field === 'number' && TIMES.has(key)) {
      parts.push(String(Math.max(field - now.ms, -LONG_AGO_MS)))
    } else if (typeof field === 'number' && TICKETS.has(key)) {
      parts.push(String(Math.max(field - now.durable, 0)))
    } else {
      write(field, now, seen, parts)
    }
    parts.push(' ')
  }
}

function writeCollection(value: object, now: Now, seen: Seen, parts: string[]): boolean {
  if (value instanceof Map || value instanceof Set) {
    parts.push('(')
    for (const each of value) {
      write(each, now, seen, parts)
      parts.push(',')
    }
    parts.push(')')
    return true
  }
  if (value instanceof Uint8Array) {
    parts.push(value.toString())
    return true
  }
  // A walk's place in its map: what is still before it.
  if (Object.prototype.toString.call(value) === '[object Map Iterator]') {
    parts.push(inspect(value, { depth: 0, maxArrayLength: null }))
    return true
  }
  return false
}
