// Assertions: what passes is silent, what fails is an InvariantError that says which fact broke.
import test from 'ava'
import { assert, InvariantError, unreachable } from '../../lib/base/assert.js'

test('a fact that holds passes, and narrows the type', (t) => {
  const length = (value: string | undefined): number => {
    assert(value !== undefined, 'a value is given')
    return value.length
  }
  t.is(length('abc'), 3)
})

test('a fact that does not hold throws an InvariantError with its message', (t) => {
  const error = t.throws(() => assert(0, 'zxids grow'), { instanceOf: InvariantError })
  t.is(error.message, 'zxids grow')
  t.is(error.name, 'InvariantError')
})

test('a union member that slips through a switch is named', (t) => {
  const error = t.throws(() => unreachable({ kind: 'ghost' } as never), {
    instanceOf: InvariantError,
  })
  t.is(error.message, 'unreachable: {"kind":"ghost"}')
})

test('a value that JSON cannot show is still reported', (t) => {
  for (const value of [1n, undefined, Symbol('s')]) {
    t.throws(() => unreachable(value as never), { instanceOf: InvariantError })
  }
})
