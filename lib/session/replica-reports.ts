/** What a replica last reported of itself, and who listens: the same for a replica in a thread and for one in memory. */
import type { Zxid } from '../protocol/zxid.js'
import type { ReplicaStatus } from '../replica/view-message.js'
import type { ReplicaEvents } from './handle.js'
import { Listeners } from './listeners.js'

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
    if (before?.leader !== status.leader)
      this.#listeners.emit('leader', status.leader, status.epoch)
    if (before?.established !== status.established)
      this.#listeners.emit('quorum', status.established)
  }

  onDivergence(zxid: Zxid): void {
    this.#listeners.emit('divergence', zxid)
  }
}
