/**
 * A request that passes every door and cannot be applied would stop every replica at every start (ZOOKEEPER-2213,
 * 2623). So: whatever a request says, it is refused before it has a zxid, or its txn can be encoded, decoded, applied
 * and replayed.
 */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import type { Acl, Identity } from '../../lib/protocol/acl.js'
import type { Operation, RequestBody, SessionRequest } from '../../lib/protocol/request.js'
import { isDuplicate, prepare } from '../../lib/tree/prepare.js'
import type { Positioned } from '../../lib/tree/tree.js'
import { Tree } from '../../lib/tree/tree.js'
import { decodeMessages, encodeMessages } from '../../lib/wire/message.js'
import { decodeTxn, encodeTxn } from '../../lib/wire/txn.js'
import { WireError } from '../../lib/wire/wire-error.js'
import { Leader, create, multi } from '../tree/leader.js'

const PATHS = [
  '',
  '/',
  '//',
  'a',
  'a/b',
  '/a',
  '/a/',
  '/a//b',
  '/a/b',
  '/a/b/c',
  '/.',
  '/..',
  '/a/./b',
  '/\0',
  '/a\0b',
  '/\u0001',
  '/\ud800',
  '/\udc00x',
  '/\ufffe',
  '/\u{1f600}',
  '/__proto__',
  '/constructor',
  '/e\u0301',
  `/${'x'.repeat(5000)}`,
  '/a0000000000',
  '/a/0000000001',
  '/zookeeper',
  '/zookeeper/config',
  '/zookeeper/quota/a',
  '/zookeeper/quota/a/zookeeper_limits',
  '/zookeeper/quota/a/zookeeper_stats',
  '/zookeeper/quota/zookeeper_limits',
]
const IDS = [
  'anyone',
  '',
  'user:hash',
  ':',
  'a:b:c',
  '\ud800:x',
  'x:\udc00',
  '127.0.0.1',
  '::1',
  '1.2.3.4/33',
  '__proto__',
  'x:'.padEnd(256, 'x'),
  'x:'.padEnd(300, 'x'),
]
const SCHEMES = ['world', 'auth', 'digest', 'ip', 'super', 'x509', '', '__proto__']
const RETENTIONS = [undefined, 0, -0, -1, -2, 1, 0.5, 2 ** 40 - 1, 2 ** 40, Number.NaN, Infinity]
const QUOTAS = ['countHardLimit=2', 'byteHardLimit=0', 'count=1=;countHardLimit=-5', '=', 'x', '']

function randomAcl(random: Random): Acl[] {
  return Array.from({ length: random.pick([0, 1, 1, 1, 1, 1, 1, 2, 3, 129]) }, () => ({
    perms: random.pick([0, 31, 31, 31, -1, 2 ** 31 - 1, 2 ** 31, 0.5, Number.NaN]),
    scheme: random.pick(SCHEMES),
    id: random.pick(IDS),
  }))
}

function randomAuth(random: Random): Identity[] | undefined {
  if (random.chance(0.5)) return [{ scheme: 'super', id: '' }]
  if (random.chance(0.5)) return undefined
  return Array.from({ length: random.integer(3) }, () => ({
    scheme: random.pick(SCHEMES),
    id: random.pick(IDS),
  }))
}

function randomBytes(random: Random): Uint8Array {
  if (random.chance(0.5)) return new Uint8Array(random.integer(5))
  return new TextEncoder().encode(random.pick(QUOTAS))
}
const VERSIONS = [-1, 0, 1, -2, 2 ** 31 - 1, -(2 ** 31), 7]

function randomOperation(random: Random, withCheck: boolean): Operation {
  const path = random.pick(PATHS)
  const version = random.pick(VERSIONS)
  const data = random.chance(0.3) ? undefined : randomBytes(random)
  switch (random.integer(withCheck ? 4 : 3)) {
    case 0:
      return create(path, {
        data,
        ephemeral: random.chance(0.4),
        sequential: random.chance(0.4),
        acl: random.chance(0.6) ? undefined : randomAcl(random),
        retention: random.chance(0.7) ? undefined : random.pick(RETENTIONS),
      })
    case 1:
      return { kind: 'delete', path, version }
    case 2:
      return { kind: 'setData', path, data, version }
    default:
      return { kind: 'check', path, version }
  }
}

