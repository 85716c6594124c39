/**
 * Watches processes of this machine for their death: often in the first second after a link went down, when a
 * killed process is on its way out, then at a tick.
 */
import type { ProcessIdentity } from '../protocol/member.js'
import { isGone } from './process-identity.js'

const OFTEN_MS = 20
const OFTEN_FOR_MS = 1000
const SELDOM_MS = 200

interface Watched {
  readonly incarnationKey: number
  readonly process: ProcessIdentity
  readonly since: number
  timer: NodeJS.Timeout | undefined
}

export class ProcessWatch {
  readonly #watched = new Map<number, Watched>()
  readonly #gone: (replica: number, incarnationKey: number) => void

  /** @param gone  Called once per watch, never from inside `watch`. */
  constructor(gone: (replica: number, incarnationKey: number) => void) {
    this.#gone = gone
  }

  watch(replica: number, incarnationKey: number, process: ProcessIdentity): void {
    this.unwatch(replica)
    const watched = { incarnationKey, process, since: performance.now(), timer: undefined }
    this.#watched.set(replica, watched)
    this.#schedule(replica, watched, 0)
  }

  unwatch(replica: number): void {
    clearTimeout(this.#watched.get(replica)?.timer)
    this.#watched.delete(replica)
  }

  close(): void {
    // Removing what was visited does not disturb the iteration of a map.
    for (const replica of this.#watched.keys()) this.unwatch(replica)
  }

  #schedule(replica: number, watched: Watched, delayMs: number): void {
    watched.timer = setTimeout(() => this.#check(replica, watched), delayMs)
  }

  #check(replica: number, watched: Watched): void {
    if (isGone(watched.process)) {
      this.#watched.delete(replica)
      return this.#gone(replica, watched.incarnationKey)
    }
    const isFresh = performance.now() - watched.since < OFTEN_FOR_MS
    this.#schedule(replica, watched, isFresh ? OFTEN_MS : SELDOM_MS)
  }
}
