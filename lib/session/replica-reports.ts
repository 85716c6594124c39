/** What a replica last reported of itself, and who listens: the same for a replica in a thread and for one in memory. */
import type { Zxid } from '../protocol/zxid.js'
import type { ReplicaStatus } from '../replica/view-message.js'
import type { ReplicaEvents } from './handle.js'
import { Listeners } from './listeners.js'
import { stopped } from './status.js'

export class ReplicaReports {
  readonly #listeners = new Listeners<ReplicaEvents>(['leader', 'quorum', 'divergence'])
  #last: ReplicaStatus | undefined

  /** In its own words; `undefined` before the first. */
  get last(): ReplicaStatus | undefined {
    return this.#last
  }

  on<Name extends keyof ReplicaEvents>(name: Name, listener: ReplicaEvents[Name]): void {
    this.#listeners.add(name, listener, false)
  }

  off<Name extends keyof ReplicaEvents>(name: Name, listener: ReplicaEvents[Name]): void {
    this.#listeners.remove(name, listener)
  }

  onStatus(status: ReplicaStatus): void {
    const before = this.#last
    this.#last = status
    const { leader, epoch, established } = status
    // The same leader in another epoch was not the leader in between, whether anybody was told of that or not.
    const isNewReign = leader !== undefined && before?.epoch !== epoch
    if (before?.leader !== leader || isNewReign) this.#listeners.emit('leader', leader, epoch)
    // Who has never had a quorum has not lost it.
    const hadQuorum = before?.established ?? false
    if (hadQuorum !== established) this.#listeners.emit('quorum', established)
  }

  /** The replica has stopped for good. */
  onFailure(): void {
    if (this.#last !== undefined) this.onStatus(stopped(this.#last))
  }

  onDivergence(zxid: Zxid): void {
    this.#listeners.emit('divergence', zxid)
  }
}
