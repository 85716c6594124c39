// The heap against the obvious model: an array kept sorted by a stable sort.
import test from 'ava'
import { Heap } from '../../lib/base/heap.js'
import { Random } from '../../lib/base/random.js'

interface Event {
  readonly at: number
  readonly name: string
}

const byTime = (left: Event, right: Event): number => left.at - right.at

test('an empty heap has no first value', (t) => {
  const heap = new Heap(byTime)
  t.is(heap.size, 0)
  t.is(heap.peek(), undefined)
  t.is(heap.pop(), undefined)
})

test('equal values leave in the order they came, also with others in between', (t) => {
  const heap = new Heap(byTime)
  for (const name of ['first', 'second', 'third', 'fourth', 'fifth']) {
    heap.push({ at: 5, name })
    heap.push({ at: 1, name: 'earlier' })
    t.is(heap.pop()?.name, 'earlier')
  }
  const names = Array.from({ length: 5 }, () => heap.pop()?.name)
  t.deepEqual(names, ['first', 'second', 'third', 'fourth', 'fifth'])
})

test('falsy values are values', (t) => {
  const heap = new Heap<number>((left, right) => left - right)
  for (const value of [0, 2, 0, 1]) heap.push(value)
  t.deepEqual([heap.pop(), heap.pop(), heap.pop(), heap.pop(), heap.pop()], [0, 0, 1, 2, undefined])
})

test('any mix of pushes and pops gives what a stable sort gives', (t) => {
  for (let seed = 0; seed < 50; seed++) {
    const random = new Random(seed)
    const heap = new Heap(byTime)
    const model: Event[] = []
    for (let round = 0; round < 300; round++) {
      if (random.chance(0.6)) {
        const event = { at: random.integer(10), name: `${round}` }
        heap.push(event)
        model.push(event)
        model.sort(byTime)
      } else {
        const expected = model.shift()
        if (heap.peek() !== expected || heap.pop() !== expected) return t.fail(`seed ${seed}`)
      }
      if (heap.size !== model.length) return t.fail(`seed ${seed}: size ${heap.size}`)
    }
  }
  t.pass()
})
