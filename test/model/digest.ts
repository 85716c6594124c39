/**
 * The digest of the replicated state, from its written definition: the sum modulo 2^52 of one hash per znode, session,
 * kept outcome and registered member.
 *
 * A hash runs two 32-bit lanes over a list of 32-bit words and folds them into 52 bits. Numbers go in as two words (the
 * low 32 bits, then what is above them), bytes as little-endian words, text as UTF-16 units; the kind of thing, and the
 * length of bytes and text, go into the lanes' seeds, so that equal words of different kinds hash differently.
 */
import { ERRNO } from './types.js'
import type { Acl, FailureCode, Origin, Registration, Retention, SessionId, Zxid } from './types.js'

const MODULUS = 2 ** 52
const TWO_32 = 2 ** 32

/** The kinds of things that are hashed, by their numbers. */
const KIND = {
  text: 1,
  bytes: 2,
  noData: 3,
  identity: 4,
  content: 5,
  znode: 6,
  session: 7,
  outcome: 8,
  member: 9,
  access: 10,
  aclEntry: 11,
} as const

export function plus(sum: number, hash: number): number {
  return (sum + hash) % MODULUS
}

export function minus(sum: number, hash: number): number {
  return (sum + MODULUS - hash) % MODULUS
}

/** Of what a znode keeps all its life. */
export function identityHash(path: string, czxid: Zxid, ctime: number, owner: SessionId): number {
  return ofNumbers(KIND.identity, [ofText(path), czxid, ctime, owner])
}

/** Of what setting the data changes. */
export function contentHash(
  data: Uint8Array | undefined,
  mzxid: Zxid,
  mtime: number,
  version: number,
): number {
  return ofNumbers(KIND.content, [ofData(data), mzxid, mtime, version])
}

export function znodeHash(identity: number, content: number, pzxid: Zxid, created: number): number {
  return ofNumbers(KIND.znode, [identity, content, pzxid, created])
}

/** Of what few znodes have: counted beside the znode itself, and only if something of it is not as usual. */
export function accessHash(
  identity: number,
  acl: readonly Acl[],
  aversion: number,
  retention: Retention,
): number {
  let list = acl.length
  for (const { perms, scheme, id } of acl) {
    list = ofNumbers(KIND.aclEntry, [list, perms, ofText(scheme), ofText(id)])
  }
  return ofNumbers(KIND.access, [identity, list, aversion, retention])
}

/** Of what a session keeps as long as one View has it. */
export function sessionIdentityHash(id: SessionId, timeoutMs: number, origin: Origin): number {
  const { replica, incarnationKey, view, number } = origin
  const asked = ofNumbers(KIND.session, [replica, incarnationKey, view, number])
  return ofNumbers(KIND.session, [id, timeoutMs, asked, 0])
}

/** Of a session whose client is elsewhere: who knows the password may have it, and who has it since when. */
export function remoteIdentityHash(identity: number, attached: Zxid, password: Uint8Array): number {
  return ofNumbers(KIND.session, [identity, attached, ofData(password), 1])
}

export function sessionHash(identity: number, lastCxid: number): number {
  return ofNumbers(KIND.session, [identity, lastCxid, 0, 0])
}

/** A failure of a multi counts with the index of what failed and the number of operations. */
export function outcomeHash(
  session: SessionId,
  cxid: number,
  zxid: Zxid,
  failure:
    | { readonly code: FailureCode; readonly index?: number; readonly count?: number }
    | undefined,
): number {
  let told = 0
  if (failure !== undefined) {
    const place = failure.index === undefined ? 0 : (failure.index + 1) * 2 ** 16
    told = -ERRNO[failure.code] * TWO_32 + place + (failure.count ?? 0)
  }
  return ofNumbers(KIND.outcome, [session, cxid, zxid, told])
}

export function memberHash({ replica, incarnation, process }: Registration): number {
  const names = [incarnation.databaseId]
  if (process !== undefined) {
    names.push(process.bootId, process.pidNamespace, `${process.pid}`, `${process.startTime}`)
  }
  const text = ofText(names.join(' '))
  return ofNumbers(KIND.member, [
    replica,
    incarnation.incarnation,
    incarnation.incarnationKey,
    text,
  ])
}

function ofData(data: Uint8Array | undefined): number {
  if (data === undefined) return ofNumbers(KIND.noData, [0, 0, 0, 0])
  const lanes = new Lanes(KIND.bytes, data.length)
  const whole = data.length - (data.length % 4)
  for (let at = 0; at < whole; at += 4) {
    lanes.add(
      data[at]! + data[at + 1]! * 0x100 + data[at + 2]! * 0x1_0000 + data[at + 3]! * 0x100_0000,
    )
  }
  // The rest, none to three bytes, is a word of its own in any case.
  let rest = 0
  for (let at = data.length - 1; at >= whole; at -= 1) rest = rest * 0x100 + data[at]!
  return lanes.add(rest).fold()
}

function ofText(text: string): number {
  const lanes = new Lanes(KIND.text, text.length)
  for (let at = 0; at < text.length; at += 1) lanes.add(text.charCodeAt(at))
  return lanes.fold()
}

function ofNumbers(kind: number, numbers: readonly number[]): number {
  const lanes = new Lanes(kind, kind)
  for (const number of numbers) lanes.add(number).add(Math.trunc(number / TWO_32))
  return lanes.fold()
}

class Lanes {
  #first: number
  #second: number

  constructor(kind: number, firstSeed: number) {
    this.#first = 0x2545_f491 ^ firstSeed
    this.#second = 0x6c07_8965 ^ kind
  }

  /** Only the low 32 bits count. */
  add(word: number): this {
    const first = Math.imul(this.#first ^ word, 0x9e37_79b1)
    this.#first = first ^ (first >>> 15)
    const second = Math.imul((this.#second + (word | 0)) | 0, 0x85eb_ca77)
    this.#second = second ^ (second >>> 13)
    return this
  }

  fold(): number {
    const low = avalanche(this.#first ^ Math.imul(this.#second, 0xc2b2_ae3d))
    const high = avalanche(this.#second ^ Math.imul(low, 0x27d4_eb2f))
    return ((high >>> 0) % 2 ** 20) * TWO_32 + (low >>> 0)
  }
}

function avalanche(word: number): number {
  let bits = Math.imul(word ^ (word >>> 16), 0x21f0_aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97)
  return bits ^ (bits >>> 15)
}
