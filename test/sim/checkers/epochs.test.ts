import test from 'ava'
import { makeZxid } from '../../../lib/protocol/zxid.js'
import type { Observation } from '../observation.js'
import { EpochsNeverGoBack } from './epochs.js'
import { isGreen, isRed } from './verdict.js'

const make = (): EpochsNeverGoBack => new EpochsNeverGoBack()
type Pair = readonly [accepted: number, current: number]

function has(memory: Pair, disk: Pair, incarnationKey = 1, database = 'd'): Observation {
  const [of, on] = [memory, disk].map(([acceptedEpoch, currentEpoch]) => {
    return { acceptedEpoch, currentEpoch }
  })
  if (of === undefined || on === undefined) throw new Error('two pairs')
  return { kind: 'epochs', database, incarnationKey, memory: of, disk: on, lastLogged: 0 }
}

test('an epoch that goes back is found, in memory, on the disk, and over a crash', (t) => {
  isGreen(t, make, has([1, 1], [1, 1]), has([2, 1], [1, 1]), has([2, 2], [2, 1]))
  isRed(t, make, has([2, 2], [1, 1]), has([1, 1], [1, 1]))
  isRed(t, make, has([2, 2], [2, 1]), has([2, 1], [2, 1]))
  isRed(t, make, has([3, 1], [2, 1]), has([3, 1], [1, 1]))
  // What was not on the disk yet is lost with the process, and only that.
  isGreen(t, make, has([2, 1], [1, 1]), has([1, 1], [1, 1], 2))
  isRed(t, make, has([2, 1], [2, 1]), has([1, 1], [1, 1], 2))
  isGreen(t, make, has([2, 1], [2, 1]), has([0, 0], [0, 0], 2, 'another'))
})

test('a memory that is behind its disk, and an epoch that was not accepted, are found', (t) => {
  isRed(t, make, has([1, 1], [2, 1]))
  isRed(t, make, has([1, 2], [1, 1]))
  const logged = { ...has([1, 1], [1, 1]), lastLogged: makeZxid(2, 1) } as Observation
  isRed(t, make, logged)
})

test('a database that acknowledges an epoch to two leaders is found', (t) => {
  const promises = (epoch: number, leader: string, database = 'd'): Observation => {
    return { kind: 'promised', database, epoch, leader }
  }
  isGreen(t, make, promises(1, 'a'), promises(1, 'a'), promises(2, 'b'), promises(1, 'b', 'e'))
  isRed(t, make, promises(1, 'a'), promises(1, 'b'))
})
