/** What a run looked like to whoever has to find out why it is red: its trace, or the end of it. */
import { Trace } from '../../lib/testing/trace.js'
import type { SimOptions } from './options.js'
import { simulate } from './simulation.js'
import type { Outcome } from './simulation.js'

/** Lines before the violation, unless the reader wants all. */
const END_LINES = 60

/** Runs it, tells the last lines up to the violation, and what came of it. */
export async function tellEnd(options: SimOptions, say: (line: string) => void): Promise<Outcome> {
  const trace = new Trace(true)
  const outcome = await simulate(options.seed, trace, options)
  const end = trace.lines.findLastIndex((line) => line.includes('!!!'))
  const lines = trace.lines.slice(0, end < 0 ? undefined : end + 1)
  if (lines.length > END_LINES) say(`   … ${lines.length - END_LINES} lines before`)
  for (const line of lines.slice(-END_LINES)) say(line)
  return outcome
}

/** Runs it twice: with every line told at once, and again to see the same. True if it is green and replays exactly. */
export async function tellAll(
  options: SimOptions,
  isQuiet: boolean,
  say: (line: string) => void,
): Promise<boolean> {
  say(JSON.stringify(options))
  const first = await simulate(options.seed, new Trace(false, isQuiet ? undefined : say), options)
  const second = await simulate(options.seed, new Trace(), options)
  const isSame = first.hash === second.hash && first.events === second.events
  say(
    `seed ${options.seed}: trace ${first.hash}, again ${second.hash}${isSame ? '' : ' (NOT THE SAME)'}`,
  )
  say(first.violation?.stack ?? 'no violation')
  return isSame && first.violation === undefined
}
