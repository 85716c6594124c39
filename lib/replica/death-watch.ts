/**
 * Whose death the leader wants to hear of: openings that own sessions and have no link to it.
 *
 * A closed link is not a death (a network may have broken); only the shell can see whether the process is gone,
 * and only on the same machine. Without that the sessions wait for their timeout.
 */
import type { ProcessIdentity } from '../protocol/member.js'
import type { Links } from '../zab/links.js'
import type { Effect } from './effect.js'

interface Owner {
  readonly replica: number
  readonly incarnationKey: number
  readonly process: ProcessIdentity
}

export class DeathWatch {
  readonly #self: number
  /** Incarnation key by replica id. */
  readonly #watched = new Map<number, number>()

  constructor(self: number) {
    this.#self = self
  }

  watch(owners: readonly Owner[], links: Links): Effect[] {
    const effects: Effect[] = []
    for (const owner of owners) {
      const { replica, incarnationKey } = owner
      if (replica === this.#self || this.#watched.get(replica) === incarnationKey) continue
      // A newer opening of the same database ends its predecessor's sessions by registering.
      if (links.of(replica) !== undefined) continue
      this.#watched.set(replica, incarnationKey)
      effects.push({ kind: 'watchProcess', ...owner })
    }
    return effects
  }

  linkUp(replica: number): Effect[] {
    return this.#watched.delete(replica) ? [{ kind: 'unwatchProcess', replica }] : []
  }

  stop(): Effect[] {
    const effects = [...this.#watched.keys()].map((replica): Effect => ({
      kind: 'unwatchProcess',
      replica,
    }))
    this.#watched.clear()
    return effects
  }
}
