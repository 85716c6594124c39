import test from 'ava'
import type { RequestBody } from '../../lib/protocol/request.js'
import { Overlay } from '../../lib/tree/overlay.js'
import { formatUsage, parseLimits } from '../../lib/tree/quota-limits.js'
import { quotaStatsData, quotaUsage } from '../../lib/tree/quotas.js'
import { Tree } from '../../lib/tree/tree.js'
import { Leader, bytes, create, multi, remove, setData } from './leader.js'

const HOME = '/zookeeper/quota'

/** /q with a quota of that text, and two znodes and 5 bytes below it. */
function limited(text: string): { leader: Leader; session: number } {
  const leader = new Leader()
  const session = leader.openSession()
  leader.submit(session, create('/q', { data: bytes('ab') }))
  leader.submit(session, create('/q/a', { data: bytes('cde') }))
  leader.submit(session, create('/q/b'))
  leader.submit(session, create('/other', { data: bytes('0123456789') }))
  for (const body of quota('/q', text)) leader.submit(session, body)
  return { leader, session }
}

/** As ZooKeeper's tools set one. */
function quota(path: string, text: string): RequestBody[] {
  let home = HOME
  const bodies = path
    .slice(1)
    .split('/')
    .map((name) => create((home += `/${name}`)))
  bodies.push(create(`${home}/zookeeper_limits`, { data: bytes(text) }))
  bodies.push(create(`${home}/zookeeper_stats`, { data: bytes('count=0,bytes=0') }))
  return bodies
}

function used(leader: Leader): unknown[] {
  leader.commit()
  leader.tree.check()
  return quotaUsage(leader.tree).map(({ path, count, bytes: size }) => [path, count, size])
}

function codeOf(leader: Leader, session: number, body: RequestBody): string {
  const txn = leader.submit(session, body)
  return txn.kind === 'error' ? txn.code : 'OK'
}

test('a quota counts the znodes of its subtree, its own included, and the bytes of their data', (t) => {
  const { leader, session } = limited('count=5,bytes=100')
  t.deepEqual(used(leader), [['/q', 3, 5]])
  leader.submit(session, create('/q/a/deep', { data: bytes('1234') }))
  t.deepEqual(used(leader), [['/q', 4, 9]])
  leader.submit(session, setData('/q/a', 'c'))
  leader.submit(session, setData('/other', 'much longer than before'))
  leader.submit(session, create('/qq', { data: bytes('not below') }))
  t.deepEqual(used(leader), [['/q', 4, 7]])
  leader.submit(session, create('/q/e', { ephemeral: true, data: bytes('E') }))
  t.deepEqual(used(leader), [['/q', 5, 8]])
  leader.submit(session, { kind: 'closeSession' })
  t.deepEqual(used(leader), [['/q', 4, 7]])
})

test('the usage is shown as ZooKeeper writes it, and no other znode is', (t) => {
  const { leader } = limited('count=5,bytes=100')
  leader.commit()
  const shown = quotaStatsData(leader.tree, `${HOME}/q/zookeeper_stats`)
  t.is(Buffer.from(shown!).toString(), 'count=3,bytes=5')
  for (const path of [
    '/q',
    `${HOME}/q`,
    `${HOME}/q/zookeeper_limits`,
    `${HOME}/x/zookeeper_stats`,
  ]) {
    t.is(quotaStatsData(leader.tree, path), undefined)
  }
  t.is(quotaStatsData(new Tree(), `${HOME}/q/zookeeper_stats`), undefined)
})

test('a soft limit refuses nothing', (t) => {
  const { leader, session } = limited('count=1,bytes=1')
  t.is(codeOf(leader, session, create('/q/more', { data: bytes('x') })), 'OK')
  t.is(codeOf(leader, session, setData('/q/a', 'longer than before')), 'OK')
})

