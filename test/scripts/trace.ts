/** What a script records below each of its commands, and the complaints that make it red. */

/** A quiet step that did nothing is recorded only if everything is, a hidden one not even then. */
export type Loudness = 'loud' | 'quiet' | 'hidden'

/** A step, and what it did. */
export interface Step {
  readonly header: string
  readonly loudness: Loudness
  readonly lines: string[]
}

export class Trace {
  /** Everything is recorded: elections, pings, leases. */
  isVerbose = false
  /** Nothing is recorded but complaints. */
  isMuted = false
  readonly complaints: string[] = []
  #lines: string[] = []
  #command = ''

  begin(command: string): void {
    this.#command = command
  }

  /** What the last command caused. */
  take(): string[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }

  say(line: string): void {
    if (!this.isMuted) this.#lines.push(`  ${line}`)
  }

  step({ header, loudness, lines }: Step): void {
    const isShown = loudness === 'loud' || (loudness === 'quiet' && this.isVerbose)
    if (lines.length === 0 && !isShown) return
    this.say(header)
    for (const line of lines) this.say(`  ${line}`)
  }

  /** Something that must never be. */
  complain(complaint: string): void {
    this.#lines.push(`  !!! ${complaint}`)
    this.complaints.push(`${this.#command}: ${complaint}`)
  }
}
