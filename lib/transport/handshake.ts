/**
 * The handshake of two members, as bytes and as what is checked of them. A link is a pair of sockets, one
 * opened by each side and written by that side only, so each message below goes both ways:
 *
 *   HELLO    who I am, a nonce for this socket, and (only while I have a link to you) which socket of yours
 *            this one answers
 *   ANSWER   written on my socket about yours: its nonce, and a proof made of the secret and both HELLOs
 *   WELCOME  your proof holds and my host lets you in
 *
 * A link is up for a side that has sent and received WELCOME. The nonce tells one socket of one incarnation
 * from every other, so a recorded handshake proves nothing again. The encoding is fixed and small: nothing
 * of an unproven peer reaches a general decoder but one JSON text of bounded size.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Member, ProcessIdentity } from '../protocol/member.js'
import type { Refusal } from './transport.js'

/** Bytes of one frame before the link is up. */
export const HANDSHAKE_FRAME_BYTES_MAX = 4096
export const NONCE_BYTES = 16

const MAGIC = Buffer.from('vivarium', 'latin1')
const KIND_AT: number = MAGIC.length
const BODY_AT: number = KIND_AT + 1
const PROOF_BYTES = 32
/** HELLO: version, flags, nonce, nonce answered (zeros for none), then the member as JSON. */
const FLAGS_AT: number = BODY_AT + 4
const NONCE_AT: number = FLAGS_AT + 1
const ANSWERS_AT: number = NONCE_AT + NONCE_BYTES
const MEMBER_AT: number = ANSWERS_AT + NONCE_BYTES
const ANSWER_BYTES: number = BODY_AT + NONCE_BYTES + PROOF_BYTES
const FLAG_SECURED = 1
const NO_NONCE = Buffer.alloc(NONCE_BYTES)

export interface Hello {
  readonly kind: 'hello'
  readonly member: Member
  readonly nonce: Uint8Array
  /** The nonce of the socket that this one was opened to answer. */
  readonly answers: Uint8Array | undefined
  /** The sender proves, and asks for a proof of, a shared secret. */
  readonly isSecured: boolean
  /** The whole message, as it goes into the proofs. */
  readonly bytes: Uint8Array
}

export interface Answer {
  readonly kind: 'answer'
  readonly nonce: Uint8Array
  readonly proof: Uint8Array
}

export type Handshake = Hello | Answer | { readonly kind: 'welcome' }

/** A handshake is refused; `detail` is for the log. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly refusal: Refusal

  constructor(refusal: Refusal, detail: string) {
    super(detail)
    this.refusal = refusal
  }
}

export function encodeHello(hello: Omit<Hello, 'kind' | 'bytes'>): Uint8Array {
  const { protocol, ...member } = hello.member
  const head = Buffer.alloc(MEMBER_AT)
  writeKind(head, 'H')
  head.writeUInt32BE(protocol, BODY_AT)
  head[FLAGS_AT] = hello.isSecured ? FLAG_SECURED : 0
  head.set(hello.nonce, NONCE_AT)
  head.set(hello.answers ?? NO_NONCE, ANSWERS_AT)
  return Buffer.concat([head, Buffer.from(JSON.stringify(member))])
}

export function encodeAnswer(nonce: Uint8Array, proof: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(ANSWER_BYTES)
  writeKind(bytes, 'A')
  bytes.set(nonce, BODY_AT)
  bytes.set(proof, BODY_AT + NONCE_BYTES)
  return bytes
}

export function encodeWelcome(): Uint8Array {
  const bytes = Buffer.alloc(BODY_AT)
  writeKind(bytes, 'W')
  return bytes
}

/**
 * Reads one message; everything in the result is a copy. `protocol` is the only version understood, and is
 * checked before anything that another version may have laid out differently.
 *
 * Throws `HandshakeError`.
 */
