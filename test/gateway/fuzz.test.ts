/** Bytes that no client would send: refused, and nobody else is the worse for it. `fuzz.ts` has the long run. */
import test from 'ava'
import { ensemble } from '../../lib/testing/index.js'
import { fuzzDecoders } from './fuzz-decoders.js'
import { fuzzGateway } from './fuzz-gateway.js'

test('whatever the bytes are, decoding ends in a JuteError or in a record that is the same when read again', (t) => {
  const { cases, refused } = fuzzDecoders(1, 100_000)
  t.log(`${refused} of ${cases} refused`)
  // Damage to a path, to data or to a number often gives another well-formed record.
  t.true(refused > cases / 4)
  t.true(refused < (cases * 9) / 10)
})

test('hostile connections end alone: their neighbour notices nothing, and nothing of them is left', async (t) => {
  const world = await ensemble({ size: 1, time: 'real', seed: 1 })
  t.teardown(() => world.close())
  const totals = await fuzzGateway(await world.join(1), 1, 4000)
  t.log(totals)
  t.true(totals.connected > totals.connections / 2)
  // Each way to be refused was gone.
  for (const reason of [
    'TRUNCATED',
    'TRAILING_BYTES',
    'BAD_LENGTH',
    'BAD_VALUE',
    'SESSION_MOVED',
  ]) {
    t.true((totals.refusals[reason] ?? 0) > 0, reason)
  }
  t.true(totals.neighbour.rounds > 10)
})
