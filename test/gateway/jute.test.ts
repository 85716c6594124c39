/**
 * ZooKeeper's encoding. The bytes of the samples are written down by hand, so that the encoder and the decoder are not
 * merely right about each other.
 */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { ERRNO } from '../../lib/protocol/error-code.js'
import {
  decodeConnectRequest,
  decodeConnectResponse,
  encodeConnectRequest,
  encodeConnectResponse,
} from '../../lib/gateway/jute/connect.js'
import { JuteError } from '../../lib/gateway/jute/jute-error.js'
import type { JuteErrorCode } from '../../lib/gateway/jute/jute-error.js'
import { hexOfLong, toLong } from '../../lib/gateway/jute/long.js'
import { errorName, OPCODE, opcodeName, WIRE_ERROR } from '../../lib/gateway/jute/opcodes.js'
import { JuteReader } from '../../lib/gateway/jute/reader.js'
import {
  decodeNotification,
  decodeReply,
  decodeReplyHeader,
  encodeReply,
  writeNotification,
} from '../../lib/gateway/jute/replies.js'
import { decodeRequest, encodeRequest } from '../../lib/gateway/jute/requests.js'
import { JuteWriter } from '../../lib/gateway/jute/writer.js'
import {
  bytesOf,
  CONNECT_REQUESTS,
  CONNECT_RESPONSES,
  NOTIFICATIONS,
  REPLIES,
  REQUESTS,
  UNKNOWN_REQUESTS,
} from './jute-samples.js'

/** Views and Buffers compare by their bytes: AVA tells a Buffer from a Uint8Array. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]))
}

function framed(body: Buffer): string {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body]).toString('hex')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function refused(t: ExecutionContext, code: JuteErrorCode, decode: () => unknown): void {
  const error = t.throws(decode, { instanceOf: JuteError })
  t.is(error.code, code)
}

/** Every way to decode the samples, with a whole frame for each. */
function everyDecoder(): { bytes: Buffer; decode: (frame: Uint8Array) => unknown }[] {
  return [
    ...REQUESTS.map(({ bytes }) => ({ bytes: bytesOf(bytes), decode: decodeRequest })),
    ...REPLIES.map(({ bytes, kind }) => ({
      bytes: bytesOf(bytes),
      decode: (frame: Uint8Array) => decodeReply(frame, kind),
    })),
    ...NOTIFICATIONS.map(({ bytes }) => ({ bytes: bytesOf(bytes), decode: decodeNotification })),
  ]
}

test('every request a client may send is read from its bytes, and written as the same', (t) => {
  for (const { xid, request, bytes } of [...REQUESTS, ...UNKNOWN_REQUESTS]) {
    const body = bytesOf(bytes)
    t.deepEqual(plain(decodeRequest(body)), plain({ xid, request }), request.kind)
    t.is(hex(encodeRequest(xid, request)), framed(body), request.kind)
  }
})

test('the samples have every opcode that stands alone', (t) => {
  const sampled = new Set<string>(REQUESTS.map(({ request }) => request.kind))
  const missing = Object.keys(OPCODE).filter((name) => !sampled.has(name))
  t.deepEqual(missing, ['check', 'error'])
})

test('every reply is read from its bytes, and written as the same', (t) => {
  for (const { header, kind, body, bytes } of REPLIES) {
    const frame = bytesOf(bytes)
    t.deepEqual(plain(decodeReply(frame, kind)), plain({ ...header, body }), kind)
    t.deepEqual(decodeReplyHeader(frame), header, kind)
    t.is(hex(encodeReply(header, body)), framed(frame), kind)
  }
  const answered = new Set<string>(REPLIES.map(({ kind }) => kind))
  const silent = REQUESTS.map(({ request }) => request.kind).filter((kind) => !answered.has(kind))
  t.deepEqual(silent, [])
})

test('every watch event is read from its bytes, and written as the same', (t) => {
  for (const { event, bytes } of NOTIFICATIONS) {
    t.deepEqual(decodeNotification(bytesOf(bytes)), event)
    const writer = new JuteWriter()
    writeNotification(writer, { zxid: event.zxid, type: event.type, path: event.path })
    t.is(hex(writer.take()), framed(bytesOf(bytes)))
  }
})

