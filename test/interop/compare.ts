/** The differences between what two servers answered to one script, connection by connection. */
import { withoutDivergences } from './divergences.js'
import { formatLine, normalize } from './normalize.js'
import type { Line, Story } from './normalize.js'
import type { Transcript } from './play.js'

export interface Difference {
  readonly client: number
  /** The step at which it shows, or the one before. */
  readonly step: number
  readonly text: string
}

export interface Comparison {
  /** In the order of the steps. The first is the one to look at: later ones may come of it. */
  readonly differences: readonly Difference[]
  /** Lines that were compared: replies, events, ends. */
  readonly compared: number
  readonly events: number
  /** How often each rule of divergences.ts was used. */
  readonly used: ReadonlyMap<string, number>
}

type Names = readonly [expected: string, actual: string]

export function compare(expected: Transcript, actual: Transcript): Comparison {
  const used = new Map<string, number>()
  const names: Names = [expected.server, actual.server]
  const stories = normalize(expected)
  const others = normalize(actual)
  const differences = stories.flatMap((story, index) =>
    compareStories(story, others[index], used, names),
  )
  const lines = stories.flatMap((story) => story.lines)
  return {
    differences: differences.toSorted((a, b) => a.step - b.step),
    compared: lines.length,
    events: lines.filter((line) => line.kind === 'event').length,
    used,
  }
}

function compareStories(
  expected: Story,
  actual: Story | undefined,
  used: Map<string, number>,
  names: Names,
): Difference[] {
  const { client } = expected
  const found: Difference[] = []
  const differ = (step: number, context: readonly string[], a: string, b: string): void => {
    const text = [...context, `${names[0]}: ${a}`, `${names[1]}: ${b}`].join('\n')
    found.push({ client, step, text })
  }
  const connected = actual?.connected ?? 'no connection'
  if (expected.connected !== connected) {
    differ(expected.step, ['connection'], expected.connected, connected)
  }
  if (actual === undefined) return found
  let step = expected.step
  const length = Math.max(expected.lines.length, actual.lines.length)
  for (let index = 0; index < length; index++) {
    const [line, other] = [expected.lines[index], actual.lines[index]]
    step = stepOf(line) ?? stepOf(other) ?? step
    const [a, b] = comparable(line, other, used)
    if (a === b) continue
    const context = expected.lines.slice(Math.max(0, index - 4), index).map(shown)
    differ(step, [...context, `asked: ${asked(line ?? other)}`], a, b)
    // From here on the lines of this connection no longer stand side by side.
    if (!areOfOneAsk(line, other)) break
  }
  return found
}

function areOfOneAsk(line: Line | undefined, other: Line | undefined): boolean {
  return line?.kind === 'reply' && other?.kind === 'reply' && line.ask.op === other.ask.op
}

function comparable(
  line: Line | undefined,
  other: Line | undefined,
  used: Map<string, number>,
): readonly [expected: string, actual: string] {
  if (line === undefined || other === undefined) {
    const texts = [line, other].map((each) => (each === undefined ? 'nothing' : formatLine(each)))
    return [texts[0] ?? '', texts[1] ?? '']
  }
  const [expected, actual] = withoutDivergences(line, other, used)
  return [formatLine(expected), formatLine(actual)]
}

function stepOf(line: Line | undefined): number | undefined {
  if (line?.kind !== 'reply') return undefined
  const digits = /\d+/.exec(line.tag)?.[0]
  return digits === undefined ? undefined : Number(digits)
}

function asked(line: Line | undefined): string {
  if (line?.kind !== 'reply') return '-'
  const text = JSON.stringify(line.ask, (_, value) =>
    typeof value === 'bigint' ? `${value}` : value,
  )
  return `${line.tag} ${text}`
}

function shown(line: Line): string {
  return `  ${asked(line)} → ${formatLine(line)}`
}
