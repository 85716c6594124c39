/** Faults of a seeded run of a recipe: what happens, how often and to whom is drawn from the seed. */
import type { Random } from '../../../lib/base/random.js'
import type { Session } from '../../../lib/index.js'
import type { Ensemble } from '../../../lib/testing/index.js'

const KINDS = [
  'kill',
  'killLeader',
  'pause',
  'block',
  'partition',
  'isolate',
  'expire',
  'close',
] as const

type Kind = (typeof KINDS)[number]

/** ms after it woke by which a thread has taken a turn. */
const WAKING_MS = 5
/** Longest fault, ms: more than two timeouts of a session. */
const LASTING_MS_MAX = 4000
/** Mean ms between two faults. */
const BETWEEN_MS = [250, 600, 1500]

export interface Victims {
  sessions(): readonly Session[]
  /** The process is there again. */
  restarted(id: number): void
}

export class Faults {
  readonly counts: Record<string, number> = {}
  readonly #world: Ensemble
  readonly #dice: Random
  readonly #check: () => boolean
  readonly #kinds: readonly Kind[]
  readonly #meanMs: number
  /** Process → until when its threads stand still; Infinity: until it is told. */
  readonly #asleep = new Map<number, number>()
  #isHealed = false
  /** What ends a fault, by when. */
  #ends: { readonly at: number; readonly end: () => void }[] = []

  /** @param check Asked after each event; true ends the run. */
  constructor(world: Ensemble, dice: Random, check: () => boolean) {
    this.#world = world
    this.#dice = dice
    this.#check = check
    this.#kinds = KINDS.filter(() => dice.integer(2) === 0)
    this.#meanMs = BETWEEN_MS[dice.integer(BETWEEN_MS.length)] ?? 600
  }

  isAwake(process: number): boolean {
    return (this.#asleep.get(process) ?? -Infinity) <= this.#world.now
  }

  /** Resolves when everything is healed, or the check says that it is over. */
  async run(ms: number, victims: Victims): Promise<void> {
    const end = this.#world.now + ms
    for (;;) {
      const next = Math.min(end, this.#world.now + this.#meanMs * (0.2 + 1.6 * this.#dice.next()))
      if (await this.#pass(next)) return
      if (this.#world.now >= end) break
      const kind = this.#kinds[this.#dice.integer(Math.max(1, this.#kinds.length))]
      if (kind !== undefined) await this.#strike(kind, victims)
    }
    await this.#healAll()
  }

  /** Time passes, and faults end. True if the check says that it is over. */
  async #pass(until: number): Promise<boolean> {
    for (;;) {
      const [first] = this.#ends
      const at = Math.min(until, first?.at ?? Infinity)
      let isOver = false
      await this.#world.until(() => {
        isOver = this.#check()
        return isOver || this.#world.now >= at
      })
      if (isOver) return true
      if (first === undefined || first.at > this.#world.now) return false
      // Not simply the first by now: others may have come before it meanwhile.
      this.#ends = this.#ends.filter((end) => end !== first)
      first.end()
    }
  }

  async #strike(kind: Kind, victims: Victims): Promise<void> {
    const world = this.#world
    const running = world.running
    const id = running[this.#dice.integer(Math.max(1, running.length))]
    const ms = 20 + this.#dice.next() ** 2 * LASTING_MS_MAX
    if (id === undefined) return
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
    switch (kind) {
      case 'kill':
        return this.#kill(id, ms, victims)
      case 'killLeader':
        return world.leader === undefined ? undefined : this.#kill(world.leader, ms, victims)
      case 'pause':
        if (!this.isAwake(id)) return
        this.#asleep.set(id, Infinity)
        await world.pause(id)
        return this.#later(ms, () => this.#resume(id))
      case 'block':
        return this.#block(id, ms)
      case 'partition':
        await world.partition(world.running.filter(() => this.#dice.integer(2) === 0))
        return this.#later(ms, () => void world.heal())
      case 'isolate':
        await world.partition([id])
        return this.#later(ms, () => void world.heal())
      case 'expire':
        return this.#endOne(victims, (session) => world.expire(session))
      case 'close':
        return this.#close(victims, ms)
    }
  }

  async #kill(id: number, ms: number, victims: Victims): Promise<void> {
    await this.#world.kill(id)
    this.#restartLater(id, ms, victims)
  }

  #restartLater(id: number, ms: number, victims: Victims): void {
    this.#asleep.delete(id)
    this.#later(ms, () => {
      if (this.#world.running.includes(id)) return
      void this.#world.restart(id).then(() => victims.restarted(id))
    })
  }

  #resume(id: number): void {
    if (this.#asleep.get(id) !== Infinity || !this.#world.running.includes(id)) return
    this.#asleep.set(id, this.#world.now + WAKING_MS)
    void this.#world.resume(id)
  }

  #block(id: number, ms: number): void {
    if (!this.isAwake(id)) return
    this.#asleep.set(id, this.#world.now + ms + WAKING_MS)
    this.#world.blockMainThread(id, ms).catch(() => undefined)
  }

  #endOne(victims: Victims, end: (session: Session) => Promise<void>): void {
    const sessions = victims.sessions()
    const session = sessions[this.#dice.integer(Math.max(1, sessions.length))]
    if (session !== undefined) end(session).catch(() => undefined)
  }

  /** The session that `join` gave takes its process along. */
  #close(victims: Victims, ms: number): void {
    this.#endOne(victims, async (session) => {
      const { id } = session.replica.status()
      await session.close()
      if (!this.#world.running.includes(id)) this.#restartLater(id, ms, victims)
    })
  }

  #later(ms: number, end: () => void): void {
    if (this.#isHealed) return end()
    this.#ends.push({ at: this.#world.now + ms, end })
    this.#ends.sort((left, right) => left.at - right.at)
  }

  async #healAll(): Promise<void> {
    this.#isHealed = true
    const ends = this.#ends.splice(0)
    for (const { end } of ends) end()
    await this.#world.heal()
  }
}