export function decodeHandshake(frame: Uint8Array, protocol: number): Handshake {
  const bytes = Buffer.from(frame)
  if (bytes.length < BODY_AT || !bytes.subarray(0, KIND_AT).equals(MAGIC)) {
    throw new HandshakeError('NOT_A_MEMBER', 'it does not begin like a member of an ensemble')
  }
  switch (String.fromCharCode(bytes[KIND_AT]!)) {
    case 'H':
      return decodeHello(bytes, protocol)
    case 'A':
      if (bytes.length !== ANSWER_BYTES) throw malformed('an answer of a wrong length')
      return {
        kind: 'answer',
        nonce: bytes.subarray(BODY_AT, BODY_AT + NONCE_BYTES),
        proof: bytes.subarray(BODY_AT + NONCE_BYTES),
      }
    case 'W':
      if (bytes.length !== BODY_AT) throw malformed('a welcome with more behind it')
      return { kind: 'welcome' }
    default:
      throw malformed('a message of an unknown kind')
  }
}

/**
 * What the side that said `hello` shows on its socket to the side that said `other`. Both whole HELLOs go in,
 * with their nonces, identities and order, so that a proof holds for these two sockets and this direction
 * only. Without a secret it still shows that both sides speak of the same pair.
 */
export function prove(secret: Uint8Array, hello: Uint8Array, other: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(hello.length)
  const mac = createHmac('sha256', secret)
  return mac.update('vivarium answer').update(length).update(hello).update(other).digest()
}

/** Compares without telling by its duration how much is equal. */
export function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

function decodeHello(bytes: Buffer, protocol: number): Hello {
  if (bytes.length < FLAGS_AT) throw malformed('a hello of a wrong length')
  const theirs = bytes.readUInt32BE(BODY_AT)
  if (theirs !== protocol) {
    throw new HandshakeError(
      'PROTOCOL_VERSION',
      `the peer speaks protocol version ${theirs}, this replica speaks ${protocol}`,
    )
  }
  if (bytes.length < MEMBER_AT) throw malformed('a hello of a wrong length')
  const answers = bytes.subarray(ANSWERS_AT, MEMBER_AT)
  return {
    kind: 'hello',
    member: decodeMember(bytes.toString('utf8', MEMBER_AT), protocol),
    nonce: bytes.subarray(NONCE_AT, ANSWERS_AT),
    answers: answers.equals(NO_NONCE) ? undefined : answers,
    isSecured: (bytes[FLAGS_AT]! & FLAG_SECURED) !== 0,
    bytes,
  }
}

/** Takes exactly the known fields, each checked; whatever else the text holds is dropped. */
function decodeMember(text: string, protocol: number): Member {
  const raw = parseObject(text)
  const { role, empty, voterIds } = raw
  if (role !== 'voter' && role !== 'observer') throw malformed('no role')
  if (typeof empty !== 'boolean') throw malformed('empty is not a boolean')
  if (!Array.isArray(voterIds) || !isAscending(voterIds))
    throw malformed('voterIds is not a sorted list')
  return {
    protocol,
    clusterId: stringOf(raw, 'clusterId'),
    replicaId: integerOf(raw, 'replicaId', 1),
    voterIds,
    databaseId: stringOf(raw, 'databaseId'),
    incarnation: integerOf(raw, 'incarnation', 0),
    incarnationKey: integerOf(raw, 'incarnationKey', 0),
    role,
    empty,
    process: raw['process'] === undefined ? undefined : decodeProcess(raw['process']),
  }
}

function decodeProcess(value: unknown): ProcessIdentity {
  const raw = objectOf(value)
  return {
    bootId: stringOf(raw, 'bootId'),
    pidNamespace: stringOf(raw, 'pidNamespace'),
    pid: integerOf(raw, 'pid', 1),
    startTime: integerOf(raw, 'startTime', 0),
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    throw malformed('the member is no JSON object')
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw malformed('no object where one belongs')
}

function stringOf(raw: Record<string, unknown>, name: string): string {
  const value = raw[name]
  if (typeof value === 'string' && value.length <= 128) return value
  throw malformed(`${name} is no short string`)
}

function integerOf(raw: Record<string, unknown>, name: string, least: number): number {
  const value = raw[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value
  throw malformed(`${name} is no integer from ${least} on`)
}

function isAscending(values: readonly unknown[]): values is readonly number[] {
  let last = 0
  for (const value of values) {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= last) return false
    last = value
  }
  return true
}

function writeKind(bytes: Uint8Array, kind: string): void {
  bytes.set(MAGIC)
  bytes[KIND_AT] = kind.charCodeAt(0)
}

function malformed(detail: string): HandshakeError {
  return new HandshakeError('BAD_HANDSHAKE', detail)
}
