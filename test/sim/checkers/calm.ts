/**
 * No message storm: an ensemble that is healed, idle and caught up elects nobody, loses no session, sends heartbeats and
 * nothing else, so many per tick and link; a write costs so many messages per member; and memory does not grow.
 */
import type { Calm } from '../inside.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

/** Signs of life, each at most so often per tick and link. */
const HEARTBEATS: ReadonlyMap<string, number> = new Map([
  ['ping', 1],
  ['pong', 1],
  ['report', 1],
  ['lease', 1],
])
/** What a write costs: each at most so often per write and link. A follower's write is forwarded once. */
const BROADCAST: ReadonlyMap<string, number> = new Map([
  ['forward', 1],
  ['proposal', 1],
  ['ack', 1],
  ['commit', 1],
])
/** The calm begins and ends in the middle of something. */
const EDGE = 2

export class CalmIsCalm implements Checker {
  readonly name = 'calm'
  readonly sees = ['calm'] as const

  observe(observation: Observation): void {
    if (observation.kind === 'calm') this.#onCalm(observation)
  }

  #onCalm(calm: Calm): void {
    const { elections, rollovers, lostSessions, sizes, writes } = calm
    demand(lostSessions === 0, this.name, () => `${lostSessions} sessions ended by themselves`)
    demand(
      rollovers === 0 || writes > 0,
      this.name,
      () => `${rollovers} epochs were used up while nothing was asked for`,
    )
    for (const { what, before, after } of sizes) {
      demand(after <= before, this.name, () => `${what} grew from ${before} to ${after}`)
    }
    // The writes have used up an epoch: then there is one more election, and nothing to be counted.
    if (rollovers > 0) return
    demand(elections === 0, this.name, () => `${elections} elections while nothing happened`)
    this.#countMessages(calm)
  }

  #countMessages({ ticks, links, writes, messages }: Calm): void {
    for (const [kind, count] of messages) {
      const perTick = HEARTBEATS.get(kind) ?? 0
      const perWrite = BROADCAST.get(kind) ?? 0
      const isExpected = perTick > 0 || perWrite > 0
      const max = isExpected ? links * (perTick * ticks + perWrite * writes + EDGE) : 0
      demand(count <= max, this.name, () => {
        return `${count} messages of kind ${kind} in ${ticks} ticks with ${writes} writes on ${links} links, at most ${max} are allowed`
      })
    }
  }
}
