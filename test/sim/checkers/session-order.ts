/** The requests of a session take effect in the order in which it issued them, none left out, none after its end. */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { SessionId } from '../../../lib/protocol/request.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class SessionOrder implements Checker {
  readonly name = 'session order'
  /** Last cxid applied, of sessions that have not ended. */
  readonly #lastCxid = new Map<SessionId, number>()
  readonly #sessionOf = new Map<number, { readonly session: SessionId; readonly cxid: number }>()
  readonly #lastSettled = new Map<SessionId, number>()

  observe(observation: Observation): void {
    if (observation.kind === 'asked') {
      this.#sessionOf.set(observation.request, {
        session: observation.session,
        cxid: observation.cxid,
      })
      return
    }
    if (observation.kind === 'settled') return this.#onSettled(observation.request)
    if (observation.kind !== 'decided') return
    const { zxid, txn } = observation.entry
    const { origin, body } = txn
    if (body.kind === 'createSession') this.#lastCxid.set(zxid, 0)
    if (origin !== undefined) {
      const last = this.#lastCxid.get(origin.session)
      const what = `session ${formatZxid(origin.session)}: cxid ${origin.cxid}`
      demand(
        last !== undefined,
        this.name,
        () => `${what} at ${formatZxid(zxid)}, outside the session's life`,
      )
      demand(
        origin.cxid === (last ?? 0) + 1,
        this.name,
        () => `${what} at ${formatZxid(zxid)} after ${String(last)}`,
      )
      this.#lastCxid.set(origin.session, origin.cxid)
    }
    if (body.kind === 'closeSession') this.#lastCxid.delete(body.session)
    if (body.kind === 'register')
      for (const { session } of body.closed) this.#lastCxid.delete(session)
  }

  /** Its owner hears of them in that order too. */
  #onSettled(request: number): void {
    const asked = this.#sessionOf.get(request)
    if (asked === undefined) return
    const last = this.#lastSettled.get(asked.session) ?? 0
    demand(
      asked.cxid > last,
      this.name,
      () => `cxid ${asked.cxid} of ${formatZxid(asked.session)} was settled after ${last}`,
    )
    this.#lastSettled.set(asked.session, asked.cxid)
  }
}
