/**
 * Scripts written by hand for what random ones do not come across: quotas, the order of a session's own events, bursts
 * behind failing requests, what is no valid request at all.
 */
import type { AclEntry, Ask } from './ask.js'
import type { Step } from './script.js'

export interface Scenario {
  readonly title: string
  readonly steps: readonly Step[]
}

const OPEN: readonly AclEntry[] = [[31, 'world', 'anyone']]
const NO_LISTS = { data: [], exist: [], child: [], persistent: [], recursive: [] }

/** Whether there is a watch on children, on data, on either. */
const LOOKS: readonly Ask[] = [1, 2, 3].map((type) => ({ op: 'checkWatches', path: '/a', type }))

export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'a hard quota on the number of znodes is kept, also by a multi',
    steps: script([
      create('/a'),
      ...quota('/a', 'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3'),
      create('/a/b'),
      create('/a/c'),
      create('/a/d'),
      { op: 'multi', asks: [create('/a/d'), create('/a/e')] },
      { op: 'setData', path: '/a/b', data: 'x', version: -1 },
      { op: 'delete', path: '/a/b', version: -1 },
      create('/a/d'),
      create('/a/d/e'),
      { op: 'getData', path: '/zookeeper/quota/a/zookeeper_stats', watch: false },
      { op: 'getData', path: '/zookeeper/quota/a/zookeeper_limits', watch: false },
    ]),
  },
  {
    title: 'a hard quota on bytes is kept, before versions are looked at',
    steps: script([
      create('/a', '12345'),
      ...quota('/a', 'count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=-1'),
      create('/a/b', '12345'),
      create('/a/c', '12345678901'),
      { op: 'setData', path: '/a/b', data: '1234567890', version: -1 },
      { op: 'setData', path: '/a/b', data: '12345678901234567', version: 7 },
      { op: 'setData', path: '/a/b', data: '1234', version: 7 },
      { op: 'setData', path: '/a', data: undefined, version: -1 },
      { op: 'setData', path: '/a/b', data: '12345678901234567890', version: -1 },
      { op: 'setData', path: '/a/b', data: '123456789012345678901', version: -1 },
    ]),
  },
  {
    title: 'a soft quota refuses nothing',
    steps: script([
      create('/a'),
      ...quota('/a', 'count=1,bytes=1'),
      create('/a/b', '12345'),
      create('/a/c', '12345'),
      { op: 'getChildren2', path: '/a', watch: false },
    ]),
  },
  {
    title: 'what is no valid request is refused',
    steps: [
      { kind: 'open', client: 0 },
      ...INVALID().flatMap((ask): Step[] => [
        { kind: 'open', client: 1 },
        { kind: 'send', client: 1, asks: [ask] },
        { kind: 'send', client: 1, asks: [{ op: 'ping' }] },
      ]),
      { kind: 'dump' },
    ],
  },
  {
    title:
      'operation codes that no client may send, and credentials that nobody has, end the connection',
    steps: [
      { kind: 'open', client: 0 },
      ...ENDING().flatMap((ask): Step[] => [
        { kind: 'open', client: 1 },
        { kind: 'send', client: 1, asks: [ask] },
        { kind: 'open', client: 1 },
        { kind: 'send', client: 1, asks: [{ op: 'whoAmI' }] },
      ]),
    ],
  },
  {
    title: 'a client that comes back is told what it missed',
    steps: [
      { kind: 'open', client: 0 },
      { kind: 'open', client: 1 },
      send(1, [create('/a'), create('/b'), create('/c'), create('/e', '', 1)]),
      { kind: 'drop', client: 1 },
      send(0, [
        { op: 'setData', path: '/a', data: 'x', version: -1 },
        create('/b/x'),
        { op: 'delete', path: '/c', version: -1 },
        create('/d'),
      ]),
      {
        kind: 'attach',
        client: 1,
        watches: {
          ...NO_LISTS,
          data: ['/a', '/b', '/c', '/d', '/none'],
          exist: ['/a', '/d', '/none'],
          child: ['/a', '/b', '/c', '/none'],
          seen: 'all',
          two: false,
        },
      },
      send(0, [
        { op: 'setData', path: '/b', data: 'x', version: -1 },
        create('/none'),
        create('/a/x'),
      ]),
      send(1, [{ op: 'getEphemerals', path: '/' }, { op: 'ping' }]),
      { kind: 'dump' },
    ],
  },
  {
    title: 'a watch is found, removed, and gone, by its kind',
    steps: script([
      create('/a'),
      ...LOOKS,
      { op: 'getData', path: '/a', watch: true },
      ...LOOKS,
      { op: 'getChildren', path: '/a', watch: true },
      ...LOOKS,
      { op: 'removeWatches', path: '/a', type: 2 },
      { op: 'removeWatches', path: '/a', type: 2 },
      { op: 'setData', path: '/a', data: 'x', version: -1 },
      ...LOOKS,
      { op: 'removeWatches', path: '/a', type: 3 },
      create('/a/b'),
      { op: 'addWatch', path: '/a', mode: 1 },
      create('/a/c'),
      { op: 'removeWatches', path: '/a', type: 3 },
      { op: 'removeWatches', path: '/a', type: 3 },
      create('/a/d'),
    ]),
  },
  {
    title: 'who may not read a znode hears nothing of it',
    steps: [
      { kind: 'open', client: 0 },
      { kind: 'open', client: 1 },
      { kind: 'open', client: 2 },
      send(1, [
        { op: 'addWatch', path: '/', mode: 1 },
        { op: 'getChildren', path: '/', watch: true },
      ]),
      send(2, [
        { op: 'addWatch', path: '/', mode: 0 },
        { op: 'addWatch', path: '/secret', mode: 0 },
      ]),
      send(0, [
        { op: 'create', path: '/secret', data: 'x', acl: [[31, 'digest', 'a:b']], flags: 0 },
        { op: 'setData', path: '/secret', data: 'y', version: -1 },
        create('/secret/child'),
        { op: 'setAcl', path: '/secret', acl: OPEN, version: -1 },
        { op: 'setData', path: '/secret', data: 'z', version: -1 },
        { op: 'setAcl', path: '/secret', acl: [[30, 'world', 'anyone']], version: -1 },
        { op: 'delete', path: '/secret/child', version: -1 },
        { op: 'delete', path: '/secret', version: -1 },
      ]),
      send(1, [{ op: 'ping' }]),
      send(2, [{ op: 'ping' }]),
    ],
  },
  {
    title: 'a session that is taken up while it has a connection loses that one',
    steps: [
      { kind: 'open', client: 0 },
      { kind: 'open', client: 1 },
      send(1, [create('/e', '', 1), { op: 'getData', path: '/e', watch: true }]),
      { kind: 'attach', client: 1 },
      send(1, [{ op: 'setData', path: '/e', data: 'x', version: -1 }]),
      { kind: 'attach', client: 1 },
      { kind: 'close', client: 1 },
      { kind: 'dump' },
    ],
  },
]

