/**
 * The broadcast of an established leader: proposals out, acks in, commits out; and pings.
 *
 * Acks are cumulative, so what is decided is what a majority of the voting databases has on disk. Own fsync and
 * others' are alike: a txn may be decided before it is on the leader's own disk.
 */
import { PROPOSAL_BYTES_MAX } from '../base/limits.js'
import type { Epoch, Zxid } from '../protocol/zxid.js'
import type { Learner } from './learner.js'
import type { Learners } from './learners.js'
import type { Peer } from './peer.js'

/** The log is kept for a learner that lags by up to so many windows; one further behind needs a snapshot. */
const WINDOWS_KEPT = 4

export class Broadcast<T> {
  readonly #peer: Peer<T>
  readonly #learners: Learners<T>
  #ping = 0
  #pingQuorum = 0

  constructor(peer: Peer<T>, learners: Learners<T>) {
    this.#peer = peer
    this.#learners = learners
  }

  /**
   * Sends every learner what it lacks, as far as its window goes, and what is decided.
   *
   * @returns Learners that lack what the log no longer has: nothing more can be sent to them.
   */
  flush(): readonly Learner[] {
    const lost: Learner[] = []
    for (const learner of this.#learners.all()) {
      if (learner.isForwarded && learner.sent < this.#peer.history.base) {
        lost.push(learner)
        continue
      }
      if (learner.isForwarded) this.#feed(learner)
      if (learner.stage === 'serving') this.#tell(learner)
    }
    return lost
  }

  /** The log is still needed from here on, by learners that are not too far behind. */
  get pinned(): Zxid {
    const { history, options } = this.#peer
    let pinned = Infinity
    for (const learner of this.#learners.all()) {
      if (!learner.isForwarded || learner.sent >= history.lastZxid || learner.sent < history.base)
        continue
      const lag = history.bytesBetween(learner.sent, history.lastZxid)
      if (lag <= WINDOWS_KEPT * options.windowBytes) pinned = Math.min(pinned, learner.sent)
    }
    return pinned
  }

  /** Decides what a quorum has on disk. */
  commit(): void {
    const { history } = this.#peer
    const decided = this.#learners.reachedByQuorum(history.durableZxid, (learner) => {
      return learner.isSynchronized ? learner.acked : undefined
    })
    if (decided === undefined || decided <= history.committed) return
    if (decided > history.durableZxid) this.#peer.count('commitsBeforeOwnDisk')
    this.#peer.deliver(decided)
  }

  ping(epoch: Epoch): void {
    this.#ping += 1
    for (const { link } of this.#learners.all()) {
      this.#peer.send(link.link, { kind: 'ping', epoch, number: this.#ping })
    }
    this.#countPongs()
  }

  onPong(learner: Learner, number: number): void {
    learner.ponged = Math.max(learner.ponged, number)
    this.#countPongs()
  }

  /** Number of the newest ping that was sent. */
  get pings(): number {
    return this.#ping
  }

  #countPongs(): void {
    const answered = this.#learners.reachedByQuorum(this.#ping, ({ ponged }) => ponged)
    if (answered === undefined || answered <= this.#pingQuorum) return
    this.#pingQuorum = answered
    this.#peer.emit({ kind: 'pingQuorum', number: answered })
  }

  #feed(learner: Learner): void {
    const { history, options } = this.#peer
    while (learner.sent < history.lastZxid) {
      const floor = Math.max(learner.acked, history.base)
      if (history.bytesBetween(floor, learner.sent) >= options.windowBytes) return
      const entries = history.chunk(learner.sent, PROPOSAL_BYTES_MAX)
      this.#peer.send(learner.link.link, { kind: 'proposal', entries })
      learner.sent = entries.at(-1)?.zxid ?? learner.sent
    }
  }

  #tell(learner: Learner): void {
    const zxid = Math.min(this.#peer.history.committed, learner.sent)
    if (zxid <= learner.told) return
    learner.told = zxid
    this.#peer.send(learner.link.link, { kind: 'commit', zxid })
  }
}
