/**
 * One sample of every record of ZooKeeper's client protocol, with its bytes written down by hand from zookeeper.jute,
 * not by the encoder: what the decoder and the encoder are held against, and what the fuzzer mutates.
 */
import type { ConnectRequest, ConnectResponse } from '../../lib/gateway/jute/connect.js'
import type { WireStat } from '../../lib/gateway/jute/records.js'
import type { Notification, ReplyBody, ReplyHeader } from '../../lib/gateway/jute/replies.js'
import type { ClientRequest, RequestKind } from '../../lib/gateway/jute/requests.js'

export interface RequestSample {
  readonly xid: number
  readonly request: ClientRequest
  /** Hexadecimal, without the frame's length. */
  readonly bytes: string
}

export interface ReplySample {
  readonly header: ReplyHeader
  readonly kind: RequestKind
  readonly body: ReplyBody | undefined
  readonly bytes: string
}

/** The bytes of hexadecimal digits; spaces mean nothing. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s+/g, ''), 'hex')
}

const ANYONE = [{ perms: 31, scheme: 'world', id: 'anyone' }]
/** vector of 1: perms, "world", "anyone". */
const ANYONE_BYTES = '00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65'
/** "/a" */
const PATH_A = '00000002 2f61'
/** "/b" */
const PATH_B = '00000002 2f62'
/** The three bytes 00 ff 7a. */
const DATA = Uint8Array.of(0, 255, 122)
const DATA_BYTES = '00000003 00ff7a'
const NULL = 'ffffffff'
const MULTI_END = 'ffffffff 01 ffffffff'

const STAT: WireStat = {
  czxid: 0x1_0000_0001,
  mzxid: 0x1_0000_0002,
  ctime: 1_700_000_000_000,
  mtime: 1_700_000_000_001,
  version: 3,
  cversion: -1,
  aversion: 5,
  ephemeralOwner: 0x0100_0000_0000_0007n,
  dataLength: 6,
  numChildren: 7,
  pzxid: 0x1f_ffff_ffff_ffff,
}
const STAT_BYTES = `0000000100000001 0000000100000002 0000018bcfe56800 0000018bcfe56801
  00000003 ffffffff 00000005 0100000000000007 00000006 00000007 001fffffffffffff`

