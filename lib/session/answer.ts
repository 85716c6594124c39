/**
 * One promise in the application's hands, and the signal that may end its waiting.
 *
 * It settles at most once. What ends it for a reason of the session's life (closed, expired, failed) is marked as
 * handled: an application that let go of the promise is told by the session's state, and its process is not ended
 * by an unhandled rejection of ours. Whoever still holds the promise sees the rejection as ever.
 */
import { onAbort } from './abort.js'

/** Hears how the promise is settled, right before it is. */
export interface Settling {
  resolved(value: unknown): void
  rejected(error: unknown): void
}

export class Answer<T> {
  readonly promise: Promise<T>
  #resolve: ((value: T) => void) | undefined
  #reject: ((error: unknown) => void) | undefined
  readonly #stopListening: (() => void) | undefined
  readonly #settling: Settling | undefined

  /** @param whenAborted Called at most once, when the signal is aborted while the promise is open. */
  constructor(signal?: AbortSignal, whenAborted?: (reason: unknown) => void, settling?: Settling) {
    this.#settling = settling
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    if (signal === undefined || whenAborted === undefined) return
    this.#stopListening = onAbort(signal, () => whenAborted(signal.reason))
  }

  get isOpen(): boolean {
    return this.#resolve !== undefined
  }

  resolve(value: T): void {
    if (this.isOpen) this.#settling?.resolved(value)
    this.#resolve?.(value)
    this.#release()
  }

  reject(error: unknown): void {
    if (this.isOpen) this.#settling?.rejected(error)
    this.#reject?.(error)
    this.#release()
  }

  /** Rejects for a reason that the session's state tells too. */
  rejectQuietly(error: unknown): void {
    if (!this.isOpen) return
    this.promise.catch(() => undefined)
    this.reject(error)
  }

  /** An aborted signal holds on to nothing of ours once the promise is settled. */
  #release(): void {
    this.#resolve = undefined
    this.#reject = undefined
    this.#stopListening?.()
  }
}

/** The promise of what is known at once. */
export function attempt<T>(evaluate: () => T, settling?: Settling): Promise<T> {
  try {
    const value = evaluate()
    settling?.resolved(value)
    return Promise.resolve(value)
  } catch (error) {
    return rejection(error, settling)
  }
}

/** The promise of what is refused at once. */
export function rejection(error: unknown, settling?: Settling): Promise<never> {
  settling?.rejected(error)
  return Promise.reject(error)
}
