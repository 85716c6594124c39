/** What goes over a replica's links, and what was turned away, as counters. docs/metrics.md says what each means. */
import type { Refusal } from '../transport/transport.js'

/** A transport's refusals, and one of the host's own: a frame on a link that was up, which was no message. */
const REFUSALS: Readonly<Record<Refusal | 'BAD_MESSAGE', 0>> = {
  BAD_HANDSHAKE: 0,
  BAD_MESSAGE: 0,
  BAD_PROOF: 0,
  FRAME_EMPTY: 0,
  FRAME_TOO_LARGE: 0,
  FRAME_TRUNCATED: 0,
  HANDSHAKE_TIMEOUT: 0,
  NOT_ACCEPTED: 0,
  NOT_A_MEMBER: 0,
  PROTOCOL_VERSION: 0,
  TOO_MANY_UNPROVEN: 0,
  UNEXPECTED_BYTES: 0,
  UNKNOWN_PEER: 0,
}

export class Traffic {
  readonly #refused: Record<Refusal | 'BAD_MESSAGE', number> = { ...REFUSALS }
  #linksUp = 0
  #linksDown = 0
  #framesIn = 0
  #framesOut = 0
  #bytesIn = 0
  #bytesOut = 0

  get counters(): Readonly<Record<string, number>> {
    const refused = Object.entries(this.#refused).map(([why, count]) => [`refused.${why}`, count])
    return {
      linksUp: this.#linksUp,
      linksDown: this.#linksDown,
      framesIn: this.#framesIn,
      framesOut: this.#framesOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      ...Object.fromEntries(refused),
    }
  }

  up(): void {
    this.#linksUp += 1
  }

  down(): void {
    this.#linksDown += 1
  }

  received(frame: Uint8Array): void {
    this.#framesIn += 1
    this.#bytesIn += frame.length
  }

  sent(frame: Uint8Array): void {
    this.#framesOut += 1
    this.#bytesOut += frame.length
  }

  refused(why: Refusal | 'BAD_MESSAGE'): void {
    this.#refused[why] += 1
  }
}
