import test from 'ava'
import { differenceOf, simulateTwice } from './twice.js'
import type { Run } from './twice.js'

test('a seed replays exactly: the second run is the first again, line by line', async (t) => {
  for (const seed of [19, 31]) {
    const { violation } = await simulateTwice(seed)
    t.is(violation?.message, undefined, `seed ${seed}`)
  }
})

test('a second run that differs is told of with the line at which it does', (t) => {
  const outcome = { hash: 'h', events: 9, decided: 3 }
  const run = (lines: string[], change = {}): Run => ({ lines, outcome: { ...outcome, ...change } })
  t.is(differenceOf(run(['a', 'b']), run(['a', 'b'])), undefined)
  t.regex(differenceOf(run(['a', 'b']), run(['a', 'c'])) ?? '', /line 2/)
  t.regex(differenceOf(run(['a']), run(['a', 'b'])) ?? '', /line 2/)
  t.regex(differenceOf(run(['a']), run(['a'], { events: 8 })) ?? '', /events is 9, and 8/)
})
