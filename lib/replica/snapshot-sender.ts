/** Leader: one snapshot on its way to one learner, a few slices ahead of what the learner has on disk. */
import { assert } from '../base/assert.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Tree } from '../tree/tree.js'
import type { Walk } from '../tree/walk.js'
import type { SessionRecord, SnapshotTail, ZnodeRecord } from '../tree/record.js'
import type { Message } from './message.js'
import { sliceSessions } from './session-slices.js'

/** Slices on the link that the learner has not acknowledged. */
const SLICES_AHEAD = 4

export class SnapshotSender {
  readonly start: Zxid
  readonly #tree: Tree
  readonly #walk: Walk
  readonly #sliceBytes: number
  /** Once the walk is done: the rest, of one moment, and the sessions that are still to be sent. */
  #tail: SnapshotTail | undefined
  #sessions: SessionRecord[][] = []
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
      messages.push(this.#nextMessage())
    }
    return messages
  }

  #nextMessage(): Message {
    const nodes = this.#walk.next(this.#sliceBytes)
    if (nodes.length > 0) return this.#slice(nodes, [])
    assert(this.#walk.done, 'a walk that gives nothing is done')
    if (this.#tail === undefined) {
      this.#tail = this.#tree.tail(this.start)
      this.#sessions = sliceSessions(this.#tail.sessions)
    }
    const sessions = this.#sessions.shift()
    if (sessions !== undefined) return this.#slice([], sessions)
    this.#ended = true
    return { kind: 'snapEnd', tail: { ...this.#tail, sessions: [] } }
  }

  #slice(nodes: readonly ZnodeRecord[], sessions: readonly SessionRecord[]): Message {
    this.#sent += 1
    return { kind: 'snapNodes', slice: this.#sent - 1, nodes, sessions }
  }
}