test('both ends of the handshake are read and written, with the byte for read-only and without', (t) => {
  for (const { request, bytes } of CONNECT_REQUESTS) {
    t.deepEqual(plain(decodeConnectRequest(bytesOf(bytes))), plain(request))
    t.is(hex(encodeConnectRequest(request)), framed(bytesOf(bytes)))
  }
  for (const { response, bytes } of CONNECT_RESPONSES) {
    t.deepEqual(plain(decodeConnectResponse(bytesOf(bytes))), plain(response))
    t.is(hex(encodeConnectResponse(response)), framed(bytesOf(bytes)))
  }
})

test('a frame that ends anywhere before its record is refused', (t) => {
  for (const { bytes, decode } of everyDecoder()) {
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      const error = t.throws(() => decode(cut), { instanceOf: JuteError }, cut.toString('hex'))
      // A vector that no longer fits is found out before its items are.
      t.true(['TRUNCATED', 'BAD_LENGTH'].includes(error.code))
    }
  }
})

test('a connect request that ends anywhere is refused, but for its last byte', (t) => {
  const bytes = bytesOf(CONNECT_REQUESTS[0]!.bytes)
  for (let length = 0; length < bytes.length - 1; length++) {
    refused(t, 'TRUNCATED', () => decodeConnectRequest(bytes.subarray(0, length)))
  }
  t.is(decodeConnectRequest(bytes.subarray(0, -1)).readOnly, undefined)
})

test('a byte after the record is refused', (t) => {
  for (const { bytes, decode } of everyDecoder()) {
    refused(t, 'TRAILING_BYTES', () => decode(Buffer.concat([bytes, Buffer.of(0)])))
  }
  for (const { bytes, request } of CONNECT_REQUESTS) {
    if (request.readOnly === undefined) continue
    const longer = Buffer.concat([bytesOf(bytes), Buffer.of(0)])
    refused(t, 'TRAILING_BYTES', () => decodeConnectRequest(longer))
  }
})

test('a length or count that is negative or larger than the rest is refused before anything is allocated', (t) => {
  const path = '00000002 2f61'
  for (const [length, code] of [
    ['fffffffe', 'BAD_LENGTH'],
    ['80000000', 'BAD_LENGTH'],
    ['00000003', 'TRUNCATED'],
    ['7fffffff', 'TRUNCATED'],
  ] as const) {
    // exists: a path of so many bytes. setData: data of so many.
    refused(t, code, () => decodeRequest(bytesOf(`00000001 00000003 ${length} 2f61`)))
    refused(t, code, () => decodeRequest(bytesOf(`00000001 00000005 ${path} ${length} 2f61`)))
  }
  for (const count of ['fffffffe', '80000000', '00000002', '7fffffff', '01000000']) {
    // setACL with an ACL of so many entries, of which one is there.
    const entry = '0000001f 00000000 00000000'
    refused(t, 'BAD_LENGTH', () =>
      decodeRequest(bytesOf(`00000001 00000007 ${path} ${count} ${entry}`)),
    )
  }
})

test('a boolean that is neither 0 nor 1 is refused', (t) => {
  for (const byte of ['02', 'ff']) {
    refused(t, 'BAD_VALUE', () => decodeRequest(bytesOf(`00000001 00000003 00000001 2f ${byte}`)))
  }
})

test('a multi has only writes, a multiRead only reads, and both end as they should', (t) => {
  const end = 'ffffffff 01 ffffffff'
  const read = '00000004 00 ffffffff 00000001 2f 00'
  const write = '00000002 00 ffffffff 00000001 2f ffffffff'
  const setAcl = '00000007 00 ffffffff 00000001 2f 00000000 ffffffff'
  const sync = '00000009 00 ffffffff 00000001 2f'
  t.is(decodeRequest(bytesOf(`00000001 0000000e ${write} ${end}`)).request.kind, 'multi')
  t.is(decodeRequest(bytesOf(`00000001 00000016 ${read} ${end}`)).request.kind, 'multiRead')
  for (const operation of [read, setAcl, sync, `0000000e 00 ffffffff ${end}`]) {
    refused(t, 'BAD_VALUE', () => decodeRequest(bytesOf(`00000001 0000000e ${operation} ${end}`)))
  }
  for (const operation of [write, setAcl, sync]) {
    refused(t, 'BAD_VALUE', () => decodeRequest(bytesOf(`00000001 00000016 ${operation} ${end}`)))
  }
  refused(t, 'BAD_VALUE', () => decodeRequest(bytesOf('00000001 0000000e 00000002 01 ffffffff')))
})

