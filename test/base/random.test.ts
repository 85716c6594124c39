// Seeded dice: the same seed replays, different seeds and names differ, and every face comes up.
import test from 'ava'
import { InvariantError } from '../../lib/base/assert.js'
import { Random } from '../../lib/base/random.js'

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32())
}

test('a seed gives the same numbers on every machine, for ever', (t) => {
  t.deepEqual(draw(new Random(1), 4), [1869386536, 973393888, 1725947955, 2055765844])
})

test('seeds that differ a little give streams that differ wholly', (t) => {
  const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 40, Number.MAX_SAFE_INTEGER]
  const numbers = seeds.flatMap((seed) => draw(new Random(seed), 100))
  t.is(new Set(numbers).size, numbers.length)
})

test('a fork depends on the seed and the name, not on how much was drawn', (t) => {
  const fresh = new Random(7)
  const used = new Random(7)
  draw(used, 1000)
  t.deepEqual(draw(used.fork('links'), 10), draw(fresh.fork('links'), 10))
})

test('forks of different names, and their parent, are independent streams', (t) => {
  const parent = new Random(7)
  const names = ['', 'a', 'b', 'ab', 'ba', 'replica 1', 'replica 2']
  const streams = [parent, parent.fork('a').fork('a'), ...names.map((name) => parent.fork(name))]
  const numbers = streams.flatMap((stream) => draw(stream, 100))
  t.is(new Set(numbers).size, numbers.length)
})

test('drawing from a fork does not move its parent', (t) => {
  const parent = new Random(3)
  draw(parent.fork('child'), 50)
  t.deepEqual(draw(parent, 10), draw(new Random(3), 10))
})

test('next lies in [0, 1) and is spread evenly', (t) => {
  const random = new Random(11)
  const tenths = Array.from({ length: 10 }, () => 0)
  for (let round = 0; round < 100_000; round++) {
    const value = random.next()
    if (value < 0 || value >= 1) return t.fail(`out of range: ${value}`)
    const tenth = Math.floor(value * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  for (const count of tenths) t.true(Math.abs(count - 10_000) < 500, `a tenth came ${count} times`)
})

test('integer and range reach both their ends and nothing beyond', (t) => {
  const random = new Random(5)
  const rolls = new Set(Array.from({ length: 500 }, () => random.integer(4)))
  t.deepEqual(
    [...rolls].sort((left, right) => left - right),
    [0, 1, 2, 3],
  )
  const ranged = new Set(Array.from({ length: 500 }, () => random.range(-1, 1)))
  t.deepEqual(
    [...ranged].sort((left, right) => left - right),
    [-1, 0, 1],
  )
  t.is(random.range(9, 9), 9)
})

test('a chance of 0 never comes, of 1 always, of 0.25 about every fourth time', (t) => {
  const random = new Random(13)
  const hits = (probability: number): number =>
    Array.from({ length: 10_000 }, () => random.chance(probability)).filter(Boolean).length
  t.is(hits(0), 0)
  t.is(hits(1), 10_000)
  t.true(Math.abs(hits(0.25) - 2_500) < 200)
})

test('pick gives each element sooner or later', (t) => {
  const random = new Random(17)
  const picked = new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])))
  t.deepEqual([...picked].sort(), ['a', 'b', 'c'])
})

test('dice without faces, a range that ends before it begins and odd seeds are refused', (t) => {
  const random = new Random(1)
  const refused = { instanceOf: InvariantError }
  t.throws(() => random.integer(0), refused)
  t.throws(() => random.integer(1.5), refused)
  t.throws(() => random.range(2, 1), refused)
  t.throws(() => random.pick([]), refused)
  t.throws(() => new Random(0.5), refused)
  t.throws(() => new Random(Number.NaN), refused)
})
