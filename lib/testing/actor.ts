/** A thread of the simulated world, which may stop for a while or for good. */

/** How a thread that wakes handles the timers that came due meanwhile: as they came due, or before or after the rest. */
export type TimerOrder = 'asDue' | 'timersFirst' | 'timersLast'

interface Waiting {
  readonly input: () => void
  readonly isTimer: boolean
}

/** A thread: takes one input at a time; while it is paused, inputs wait in their order. */
export class Actor {
  #isPaused = false
  #isDead = false
  #backlog: Waiting[] = []

  get isPaused(): boolean {
    return this.#isPaused
  }

  get isDead(): boolean {
    return this.#isDead
  }

  deliver(input: () => void, isTimer = false): void {
    if (this.#isDead) return
    if (this.#isPaused) this.#backlog.push({ input, isTimer })
    else input()
  }

  pause(): void {
    this.#isPaused = true
  }

  /** Handles what has come meanwhile, all at once. */
  resume(): void {
    this.#isPaused = false
    const backlog = this.#backlog
    this.#backlog = []
    for (const { input } of backlog) if (!this.#isDead) input()
  }

  /** What waits is handled in that order. */
  sort(order: TimerOrder): void {
    this.#backlog = ordered(this.#backlog, order)
  }

  /** Handles the oldest of what waits, and goes on standing still. False if nothing waits. */
  handleOldest(): boolean {
    const oldest = this.#backlog.shift()
    oldest?.input()
    return oldest !== undefined
  }

  kill(): void {
    this.#isDead = true
    this.#backlog = []
  }
}

function ordered(backlog: readonly Waiting[], order: TimerOrder): Waiting[] {
  if (order === 'asDue') return [...backlog]
  const timers = backlog.filter(({ isTimer }) => isTimer)
  const others = backlog.filter(({ isTimer }) => !isTimer)
  return order === 'timersFirst' ? [...timers, ...others] : [...others, ...timers]
}
