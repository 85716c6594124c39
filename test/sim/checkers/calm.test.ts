import test from 'ava'
import type { Calm } from '../inside.js'
import type { Observation } from '../observation.js'
import { CalmIsCalm } from './calm.js'
import { isGreen, isRed } from './verdict.js'

const make = (): CalmIsCalm => new CalmIsCalm()

function calm(change: Partial<Calm>): Observation {
  return {
    kind: 'calm',
    ticks: 10,
    links: 2,
    messages: new Map([
      ['ping', 20],
      ['pong', 20],
    ]),
    writes: 0,
    elections: 0,
    rollovers: 0,
    lostSessions: 0,
    sizes: [],
    ...change,
  }
}

test('an election, a lost session and a used-up epoch out of nothing are found', (t) => {
  isGreen(t, make, calm({}))
  isRed(t, make, calm({ elections: 1 }))
  isRed(t, make, calm({ lostSessions: 1 }))
  isRed(t, make, calm({ rollovers: 1 }))
  // Writes may use an epoch up.
  isGreen(t, make, calm({ rollovers: 1, elections: 3, writes: 4 }))
})

test('messages that nobody needs are found, and more of those that are needed than are', (t) => {
  isGreen(t, make, calm({ writes: 4, messages: new Map([['proposal', 8]]) }))
  isRed(t, make, calm({ messages: new Map([['notification', 1]]) }))
  isRed(t, make, calm({ messages: new Map([['ping', 30]]) }))
  isRed(t, make, calm({ messages: new Map([['proposal', 5]]) }))
  isRed(t, make, calm({ writes: 4, messages: new Map([['commit', 30]]) }))
})

test('what grows in memory while nothing happens is found', (t) => {
  isGreen(t, make, calm({ sizes: [{ what: 'a queue', before: 3, after: 3 }] }))
  isRed(t, make, calm({ sizes: [{ what: 'a queue', before: 3, after: 4 }] }))
})
