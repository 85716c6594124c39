/** A rate that several processes keep together, exactly: node dist/examples/recipes/rate-limiter.js */
import { join } from '../../lib/index.js'
import type { Session } from '../../lib/index.js'
import { Counter } from '../../lib/recipes/index.js'
import { Crew, dir, isWorker, say } from './crew.js'

const PER_WINDOW = 20
const WINDOW_MS = 500
const ASKED = 100

/** Windows are by the wall clock; two whose clocks differ count in different ones for as long as they differ. */
class RateLimiter {
  readonly #zk: Session
  #window = 0
  #counter: Counter | undefined

  constructor(zk: Session) {
    this.#zk = zk
  }

  /** The window in which it is allowed; `undefined` if it is not. */
  async allow(): Promise<number | undefined> {
    const window = Math.floor(Date.now() / WINDOW_MS)
    if (this.#counter === undefined || window !== this.#window) {
      this.#counter = new Counter(this.#zk, `/rate/${window}`)
      this.#window = window
      this.#zk.delete(`/rate/${window - 10}`).catch(() => undefined)
    }
    // What this process knows is enough to refuse: a count only grows.
    if (this.#counter.value >= PER_WINDOW) return undefined
    return (await this.#counter.add(1)) <= PER_WINDOW ? window : undefined
  }
}

if (isWorker) {
  const limiter = new RateLimiter(await join({ dir, size: 3 }))
  for (let n = 0; n < ASKED; n += 1) {
    say({ allowed: await limiter.allow() })
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  say({ done: true })
} else {
  await Crew.run(import.meta.url, async (crew) => {
    await crew.until(
      ({ done }) => done === true,
      ({ length }) => length === 3,
    )
    const windows = new Map<number, number>()
    for (const { allowed } of crew.facts) {
      if (typeof allowed === 'number') windows.set(allowed, (windows.get(allowed) ?? 0) + 1)
    }
    for (const [window, count] of windows) {
      console.log(`window ${window}: ${count} allowed of at most ${PER_WINDOW}`)
      if (count > PER_WINDOW) throw new Error('too many')
    }
    if (Math.max(...windows.values()) < PER_WINDOW) throw new Error('no window was used up')
  })
}
