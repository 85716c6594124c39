/** The linearizability checker on histories whose verdict is known. */
import test from 'ava'
import { Random } from '../../../lib/base/random.js'
import { linearize } from './wgl.js'
import type { Finding, Operation, Specification } from './wgl.js'

/** A register that begins as 0. A write's answer says nothing; a compare-and-set tells whether it did. */
type Input =
  | { readonly kind: 'write'; readonly value: number }
  | { readonly kind: 'read'; readonly value: number }
  | { readonly kind: 'cas'; readonly from: number; readonly to: number; readonly isDone: boolean }

const REGISTER: Specification<number, Input> = {
  initial: 0,
  step(state, input) {
    if (input.kind === 'write') return input.value
    if (input.kind === 'read') return input.value === state ? state : undefined
    if ((state === input.from) !== input.isDone) return undefined
    return input.isDone ? input.to : state
  },
  isReadOnly(input) {
    return input.kind === 'read' || (input.kind === 'cas' && !input.isDone)
  },
  keyOf: String,
}

const write = (askedAt: number, answeredAt: number, value: number): Operation<Input> => {
  return { input: { kind: 'write', value }, askedAt, answeredAt }
}
const read = (askedAt: number, answeredAt: number, value: number): Operation<Input> => {
  return { input: { kind: 'read', value }, askedAt, answeredAt }
}
const swap = (
  askedAt: number,
  answeredAt: number,
  [from, to]: readonly [number, number],
  isDone: boolean,
): Operation<Input> => {
  return { input: { kind: 'cas', from, to, isDone }, askedAt, answeredAt }
}

function check(...operations: readonly Operation<Input>[]): Finding {
  return linearize(REGISTER, operations, 100_000)
}

test('one operation after another is linearizable exactly if each read shows the last write', (t) => {
  t.is(check().verdict, 'linearizable')
  t.is(check(write(1, 2, 5), read(3, 4, 5)).verdict, 'linearizable')
  t.is(check(write(1, 2, 5), read(3, 4, 0)).verdict, 'illegal')
  t.is(check(write(1, 2, 5), write(3, 4, 6), read(5, 6, 5)).verdict, 'illegal')
})

test('a read that overlaps a write may show the state before it or after it, but never goes back', (t) => {
  t.is(check(write(1, 10, 5), read(2, 3, 0), read(4, 5, 5)).verdict, 'linearizable')
  t.is(check(write(1, 10, 5), read(2, 3, 5), read(4, 5, 0)).verdict, 'illegal')
  t.is(check(write(1, 10, 5), read(2, 5, 5), read(4, 6, 0)).verdict, 'linearizable')
})

test('two readers that see two concurrent writes in different orders are found', (t) => {
  const writes = [write(1, 20, 1), write(2, 21, 2)]
  const isSeenBy = (first: number, second: number): Operation<Input>[] => {
    return [read(3, 4, first), read(5, 6, first), read(7, 8, second), read(9, 10, second)]
  }
  t.is(check(...writes, ...isSeenBy(1, 2)).verdict, 'linearizable')
  t.is(check(...writes, read(3, 4, 1), read(5, 6, 2), read(7, 8, 1)).verdict, 'illegal')
})

test('what has no answer may have happened at any later time, or never', (t) => {
  const lost = write(1, Infinity, 5)
  t.is(check(lost, read(2, 3, 0)).verdict, 'linearizable')
  t.is(check(lost, read(2, 3, 0), read(4, 5, 5)).verdict, 'linearizable')
  t.is(check(lost, read(2, 3, 5), read(4, 5, 0)).verdict, 'illegal')
  t.is(check(read(2, 3, 5), write(4, Infinity, 5)).verdict, 'illegal')
})

test('two compare-and-sets from one value cannot both succeed', (t) => {
  const both = [swap(1, 10, [0, 1], true), swap(2, 11, [0, 2], true)]
  t.is(check(...both).verdict, 'illegal')
  t.is(check(swap(1, 10, [0, 1], true), swap(2, 11, [0, 2], false)).verdict, 'linearizable')
  t.is(check(...both, write(3, 12, 0)).verdict, 'linearizable')
})

test('a search that is given up is neither a pass nor a fault', (t) => {
  const many = Array.from({ length: 12 }, (_, index) => write(index, 100 + index, index))
  const { verdict } = linearize(REGISTER, [...many, read(200, 201, 99)], 50)
  t.is(verdict, 'unknown')
})

