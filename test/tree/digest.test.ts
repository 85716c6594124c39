import test from 'ava'
import { Random } from '../../lib/base/random.js'
import {
  addDigest,
  hashContent,
  hashData,
  hashIdentity,
  hashOutcome,
  hashZnode,
  subtractDigest,
} from '../../lib/tree/digest.js'
import { quotaUsage } from '../../lib/tree/quotas.js'
import { Leader, randomStep } from './leader.js'

test('adding and subtracting digests is exact and stays below 2^52', (t) => {
  const random = new Random(1)
  let sum = 0
  const parts = Array.from({ length: 1000 }, () =>
    hashData(new Uint8Array([random.integer(256), random.integer(256)])),
  )
  for (const part of parts) {
    sum = addDigest(sum, part)
    t.true(Number.isInteger(sum) && sum >= 0 && sum < 2 ** 52)
  }
  for (const part of parts.reverse()) sum = subtractDigest(sum, part)
  t.is(sum, 0)
})

test('the hash of data depends on every byte, on the length, and tells null from empty', (t) => {
  const seen = new Set([hashData(undefined)])
  for (let length = 0; length < 130; length++) seen.add(hashData(new Uint8Array(length)))
  t.is(seen.size, 131)
  for (const length of [3, 64, 129]) {
    const data = new Uint8Array(length).fill(7)
    const hashes = new Set([hashData(data)])
    for (let index = 0; index < length; index++) {
      data[index] = 8
      hashes.add(hashData(data))
      data[index] = 7
    }
    t.is(hashes.size, length + 1)
  }
})

test('the hash of data does not depend on where in its buffer the data lies', (t) => {
  const random = new Random(3)
  for (let length = 0; length < 200; length++) {
    const data = Uint8Array.from({ length }, () => random.integer(256))
    const buffer = new Uint8Array(length + 5)
    buffer.set(data, 3)
    t.is(hashData(buffer.subarray(3, 3 + length)), hashData(data))
  }
})

test('every field of a znode and of an outcome is in its hash', (t) => {
  const znodes = new Set<number>()
  for (let field = -1; field < 9; field++) {
    const at = (index: number): number => (index === field ? 2 ** 33 : 1)
    const identity = hashIdentity(field === 8 ? '/b' : '/a', at(0), at(1), at(2))
    const content = hashContent(new Uint8Array([at(7) & 255]), at(3), at(4), at(5))
    znodes.add(hashZnode(identity, content, at(6), field === 7 ? 2 : 1))
  }
  t.is(znodes.size, 10)
  const outcomes = [
    hashOutcome(1, 1, { kind: 'ok', zxid: 1, result: { kind: 'none' } }),
    hashOutcome(2, 1, { kind: 'ok', zxid: 1, result: { kind: 'none' } }),
    hashOutcome(1, 2, { kind: 'ok', zxid: 1, result: { kind: 'none' } }),
    hashOutcome(1, 1, { kind: 'ok', zxid: 2, result: { kind: 'none' } }),
    hashOutcome(1, 1, { kind: 'error', zxid: 1, code: 'NO_NODE' }),
    hashOutcome(1, 1, { kind: 'error', zxid: 1, code: 'NO_NODE', index: 0, count: 1 }),
    hashOutcome(1, 1, { kind: 'error', zxid: 1, code: 'NO_NODE', index: 0, count: 2 }),
    hashOutcome(1, 1, { kind: 'error', zxid: 1, code: 'NODE_EXISTS', index: 0, count: 2 }),
  ]
  t.is(new Set(outcomes).size, outcomes.length)
})

test('hashes of many similar znodes do not collide', (t) => {
  const hashes = new Set<number>()
  for (let index = 0; index < 200_000; index++) hashes.add(hashIdentity(`/n${index}`, index, 5, 0))
  for (let index = 0; index < 200_000; index++) hashes.add(hashIdentity('/n', 5, index, 0))
  t.is(hashes.size, 400_000)
})

test('the digest of the overlay is the tree’s once it has caught up, and both are that of a recount', (t) => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed)
    const leader = new Leader(random.integer(12))
    for (let step = 0; step < 400; step++) {
      randomStep(leader, random)
      // Most of the time far behind, sometimes caught up.
      if (random.chance(0.2)) leader.commit(random.integer(20), random.chance(0.5))
      if (random.chance(0.02)) {
        const foreseen = leader.overlay.digest
        leader.commit()
        t.is(leader.tree.digest, foreseen)
        t.is(leader.overlay.size, 0)
        leader.tree.check()
      }
    }
    leader.commit()
    leader.tree.check()
    t.is(leader.tree.digest, leader.overlay.digest)
    t.deepEqual(quotaUsage(leader.overlay), quotaUsage(leader.tree))
  }
})
