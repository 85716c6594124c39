/**
 * A simulated disk: transactions are executed in order, each whole or not at all. It checks what it is asked to store,
 * and is what "durable" means to the checkers. Damage is found when it is opened, and answered as storage does: with
 * an empty database of another name. What is on the way to it is in write-queue.ts.
 */
import { assert, unreachable } from '../base/assert.js'
import type { Random } from '../base/random.js'
import type { Zxid } from '../protocol/zxid.js'
import { counterOf, epochOf } from '../protocol/zxid.js'
import type { Write } from '../replica/effect.js'
import type { Recovered } from '../replica/recovered.js'
import type { SnapshotTail, ZnodeRecord } from '../tree/record.js'
import type { Txn } from '../tree/txn.js'
import type { Entry, Meta } from '../zab/entry.js'

interface Snapshot {
  readonly number: number
  readonly tail: SnapshotTail
  readonly nodes: readonly (readonly ZnodeRecord[])[]
}

/** Where a bit has flipped, or what is gone: a row of one of the tables, or the write-ahead log. */
export type Rot = 'log' | 'snapshot' | 'meta' | 'wal'

export class Disk {
  meta: Meta
  incarnation = 0
  base: Zxid = 0
  entries: Entry<Txn>[] = []
  snapshot: Snapshot | undefined
  /** Nobody has noticed yet. */
  rot: Rot | undefined
  readonly #random: Random
  #open = new Map<number, (readonly ZnodeRecord[])[]>()
  #nextSnapshot = 1
  /** Why the database before this one was given up, until this one has a vote. */
  #damage: string | undefined

  /** A new disk: its database gets an id of its own. */
  constructor(random: Random) {
    this.#random = random
    this.meta = emptyMeta('', random)
  }

  get lastZxid(): Zxid {
    return this.entries.at(-1)?.zxid ?? this.base
  }

  get isEmpty(): boolean {
    return this.lastZxid === 0 && this.snapshot === undefined
  }

  /** All that is there now, as a backup: what it is restored to has dice of its own. */
  copy(random: Random): Disk {
    const copy = new Disk(random)
    copy.meta = this.meta
    copy.incarnation = this.incarnation
    copy.base = this.base
    copy.entries = [...this.entries]
    copy.snapshot = this.snapshot
    copy.#nextSnapshot = this.#nextSnapshot
    copy.#damage = this.#damage
    return copy
  }

  /** Opens the database anew: a new incarnation, durable at once. */
  recover(): Recovered {
    if (this.rot !== undefined) this.#replace(this.rot)
    this.incarnation += 1
    this.#open = new Map()
    return this.reload(this.#random.uint32())
  }

  /** What is on the disk, for the same opening of it. */
  reload(incarnationKey: number): Recovered {
    const { meta, incarnation, base, snapshot } = this
    return {
      meta,
      incarnation,
      incarnationKey,
      base,
      entries: [...this.entries],
      damage: this.isEmpty ? this.#damage : undefined,
      snapshot,
      nextSnapshot: this.#nextSnapshot,
    }
  }

  write(writes: readonly Write[]): void {
    for (const write of writes) this.#execute(write)
    if (this.snapshot === undefined) {
      assert(this.base === 0, 'a log without a snapshot begins at the beginning')
      return
    }
    assert(this.snapshot.tail.start >= this.base, 'the log reaches back to the snapshot')
    assert(this.snapshot.tail.end <= this.lastZxid, 'the log reaches the end of the snapshot')
    assert(this.meta.currentEpoch >= epochOf(this.lastZxid), 'a logged epoch is durable')
  }

  #execute(write: Write): void {
    switch (write.kind) {
      case 'meta':
        return this.#setMeta(write.meta)
      case 'append':
        return this.#append(write.entries)
      case 'truncate':
        assert(write.after >= this.base, 'a truncation stays inside the log')
        this.entries = this.entries.filter(({ zxid }) => zxid <= write.after)
        return
      case 'resetLog':
        this.base = write.base
        this.entries = []
        return
      case 'trim':
        this.base = Math.max(this.base, write.upTo)
        this.entries = this.entries.filter(({ zxid }) => zxid > write.upTo)
        return
      case 'snapshotNodes':
        return this.#addNodes(write.snapshot, write.nodes)
      case 'snapshotComplete':
        this.snapshot = {
          number: write.snapshot,
          tail: write.tail,
          nodes: this.#open.get(write.snapshot) ?? [],
        }
        this.#open.delete(write.snapshot)
        return
      case 'snapshotAbort':
        this.#open.delete(write.snapshot)
        return
      default:
        return unreachable(write)
    }
  }

  #setMeta(meta: Meta): void {
    assert(meta.acceptedEpoch >= this.meta.acceptedEpoch, 'an accepted epoch never goes back')
    assert(meta.currentEpoch >= this.meta.currentEpoch, 'an adopted epoch never goes back')
    this.meta = meta
    if (meta.voter) this.#damage = undefined
  }

  /** As storage does with what it cannot trust: an empty database takes its place, which belongs to the same cluster. */
  #replace(rot: Rot): void {
    this.#damage = `the ${rot} is damaged`
    this.rot = undefined
    this.meta = emptyMeta(rot === 'meta' ? '' : this.meta.clusterId, this.#random)
    this.incarnation = 0
    this.base = 0
    this.entries = []
    this.snapshot = undefined
    this.#nextSnapshot = 1
  }

  #append(entries: readonly Entry<Txn>[]): void {
    for (const entry of entries) {
      const last = this.lastZxid
      const isNext = entry.zxid === last + 1
      const isFirst = epochOf(entry.zxid) > epochOf(last) && counterOf(entry.zxid) === 1
      assert(isNext || isFirst, 'a log has no gap')
      this.entries.push(entry)
    }
  }

  #addNodes(number: number, nodes: readonly ZnodeRecord[]): void {
    const batches = this.#open.get(number)
    if (batches === undefined) this.#open.set(number, [nodes])
    else batches.push(nodes)
    this.#nextSnapshot = Math.max(this.#nextSnapshot, number + 1)
  }
}

function emptyMeta(clusterId: string, random: Random): Meta {
  const words = [0, 0, 0, 0].map(() => random.uint32().toString(16).padStart(8, '0'))
  return {
    clusterId,
    databaseId: words.join(''),
    voter: false,
    acceptedEpoch: 0,
    currentEpoch: 0,
    registry: { asOf: 0, voters: [] },
  }
}
