/**
 * The digest of the replicated state: the sum, modulo 2^52, of one hash per znode, session, kept
 * outcome and member (AdHash), so that a change costs one subtraction and one addition, and
 * replicas that hold the same things in any order have the same digest.
 *
 * It finds replicas that diverged by a defect or a flipped bit. It is no protection against
 * forgery: whoever can write to the ensemble can make collisions.
 */
import type { Acl } from '../protocol/acl.js'
import { ERRNO } from '../protocol/error-code.js'
import type { Outcome, SessionId, SessionOrigin } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import type { MemberRecord } from './record.js'
import type { Digest } from './txn.js'

const MODULUS = 2 ** 52
const WORD = 2 ** 32
const HIGH_BITS = 0xf_ffff

// What a hash is of, so that equal numbers of different kinds hash differently.
const TEXT = 1
const DATA = 2
const NO_DATA = 3
const IDENTITY = 4
const CONTENT = 5
const ZNODE = 6
const SESSION = 7
const OUTCOME = 8
const MEMBER = 9
const ACCESS = 10
const ACL_ENTRY = 11

const LOW_SEED = 0x2545_f491
const HIGH_SEED = 0x6c07_8965

/** Below this many bytes making a DataView costs more than it saves. */
const VIEW_BYTES_MIN = 64

/** Sum of two digests, modulo 2^52; exact, since both are below 2^52. */
export function addDigest(left: Digest, right: Digest): Digest {
  const sum = left + right
  return sum >= MODULUS ? sum - MODULUS : sum
}

/** Undoes `addDigest(…, right)`. */
export function subtractDigest(left: Digest, right: Digest): Digest {
  const rest = left - right
  return rest < 0 ? rest + MODULUS : rest
}

/** Of what never changes while a znode lives. */
export function hashIdentity(path: string, czxid: number, ctime: number, owner: number): Digest {
  return hashNumbers(IDENTITY, hashText(path), czxid, ctime, owner)
}

/** Of what setData changes. Reads all of `data`, so it is computed once per state of the data. */
export function hashContent(
  data: Uint8Array | undefined,
  mzxid: number,
  mtime: number,
  version: number,
): Digest {
  return hashNumbers(CONTENT, hashData(data), mzxid, mtime, version)
}

/**
 * Of a whole znode. The number of children is not in it: the children's own hashes are in the sum.
 */
export function hashZnode(
  identity: Digest,
  content: Digest,
  pzxid: number,
  created: number,
): Digest {
  return hashNumbers(ZNODE, identity, content, pzxid, created)
}

/**
 * Of what few znodes have of their own: an ACL that is not the open one, its version, a retention.
 * Added to the znode's hash; its identity ties it to the znode.
 */
export function hashAccess(
  identity: Digest,
  acl: readonly Acl[],
  aversion: number,
  retention: number,
): Digest {
  let list = acl.length
  for (const { perms, scheme, id } of acl) {
    list = hashNumbers(ACL_ENTRY, list, perms, hashText(scheme), hashText(id))
  }
  return hashNumbers(ACCESS, identity, list, aversion, retention)
}

/** Of what never changes while a session lives. */
export function hashSessionIdentity(
  id: SessionId,
  timeoutMs: number,
  origin: SessionOrigin,
): Digest {
  const asked = hashNumbers(
    SESSION,
    origin.replica,
    origin.incarnationKey,
    origin.view,
    origin.number,
  )
  return hashNumbers(SESSION, id, timeoutMs, asked, 0)
}

/** Of what makes a session one of a client elsewhere, over its identity; changes when it is attached. */
export function hashRemote(identity: Digest, attached: Zxid, password: Uint8Array): Digest {
  return hashNumbers(SESSION, identity, attached, hashData(password), 1)
}

/** Of a session without its outcomes. */
export function hashSession(identity: Digest, lastCxid: number): Digest {
  return hashNumbers(SESSION, identity, lastCxid, 0, 0)
}

/** Of a kept outcome. Paths and stats in it follow from the txns and are not hashed again. */
export function hashOutcome(session: SessionId, cxid: number, outcome: Outcome): Digest {
  return hashNumbers(OUTCOME, session, cxid, outcome.zxid, outcomeNumber(outcome))
}