test('the longest legal beginning of an illegal history ends where it went wrong', (t) => {
  const history = [write(1, 2, 5), read(3, 4, 5), read(5, 6, 7), write(7, 8, 9)]
  t.is(check(...history).longest, 2)
})

/** Every operation takes effect at one moment between its question and its answer: legal by construction. */
function history(random: Random, count: number): Operation<Input>[] {
  const moments = Array.from({ length: count }, (_, index) => {
    const at = index * 10 + random.next()
    const [early, late] = [random.next() * 15, random.next() * 15]
    const isLost = random.chance(0.02)
    return { at, askedAt: at - early - 1, answeredAt: isLost ? Infinity : at + late + 1 }
  })
  let state = 0
  return moments.map(({ askedAt, answeredAt }): Operation<Input> => {
    const value = random.integer(4)
    const draw = random.next()
    if (draw < 0.5) return { input: { kind: 'read', value: state }, askedAt, answeredAt }
    if (draw < 0.7) {
      const isDone = state === value
      const input = { kind: 'cas', from: value, to: value + 1, isDone } as const
      if (isDone) state = value + 1
      return { input, askedAt, answeredAt }
    }
    state = value
    return { input: { kind: 'write', value }, askedAt, answeredAt }
  })
}

test('random legal histories pass, in few steps; with one read turned into nonsense none does', (t) => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = new Random(seed)
    const legal = history(random, 150)
    t.is(linearize(REGISTER, legal, 200_000).verdict, 'linearizable', `seed ${seed}`)
    const victim = legal.findIndex(({ input }, index) => input.kind === 'read' && index > 60)
    const broken = legal.with(
      victim,
      read(
        legal[victim]?.askedAt ?? 0,
        // One without an answer proves nothing.
        Math.min(legal[victim]?.answeredAt ?? 0, 10_000),
        99,
      ),
    )
    t.is(linearize(REGISTER, broken, 2_000_000).verdict, 'illegal', `seed ${seed}`)
  }
})

test('on short histories its verdict is that of trying every order', (t) => {
  let illegal = 0
  for (let seed = 1; seed <= 400; seed += 1) {
    const random = new Random(seed)
    const operations = history(random, 6).map((operation): Operation<Input> => {
      const { input } = operation
      if (input.kind !== 'read' || random.chance(0.5)) return operation
      return { ...operation, input: { kind: 'read', value: random.integer(4) } }
    })
    const expected = isLegal(0, operations) ? 'linearizable' : 'illegal'
    if (expected === 'illegal') illegal += 1
    t.is(linearize(REGISTER, operations, 100_000).verdict, expected, `seed ${seed}`)
  }
  t.true(illegal > 50 && illegal < 350, `${illegal} of 400 are illegal`)
})

/** By trying everything: an operation may come first if no other was answered before it was asked. */
function isLegal(state: number, rest: readonly Operation<Input>[]): boolean {
  if (rest.every(({ answeredAt }) => answeredAt === Infinity)) return true
  return rest.some((first) => {
    if (rest.some(({ answeredAt }) => answeredAt < first.askedAt)) return false
    const after = REGISTER.step(state, first.input)
    return (
      after !== undefined &&
      isLegal(
        after,
        rest.filter((each) => each !== first),
      )
    )
  })
}

test('a guess that is right spares the search, and one that is wrong changes nothing', (t) => {
  const guessed = (operation: Operation<Input>, guessedAt: number): Operation<Input> => {
    return { ...operation, guessedAt }
  }
  const history = [write(1, 10, 1), write(2, 11, 2), read(20, 21, 1)]
  const search = (...guesses: number[]): Finding => {
    const operations = history.map((each, index) => guessed(each, guesses[index] ?? 0))
    return linearize(REGISTER, operations, 0)
  }
  t.is(search(5, 4, 20).verdict, 'linearizable')
  t.is(search(4, 5, 20).verdict, 'unknown')
  // Before it was asked, or after it was answered, nothing takes effect.
  t.is(search(5, 1, 20).verdict, 'unknown')
  t.is(search(5, 4, 22).verdict, 'unknown')
  t.is(check(guessed(write(1, 2, 5), 1), guessed(read(3, 4, 0), 3)).verdict, 'illegal')
})