test('a hard limit of znodes refuses the create that would go over it, and no setData', (t) => {
  const { leader, session } = limited('count=-1,bytes=-1=;countHardLimit=4')
  t.is(codeOf(leader, session, create('/q/fourth')), 'OK')
  t.is(codeOf(leader, session, create('/q/fifth')), 'QUOTA_EXCEEDED')
  t.is(codeOf(leader, session, create('/q/a/deep')), 'QUOTA_EXCEEDED')
  t.is(codeOf(leader, session, create('/elsewhere')), 'OK')
  t.is(codeOf(leader, session, setData('/q/a', 'x'.repeat(1000))), 'OK')
  t.is(codeOf(leader, session, remove('/q/fourth')), 'OK')
  t.is(codeOf(leader, session, create('/q/fifth')), 'OK')
  t.deepEqual(used(leader), [['/q', 4, 1002]])
})

test('a hard limit of bytes refuses what would go over it, create or setData, and no empty znode', (t) => {
  const { leader, session } = limited('count=-1,bytes=-1=;byteHardLimit=8')
  t.is(codeOf(leader, session, create('/q/x', { data: bytes('1234') })), 'QUOTA_EXCEEDED')
  t.is(codeOf(leader, session, create('/q/x', { data: bytes('123') })), 'OK')
  t.is(codeOf(leader, session, create('/q/y')), 'OK')
  t.is(codeOf(leader, session, setData('/q/a', '1234')), 'QUOTA_EXCEEDED')
  t.is(codeOf(leader, session, setData('/q/a', '123')), 'OK', 'as long as before')
  t.is(codeOf(leader, session, setData('/q/x', '')), 'OK')
  t.is(codeOf(leader, session, setData('/q/a', '123456')), 'OK')
  t.deepEqual(used(leader), [['/q', 5, 8]])
})

test('a burst in flight cannot go over a hard limit', (t) => {
  const { leader, session } = limited('count=-1,bytes=-1=;countHardLimit=50;byteHardLimit=100')
  leader.commit()
  const codes = Array.from({ length: 200 }, (_, index) =>
    codeOf(leader, session, create(`/q/burst${index}`, { data: bytes('1') })),
  )
  t.is(codes.filter((code) => code === 'OK').length, 47)
  t.deepEqual(used(leader), [['/q', 50, 52]])
})

test('a multi that fails takes back what it had counted, and the quotas that it had set', (t) => {
  const { leader, session } = limited('count=-1,bytes=-1=;countHardLimit=5')
  const failing = [create('/q/1', { data: bytes('xyz') }), remove('/q/b'), remove('/nothing')]
  for (let round = 0; round < 10; round++) {
    t.is(codeOf(leader, session, multi(...failing)), 'NO_NODE')
  }
  const [limits] = [remove(`${HOME}/q/zookeeper_limits`)]
  t.is(codeOf(leader, session, multi(limits, remove('/nothing'))), 'NO_NODE')
  t.is(
    codeOf(leader, session, multi(create('/q/1'), create('/q/2'), create('/q/3'))),
    'QUOTA_EXCEEDED',
  )
  t.is(codeOf(leader, session, multi(create('/q/1'), create('/q/2'))), 'OK')
  t.deepEqual(used(leader), [['/q', 5, 5]])
  t.deepEqual(quotaUsage(leader.overlay), quotaUsage(leader.tree))
})

test('a multi may set a quota and fill it', (t) => {
  const leader = new Leader()
  const session = leader.openSession()
  const operations = quota('/q', 'countHardLimit=2') as ReturnType<typeof create>[]
  const body = multi(create('/q'), ...operations, create('/q/1'))
  t.is(codeOf(leader, session, body), 'OK')
  t.is(codeOf(leader, session, create('/q/2')), 'QUOTA_EXCEEDED')
  t.deepEqual(used(leader), [['/q', 2, 0]])
})

