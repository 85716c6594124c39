/**
 * Where each View stood when: which positions it left out, because a snapshot took it over them, and so at which one an
 * asynchronous read was evaluated. Judges nothing; checkers that need it have one each.
 */
import type { Identity } from '../../../lib/protocol/acl.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Decided } from '../decided.js'
import type { Observation, Reading } from '../observation.js'

/** A View went from one position to another at once. */
export interface Jump {
  readonly from: Zxid
  readonly to: Zxid
}

export class Positions {
  readonly #decided: Decided
  readonly #jumps = new Map<number, Jump[]>()
  readonly #sessions = new Map<number, Extract<Observation, { readonly kind: 'opened' }>>()
  readonly #readings = new Map<number, Reading>()

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'opened':
        this.#sessions.set(observation.number, observation)
        return
      case 'jumping': {
        const { view, from, to } = observation
        const jumps = this.#jumps.get(view)
        if (jumps === undefined) this.#jumps.set(view, [{ from, to }])
        else jumps.push({ from, to })
        return
      }
      case 'reading':
        this.#readings.set(observation.read, observation)
        return
      default:
    }
  }

  /** Who the owner of that session is. */
  authOf(number: number): readonly Identity[] {
    return this.#sessions.get(number)?.auth ?? []
  }

  /** Asynchronous reads that are under way. */
  get readings(): Iterable<Reading> {
    return this.#readings.values()
  }

  /** The read is answered, or refused. */
  take(read: number): Reading | undefined {
    const reading = this.#readings.get(read)
    this.#readings.delete(read)
    return reading
  }

  /** Jumps of the View in (after, upTo]. */
  jumps(view: number, after: Zxid, upTo: Zxid): Jump[] {
    const jumps = this.#jumps.get(view)
    const last = jumps?.at(-1)
    if (jumps === undefined || last === undefined || last.to <= after) return []
    return jumps.filter(({ from, to }) => from >= after && to <= upTo && to > from)
  }

  /**
   * Where the View stood, or will, when it evaluated the read: at once if all requests before it were settled, else when
   * the last of them was. `undefined` while that is not decided.
   */
  evaluatedAt(reading: Reading): Zxid | undefined {
    const { afterCxid, position, session, view } = reading
    if (afterCxid === 0) return position
    const opened = this.#sessions.get(session)
    const answer = this.#decided.answer(opened?.session ?? 0, afterCxid, opened?.attached)
    if (answer === undefined) return undefined
    return answer.zxid <= position ? position : this.#firstAt(view, answer.zxid)
  }

  /** The first position at or after `zxid` at which the View stood. */
  #firstAt(view: number, zxid: Zxid): Zxid {
    const over = this.#jumps.get(view)?.findLast(({ from, to }) => from < zxid && zxid <= to)
    return over?.to ?? zxid
  }
}
