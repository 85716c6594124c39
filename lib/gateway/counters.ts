/** What the four-letter words count: packets and latencies, of one connection or of the whole gateway. */

/** Latencies are whole ms, from a request's last byte to its answer, as ZooKeeper counts them. */
export class Counters {
  received = 0
  sent = 0
  #count = 0
  #total = 0
  #least = Number.POSITIVE_INFINITY
  #most = 0

  get latencyMsMin(): number {
    return this.#count === 0 ? 0 : this.#least
  }

  get latencyMsMax(): number {
    return this.#most
  }

  get latencyMsAverage(): number {
    return this.#count === 0 ? 0 : this.#total / this.#count
  }

  answered(latencyMs: number): void {
    this.#count += 1
    this.#total += latencyMs
    this.#least = Math.min(this.#least, latencyMs)
    this.#most = Math.max(this.#most, latencyMs)
  }

  reset(): void {
    this.received = 0
    this.sent = 0
    this.#count = 0
    this.#total = 0
    this.#least = Number.POSITIVE_INFINITY
    this.#most = 0
  }
}

/** The last request of a connection that was answered. */
export interface LastRequest {
  /** ZooKeeper's short name of the operation: `CREA`, `GETD`, `PING` … */
  readonly operation: string
  readonly xid: number
  readonly zxid: number
  /** ms since 1970. */
  readonly at: number
  readonly latencyMs: number
}

export const NO_REQUEST: LastRequest = { operation: 'NA', xid: -1, zxid: -1, at: 0, latencyMs: 0 }