/** One client, one request after the other, and all of it at the end. */
function script(asks: readonly Ask[]): Step[] {
  const steps: Step[] = [
    { kind: 'open', client: 0 },
    { kind: 'open', client: 1 },
  ]
  for (const ask of asks) steps.push(send(1, [ask]))
  steps.push({ kind: 'dump' })
  return steps
}

function send(client: number, asks: readonly Ask[]): Step {
  return { kind: 'send', client, asks }
}

function create(path: string, data = '', flags = 0): Ask {
  return { op: 'create', path, data, acl: OPEN, flags }
}

/** As zkCli's setquota does it. */
function quota(path: string, limits: string): Ask[] {
  const node = `/zookeeper/quota${path}`
  return [
    create(node),
    create(`${node}/zookeeper_limits`, limits),
    create(`${node}/zookeeper_stats`, 'count=0,bytes=0'),
  ]
}

function INVALID(): Ask[] {
  const acl = OPEN
  return [
    { op: 'create', path: '/q', acl: [[31, 'world', 'nobody']], flags: 0 },
    { op: 'create', path: '/q', acl, flags: 99 },
    { op: 'createTtl', path: '/q', acl, flags: 5, ttl: 0 },
    { op: 'setAcl', path: '/q', version: -1 },
    { op: 'addWatch', path: '/a', mode: 2 },
    { op: 'addWatch', path: '/a', mode: -1 },
    { op: 'removeWatches', path: '/a', type: 0 },
    { op: 'checkWatches', path: '/a', type: 99 },
    { op: 'multi', asks: [create('/m', '', 99)] },
    { op: 'multi', asks: [create('bad')] },
    { op: 'auth', scheme: 'digest', auth: 'no colon' },
    { op: 'auth', scheme: 'digest', auth: '' },
    { op: 'auth', scheme: 'ip', auth: '' },
    { op: 'setWatches', zxid: -1n, ...NO_LISTS, data: ['/none'], child: ['/'] },
    { op: 'setWatches', zxid: 0n, ...NO_LISTS, data: ['bad', '/nope'], child: ['/nope'] },
  ]
}

function ENDING(): Ask[] {
  return [
    ...[0, 10, 23, 50, 99, 108, 200, -1, -2].map((type): Ask => ({ op: 'raw', type, body: '' })),
    ...['world', 'auth', 'x509', 'super', ''].map((scheme): Ask => ({
      op: 'auth',
      scheme,
      auth: 'x',
    })),
  ]
}
