/**
 * The snapshots of one replica in every direction: those that it takes of its own state, those that it sends as a
 * leader, and the one that it may be receiving; and how long each took. How they are made is in snapshot-taker.ts and
 * snapshot-transfers.ts.
 */
import { assert } from '../base/assert.js'
import type { Random } from '../base/random.js'
import type { Zxid } from '../protocol/zxid.js'
import type { SnapshotTail } from '../tree/record.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import { Following } from '../zab/following.js'
import type { Journal } from '../zab/journal.js'
import { Leading } from '../zab/leading.js'
import type { LinkNumber } from '../zab/links.js'
import type { Peer } from '../zab/peer.js'
import type { Write } from './effect.js'
import type { Instant } from './input.js'
import type { Message, SnapEndMessage, SnapNodesMessage } from './message.js'
import type { ReplicaBounds } from './options.js'
import type { Recovered } from './recovered.js'
import { SnapshotTaker } from './snapshot-taker.js'
import { SnapshotTransfers } from './snapshot-transfers.js'
import type { Traces } from './traces.js'
import type { SnapshotTrace } from './view-message.js'

export class Snapshots {
  readonly #peer: Peer<Txn>
  readonly #journal: Journal<Write>
  readonly #traces: Traces
  readonly #sliceBytes: number
  readonly #taker: SnapshotTaker
  readonly #transfers: SnapshotTransfers
  #takingSince: Instant | undefined
  readonly #sendingSince = new Map<LinkNumber, Instant>()
  #receiving: { readonly link: LinkNumber; readonly since: Instant } | undefined

  constructor(
    peer: Peer<Txn>,
    journal: Journal<Write>,
    random: Random,
    bounds: ReplicaBounds,
    recovered: Recovered,
    traces: Traces,
    send: (link: LinkNumber, message: Message) => void,
  ) {
    this.#peer = peer
    this.#journal = journal
    this.#traces = traces
    this.#sliceBytes = bounds.snapshotSliceBytes
    const lastStart = recovered.snapshot?.tail.start ?? 0
    this.#taker = new SnapshotTaker(journal, random, bounds, recovered.nextSnapshot, lastStart)
    this.#transfers = new SnapshotTransfers(send)
  }

  /** Snapshots of its own state that are complete. */
  get taken(): number {
    return this.#taker.taken
  }

  /**
   * Takes a snapshot if it is time, or goes on with the one that runs; trims the log behind it.
   *
   * @param pinned  The log is still needed from here on by somebody else.
   */
  advance(now: Instant, tree: Tree, pinned: Zxid): void {
    const { history } = this.#peer
    const { taken } = this.#taker
    const needed = Math.min(pinned, this.#transfers.pinned(history))
    this.#taker.advance(tree, history, needed)
    if (this.#taker.isRunning) this.#takingSince ??= now
    if (this.#taker.taken === taken) return
    assert(this.#takingSince !== undefined, 'a snapshot is taken in more than one step')
    this.#report(this.#takingSince, now, 'taken', undefined, tree)
    this.#takingSince = undefined
  }

  /** A learner needs one. */
  send(now: Instant, link: LinkNumber, tree: Tree, start: Zxid): void {
    this.#sendingSince.set(link, now)
    const isSent = this.#transfers.beginSending(link, tree, start, this.#sliceBytes)
    if (isSent) this.#sent(now, link, tree, start)
  }

  stopSending(link: LinkNumber): void {
    this.#transfers.stopSending(link)
    this.#sendingSince.delete(link)
  }

  onAck(now: Instant, link: LinkNumber, slice: number, tree: Tree): void {
    const { role } = this.#peer
    if (role instanceof Leading) role.progressed()
    const start = this.#transfers.onAck(link, slice)
    if (start !== undefined) this.#sent(now, link, tree, start)
  }

  /** What the leader sends from here on is a snapshot. */
  receive(now: Instant, link: LinkNumber, start: Zxid): void {
    this.#receiving = { link, since: now }
    this.#transfers.beginReceiving(link, start, this.#taker.reserve(), this.#journal)
  }

  /** False if the part came out of order, or is not of its digest: the link is of no use any more. */
  onPart(link: LinkNumber, message: SnapNodesMessage | SnapEndMessage): boolean {
    const verdict = this.#transfers.onPart(link, message)
    if (verdict !== 'taken' || message.kind !== 'snapEnd') return verdict !== 'refused'
    const { role } = this.#peer
    assert(role instanceof Following, 'a snapshot comes to a follower')
    role.snapshotReceived(message.tail.end)
    return true
  }

  onPersisted(): void {
    this.#transfers.onPersisted()
  }

  discard(): void {
    this.#transfers.discard()
    this.#receiving = undefined
  }

  /** What was received becomes the state, once the caller has applied the log up to its end. */
  install(): { readonly tree: Tree; readonly tail: SnapshotTail } {
    return this.#transfers.install()
  }

  /** The tree is another one now. */
  installed(now: Instant, tree: Tree, start: Zxid): void {
    const receiving = this.#receiving
    assert(receiving !== undefined, 'a snapshot is received before it is installed')
    this.#report(receiving.since, now, 'received', receiving.link, tree)
    this.#receiving = undefined
    this.#taker.abandon(start)
    this.#takingSince = undefined
  }

  #sent(now: Instant, link: LinkNumber, tree: Tree, start: Zxid): void {
    const since = this.#sendingSince.get(link)
    this.#sendingSince.delete(link)
    if (since !== undefined) this.#report(since, now, 'sent', link, tree)
    const { role } = this.#peer
    if (role instanceof Leading) role.snapshotSent(link, start)
  }

  #report(
    since: Instant,
    now: Instant,
    action: SnapshotTrace['action'],
    link: LinkNumber | undefined,
    { bytes, size: znodes, lastZxid: zxid }: Tree,
  ): void {
    const peer = link === undefined ? undefined : this.#peer.links.get(link)?.member.replicaId
    this.#traces.ended(since, now, { kind: 'snapshot', action, peer, bytes, znodes, zxid })
  }
}
