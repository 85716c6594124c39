/**
 * A remote session ends by its own close, or after its timeout of silence: never by the end of a process, and not unless
 * its leader was told nothing of its client for as long as its timeout (by the fastest clock that a leader may have). It
 * counts from the moment at which that leader was established, or the session was created or attached.
 */
import { epochOf, formatZxid } from '../../../lib/protocol/zxid.js'
import type { SessionId } from '../../../lib/protocol/request.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

/** What the leader of an epoch knows of a session. */
interface Heard {
  readonly timeoutMs: number
  epoch: number
  /** True time at which it was heard of last. */
  last: number
  /** The longest time in which it was not: an end that is decided may have to wait before it can be proposed. */
  silentMs: number
}

/** A clock counts in whole ms. */
const ROUNDING_MS = 2

export class Silence implements Checker {
  readonly name = 'silence'
  readonly sees = ['decided', 'appended', 'established', 'heardOf'] as const
  readonly #now: () => number
  readonly #drift: number
  readonly #remote = new Map<SessionId, Heard>()
  /** When the leader of each epoch was established. */
  readonly #established = new Map<number, number>()
  /** How long each session was silent whose end was proposed, without its asking for it. */
  readonly #proposed = new Map<Zxid, number>()

  /** @param now  True time, ms. @param drift  Relative error of clocks, at most. */
  constructor(now: () => number, drift: number) {
    this.#now = now
    this.#drift = drift
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'established':
        this.#established.set(observation.epoch, this.#now())
        return
      case 'heardOf':
        this.#hear(observation.session, observation.epoch)
        return
      case 'appended':
        for (const entry of observation.entries) this.#onAppended(entry)
        return
      case 'decided':
        return this.#onDecided(observation.entry)
      default:
    }
  }

  /** @returns how long at most that leader has not heard of it. */
  #hear(session: SessionId, epoch: number): number | undefined {
    const heard = this.#remote.get(session)
    if (heard === undefined || epoch < heard.epoch) return undefined
    const now = this.#now()
    if (epoch > heard.epoch) {
      heard.epoch = epoch
      heard.last = Math.max(heard.last, this.#established.get(epoch) ?? 0)
      heard.silentMs = 0
    }
    heard.silentMs = Math.max(heard.silentMs, now - heard.last)
    heard.last = Math.max(heard.last, now)
    return heard.silentMs
  }

  #onAppended({ zxid, txn: { origin, body } }: Entry<Txn>): void {
    if (body.kind !== 'closeSession' || origin !== undefined || this.#proposed.has(zxid)) return
    const silentMs = this.#hear(body.session, epochOf(zxid))
    if (silentMs !== undefined) this.#proposed.set(zxid, silentMs)
  }

  #onDecided({ zxid, txn: { origin, body } }: Entry<Txn>): void {
    switch (body.kind) {
      case 'createSession':
        if (body.password === undefined) return
        this.#remote.set(zxid, {
          timeoutMs: body.timeoutMs,
          epoch: epochOf(zxid),
          last: this.#now(),
          silentMs: 0,
        })
        return
      case 'attachSession': {
        const epoch = this.#remote.get(body.session)?.epoch ?? 0
        this.#hear(body.session, Math.max(epoch, epochOf(zxid)))
        return
      }
      case 'register':
        for (const { session } of body.closed) {
          demand(!this.#remote.has(session), this.name, () => {
            return `session ${formatZxid(session)} ends at ${formatZxid(zxid)} with the process of its View`
          })
        }
        return
      case 'closeSession': {
        const heard = this.#remote.get(body.session)
        this.#remote.delete(body.session)
        if (heard !== undefined && origin === undefined) this.#onExpired(zxid, body.session, heard)
        return
      }
      default:
    }
  }

  #onExpired(zxid: Zxid, session: SessionId, { timeoutMs }: Heard): void {
    const silentMs = this.#proposed.get(zxid) ?? 0
    const leastMs = timeoutMs / (1 + this.#drift) - ROUNDING_MS
    demand(silentMs >= leastMs, this.name, () => {
      return `session ${formatZxid(session)} ends at ${formatZxid(zxid)} after ${silentMs.toFixed(1)} ms of silence at most; its timeout is ${timeoutMs} ms`
    })
  }
}