export const REQUESTS: readonly RequestSample[] = [
  {
    xid: 1,
    request: { kind: 'create', path: '/a', data: DATA, acl: ANYONE, flags: 3 },
    bytes: `00000001 00000001 ${PATH_A} ${DATA_BYTES} ${ANYONE_BYTES} 00000003`,
  },
  {
    xid: 2,
    request: { kind: 'create2', path: '/a', data: undefined, acl: [], flags: 0 },
    bytes: `00000002 0000000f ${PATH_A} ${NULL} 00000000 00000000`,
  },
  {
    xid: 3,
    request: {
      kind: 'createContainer',
      path: '/a',
      data: new Uint8Array(0),
      acl: ANYONE,
      flags: 4,
    },
    bytes: `00000003 00000013 ${PATH_A} 00000000 ${ANYONE_BYTES} 00000004`,
  },
  {
    xid: 4,
    request: { kind: 'createTTL', path: '/a', data: DATA, acl: ANYONE, flags: 6, ttl: 60_000 },
    bytes: `00000004 00000015 ${PATH_A} ${DATA_BYTES} ${ANYONE_BYTES} 00000006 000000000000ea60`,
  },
  {
    xid: 5,
    request: { kind: 'delete', path: '/a', version: -1 },
    bytes: `00000005 00000002 ${PATH_A} ffffffff`,
  },
  {
    xid: 6,
    request: { kind: 'exists', path: '/a', watch: true },
    bytes: `00000006 00000003 ${PATH_A} 01`,
  },
  {
    xid: 7,
    request: { kind: 'getData', path: '/a', watch: false },
    bytes: `00000007 00000004 ${PATH_A} 00`,
  },
  {
    xid: 8,
    request: { kind: 'setData', path: '/a', data: DATA, version: 2 },
    bytes: `00000008 00000005 ${PATH_A} ${DATA_BYTES} 00000002`,
  },
  {
    xid: 9,
    request: { kind: 'getACL', path: '/a' },
    bytes: `00000009 00000006 ${PATH_A}`,
  },
  {
    xid: 10,
    request: { kind: 'setACL', path: '/a', acl: ANYONE, version: 0 },
    bytes: `0000000a 00000007 ${PATH_A} ${ANYONE_BYTES} 00000000`,
  },
  {
    xid: 11,
    request: { kind: 'getChildren', path: '/a', watch: true },
    bytes: `0000000b 00000008 ${PATH_A} 01`,
  },
  {
    xid: 12,
    request: { kind: 'getChildren2', path: '/a', watch: false },
    bytes: `0000000c 0000000c ${PATH_A} 00`,
  },
  {
    xid: 13,
    // Two bytes and three in UTF-8.
    request: { kind: 'sync', path: '/é日' },
    bytes: '0000000d 00000009 00000006 2fc3a9e697a5',
  },
  {
    xid: -2,
    request: { kind: 'ping' },
    bytes: 'fffffffe 0000000b',
  },
  {
    xid: 14,
    request: {
      kind: 'multi',
      operations: [
        { kind: 'create', path: '/a', data: DATA, acl: ANYONE, flags: 0 },
        { kind: 'createTTL', path: '/b', data: undefined, acl: ANYONE, flags: 5, ttl: 1 },
        { kind: 'setData', path: '/a', data: DATA, version: 0 },
        { kind: 'check', path: '/b', version: 7 },
        { kind: 'delete', path: '/b', version: -1 },
      ],
    },
    bytes: `0000000e 0000000e
      00000001 00 ffffffff ${PATH_A} ${DATA_BYTES} ${ANYONE_BYTES} 00000000
      00000015 00 ffffffff ${PATH_B} ${NULL} ${ANYONE_BYTES} 00000005 0000000000000001
      00000005 00 ffffffff ${PATH_A} ${DATA_BYTES} 00000000
      0000000d 00 ffffffff ${PATH_B} 00000007
      00000002 00 ffffffff ${PATH_B} ffffffff
      ${MULTI_END}`,
  },
  {
    xid: 15,
    request: { kind: 'multi', operations: [] },
    bytes: `0000000f 0000000e ${MULTI_END}`,
  },
  {
    xid: 16,
    request: {
      kind: 'multiRead',
      operations: [
        { kind: 'getData', path: '/a', watch: false },
        { kind: 'getChildren', path: '/b', watch: false },
      ],
    },
    bytes: `00000010 00000016
      00000004 00 ffffffff ${PATH_A} 00
      00000008 00 ffffffff ${PATH_B} 00
      ${MULTI_END}`,
  },
  {
    xid: -4,
    // "digest", "u:p"
    request: { kind: 'auth', type: 0, scheme: 'digest', auth: Buffer.from('u:p') },
    bytes: 'fffffffc 00000064 00000000 00000006 646967657374 00000003 753a70',
  },
  {
    xid: 17,
    request: { kind: 'sasl', token: DATA },
    bytes: `00000011 00000066 ${DATA_BYTES}`,
  },
  {
    xid: -8,
    request: {
      kind: 'setWatches',
      relativeZxid: 0x1_0000_0009,
      dataWatches: ['/a'],
      existWatches: [],
      childWatches: ['/a', '/b'],
    },
    bytes: `fffffff8 00000065 0000000100000009
      00000001 ${PATH_A} 00000000 00000002 ${PATH_A} ${PATH_B}`,
  },
  {
    xid: 18,
    request: {
      kind: 'setWatches2',
      relativeZxid: -1,
      dataWatches: [],
      existWatches: ['/b'],
      childWatches: [],
      persistentWatches: ['/a'],
      persistentRecursiveWatches: ['/b', '/a'],
    },
    bytes: `00000012 00000069 ffffffffffffffff
      00000000 00000001 ${PATH_B} 00000000 00000001 ${PATH_A} 00000002 ${PATH_B} ${PATH_A}`,
  },
  {
    xid: 19,
    request: { kind: 'checkWatches', path: '/a', type: 3 },
    bytes: `00000013 00000011 ${PATH_A} 00000003`,
  },
  {
    xid: 20,
    request: { kind: 'removeWatches', path: '/a', type: 1 },
    bytes: `00000014 00000012 ${PATH_A} 00000001`,
  },
  {
    xid: 21,
    request: { kind: 'addWatch', path: '/a', mode: 1 },
    bytes: `00000015 0000006a ${PATH_A} 00000001`,
  },
  {
    xid: 22,
    request: { kind: 'getEphemerals', prefix: '/a' },
    bytes: `00000016 00000067 ${PATH_A}`,
  },
  {
    xid: 23,
    request: { kind: 'getAllChildrenNumber', path: '/a' },
    bytes: `00000017 00000068 ${PATH_A}`,
  },
  {
    xid: 24,
    request: { kind: 'whoAmI' },
    bytes: '00000018 0000006b',
  },
  {
    xid: 0x7fff_ffff,
    request: { kind: 'closeSession' },
    bytes: '7fffffff fffffff5',
  },
  {
    xid: 25,
    request: {
      kind: 'reconfig',
      joiningServers: '/a',
      leavingServers: undefined,
      newMembers: '',
      curConfigId: -1,
    },
    bytes: `00000019 00000010 ${PATH_A} ${NULL} 00000000 ffffffffffffffff`,
  },
]

