/**
 * One seed, run twice: the second run must be the first again, line by line, as a reader of the trace would see it: every
 * input, every message with what it says, every event of a View. Whatever looks at a real clock, throws dice of its own or
 * depends on what ran before shows here.
 */
import { createHash } from 'node:crypto'
import { Trace } from '../../lib/testing/trace.js'
import { Violation } from './observation.js'
import { drawOptions } from './options.js'
import type { SimOptions } from './options.js'
import { simulate } from './simulation.js'
import type { Outcome } from './simulation.js'

/** Outcome of the first run; if all was well and the second differs, that is its violation. */
export async function simulateTwice(
  seed: number,
  options: SimOptions = drawOptions(seed),
): Promise<Outcome> {
  const first = await runOnce(seed, options)
  if (first.outcome.violation !== undefined) return first.outcome
  const second = await runOnce(seed, options)
  const difference = differenceOf(first, second)
  if (difference === undefined) return first.outcome
  return { ...first.outcome, violation: new Violation('determinism', difference) }
}

export interface Run {
  readonly outcome: Pick<Outcome, 'hash' | 'events' | 'decided'>
  /** Each line, short. */
  readonly lines: readonly string[]
}

/** Where the second run leaves the first; `undefined` if it does not. */
export function differenceOf(first: Run, second: Run): string | undefined {
  const length = Math.max(first.lines.length, second.lines.length)
  for (let index = 0; index < length; index += 1) {
    if (first.lines[index] !== second.lines[index])
      return `the second run is another one from line ${index + 1} of the trace on`
  }
  for (const what of ['hash', 'events', 'decided'] as const) {
    const [one, other] = [first.outcome[what], second.outcome[what]]
    if (one !== other) return `${what} is ${one}, and ${other} in the second run`
  }
  return undefined
}

async function runOnce(
  seed: number,
  options: SimOptions,
): Promise<Run & { readonly outcome: Outcome }> {
  const lines: string[] = []
  const trace = new Trace(false, (line) => {
    lines.push(createHash('sha1').update(line).digest('base64').slice(0, 8))
  })
  const outcome = await simulate(seed, trace, options)
  return { outcome, lines }
}
