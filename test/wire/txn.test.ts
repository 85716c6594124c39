/** Txns as bytes: a stable format, encoded once. */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import { makeZxid } from '../../lib/protocol/zxid.js'
import type { Txn, TxnBody } from '../../lib/tree/txn.js'
import { entryOf } from '../../lib/wire/entry.js'
import {
  packSnapshotTail,
  packZnodes,
  unpackSnapshotTail,
  unpackZnodes,
} from '../../lib/wire/snapshot.js'
import { decodeTxn, encodeTxn } from '../../lib/wire/txn.js'
import { WireError } from '../../lib/wire/wire-error.js'
import { tail, times, txn, znode } from './arbitrary.js'

const ORIGIN = { replica: 2, incarnationKey: 0xfedcba98, view: 1, number: 7 }
const SESSION = makeZxid(3, 9)

/** Bytes of what comes before the body in each golden txn. */
const HEAD = '94cb4278bcfe5687b000cb432000000000000293cb42080000004800000403'

/** One body of each kind, and its bytes. They are on people's disks: a change needs a new format version. */
const GOLDEN: readonly (readonly [TxnBody, string])[] = [
  [
    {
      kind: 'create',
      path: '/a/é',
      data: Uint8Array.of(1, 2, 255),
      owner: SESSION,
      parentCreated: 300,
    },
    '9501a52f612fc3a9c4030102ffcb4208000000480000cd012c',
  ],
  [{ kind: 'create', path: '/', data: undefined, owner: 0, parentCreated: 0 }, '9501a12fc00000'],
  [{ kind: 'delete', path: '/a' }, '9202a22f61'],
  [
    { kind: 'setData', path: '/a', data: new Uint8Array(0), version: 70_000 },
    '9403a22f61c400ce00011170',
  ],
  [
    { kind: 'multi', operations: [{ kind: 'check' }, { kind: 'delete', path: '/b' }] },
    '92059291049202a22f62',
  ],
  [{ kind: 'error', code: 'NO_NODE' }, '9406d09bc0c0'],
  [{ kind: 'error', code: 'NODE_EXISTS', index: 1, count: 2 }, '9406d0920102'],
  [{ kind: 'sync' }, '9107'],
  [
    { kind: 'createSession', timeoutMs: 10_000, origin: ORIGIN, password: undefined },
    '9408cd27109402cefedcba980107c0',
  ],
  [
    {
      kind: 'createSession',
      timeoutMs: 10_000,
      origin: ORIGIN,
      password: new Uint8Array(16).fill(7),
    },
    `9408cd27109402cefedcba980107c410${'07'.repeat(16)}`,
  ],
  [
    { kind: 'attachSession', session: SESSION, origin: ORIGIN },
    '930bcb42080000004800009402cefedcba980107',
  ],
  [
    {
      kind: 'create',
      path: '/a',
      data: undefined,
      owner: 0,
      parentCreated: 1,
      acl: [
        { perms: 31, scheme: 'digest', id: 'u:h' },
        { perms: 1, scheme: 'world', id: 'anyone' },
      ],
      retention: undefined,
    },
    '9701a22f61c00001961fa6646967657374a3753a6801a5776f726c64a6616e796f6e65c0',
  ],
  [
    {
      kind: 'create',
      path: '/a',
      data: undefined,
      owner: 0,
      parentCreated: 1,
      acl: undefined,
      retention: -1,
    },
    '9701a22f61c00001c0ff',
  ],
  [
    {
      kind: 'setAcl',
      path: '/a',
      acl: [{ perms: 2, scheme: 'ip', id: '10.0.0.0/8' }],
      aversion: 3,
    },
    '940ca22f619302a26970aa31302e302e302e302f3803',
  ],
  [
    { kind: 'closeSession', session: SESSION, paths: ['/a', '/b'] },
    '9309cb420800000048000092a22f61a22f62',
  ],
  [
    {
      kind: 'register',
      replica: 2,
      incarnation: { databaseId: 'd0', incarnation: 5, incarnationKey: 6 },
      process: { bootId: 'b', pidNamespace: 'n', pid: 1234, startTime: 5_000_000_000 },
      vote: true,
      closed: [{ kind: 'closeSession', session: SESSION, paths: [] }],
    },
    '960a0293a26430050694a162a16ecd04d2cb41f2a05f20000000c3919309cb420800000048000090',
  ],
]

function golden(body: TxnBody): Txn {
  const origin = { session: SESSION, cxid: 4, settled: 3 }
  return { time: 1_700_000_000_123, origin, digest: 2 ** 51 + 1, body }
}

for (const [index, [body, hex]] of GOLDEN.entries()) {
  test(`the bytes of a ${body.kind} txn are what they always were (${index})`, (t) => {
    t.is(Buffer.from(encodeTxn(golden(body))).toString('hex'), HEAD + hex)
    t.deepEqual(decodeTxn(Buffer.from(HEAD + hex, 'hex')), golden(body))
  })
}

test('a txn is decoded as it was encoded', (t) => {
  const random = new Random(1)
  for (let round = 0; round < 500; round++) {
    const sent = txn(random)
    t.deepEqual(decodeTxn(Uint8Array.from(encodeTxn(sent))), sent)
  }
})

test('a txn is encoded once, and one that was decoded not again', (t) => {
  const sent = Object.freeze(golden({ kind: 'sync' }))
  const bytes = encodeTxn(sent)
  t.is(encodeTxn(sent), bytes)

  const received = decodeTxn(Uint8Array.from(bytes))
  const kept = encodeTxn(received)
  t.deepEqual(Uint8Array.from(kept), Uint8Array.from(bytes))
  t.is(encodeTxn(received), kept)
})

test('the bytes remembered for a txn do not change with the frame they came from', (t) => {
  const frame = Uint8Array.from(encodeTxn(golden({ kind: 'delete', path: '/a' })))
  const before = Uint8Array.from(frame)
  const received = decodeTxn(frame)
  frame.fill(0)
  t.deepEqual(Uint8Array.from(encodeTxn(received)), before)
})

test('a changed copy of a txn has bytes of its own', (t) => {
  const sent = golden({ kind: 'sync' })
  encodeTxn(sent)
  t.is(decodeTxn(encodeTxn({ ...sent, digest: 1 })).digest, 1)
})

test('the entry of a register txn carries its registration, any other none', (t) => {
  const incarnation = { databaseId: 'd0', incarnation: 5, incarnationKey: 6 }
  const register = golden({
    kind: 'register',
    replica: 2,
    incarnation,
    process: undefined,
    vote: false,
    closed: [],
  })
  t.deepEqual(entryOf(9, register).registration, { replica: 2, ...incarnation, vote: false })
  t.is(entryOf(9, golden({ kind: 'sync' })).registration, undefined)
})

test('a batch of znodes and the tail of a snapshot are decoded as they were encoded', (t) => {
  const random = new Random(5)
  for (let round = 0; round < 60; round++) {
    const nodes = times(random.integer(20), () => znode(random))
    t.deepEqual(unpackZnodes(packZnodes(nodes)), nodes)
    const end = tail(random)
    t.deepEqual(unpackSnapshotTail(packSnapshotTail(end)), end)
  }
})

test('bytes that are no txn are a WireError', (t) => {
  for (const hex of ['', 'c0', '90', '94', '9400000000', '940100c09104', 'ff', '81a16101']) {
    t.throws(() => decodeTxn(Buffer.from(hex, 'hex')), { instanceOf: WireError }, hex)
  }
})
