/**
 * The requests of a session take effect in the order in which it issued them, none left out, none after its end; their
 * owner hears of them in that order; and none is said to be settled of which nobody has been told.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { SessionId } from '../../../lib/protocol/request.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { ownerKey } from '../attachments.js'
import { demand } from '../observation.js'
import type { Asked, Checker, Observation, Settled } from '../observation.js'

export class SessionOrder implements Checker {
  readonly name = 'session order'
  readonly sees = ['opened', 'asked', 'settled', 'decided', 'abandoned'] as const
  /** Last cxid applied, of sessions that have not ended. */
  readonly #lastCxid = new Map<SessionId, number>()
  /** Which View has each session, of those that were attached to another. */
  readonly #attached = new Map<SessionId, Zxid>()
  readonly #asked = new Map<number, Asked>()
  /** By session and View, here and below. */
  readonly #lastSettled = new Map<string, number>()
  /** What its owner has been told nothing of, in its order. */
  readonly #untold = new Map<string, Set<number>>()
  readonly #owners = new Map<number, string>()

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'opened': {
        const owner = ownerKey(observation.session, observation.attached)
        this.#owners.set(observation.number, owner)
        this.#untold.set(owner, new Set())
        return
      }
      case 'asked':
        this.#asked.set(observation.request, observation)
        this.#untold.get(ownerKey(observation.session, observation.attached))?.add(observation.cxid)
        return
      case 'settled':
        return this.#onSettled(observation)
      case 'abandoned':
        this.#untold.delete(this.#owners.get(observation.session) ?? '')
        return
      case 'decided':
        return this.#onDecided(observation.entry)
      default:
    }
  }

  #onDecided({ zxid, txn: { origin, body } }: Entry<Txn>): void {
    if (body.kind === 'createSession') this.#lastCxid.set(zxid, 0)
    if (body.kind === 'attachSession') {
      this.#lastCxid.set(body.session, 0)
      this.#attached.set(body.session, zxid)
    }
    if (origin !== undefined) {
      const { session, cxid, settled } = origin
      const last = this.#lastCxid.get(session)
      const what = `session ${formatZxid(session)}: cxid ${cxid} at ${formatZxid(zxid)}`
      demand(last !== undefined, this.name, () => `${what}, outside the session's life`)
      demand(cxid === (last ?? 0) + 1, this.name, () => `${what} after ${String(last)}`)
      this.#lastCxid.set(session, cxid)
      const owner = ownerKey(session, this.#attached.get(session))
      const [untold] = this.#untold.get(owner) ?? []
      demand(untold === undefined || settled < untold, this.name, () => {
        return `${what} calls ${settled} settled, and nobody was told of ${String(untold)}`
      })
    }
    if (body.kind === 'closeSession') this.#lastCxid.delete(body.session)
    if (body.kind === 'register')
      for (const { session } of body.closed) this.#lastCxid.delete(session)
  }

  #onSettled({ request, code }: Settled): void {
    const asked = this.#asked.get(request)
    if (asked === undefined) return
    const { session, cxid, attached } = asked
    const owner = ownerKey(session, attached)
    this.#asked.delete(request)
    this.#untold.get(owner)?.delete(cxid)
    // An abort is told at once, whatever else is waiting.
    if (code === 'OUTCOME_UNKNOWN' || code === 'ABORTED') return
    const last = this.#lastSettled.get(owner) ?? 0
    demand(cxid > last, this.name, () => {
      return `cxid ${cxid} of ${formatZxid(session)} was settled after ${last}`
    })
    this.#lastSettled.set(owner, cxid)
  }
}
