/** The end of a command that goes on until it is told to end. */

/** What a shell makes of a process that a signal ended. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

type Signal = keyof typeof SIGNALS

/** SIGTERM or SIGINT asks for a clean end; another one of them ends the process as it stands. */
export class Ending {
  readonly #controller = new AbortController()
  readonly #onSignal = (signal: Signal): void => {
    if (this.signal.aborted) process.exit(SIGNALS[signal])
    this.#controller.abort()
  }

  constructor() {
    for (const signal of Object.keys(SIGNALS)) process.on(signal, this.#onSignal)
  }

  /** Aborted by the first. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Resolves with the first. */
  asked(): Promise<void> {
    const { signal } = this
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  /** Signals are what they were. */
  stop(): void {
    for (const signal of Object.keys(SIGNALS)) process.off(signal, this.#onSignal)
  }
}
