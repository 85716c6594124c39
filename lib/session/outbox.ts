/** What a View sends in one turn: one message of each kind, at the turn's end. */
import type { Request } from '../protocol/request.js'
import type { Zxid } from '../protocol/zxid.js'
import type { ViewOutput } from '../replica/view-message.js'
import type { Digest } from '../tree/txn.js'
import { microtask } from './microtask.js'
import type { ViewPort } from './port.js'

export class Outbox {
  readonly #port: ViewPort
  readonly #collect: (outbox: Outbox) => void
  readonly #onError: (error: unknown) => void
  #outputs: ViewOutput[] = []
  #requests: Request[] = []
  /** Inputs with txns or parts of a snapshot whose credit is not given back yet. */
  #inputs = 0
  #isScheduled = false
  #stopped = false

  /**
   * @param collect Called at each turn's end, to add what there is to send.
   * @param onError What could not be sent: a microtask must not throw into the host.
   */
  constructor(
    port: ViewPort,
    collect: (outbox: Outbox) => void,
    onError: (error: unknown) => void,
  ) {
    this.#port = port
    this.#collect = collect
    this.#onError = onError
  }

  push(output: ViewOutput): void {
    this.#outputs.push(output)
    this.flushLater()
  }

  request(requests: readonly Request[]): void {
    if (requests.length === 0) return
    for (const request of requests) this.#requests.push(request)
    this.flushLater()
  }

  /** One input with txns or a part of a snapshot has been taken in. */
  countInput(): void {
    this.#inputs += 1
    this.flushLater()
  }

  giveCredit(lastZxid: Zxid, digest: Digest): void {
    if (this.#inputs === 0) return
    this.#outputs.push({ kind: 'credit', messages: this.#inputs, lastZxid, digest })
    this.#inputs = 0
  }

  /** A microtask comes after the continuations of the promises settled in this turn: their requests go along. */
  flushLater(): void {
    if (this.#isScheduled || this.#stopped) return
    this.#isScheduled = true
    microtask(() => this.flush())
  }

  flush(): void {
    if (this.#stopped) return
    try {
      // Scheduled or not, what is added while collecting goes along.
      this.#isScheduled = true
      this.#collect(this)
      this.#isScheduled = false
      this.#send()
    } catch (error) {
      this.#onError(error)
    }
  }

  #send(): void {
    const outputs = this.#outputs
    const requests = this.#requests
    this.#outputs = []
    this.#requests = []
    if (requests.length > 0) outputs.push({ kind: 'requests', requests })
    if (outputs.length > 0) this.#port.send(outputs)
  }

  stop(): void {
    this.#stopped = true
    this.#outputs = []
    this.#requests = []
  }
}
