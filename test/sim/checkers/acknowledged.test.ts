import test from 'ava'
import type { Durables } from '../inside.js'
import type { Observation } from '../observation.js'
import { Acknowledged } from './acknowledged.js'
import { isGreen, isRed } from './verdict.js'

const make = (): Acknowledged => new Acknowledged()
const HAS: Durables = { lastZxid: 5, acceptedEpoch: 3, currentEpoch: 2, voter: false }

function claims(claim: Partial<Durables>): Observation {
  return { kind: 'claimed', replica: 1, message: 'ack', claim: { ...HAS, ...claim }, disk: HAS }
}

test('a message that claims what is not on the disk is found, whatever it is', (t) => {
  isGreen(t, make, claims({}), claims({ lastZxid: 4, acceptedEpoch: 0, currentEpoch: 0 }))
  isRed(t, make, claims({ lastZxid: 6 }))
  isRed(t, make, claims({ acceptedEpoch: 4 }))
  isRed(t, make, claims({ currentEpoch: 3 }))
  isRed(t, make, claims({ voter: true }))
})
