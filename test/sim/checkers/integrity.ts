/**
 * Integrity: what is delivered was proposed by the leader of its epoch, exactly so; no zxid is proposed twice for
 * different txns; and no replica delivers a txn twice between two loads from its disk.
 */
import type { Epoch, Zxid } from '../../../lib/protocol/zxid.js'
import { epochOf, formatZxid } from '../../../lib/protocol/zxid.js'
import type { Txn } from '../../../lib/tree/txn.js'
import type { Entry } from '../../../lib/zab/entry.js'
import type { Appended } from '../inside.js'
import { demand } from '../observation.js'
import type { Checker, Observation } from '../observation.js'
import { isSame } from './prefix.js'

export class Integrity implements Checker {
  readonly name = 'integrity'
  readonly sees = ['appended', 'established', 'loaded', 'applied', 'decided'] as const
  readonly #proposed = new Map<Zxid, Entry<Txn>>()
  /** Who proposes in an epoch, and who is established in it: one life of a replica, and the same one. */
  readonly #proposers = new Map<Epoch, string>()
  readonly #leaders = new Map<Epoch, string>()
  /** Newest txn that each replica has delivered. */
  readonly #delivered = new Map<number, Zxid>()

  observe(observation: Observation): void {
    switch (observation.kind) {
      case 'appended':
        return this.#onAppended(observation)
      case 'established': {
        const { epoch, replica, incarnationKey } = observation
        this.#leaders.set(epoch, `${replica} (${incarnationKey})`)
        return
      }
      case 'loaded':
        this.#delivered.set(observation.replica, observation.position)
        return
      case 'applied':
        return this.#onDelivered(observation.replica, observation.entry)
      case 'decided':
        return this.#onDecided(observation.entry.zxid)
      default:
    }
  }

  #onAppended({ replica, incarnationKey, entries }: Appended): void {
    for (const entry of entries) {
      const { zxid } = entry
      const known = this.#proposed.get(zxid)
      if (known !== undefined) {
        demand(
          isSame(known, entry),
          this.name,
          () => `replica ${replica} logs another txn at ${formatZxid(zxid)} than was proposed`,
        )
        continue
      }
      this.#proposed.set(zxid, entry)
      const me = `${replica} (${incarnationKey})`
      const proposer = this.#proposers.get(epochOf(zxid)) ?? me
      demand(
        proposer === me,
        this.name,
        () => `${me} proposes ${formatZxid(zxid)} in the epoch of ${proposer}`,
      )
      this.#proposers.set(epochOf(zxid), me)
    }
  }

  #onDelivered(replica: number, entry: Entry<Txn>): void {
    const { zxid } = entry
    const proposed = this.#proposed.get(zxid)
    demand(
      proposed !== undefined && isSame(proposed, entry),
      this.name,
      () => `replica ${replica} delivers ${formatZxid(zxid)}, which was not proposed so`,
    )
    demand(
      zxid > (this.#delivered.get(replica) ?? 0),
      this.name,
      () => `replica ${replica} delivers ${formatZxid(zxid)} again`,
    )
    this.#delivered.set(replica, zxid)
  }

  #onDecided(zxid: Zxid): void {
    const [proposer, leader] = [this.#proposers, this.#leaders].map((by) => by.get(epochOf(zxid)))
    demand(
      leader === undefined || proposer === leader,
      this.name,
      () => `${formatZxid(zxid)} was proposed by ${proposer}, and ${leader} leads that epoch`,
    )
  }
}
