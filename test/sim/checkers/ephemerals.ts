/** An ephemeral lives exactly as long as its session: none is left by its session's end, none is made after it. */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { SessionId } from '../../../lib/protocol/request.js'
import type { Decided } from '../decided.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

export class Ephemerals implements Checker {
  readonly name = 'ephemerals'
  readonly #decided: Decided

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    if (observation.kind === 'decided') {
      const { body } = observation.entry.txn
      if (body.kind === 'closeSession') this.#checkGone([body.session])
      if (body.kind === 'register') this.#checkGone(body.closed.map(({ session }) => session))
    }
    if (observation.kind !== 'quiet') return
    const live = new Set(observation.liveSessions)
    for (const session of this.#decided.openSessions) {
      demand(
        live.has(session),
        this.name,
        () => `session ${formatZxid(session)} lives on without an owner`,
      )
    }
    for (const [path, owner] of this.#decided.owners) {
      demand(
        live.has(owner),
        this.name,
        () => `${path} belongs to ${formatZxid(owner)}, which is gone`,
      )
    }
  }

  #checkGone(sessions: readonly SessionId[]): void {
    if (sessions.length === 0) return
    for (const [path, owner] of this.#decided.owners) {
      demand(
        !sessions.includes(owner),
        this.name,
        () => `${path} has outlived its session ${formatZxid(owner)}`,
      )
    }
  }
}