test('a quota counts what is in flight when it is set, and holds for a path that is not there yet', (t) => {
  const { leader, session } = limited('countHardLimit=10')
  leader.submit(session, remove('/q/a'))
  leader.submit(session, remove(`${HOME}/q/zookeeper_limits`))
  leader.submit(session, create(`${HOME}/q/zookeeper_limits`, { data: bytes('countHardLimit=3') }))
  for (const body of quota('/later', 'countHardLimit=0')) leader.submit(session, body)
  t.is(leader.overlay.quotas.get('/q')!.count, 2)
  t.is(codeOf(leader, session, create('/q/c')), 'OK')
  t.is(codeOf(leader, session, create('/q/d')), 'QUOTA_EXCEEDED')
  t.is(codeOf(leader, session, create('/later')), 'QUOTA_EXCEEDED')
  t.deepEqual(used(leader), [
    ['/later', 0, 0],
    ['/q', 3, 2],
  ])
})

test('a limit is what was set last, and gone with its znode', (t) => {
  const { leader, session } = limited('countHardLimit=3')
  t.is(codeOf(leader, session, create('/q/c')), 'QUOTA_EXCEEDED')
  leader.submit(session, setData(`${HOME}/q/zookeeper_limits`, 'countHardLimit=4'))
  t.is(codeOf(leader, session, create('/q/c')), 'OK')
  t.is(codeOf(leader, session, create('/q/d')), 'QUOTA_EXCEEDED')
  leader.submit(session, remove(`${HOME}/q/zookeeper_limits`))
  t.is(codeOf(leader, session, create('/q/d')), 'OK')
  t.deepEqual(used(leader), [])
})

test('who has gone over may delete, and set what does not grow', (t) => {
  const { leader, session } = limited('byteHardLimit=1;countHardLimit=1')
  t.is(codeOf(leader, session, setData('/q/a', 'c')), 'QUOTA_EXCEEDED', 'as in ZooKeeper')
  t.is(codeOf(leader, session, setData('/q/a', 'abc')), 'OK')
  t.is(codeOf(leader, session, remove('/q/a')), 'OK')
  t.is(codeOf(leader, session, setData('/q', '')), 'OK')
})

test('of two quotas on one path both hold', (t) => {
  const { leader, session } = limited('countHardLimit=4')
  for (const body of quota('/q/a', 'countHardLimit=2')) leader.submit(session, body)
  t.is(codeOf(leader, session, create('/q/a/1')), 'OK')
  t.is(codeOf(leader, session, create('/q/a/2')), 'QUOTA_EXCEEDED', 'both')
  t.is(codeOf(leader, session, remove('/q/b')), 'OK')
  t.is(codeOf(leader, session, create('/q/a/2')), 'QUOTA_EXCEEDED', 'the lower one')
  t.is(codeOf(leader, session, create('/q/b')), 'OK')
  t.is(codeOf(leader, session, create('/q/c')), 'QUOTA_EXCEEDED', 'the upper one')
  t.deepEqual(used(leader), [
    ['/q', 4, 5],
    ['/q/a', 2, 3],
  ])
})

test('a quota is refused after what the znode itself is refused for, and before the version', (t) => {
  const { leader, session } = limited('byteHardLimit=5;countHardLimit=4')
  leader.submit(session, create('/q/e', { ephemeral: true }))
  t.is(codeOf(leader, session, create('/q/a')), 'NODE_EXISTS')
  t.is(codeOf(leader, session, create('/q/e/x')), 'NO_CHILDREN_FOR_EPHEMERALS')
  t.is(codeOf(leader, session, create('/q/x')), 'QUOTA_EXCEEDED')
  const data = bytes('longer')
  t.is(
    codeOf(leader, session, { kind: 'setData', path: '/q/a', data, version: 9 }),
    'QUOTA_EXCEEDED',
  )
  t.is(
    codeOf(leader, session, { kind: 'setData', path: '/q/a', data: bytes('cde'), version: 9 }),
    'BAD_VERSION',
  )
  const body = { kind: 'setData', path: '/q/none', data, version: -1 } as const
  t.is(codeOf(leader, session, body), 'NO_NODE')
})

