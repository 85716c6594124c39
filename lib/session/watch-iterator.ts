/**
 * The events of one persistent watch as an async iterator: pushed inside the apply loop, pulled by the application.
 *
 * The buffer is bounded. An iterator that overflows, whose session ends or whose signal is aborted, hands out what
 * it holds and then throws why, once; after that it is done. Returning from it removes the watch.
 */
import { assert } from '../base/assert.js'
import { WATCH_EVENTS_BUFFERED_MAX } from '../base/limits.js'
import type { WatchEvent } from '../protocol/watch-event.js'
import { ZooKeeperError } from '../protocol/zookeeper-error.js'

interface Waiting {
  readonly resolve: (result: IteratorResult<WatchEvent, undefined>) => void
  readonly reject: (error: unknown) => void
}

export class WatchIterator implements AsyncIterableIterator<WatchEvent, undefined> {
  /** Events not taken yet, oldest first, from `#head` on. */
  #buffer: WatchEvent[] = []
  #head = 0
  readonly #waiting: Waiting[] = []
  #ended = false
  #error: { readonly reason: unknown } | undefined
  readonly #remove: () => void

  /** @param remove Removes the watch; called once, when nothing more can be delivered. */
  constructor(remove: () => void) {
    this.#remove = remove
  }

  /** Must come from the apply loop, before anything can read what the event tells of. */
  push(event: WatchEvent): void {
    if (this.#ended) return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting.resolve({ value: event, done: false })
    } else if (this.#buffer.length - this.#head < WATCH_EVENTS_BUFFERED_MAX) {
      this.#buffer.push(event)
    } else {
      const message = `${WATCH_EVENTS_BUFFERED_MAX} watch events wait to be taken; read the state anew`
      this.end({ reason: new ZooKeeperError('OVERLOADED', message, { path: event.path }) })
    }
  }

  /** Nothing more comes: with an error it is thrown after what is buffered. */
  end(error?: { readonly reason: unknown }): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#remove()
    if (this.#waiting.length === 0) return
    assert(this.#buffer.length === this.#head, 'nobody waits while events are buffered')
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting)
  }

  next(): Promise<IteratorResult<WatchEvent, undefined>> {
    return new Promise((resolve, reject) => {
      const event = this.#take()
      if (event !== undefined) resolve({ value: event, done: false })
      else if (this.#ended) this.#finish({ resolve, reject })
      else this.#waiting.push({ resolve, reject })
    })
  }

  return(): Promise<IteratorResult<WatchEvent, undefined>> {
    this.end()
    this.#buffer = []
    this.#head = 0
    this.#error = undefined
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #take(): WatchEvent | undefined {
    const event = this.#buffer[this.#head]
    if (event === undefined) return undefined
    this.#head += 1
    if (this.#head > 64 && this.#head * 2 > this.#buffer.length) {
      this.#buffer = this.#buffer.slice(this.#head)
      this.#head = 0
    }
    return event
  }

  #finish(waiting: Waiting): void {
    const error = this.#error
    this.#error = undefined
    if (error === undefined) waiting.resolve({ value: undefined, done: true })
    else waiting.reject(error.reason)
  }
}