/** The same shape with another number where a client may not send it. */
export const UNKNOWN_REQUESTS: readonly RequestSample[] =
  // deleteContainer is the leader's own; check is legal in a multi only; createSession and error are txns.
  [20, 13, -10, -1, 0, 10, 108, 0x7fff_ffff].map((opcode) => ({
    xid: 1,
    request: { kind: 'unknown', opcode, body: bytesOf(PATH_A) },
    bytes: `00000001 ${(opcode >>> 0).toString(16).padStart(8, '0')} ${PATH_A}`,
  }))

/** xid 5, zxid 2⁵³ − 1, no error. */
const HEADER: ReplyHeader = { xid: 5, zxid: 0x1f_ffff_ffff_ffff, err: 0 }
const HEADER_BYTES = '00000005 001fffffffffffff 00000000'

export const REPLIES: readonly ReplySample[] = [
  reply('create', { kind: 'create', path: '/a' }, PATH_A),
  reply('create2', { kind: 'create2', path: '/a', stat: STAT }, `${PATH_A} ${STAT_BYTES}`),
  reply(
    'createContainer',
    { kind: 'createContainer', path: '/a', stat: STAT },
    `${PATH_A} ${STAT_BYTES}`,
  ),
  reply('createTTL', { kind: 'createTTL', path: '/a', stat: STAT }, `${PATH_A} ${STAT_BYTES}`),
  reply('sync', { kind: 'sync', path: '/a' }, PATH_A),
  reply('exists', { kind: 'exists', stat: STAT }, STAT_BYTES),
  reply('setData', { kind: 'setData', stat: STAT }, STAT_BYTES),
  reply('setACL', { kind: 'setACL', stat: STAT }, STAT_BYTES),
  reply('getData', { kind: 'getData', data: DATA, stat: STAT }, `${DATA_BYTES} ${STAT_BYTES}`),
  reply('getData', { kind: 'getData', data: undefined, stat: STAT }, `${NULL} ${STAT_BYTES}`),
  reply('reconfig', { kind: 'reconfig', data: DATA, stat: STAT }, `${DATA_BYTES} ${STAT_BYTES}`),
  reply('getACL', { kind: 'getACL', acl: ANYONE, stat: STAT }, `${ANYONE_BYTES} ${STAT_BYTES}`),
  reply(
    'getChildren',
    { kind: 'getChildren', children: ['/a', '/b'] },
    `00000002 ${PATH_A} ${PATH_B}`,
  ),
  reply(
    'getChildren2',
    { kind: 'getChildren2', children: [], stat: STAT },
    `00000000 ${STAT_BYTES}`,
  ),
  reply('getEphemerals', { kind: 'getEphemerals', paths: ['/b'] }, `00000001 ${PATH_B}`),
  reply('getAllChildrenNumber', { kind: 'getAllChildrenNumber', total: 258 }, '00000102'),
  reply(
    'whoAmI',
    { kind: 'whoAmI', identities: [{ scheme: 'ip', user: '::1' }] },
    '00000001 00000002 6970 00000003 3a3a31',
  ),
  reply('sasl', { kind: 'sasl', token: DATA }, DATA_BYTES),
  reply('addWatch', { kind: 'addWatch', err: 0 }, '00000000'),
  reply(
    'multi',
    {
      kind: 'multi',
      results: [
        { kind: 'create', path: '/a' },
        { kind: 'create2', path: '/b', stat: STAT },
        { kind: 'setData', stat: STAT },
        { kind: 'check' },
        { kind: 'delete' },
      ],
    },
    `00000001 00 00000000 ${PATH_A}
     0000000f 00 00000000 ${PATH_B} ${STAT_BYTES}
     00000005 00 00000000 ${STAT_BYTES}
     0000000d 00 00000000
     00000002 00 00000000
     ${MULTI_END}`,
  ),
  // Failed: an error for each, NO_NODE (−101) for the second.
  reply(
    'multi',
    {
      kind: 'multi',
      results: [
        { kind: 'error', err: 0 },
        { kind: 'error', err: -101 },
        { kind: 'error', err: -2 },
      ],
    },
    `ffffffff 00 00000000 00000000
     ffffffff 00 ffffff9b ffffff9b
     ffffffff 00 fffffffe fffffffe
     ${MULTI_END}`,
  ),
  reply(
    'multiRead',
    {
      kind: 'multiRead',
      results: [
        { kind: 'getData', data: DATA, stat: STAT },
        { kind: 'getChildren', children: ['/b'] },
        { kind: 'error', err: -102 },
      ],
    },
    `00000004 00 00000000 ${DATA_BYTES} ${STAT_BYTES}
     00000008 00 00000000 00000001 ${PATH_B}
     ffffffff 00 ffffff9a ffffff9a
     ${MULTI_END}`,
  ),
  ...(
    [
      'delete',
      'ping',
      'auth',
      'setWatches',
      'setWatches2',
      'checkWatches',
      'removeWatches',
      'closeSession',
    ] as const
  ).map((kind) => reply(kind, undefined, '')),
  // An error has no body, whatever was asked: BAD_VERSION is −103.
  {
    header: { xid: -4, zxid: -1, err: -103 },
    kind: 'setData',
    body: undefined,
    bytes: 'fffffffc ffffffffffffffff ffffff99',
  },
]

