/** The port between replica and View: what goes in comes out, in one buffer that can be transferred. */
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import {
  decodeViewInputs,
  decodeViewOutputs,
  encodeViewInputs,
  encodeViewOutputs,
} from '../../lib/wire/port.js'
import { VIEW_INPUTS, VIEW_OUTPUTS } from './arbitrary-message.js'
import { times } from './arbitrary.js'

for (const [kind, make] of Object.entries(VIEW_INPUTS)) {
  test(`a view input ${kind} arrives as it was sent`, (t) => {
    const random = new Random(1)
    for (let round = 0; round < 30; round++) {
      const sent = times(random.integer(4), () => make(random))
      t.deepEqual(decodeViewInputs(encodeViewInputs(sent)), sent)
    }
  })
}

for (const [kind, make] of Object.entries(VIEW_OUTPUTS)) {
  test(`a view output ${kind} arrives as it was sent`, (t) => {
    const random = new Random(2)
    for (let round = 0; round < 30; round++) {
      const sent = times(random.integer(4), () => make(random))
      t.deepEqual(decodeViewOutputs(encodeViewOutputs(sent)), sent)
    }
  })
}

test('a turn is transferred as one buffer of its own, and the encoder goes on unharmed', (t) => {
  const random = new Random(3)
  const sent = [VIEW_INPUTS.txns(random), VIEW_INPUTS.status(random)]
  const buffer = encodeViewInputs(sent)
  const moved = structuredClone(buffer, { transfer: [buffer] })
  t.is(buffer.byteLength, 0)
  t.deepEqual(decodeViewInputs(encodeViewInputs(sent)), sent)
  t.deepEqual(decodeViewInputs(moved), sent)
  t.is(encodeViewInputs(sent).byteLength, moved.byteLength)
})
