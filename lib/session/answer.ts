/**
 * One promise in the application's hands, and the signal that may end its waiting.
 *
 * It settles at most once. What ends it for a reason of the session's life (closed, expired, failed) is marked as
 * handled: an application that let go of the promise is told by the session's state, and its process is not ended
 * by an unhandled rejection of ours. Whoever still holds the promise sees the rejection as ever.
 */
import { onAbort } from './abort.js'

export class Answer<T> {
  readonly promise: Promise<T>
  #resolve: ((value: T) => void) | undefined
  #reject: ((error: unknown) => void) | undefined
  readonly #stopListening: (() => void) | undefined

  /** @param whenAborted Called at most once, when the signal is aborted while the promise is open. */
  constructor(signal?: AbortSignal, whenAborted?: (reason: unknown) => void) {
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
    this.#resolve?.(value)
    this.#release()
  }

  reject(error: unknown): void {
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
