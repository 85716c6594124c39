// The numbers that live for ever: session ids and cxids. None of them has a special value, a sign
// or an end that a long life could reach.
import test from 'ava'
import { COUNTER_MAX, EPOCH_MAX, makeZxid } from '../../lib/protocol/zxid.js'
import type { SessionRequest } from '../../lib/protocol/request.js'
import { Overlay } from '../../lib/tree/overlay.js'
import { isDuplicate, prepare, prepareCreateSession } from '../../lib/tree/prepare.js'
import { Tree } from '../../lib/tree/tree.js'
import type { Txn } from '../../lib/tree/txn.js'
import { decodeTxn, encodeTxn } from '../../lib/wire/txn.js'
import { ALWAYS, Leader, create } from './leader.js'

/** What every replica makes of it: through bytes and back. */
function apply(tree: Tree, zxid: number, txn: Txn): void {
  tree.apply({ zxid, txn: decodeTxn(encodeTxn(txn)) }, 'strict')
}

// ZOOKEEPER-1622, 3113: ids with the top bit set, and owners that looked like markers.
for (const [name, id] of [
  ['the first zxid of all', makeZxid(1, 1)],
  ['the last counter of an epoch', makeZxid(5, COUNTER_MAX)],
  ['an epoch with its highest bit set', makeZxid(2 ** 20, 2 ** 31)],
  ['almost the last zxid of all', makeZxid(EPOCH_MAX - 1, COUNTER_MAX - 3)],
] as const) {
  test(`a session whose id is ${name} owns its ephemerals and takes them along`, (t) => {
    const tree = new Tree()
    const overlay = new Overlay(tree)
    const origin = { replica: 1, incarnationKey: 1, view: 1, number: 1 }
    const opening = { kind: 'createSession', origin, timeoutMs: 1 } as const
    apply(tree, id, prepareCreateSession(overlay, opening, id, 0))
    const request = (cxid: number, body: SessionRequest['body']): SessionRequest => {
      return { kind: 'request', session: id, cxid, settled: 0, body }
    }
    const ephemeral = request(1, create('/e', { ephemeral: true }))
    apply(tree, id + 1, prepare(overlay, ephemeral, id + 1, 0))
    t.is(tree.get('/e')?.stat.ephemeralOwner, id)
    const persistent = request(2, create('/p'))
    apply(tree, id + 2, prepare(overlay, persistent, id + 2, 0))
    t.is(tree.get('/p')?.stat.ephemeralOwner, 0, 'nobody’s id is 0')
    apply(tree, id + 3, prepare(overlay, request(3, { kind: 'closeSession' }), id + 3, 0))
    t.deepEqual([...tree.znodes.keys()], [...ALWAYS, '/p'])
  })
}

test('no two sessions ever have one id, also when one took the place of the other', (t) => {
  const leader = new Leader()
  const ids = new Set<number>()
  for (let round = 0; round < 50; round++) {
    const id = leader.openSession(1, 11)
    ids.add(id)
    leader.expire(id)
  }
  t.is(ids.size, 50)
})

// ZOOKEEPER-3253: the client's 32-bit xid ran over into numbers that mean something else.
for (const start of [2 ** 31, 2 ** 32]) {
  test(`a session goes on with its requests past cxid ${start}`, (t) => {
    const tree = new Tree()
    const overlay = new Overlay(tree)
    const origin = { replica: 1, incarnationKey: 1, view: 1, number: 1 }
    const opening = { kind: 'createSession', origin, timeoutMs: 1 } as const
    apply(tree, 1, prepareCreateSession(overlay, opening, 1, 0))
    for (let step = 0; step < 6; step++) {
      const cxid = start - 3 + step
      const body = create(`/n${step}`)
      const request = { kind: 'request', session: 1, cxid, settled: cxid - 1, body } as const
      t.false(isDuplicate(overlay, request))
      apply(tree, 2 + step, prepare(overlay, request, 2 + step, 0))
      t.true(isDuplicate(overlay, request), 'and each counts once')
    }
    t.is(tree.size, ALWAYS.length + 6)
    t.is(tree.sessions.get(1)?.lastCxid, start + 2)
  })
}