test('null is read as what means the same, and as nothing else', (t) => {
  const nothing = 'ffffffff'
  t.deepEqual(
    decodeRequest(bytesOf(`00000001 00000001 ${nothing} ${nothing} ${nothing} 00000000`)),
    {
      xid: 1,
      request: { kind: 'create', path: '', data: undefined, acl: [], flags: 0 },
    },
  )
  t.deepEqual(decodeRequest(bytesOf(`00000001 00000067 ${nothing}`)).request, {
    kind: 'getEphemerals',
    prefix: '',
  })
})

test('bytes that are no UTF-8 become what no path may contain', (t) => {
  // A lone continuation byte, and a surrogate in three bytes as Java writes it.
  for (const bytes of ['80', 'eda080']) {
    const length = (bytes.length / 2 + 1).toString(16).padStart(8, '0')
    const { request } = decodeRequest(bytesOf(`00000001 00000009 ${length} 2f${bytes}`))
    t.true(request.kind === 'sync' && request.path.startsWith('/\ufffd'))
  }
})

test('all 64 bits of a long survive, as a number where that is exact', (t) => {
  const cases: [number | bigint, string][] = [
    [0, '0000000000000000'],
    [1, '0000000000000001'],
    [-1, 'ffffffffffffffff'],
    [0xffff_ffff, '00000000ffffffff'],
    [0x1_0000_0000, '0000000100000000'],
    [-0x1_0000_0000, 'ffffffff00000000'],
    [-0x1_0000_0001, 'fffffffeffffffff'],
    [Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    [2n ** 53n, '0020000000000000'],
    [Number.MIN_SAFE_INTEGER, 'ffe0000000000001'],
    [-(2n ** 53n), 'ffe0000000000000'],
    [2n ** 63n - 1n, '7fffffffffffffff'],
    [-(2n ** 63n), '8000000000000000'],
  ]
  for (const [value, bytes] of cases) {
    const writer = new JuteWriter()
    writer.long(value)
    t.is(hex(writer.take()), bytes)
    t.is(new JuteReader(bytesOf(bytes)).long(), value)
    t.is(toLong(BigInt(value)), value)
    t.is(hexOfLong(value).padStart(16, '0'), bytes)
  }
})

test('a number that does not fit its field is not written, nor is anything of its frame', (t) => {
  const writer = new JuteWriter()
  writer.frame(() => writer.int(1))
  t.throws(() => writer.frame(() => writer.int(2 ** 31)), { instanceOf: RangeError })
  writer.frame(() => writer.int(2))
  t.is(hex(writer.take()), '00000004000000010000000400000002')
  t.is(writer.length, 0)
})

test('fields are written whole wherever the writer has to grow', (t) => {
  for (let before = 200; before < 270; before++) {
    const writer = new JuteWriter()
    writer.bytes(new Uint8Array(before))
    writer.int(-2)
    writer.bool(true)
    writer.long(-3)
    writer.ustring('é')
    writer.buffer(Uint8Array.of(7))
    const written = Buffer.from(writer.take()).subarray(before)
    t.is(hex(written), 'fffffffe01fffffffffffffffd00000002c3a90000000107')
  }
})

test('a frame larger than the writer began with is written whole', (t) => {
  const data = Buffer.alloc(100_000, 'abc')
  const frame = encodeRequest(1, { kind: 'setData', path: '/a', data, version: -1 })
  const { request } = decodeRequest(frame.subarray(4))
  t.true(request.kind === 'setData' && data.equals(request.data!))
})

test('numbers have one name each, and errors the number that the session API gives them', (t) => {
  for (const [name, opcode] of Object.entries(OPCODE)) t.is(opcodeName(opcode), name as never)
  for (const [name, err] of Object.entries(WIRE_ERROR)) t.is(errorName(err), name as never)
  for (const [name, errno] of Object.entries(ERRNO)) {
    if (errno > -900) t.is((WIRE_ERROR as Record<string, number>)[name], errno, name)
  }
  t.is(opcodeName(20), undefined)
  t.is(errorName(-900), undefined)
})
