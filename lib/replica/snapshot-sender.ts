/** Leader: one snapshot on its way to one learner, a few slices ahead of what the learner has on disk. */
import { assert } from '../base/assert.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Tree } from '../tree/tree.js'
import type { Walk } from '../tree/walk.js'
import type { Message } from './message.js'

/** Slices on the link that the learner has not acknowledged. */
const SLICES_AHEAD = 4

export class SnapshotSender {
  readonly start: Zxid
  readonly #tree: Tree
  readonly #walk: Walk
  readonly #sliceBytes: number
  #sent = 0
  #acked = 0
  #ended = false

  /** `tree` holds exactly what was committed up to `start`. */
  constructor(tree: Tree, start: Zxid, sliceBytes: number) {
    assert(tree.lastZxid === start, 'a snapshot starts with the state as it is')
    this.start = start
    this.#tree = tree
    this.#walk = tree.walk(start)
    this.#sliceBytes = sliceBytes
  }

  get hasEnded(): boolean {
    return this.#ended
  }

  ack(slice: number): void {
    assert(slice < this.#sent, 'only what was sent is acknowledged')
    this.#acked = Math.max(this.#acked, slice + 1)
  }

  /** What may be put on the link now; the last message is `snapEnd`. */
  next(): Message[] {
    const messages: Message[] = []
    while (!this.#ended && this.#sent - this.#acked < SLICES_AHEAD) {
      const nodes = this.#walk.next(this.#sliceBytes)
      if (nodes.length > 0) {
        messages.push({ kind: 'snapNodes', slice: this.#sent, nodes })
        this.#sent += 1
        continue
      }
      assert(this.#walk.done, 'a walk that gives nothing is done')
      messages.push({ kind: 'snapEnd', tail: this.#tree.tail(this.start) })
      this.#ended = true
    }
    return messages
  }
}