test('what sets a quota must say which, and for what path', (t) => {
  const { leader, session } = limited('count=1')
  const limits = `${HOME}/q/zookeeper_limits`
  t.is(codeOf(leader, session, setData(limits, 'count=x')), 'BAD_ARGUMENTS')
  t.is(codeOf(leader, session, setData(`${HOME}/q/zookeeper_stats`, 'nothing')), 'BAD_ARGUMENTS')
  const top = create(`${HOME}/zookeeper_limits`, { data: bytes('countHardLimit=1') })
  t.is(codeOf(leader, session, top), 'BAD_ARGUMENTS')
  t.is(codeOf(leader, session, create('/q/zookeeper_limits', { data: bytes('x') })), 'OK')
  t.is(codeOf(leader, session, create('/zookeeper/zookeeper_limits', { data: bytes('x') })), 'OK')
  leader.commit()
  t.is(leader.tree.quotas.all.size, 1)
})

test('usage is counted again after a fuzzy snapshot', (t) => {
  const { leader, session } = limited('countHardLimit=9')
  leader.commit()
  const walk = leader.tree.walk(leader.tree.lastZxid)
  const from = leader.log.length
  const rows = [...walk.next(400)]
  leader.submit(session, create('/q/1', { data: bytes('1') }))
  leader.submit(session, remove('/q/a'))
  for (const body of quota('/other', 'countHardLimit=2')) leader.submit(session, body)
  leader.commit()
  while (!walk.done) rows.push(...walk.next(400))
  const copy = new Tree()
  copy.load(rows)
  copy.loadTail(leader.tree.tail(walk.start))
  for (const entry of leader.log.slice(from)) copy.apply(entry, 'fuzzy')
  copy.check()
  t.deepEqual(quotaUsage(copy), quotaUsage(leader.tree))
  t.deepEqual(used(leader), [
    ['/other', 1, 10],
    ['/q', 3, 3],
  ])
})

test('a new leader counts on from what is committed, and what it prepared itself', (t) => {
  const { leader, session } = limited('countHardLimit=5')
  leader.commit()
  t.is(codeOf(leader, session, create('/q/c')), 'OK')
  const next = new Overlay(leader.tree)
  t.is(next.quotas.get('/q')!.count, 3)
  next.apply(leader.log.at(-1)!)
  t.is(next.quotas.get('/q')!.count, 4)
  t.is(leader.tree.quotas.get('/q')!.count, 3, 'the tree counts for itself')
})

test('the text of a quota is what ZooKeeper’s tools write', (t) => {
  const none = { count: -1, bytes: -1, countHardLimit: -1, byteHardLimit: -1 }
  for (const [text, limits] of [
    ['count=5,bytes=100', { count: 5, bytes: 100 }],
    ['count=5,bytes=-1', { count: 5 }],
    [
      'count=-1,bytes=-1=;byteHardLimit=100;countHardLimit=5',
      { byteHardLimit: 100, countHardLimit: 5 },
    ],
    ['count=1,bytes=2=;byteHardLimit=0', { count: 1, bytes: 2, byteHardLimit: 0 }],
    ['bytes=7', { bytes: 7 }],
    ['count=,bytes=3', { bytes: 3 }],
    ['', {}],
  ] as const) {
    t.deepEqual(parseLimits(bytes(text)), { ...none, ...limits }, text)
  }
  t.deepEqual(parseLimits(undefined), none)
  for (const text of [
    'x',
    'count',
    'count=x',
    '=5',
    'count=5,,=',
    'count=1 ',
    'é=1',
    'c'.repeat(2000),
  ]) {
    t.is(parseLimits(bytes(text)), undefined, text)
  }
  t.is(Buffer.from(formatUsage(3, 12)).toString(), 'count=3,bytes=12')
})