function randomBody(random: Random): RequestBody {
  const dice = random.next()
  if (dice < 0.25) {
    return multi(...Array.from({ length: random.integer(6) }, () => randomOperation(random, true)))
  }
  if (dice < 0.28) return { kind: 'sync' }
  if (dice < 0.3) return { kind: 'closeSession' }
  if (dice < 0.4) {
    const [path, version] = [random.pick(PATHS), random.pick(VERSIONS)]
    return { kind: 'setAcl', path, acl: randomAcl(random), version }
  }
  const operation = randomOperation(random, false)
  return operation.kind === 'check' ? { kind: 'sync' } : operation
}

/** The request as the leader gets it from another replica; `undefined` if the door refuses it. */
function forwarded(request: SessionRequest): SessionRequest | undefined {
  try {
    const [message] = decodeMessages(encodeMessages([{ kind: 'forward', requests: [request] }]))
    const received = message?.kind === 'forward' ? message.requests[0] : undefined
    return received?.kind === 'request' ? received : undefined
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`whatever is asked, every txn that comes of it survives its bytes, applies and replays (seed ${seed})`, (t) => {
    const random = new Random(seed)
    const leader = new Leader()
    const log: Positioned[] = []
    const other = new Tree()
    let session = leader.openSession()
    let cxid = 0
    let count = 0
    const note = (entry: Positioned): void => {
      const copy = { zxid: entry.zxid, txn: decodeTxn(Uint8Array.from(encodeTxn(entry.txn))) }
      t.deepEqual(copy.txn, entry.txn)
      other.apply(copy, 'strict')
      leader.tree.apply(entry, 'strict')
      leader.overlay.prune(entry.zxid)
      log.push(copy)
    }
    note(leader.log[0]!)
    for (let step = 0; step < 400; step++) {
      if (!leader.overlay.hasSession(session)) {
        session = leader.openSession()
        cxid = 0
        note(leader.log.at(-1)!)
        continue
      }
      cxid += 1
      const asked = {
        kind: 'request',
        session,
        cxid,
        settled: cxid - 1,
        body: randomBody(random),
        auth: randomAuth(random),
      } as const
      const request = forwarded(asked)
      if (request === undefined || isDuplicate(leader.overlay, request)) continue
      count += 1
      const zxid = leader.nextZxid
      const txn = prepare(leader.overlay, request, zxid, 1)
      leader.log.push({ zxid, txn })
      note({ zxid, txn })
    }
    t.true(count > 250, `${count}`)
    t.is(other.digest, leader.tree.digest)
    other.check()
    t.notThrows(() => replayAll(log, other))
  })
}

/** Over the state that already shows all of it, as recovery may: it stays what it is. */
function replayAll(log: readonly Positioned[], end: Tree): void {
  const tree = new Tree()
  tree.load([...end.znodes].map(([path, znode]) => znode.toRecord(path)))
  tree.loadTail({ ...end.tail(end.lastZxid), start: log[0]!.zxid })
  for (const entry of log.slice(1)) tree.apply(entry, 'fuzzy')
  tree.check()
}

test('a check that stands alone is refused at the door: no txn could say what it was', (t) => {
  const body = { kind: 'check', path: '/a', version: -1 } as unknown as RequestBody
  t.is(forwarded({ kind: 'request', session: 1, cxid: 1, settled: 0, body }), undefined)
})

test('a request that names impossible numbers is refused at the door', (t) => {
  const body = { kind: 'sync' } as const
  for (const change of [
    { cxid: 0 },
    { cxid: -1 },
    { cxid: 1.5 },
    { cxid: 2 ** 53 },
    { cxid: Number.NaN },
    { settled: 5 },
    { settled: -1 },
    { session: -1 },
    { session: 2 ** 53 },
  ]) {
    const request = { kind: 'request', session: 1, cxid: 5, settled: 0, body, ...change } as const
    t.is(forwarded(request), undefined, JSON.stringify(change))
  }
})
