/** Messages between members: what is encoded is decoded, what is malformed is a WireError and nothing else. */
import test from 'ava'
import { Packr } from 'msgpackr'
import { FRAME_BYTES_MAX } from '../../lib/base/limits.js'
import { Random } from '../../lib/base/random.js'
import { makeZxid } from '../../lib/protocol/zxid.js'
import { entryOf } from '../../lib/wire/entry.js'
import { decodeMessages, encodeFrames, encodeMessages } from '../../lib/wire/message.js'
import { WireError } from '../../lib/wire/wire-error.js'
import { MESSAGES, message } from './arbitrary-message.js'
import { times } from './arbitrary.js'

for (const [kind, make] of Object.entries(MESSAGES)) {
  test(`a ${kind} message arrives as it was sent`, (t) => {
    const random = new Random(1)
    for (let round = 0; round < 60; round++) {
      const sent = [make(random), make(random)]
      t.deepEqual(decodeMessages(encodeMessages(sent)), sent)
    }
  })
}

test('nothing that was decoded refers to the frame', (t) => {
  const random = new Random(3)
  const sent = times(100, () => message(random))
  const frame = encodeMessages(sent)
  const received = decodeMessages(frame)
  frame.fill(0xff)
  t.deepEqual(received, sent)
})

function setData(data: Uint8Array, version: number) {
  const body = { kind: 'setData', path: '/a', data, version } as const
  return entryOf(makeZxid(1, version), { time: 1, origin: undefined, digest: 1, body })
}

test('data that was decoded pins no more memory than itself', (t) => {
  const entries = [setData(new Uint8Array(100).fill(7), 1)]
  const [received] = decodeMessages(encodeMessages([{ kind: 'proposal', entries }]))
  t.true(received?.kind === 'proposal')
  const body = received?.kind === 'proposal' ? received.entries[0]?.txn.body : undefined
  t.true(body?.kind === 'setData' && (body.data?.buffer.byteLength ?? Infinity) <= 8192)
})

test('a turn with more than a frame holds becomes several frames, in order', (t) => {
  const data = new Uint8Array(1_000_000)
  const entries = times(60, (index) => setData(data, index + 1))
  const body = { kind: 'create', path: '/a', data, ephemeral: false, sequential: false } as const
  const requests = times(60, (index) => {
    return { kind: 'request', session: 1, cxid: index + 1, settled: 0, body } as const
  })
  const frames = encodeFrames([
    { kind: 'ping', epoch: 1, number: 1 },
    { kind: 'proposal', entries },
    { kind: 'commit', zxid: makeZxid(1, 60) },
    { kind: 'forward', requests },
  ])
  t.true(frames.length > 4)
  for (const frame of frames) t.true(frame.length <= FRAME_BYTES_MAX)

  const received = frames.flatMap((frame) => decodeMessages(frame))
  const kinds = received.map(({ kind }) => kind)
  const runs = kinds.filter((kind, index) => kind !== kinds[index - 1])
  t.deepEqual(runs, ['ping', 'proposal', 'commit', 'forward'])
  const arrived = received.flatMap((each) => (each.kind === 'proposal' ? each.entries : []))
  t.deepEqual(arrived, entries)
  const asked = received.flatMap((each) => (each.kind === 'forward' ? each.requests : []))
  t.deepEqual(asked, requests)
})

test('a short turn is one frame', (t) => {
  const random = new Random(4)
  const turn = [MESSAGES.ping(random), MESSAGES.ack(random), MESSAGES.commit(random)]
  t.is(encodeFrames(turn).length, 1)
  t.is(encodeFrames([]).length, 0)
})

const packr = new Packr({ useRecords: false, moreTypes: true, encodeUndefinedAsNil: true })
const FIRST = 2 ** 32 + 1

const MALFORMED: readonly (readonly [string, unknown])[] = [
  ['no list at all', 7],
  ['a message that is no list', [7]],
  ['an unknown kind', [[99]]],
  ['kind 0', [[0]]],
  ['a kind that is a string', [['ping', 1, 1]]],
  ['a field too few', [[13, 1]]],
  ['a field too many', [[13, 1, 1, 1]]],
  ['an epoch beyond the last', [[13, 2 ** 21, 1]]],
  ['a negative epoch', [[13, -1, 1]]],
  ['a number that is not whole', [[13, 1, 1.5]]],
  ['a number that is not exact', [[13, 1, 2 ** 53]]],
  ['NaN', [[13, 1, Number.NaN]]],
  ['infinity', [[13, 1, Number.POSITIVE_INFINITY]]],
  ['a bigint', [[13, 1, 2n ** 60n]]],
  ['a string for a number', [[13, 1, '1']]],
  ['nil for a number', [[13, 1, null]]],
  ['a number for a boolean', [[11, 1, 1]]],
  ['an unknown state of a member', [[1, 4, 1, [1, 1, 1], true, true, true]]],
  ['an empty proposal', [[10, []]]],
  ['a proposal of the start of an epoch', [[10, [[2 ** 32, new Uint8Array(3)]]]]],
  ['a proposal whose txn is no txn', [[10, [[FIRST, new Uint8Array(3)]]]]],
  ['a proposal whose txn is a string', [[10, [[FIRST, 'txn']]]]],
  ['too many ends of epochs', [[4, 1, true, 1, 1, true, true, times(1025, () => 1), true]]],
  ['a path beyond its bound', [[15, [[1, 1, 1, 0, [2, '/'.repeat(5000), -1]]]]]],
  ['a check outside a multi', [[15, [[1, 1, 1, 0, [4, '/a', -1]]]]]],
  ['too many operations', [[15, [[1, 1, 1, 0, [5, times(1001, () => [4, '/a', -1])]]]]]],
  ['half a znode', [[18, 0, ['/a', null, 1]]]],
  ['a map', [{ kind: 'ping', epoch: 1, number: 1 }]],
  ['a regular expression', [[13, /a+/, 1]]],
  ['a date', [[13, new Date(0), 1]]],
  ['an error', [[13, new Error('x'), 1]]],
  ['a set', [[13, new Set([1]), 1]]],
  ['floats', [[13, new Float64Array(3), 1]]],
]

for (const [what, value] of MALFORMED) {
  test(`a frame with ${what} is refused`, (t) => {
    const frame = Uint8Array.from(packr.pack(value))
    t.throws(() => decodeMessages(frame), { instanceOf: WireError })
  })
}

test('a definition of a record is refused before it is compiled', (t) => {
  const frame = Uint8Array.from(new Packr({ useRecords: true }).pack([{ a: 1 }, { a: 2 }]))
  t.throws(() => decodeMessages(frame), {
    instanceOf: WireError,
    message: /not part of the format/,
  })
})

test('bytes after the last message are refused', (t) => {
  const frame = encodeMessages([{ kind: 'ping', epoch: 1, number: 1 }])
  t.throws(() => decodeMessages(Uint8Array.from([...frame, 0])), { instanceOf: WireError })
})

test('a list that announces more than the frame holds is refused before memory is reserved', (t) => {
  const frame = Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff, 1)
  t.throws(() => decodeMessages(frame), { instanceOf: WireError, message: /cut off/ })
})

test('arrays nested without end are refused', (t) => {
  const frame = new Uint8Array(1_000_000).fill(0x91)
  t.throws(() => decodeMessages(frame), { instanceOf: WireError, message: /nested/ })
})
