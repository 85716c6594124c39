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
  /** True time at which it was created or attached. */
  decidedAt: number
  epoch: number
  /** True time at which it was heard of last. */
  last: number
  /** In which epoch its leader could find that its time is up: its end may have to wait before it can be proposed. */
  dueIn: number
}

/** A clock counts in whole ms. */
const ROUNDING_MS = 2

export class Silence implements Checker {
  readonly name = 'silence'
  readonly sees = ['decided', 'appended', 'established', 'heardOf', 'expiring'] as const
  readonly #now: () => number
  readonly #drift: number
  readonly #remote = new Map<SessionId, Heard>()
  /** When the leader of each epoch was established. */
  readonly #established = new Map<number, number>()
  /** Ends that were proposed without the session's asking for it: whether it was due, and since when it had not been heard of. */
  readonly #proposed = new Map<Zxid, { readonly isDue: boolean; readonly silentMs: number }>()

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
      case 'expiring':
        return this.#onExpiring(observation.epoch)
      case 'appended':
        for (const entry of observation.entries) this.#onAppended(entry)
        return
      case 'decided':
        return this.#onDecided(observation.entry)
      default:
    }
  }

  #hear(session: SessionId, epoch: number): void {
    const heard = this.#remote.get(session)
    if (heard === undefined || epoch < heard.epoch) return
    this.#follow(heard, epoch)
    heard.last = this.#now()
  }

  /** @returns since when the leader of that epoch has heard nothing of it. */
  #follow(heard: Heard, epoch: number): number {
    if (epoch > heard.epoch) {
      heard.epoch = epoch
      // An earlier leader that does not know of this one may hear of it still.
      heard.last = Math.max(heard.decidedAt, this.#established.get(epoch) ?? 0)
    }
    return heard.last
  }

  #onExpiring(epoch: number): void {
    for (const heard of this.#remote.values()) {
      if (epoch < heard.epoch) continue
      const silentMs = this.#now() - this.#follow(heard, epoch)
      if (this.#isUp(heard, silentMs)) heard.dueIn = epoch
    }
  }

  #onAppended({ zxid, txn: { origin, body } }: Entry<Txn>): void {
    if (body.kind !== 'closeSession' || origin !== undefined || this.#proposed.has(zxid)) return
    const heard = this.#remote.get(body.session)
    const epoch = epochOf(zxid)
    if (heard === undefined || epoch < heard.epoch) return
    const silentMs = this.#now() - this.#follow(heard, epoch)
    // Whoever resigns in the very step is not seen to have found it.
    const isDue = heard.dueIn === epoch || this.#isUp(heard, silentMs)
    this.#proposed.set(zxid, { isDue, silentMs })
  }

  #isUp({ timeoutMs }: Heard, silentMs: number): boolean {
    return silentMs >= timeoutMs / (1 + this.#drift) - ROUNDING_MS
  }

  #onDecided({ zxid, txn: { origin, body } }: Entry<Txn>): void {
    switch (body.kind) {
      case 'createSession':
        if (body.password === undefined) return
        this.#remote.set(zxid, {
          timeoutMs: body.timeoutMs,
          decidedAt: this.#now(),
          epoch: epochOf(zxid),
          last: this.#now(),
          dueIn: -1,
        })
        return
      case 'attachSession': {
        const heard = this.#remote.get(body.session)
        if (heard === undefined) return
        this.#hear(body.session, Math.max(heard.epoch, epochOf(zxid)))
        heard.decidedAt = this.#now()
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
    const { isDue = false, silentMs = 0 } = this.#proposed.get(zxid) ?? {}
    demand(isDue, this.name, () => {
      return `session ${formatZxid(session)} ends at ${formatZxid(zxid)}, ${silentMs.toFixed(1)} ms after it was heard of, and its timeout of ${timeoutMs} ms was never up`
    })
  }
}
