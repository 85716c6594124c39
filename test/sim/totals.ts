/** What many runs came to, in words. */
import { MARKS, MARK_NAMES } from './marks/table.js'
import { unseen } from './marks/unseen.js'
import { isRed } from './report.js'
import type { Report } from './report.js'

export class Totals {
  readonly red: Report[] = []
  readonly counts: Map<string, number> = new Map()
  readonly marks: Map<string, number> = new Map()
  /** Of each mark: in how many runs it was seen. */
  readonly seenIn: Map<string, number> = new Map()
  seeds = 0
  #events = 0
  #virtualMs = 0
  #decided = 0
  #slowest: Report | undefined
  readonly #start = performance.now()

  add(report: Report): void {
    this.seeds += 1
    this.#events += report.events
    this.#virtualMs += report.virtualMs
    this.#decided += report.decided
    if (report.ms > (this.#slowest?.ms ?? 0)) this.#slowest = report
    sum(this.counts, report.counts)
    sum(this.marks, report.marks)
    for (const name of Object.keys(report.marks))
      this.seenIn.set(name, (this.seenIn.get(name) ?? 0) + 1)
    if (isRed(report)) this.red.push(report)
  }

  /** Marks that so many runs should have seen, and did not. */
  get unseen(): readonly string[] {
    return unseen(this.marks, this.counts, this.seeds)
  }

  get isGreen(): boolean {
    return this.red.length === 0 && this.unseen.length === 0
  }

  /** One line. */
  progress(): string {
    const seconds = (performance.now() - this.#start) / 1000
    const writes = this.counts.get('writes') ?? 0
    const unseen = MARK_NAMES.filter((name) => !this.marks.has(name)).length
    return [
      `${seconds.toFixed(0)} s: ${this.seeds} seeds (${(this.seeds / seconds).toFixed(1)}/s)`,
      `${(this.#virtualMs / 3_600_000).toFixed(2)} virtual hours`,
      `${this.#decided} txns decided, ${writes} of them writes (${(writes / seconds).toFixed(0)}/s)`,
      `${MARK_NAMES.length - unseen} of ${MARK_NAMES.length} marks seen`,
      `${this.red.length} red`,
    ].join(', ')
  }

  print(say: (line: string) => void): void {
    say('\nmarks: how often, in how many seeds, what')
    for (const name of MARK_NAMES) {
      const times = String(this.marks.get(name) ?? 0).padStart(9)
      const seeds = String(this.seenIn.get(name) ?? 0).padStart(6)
      say(`${times} ${seeds}  ${name.padEnd(33)} ${MARKS[name]}`)
    }
    say('\ncounts')
    const counts = [...this.counts].sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [name, count] of counts) say(`${String(count).padStart(9)}  ${name}`)
    say(`\n${this.progress()}`)
    say(
      `${this.#events} events, the slowest seed ${this.#slowest?.seed} took ${this.#slowest?.ms.toFixed(0)} ms`,
    )
    if (this.unseen.length > 0) say(`NEVER SEEN: ${this.unseen.join(', ')}`)
    if (this.red.length === 0) say('no violation')
    else say(`${this.red.length} seeds FAILED: ${this.red.map(({ seed }) => seed).join(', ')}`)
  }
}

function sum(totals: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts))
    totals.set(name, (totals.get(name) ?? 0) + value)
}