export const NOTIFICATIONS: readonly { event: Notification; bytes: string }[] = [
  {
    event: { zxid: 0x1_0000_0001, type: 'NodeChildrenChanged', state: 3, path: '/a' },
    bytes: `ffffffff 0000000100000001 00000000 00000004 00000003 ${PATH_A}`,
  },
  {
    event: { zxid: -1, type: 'PersistentWatchRemoved', state: 3, path: '/b' },
    bytes: `ffffffff ffffffffffffffff 00000000 00000007 00000003 ${PATH_B}`,
  },
]

const PASSWORD = bytesOf('000102030405060708090a0b0c0d0e0f')

export const CONNECT_REQUESTS: readonly { request: ConnectRequest; bytes: string }[] = [
  {
    request: {
      protocolVersion: 0,
      lastZxidSeen: 0x1_0000_0001,
      timeoutMs: 30_000,
      // All 64 bits, the highest too: more than a number holds.
      sessionId: -0x00ff_ffff_ffff_fffen,
      password: PASSWORD,
      readOnly: true,
    },
    bytes: `00000000 0000000100000001 00007530 ff00000000000002
      00000010 000102030405060708090a0b0c0d0e0f 01`,
  },
  {
    request: {
      protocolVersion: 0,
      lastZxidSeen: 0,
      timeoutMs: 4000,
      sessionId: 0,
      password: undefined,
      readOnly: undefined,
    },
    bytes: '00000000 0000000000000000 00000fa0 0000000000000000 ffffffff',
  },
]

export const CONNECT_RESPONSES: readonly { response: ConnectResponse; bytes: string }[] = [
  {
    response: {
      protocolVersion: 0,
      timeoutMs: 4000,
      sessionId: 0x1_0000_0001,
      password: PASSWORD,
      readOnly: false,
    },
    bytes: '00000000 00000fa0 0000000100000001 00000010 000102030405060708090a0b0c0d0e0f 00',
  },
  {
    response: {
      protocolVersion: 0,
      timeoutMs: 0,
      sessionId: 0,
      password: new Uint8Array(16),
      readOnly: undefined,
    },
    bytes: `00000000 00000000 0000000000000000 00000010 ${'00'.repeat(16)}`,
  },
]

function reply(kind: RequestKind, body: ReplyBody | undefined, bytes: string): ReplySample {
  return { header: HEADER, kind, body, bytes: `${HEADER_BYTES} ${bytes}` }
}
