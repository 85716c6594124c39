/**
 * A request is applied at most once; each that its living owner waits for is settled exactly once in the end, as applied
 * or not; nothing that was resolved is missing from the history. What it came to is the model's to say.
 */
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import { Attachments, ownerKey } from '../attachments.js'
import type { Decided } from '../decided.js'
import { demand } from '../observation.js'
import type { Asked, Checker, Observation, Settled } from '../observation.js'

/** Nobody says what became of it. */
const UNTOLD = new Set(['OUTCOME_UNKNOWN', 'ABORTED'])

/** The request was never sent, or found no session any more: it did not and will not happen. */
const NOT_APPLIED = new Set(['SESSION_EXPIRED', 'SESSION_CLOSED', 'REPLICA_FAILED'])

export class ExactlyOnce implements Checker {
  readonly name = 'exactly once'
  readonly sees = ['opened', 'asked', 'settled', 'decided', 'abandoned', 'quiet'] as const
  readonly #decided: Decided
  readonly #applied = new Set<string>()
  readonly #open = new Map<number, Asked>()
  readonly #never: Asked[] = []
  readonly #owners = new Map<number, string>()
  readonly #attachments = new Attachments()

  constructor(decided: Decided) {
    this.#decided = decided
  }

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'decided':
        return this.#onDecided(observation.entry)
      case 'opened':
        this.#owners.set(observation.number, ownerKey(observation.session, observation.attached))
        return
      case 'asked':
        this.#open.set(observation.request, observation)
        return
      case 'settled':
        return this.#onSettled(observation)
      case 'abandoned': {
        const owner = this.#owners.get(observation.session)
        for (const [request, { session, attached }] of this.#open)
          if (ownerKey(session, attached) === owner) this.#open.delete(request)
        return
      }
      case 'quiet':
        return this.#onQuiet()
      default:
    }
  }

  #onDecided(entry: Entry<Txn>): void {
    const key = this.#attachments.decided(entry)
    const { origin } = entry.txn
    if (key === undefined || origin === undefined) return
    demand(
      !this.#applied.has(key),
      this.name,
      () => `session ${origin.session} cxid ${origin.cxid} was applied twice`,
    )
    this.#applied.add(key)
  }

  #onSettled(settled: Settled): void {
    const asked = this.#open.get(settled.request)
    demand(
      asked !== undefined,
      this.name,
      () => `request ${settled.request} was settled twice, or never asked`,
    )
    if (asked === undefined) return
    this.#open.delete(settled.request)
    const entry = this.#decided.answer(asked.session, asked.cxid, asked.attached)
    if (UNTOLD.has(settled.code)) return
    if (NOT_APPLIED.has(settled.code)) {
      this.#never.push(asked)
      demand(
        entry === undefined,
        this.name,
        () => `request ${asked.request} (${asked.body.kind}) was applied and told ${settled.code}`,
      )
      return
    }
    demand(
      entry !== undefined,
      this.name,
      () =>
        `request ${asked.request} (${asked.body.kind}) was told ${settled.code} and never applied`,
    )
  }

  #onQuiet(): void {
    const waiting = [...this.#open.values()].filter(
      ({ session }) => this.#decided.closedAt(session) === undefined,
    )
    demand(
      waiting.length === 0,
      this.name,
      () => `request ${waiting[0]?.request} (${waiting[0]?.body.kind}) was never settled`,
    )
    for (const { session, cxid, attached, request } of this.#never) {
      demand(
        this.#decided.answer(session, cxid, attached) === undefined,
        this.name,
        () => `request ${request} was refused and applied`,
      )
    }
  }
}
