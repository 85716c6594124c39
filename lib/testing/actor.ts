/** A thread of the simulated world, which may stop for a while or for good. */

/** A thread: takes one input at a time; while it is paused, inputs wait in their order. */
export class Actor {
  #isPaused = false
  #isDead = false
  #backlog: (() => void)[] = []

  get isPaused(): boolean {
    return this.#isPaused
  }

  get isDead(): boolean {
    return this.#isDead
  }

  deliver(input: () => void): void {
    if (this.#isDead) return
    if (this.#isPaused) this.#backlog.push(input)
    else input()
  }

  pause(): void {
    this.#isPaused = true
  }

  /** Handles what has come meanwhile. */
  resume(): void {
    this.#isPaused = false
    const backlog = this.#backlog
    this.#backlog = []
    for (const input of backlog) if (!this.#isDead) input()
  }

  kill(): void {
    this.#isDead = true
    this.#backlog = []
  }
}
