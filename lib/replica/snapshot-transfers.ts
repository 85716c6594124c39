/** Snapshots on the move: those that this replica sends as a leader, and the one it may be receiving. */
import { assert } from '../base/assert.js'
import { LOG_BYTES_PINNED_MAX } from '../base/limits.js'
import type { Zxid } from '../protocol/zxid.js'
import type { SnapshotTail } from '../tree/record.js'
import type { Tree } from '../tree/tree.js'
import type { Txn } from '../tree/txn.js'
import type { History } from '../zab/history.js'
import type { JournalWriter } from '../zab/journal.js'
import type { LinkNumber } from '../zab/links.js'
import type { Write } from './effect.js'
import type { Message, SnapEndMessage, SnapNodesMessage } from './message.js'
import { SnapshotReceiver } from './snapshot-receiver.js'
import { SnapshotSender } from './snapshot-sender.js'

export class SnapshotTransfers {
  readonly #send: (link: LinkNumber, message: Message) => void
  readonly #senders = new Map<LinkNumber, SnapshotSender>()
  #receiver: SnapshotReceiver | undefined

  constructor(send: (link: LinkNumber, message: Message) => void) {
    this.#send = send
  }

  /**
   * The log is still needed from here on. Not for a learner that is so slow that the log would outgrow its bound:
   * it begins again, rather than hold up everybody.
   */
  pinned(history: History<Txn>): Zxid {
    let pinned = Infinity
    for (const { start } of this.#senders.values()) {
      const held = start < history.base ? Infinity : history.bytesBetween(start, history.lastZxid)
      if (held <= LOG_BYTES_PINNED_MAX) pinned = Math.min(pinned, start)
    }
    return pinned
  }

  /** Returns true if all of it is on the link already. */
  beginSending(link: LinkNumber, tree: Tree, start: Zxid, sliceBytes: number): boolean {
    const sender = new SnapshotSender(tree, start, sliceBytes)
    this.#senders.set(link, sender)
    return this.#advance(link, sender)
  }

  /** Returns the start of a snapshot whose last part is now on the link. */
  onAck(link: LinkNumber, slice: number): Zxid | undefined {
    const sender = this.#senders.get(link)
    if (sender === undefined) return undefined
    sender.ack(slice)
    return this.#advance(link, sender) ? sender.start : undefined
  }

  stopSending(link: LinkNumber): void {
    this.#senders.delete(link)
  }

  beginReceiving(
    link: LinkNumber,
    start: Zxid,
    number: number,
    journal: JournalWriter<Write>,
  ): void {
    assert(this.#receiver === undefined, 'one snapshot is received at a time')
    this.#receiver = new SnapshotReceiver(link, start, number, journal)
  }

  /** `ignored` belongs to a synchronization that was given up; after `refused` the link is of no use. */
  onPart(
    link: LinkNumber,
    part: SnapNodesMessage | SnapEndMessage,
  ): 'taken' | 'ignored' | 'refused' {
    const receiver = this.#receiver
    if (receiver === undefined || receiver.link !== link) return 'ignored'
    const isTaken = part.kind === 'snapNodes' ? receiver.onNodes(part) : receiver.onEnd(part.tail)
    return isTaken ? 'taken' : 'refused'
  }

  onPersisted(): void {
    const receiver = this.#receiver
    if (receiver === undefined) return
    for (const ack of receiver.onPersisted()) this.#send(receiver.link, ack)
  }

  install(): { readonly tree: Tree; readonly tail: SnapshotTail } {
    assert(this.#receiver !== undefined, 'a snapshot is installed after it was received')
    const installed = this.#receiver.install()
    this.#receiver = undefined
    return installed
  }

  discard(): void {
    this.#receiver?.discard()
    this.#receiver = undefined
  }

  #advance(link: LinkNumber, sender: SnapshotSender): boolean {
    for (const message of sender.next()) this.#send(link, message)
    if (sender.hasEnded) this.#senders.delete(link)
    return sender.hasEnded
  }
}
