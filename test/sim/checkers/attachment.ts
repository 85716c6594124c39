/**
 * Whoever attaches a remote session has it from the View that he knew to have it: of several who want it from one, one
 * gets it, once. And nobody is refused it without a reason: that it has ended, or that somebody else was faster.
 */
import { formatZxid } from '../../../lib/protocol/zxid.js'
import type { SessionId } from '../../../lib/protocol/request.js'
import type { Zxid } from '../../../lib/protocol/zxid.js'
import { originKey } from '../../../lib/tree/session-state.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Attachments } from '../attachments.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'

type Wanted = Extract<Observation, { readonly kind: 'wanted' }>

export class Attachment implements Checker {
  readonly name = 'attachment'
  readonly sees = ['wanted', 'unattached', 'opened', 'decided'] as const
  readonly #wanted = new Map<string, Wanted>()
  /** Views that got what they wanted. */
  readonly #got = new Set<string>()
  readonly #attachments = new Attachments()
  readonly #ended = new Set<SessionId>()
  readonly #moved = new Set<SessionId>()
  /** The txns by which sessions came to their Views. */
  readonly #given = new Set<string>()

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'wanted':
        this.#wanted.set(observation.origin, observation)
        return
      case 'decided':
        return this.#onDecided(observation.entry)
      case 'opened':
        if (observation.attached !== undefined)
          return this.#onOpened(observation.session, observation.attached)
        return
      case 'unattached':
        return this.#onUnattached(observation.session, observation.code)
      default:
    }
  }

  #onDecided(entry: Entry<Txn>): void {
    const { zxid, txn } = entry
    const { body } = txn
    if (body.kind === 'createSession') this.#given.add(`${zxid} ${zxid}`)
    if (body.kind === 'closeSession') this.#ended.add(body.session)
    if (body.kind === 'register') for (const { session } of body.closed) this.#ended.add(session)
    if (body.kind === 'attachSession') {
      const { session, origin } = body
      const key = originKey(origin)
      const wanted = this.#wanted.get(key)
      const before = this.#attachments.of(session)
      const what = `session ${formatZxid(session)} is attached at ${formatZxid(zxid)}`
      demand(wanted?.session === session, this.name, () => `${what}, and nobody wants it there`)
      demand(!this.#ended.has(session), this.name, () => `${what}, after its end`)
      demand(wanted?.from === before, this.name, () => {
        return `${what} from ${formatZxid(wanted?.from ?? 0)}, and was attached at ${formatZxid(before)} since`
      })
      demand(!this.#got.has(key), this.name, () => `${what} to whom it was given before`)
      this.#got.add(key)
      this.#moved.add(session)
      this.#given.add(`${session} ${zxid}`)
    }
    this.#attachments.decided(entry)
  }

  #onOpened(session: SessionId, attached: Zxid): void {
    demand(this.#given.has(`${session} ${attached}`), this.name, () => {
      return `a View has session ${formatZxid(session)} since ${formatZxid(attached)}, where nobody got it`
    })
  }

  #onUnattached(session: SessionId, code: string): void {
    const who = `session ${formatZxid(session)}`
    if (code === 'SESSION_EXPIRED')
      demand(this.#ended.has(session), this.name, () => `${who} is called expired, and lives`)
    else if (code === 'SESSION_MOVED')
      demand(this.#moved.has(session), this.name, () => `${who} is called moved, and never was`)
    else {
      const isKnown =
        code === 'CONNECTION_LOSS' || code === 'REPLICA_FAILED' || code === 'SESSION_CLOSED'
      demand(isKnown, this.name, () => `${who} was refused: ${code}`)
    }
  }
}
