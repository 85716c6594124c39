import test from 'ava'
import type { Checker, Observation } from '../observation.js'
import { ZnodeHistory } from '../znode-history.js'
import { creates, entry } from './history.js'
import { MultiAtomicity } from './multi.js'
import { after, decided, isGreen, isRed } from './verdict.js'

function make(): Checker {
  const history = new ZnodeHistory()
  return after(history, new MultiAtomicity(history))
}

const a = creates('/a', 'x')
const b = creates('/b', 'x')
const both = entry(2, {
  kind: 'multi',
  operations: [a, b].filter((each) => each.kind === 'create'),
})

/** What a View shows of both znodes, by the txns that set them last. */
function shows(position: number, ...mzxids: (number | undefined)[]): Observation {
  const znodes = mzxids.map((mzxid, index) => {
    const stat = mzxid === undefined ? undefined : { czxid: mzxid, mzxid }
    return { path: ['/a', '/b'][index] ?? '', stat }
  })
  return { kind: 'glanced', where: 'a View', position, znodes }
}

test('a View that shows one half of a multi is found', (t) => {
  isGreen(t, make, decided(both), shows(1, undefined, undefined), shows(2, 2, 2))
  isRed(t, make, decided(both), shows(2, 2, undefined))
  isRed(t, make, decided(both), shows(1, undefined, 2))
})
