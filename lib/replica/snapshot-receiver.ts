/**
 * Learner: a snapshot that comes from the leader. It is written slice by slice under a number that no reader
 * sees, and becomes the state in the one transaction that also stores the log behind it and the epoch
 * (ZOOKEEPER-3642, -2872: never half of it in memory or on disk).
 */
import { InvariantError, assert } from '../base/assert.js'
import type { Zxid } from '../protocol/zxid.js'
import type { SessionRecord, SnapshotTail } from '../tree/record.js'
import { DivergenceError } from '../tree/divergence-error.js'
import { Tree } from '../tree/tree.js'
import type { JournalWriter, Ticket } from '../zab/journal.js'
import type { LinkNumber } from '../zab/links.js'
import type { Write } from './effect.js'
import type { Message, SnapNodesMessage } from './message.js'
import { joinSessions } from './session-slices.js'

export class SnapshotReceiver {
  readonly link: LinkNumber
  readonly #start: Zxid
  readonly #number: number
  readonly #journal: JournalWriter<Write>
  readonly #tree = new Tree()
  /** Slices on their way to the disk, oldest first. */
  #pending: { readonly slice: number; readonly ticket: Ticket }[] = []
  #slices = 0
  readonly #sessions: SessionRecord[] = []
  #tail: SnapshotTail | undefined
  /** Some part of it made no sense: nothing that comes after it does. */
  #isRefused = false

  constructor(link: LinkNumber, start: Zxid, number: number, journal: JournalWriter<Write>) {
    this.link = link
    this.#start = start
    this.#number = number
    this.#journal = journal
  }

  /** False if the slice is not the next one, or makes no tree: the link is at fault. */
  onNodes({ slice, nodes, sessions }: SnapNodesMessage): boolean {
    const isNext = slice === this.#slices && this.#tail === undefined
    this.#isRefused ||= !isNext
    if (this.#isRefused) return false
    this.#slices += 1
    this.#isRefused = !isSound(() => {
      this.#tree.load(nodes)
      joinSessions(this.#sessions, sessions)
    })
    if (this.#isRefused) return false
    const ticket = this.#journal.write({ kind: 'snapshotNodes', snapshot: this.#number, nodes })
    this.#pending.push({ slice, ticket })
    return true
  }

  onEnd(end: SnapshotTail): boolean {
    const tail = { ...end, sessions: this.#sessions }
    const isEnd = tail.start === this.#start && tail.end >= tail.start && this.#tail === undefined
    this.#isRefused ||= !isEnd || !isSound(() => this.#tree.loadTail(tail))
    if (this.#isRefused) return false
    this.#tail = tail
    return true
  }

  /** Acknowledgements for what has reached the disk. */
  onPersisted(): Message[] {
    const acks: Message[] = []
    while (this.#pending[0] !== undefined && this.#journal.isDurable(this.#pending[0].ticket)) {
      acks.push({ kind: 'snapAck', slice: this.#pending[0].slice })
      this.#pending.shift()
    }
    return acks
  }

  /** The leader's history is complete: the snapshot becomes the state. The caller replays the log up to its end. */
  install(): { readonly tree: Tree; readonly tail: SnapshotTail } {
    const tail = this.#tail
    assert(tail !== undefined, 'a snapshot is installed when it is complete')
    this.#journal.write({ kind: 'snapshotComplete', snapshot: this.#number, tail })
    return { tree: this.#tree, tail }
  }

  discard(): void {
    this.#journal.write({ kind: 'snapshotAbort', snapshot: this.#number })
  }
}

/** Rows that make no tree, or one of another digest, are the sender's fault: nothing of mine is in doubt. */
function isSound(load: () => void): boolean {
  try {
    load()
    return true
  } catch (error) {
    if (error instanceof InvariantError || error instanceof DivergenceError) return false
    throw error
  }
}