export function hashMember(member: MemberRecord): Digest {
  const { databaseId, incarnation, incarnationKey } = member.incarnation
  const { process } = member
  const text =
    process === undefined
      ? databaseId
      : `${databaseId} ${process.bootId} ${process.pidNamespace} ${process.pid} ${process.startTime}`
  return hashNumbers(MEMBER, member.replica, incarnation, incarnationKey, hashText(text))
}

/** Of bytes, 4 at a time as little-endian words. `undefined` differs from empty. */
export function hashData(data: Uint8Array | undefined): Digest {
  if (data === undefined) return hashNumbers(NO_DATA, 0, 0, 0, 0)
  return data.length < VIEW_BYTES_MIN ? hashBytes(data) : hashWords(data)
}

function hashBytes(data: Uint8Array): Digest {
  const length = data.length
  const whole = length & ~3
  let low = LOW_SEED ^ length
  let high = HIGH_SEED ^ DATA
  for (let index = 0; index < whole; index += 4) {
    const word =
      data[index]! | (data[index + 1]! << 8) | (data[index + 2]! << 16) | (data[index + 3]! << 24)
    low = mixLow(low, word)
    high = mixHigh(high, word)
  }
  return hashRest(data, whole, low, high)
}

/** The same as `hashBytes`, faster for long data. */
function hashWords(data: Uint8Array): Digest {
  const length = data.length
  const whole = length & ~3
  const view = new DataView(data.buffer, data.byteOffset, length)
  let low = LOW_SEED ^ length
  let high = HIGH_SEED ^ DATA
  for (let index = 0; index < whole; index += 4) {
    const word = view.getInt32(index, true)
    low = mixLow(low, word)
    high = mixHigh(high, word)
  }
  return hashRest(data, whole, low, high)
}

function hashRest(data: Uint8Array, start: number, low: number, high: number): Digest {
  let word = 0
  for (let index = data.length - 1; index >= start; index--) word = (word << 8) | data[index]!
  return finish(mixLow(low, word), mixHigh(high, word))
}

function hashText(text: string): Digest {
  const length = text.length
  let low = LOW_SEED ^ length
  let high = HIGH_SEED ^ TEXT
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index)
    low = mixLow(low, unit)
    high = mixHigh(high, unit)
  }
  return finish(low, high)
}

/** Of four safe integers of one kind. */
function hashNumbers(kind: number, a: number, b: number, c: number, d: number): Digest {
  const aHigh = (a / WORD) | 0
  const bHigh = (b / WORD) | 0
  const cHigh = (c / WORD) | 0
  const dHigh = (d / WORD) | 0
  let low = mixLow(mixLow(LOW_SEED ^ kind, a | 0), aHigh)
  let high = mixHigh(mixHigh(HIGH_SEED ^ kind, a | 0), aHigh)
  low = mixLow(mixLow(low, b | 0), bHigh)
  high = mixHigh(mixHigh(high, b | 0), bHigh)
  low = mixLow(mixLow(low, c | 0), cHigh)
  high = mixHigh(mixHigh(high, c | 0), cHigh)
  low = mixLow(mixLow(low, d | 0), dHigh)
  high = mixHigh(mixHigh(high, d | 0), dHigh)
  return finish(low, high)
}

/** 0 for success; distinct for every code, failing index and count of a multi. */
function outcomeNumber(outcome: Outcome): number {
  if (outcome.kind === 'ok') return 0
  const index = outcome.index === undefined ? 0 : outcome.index + 1
  return -ERRNO[outcome.code] * WORD + index * 0x1_0000 + (outcome.count ?? 0)
}

function mixLow(lane: number, word: number): number {
  const product = Math.imul(lane ^ word, 0x9e37_79b1)
  return product ^ (product >>> 15)
}

function mixHigh(lane: number, word: number): number {
  const product = Math.imul(lane + word, 0x85eb_ca77)
  return product ^ (product >>> 13)
}

/** Lets every bit of both lanes reach every bit of the result, and keeps 52 of the 64. */
function finish(low: number, high: number): Digest {
  const first = scramble(low ^ Math.imul(high, 0xc2b2_ae3d))
  const second = scramble(high ^ Math.imul(first, 0x27d4_eb2f))
  return (second & HIGH_BITS) * WORD + (first >>> 0)
}

function scramble(word: number): number {
  let bits = Math.imul(word ^ (word >>> 16), 0x21f0_aaad)
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a_2d97)
  return bits ^ (bits >>> 15)
}
