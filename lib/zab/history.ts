/**
 * A member's history: its log in memory, its durable variables, and how much of both is on disk.
 *
 * The log in memory is the log on disk (or will be, once what is asked for is written): both are appended,
 * truncated and trimmed together, so that what a member votes with, sends and recovers is one thing
 * (ZOOKEEPER-2845, -4882: one bug in many shapes).
 */
import { assert } from '../base/assert.js'
import { EPOCH_ENDS_MAX } from '../base/limits.js'
import { COUNTER_MAX, counterOf, epochOf, follows } from '../protocol/zxid.js'
import type { Zxid } from '../protocol/zxid.js'
import type { Entry, Meta, RecoveredLog } from './entry.js'
import type { JournalWriter, Ticket } from './journal.js'
import { RegistryLog } from './registry-log.js'
import type { ZabWrite } from './write.js'

export class History<T> {
  readonly #journal: JournalWriter<ZabWrite<T>>
  readonly #sizeOf: (txn: T) => number
  #meta: Meta
  #metaTicket: Ticket = 0
  #voterTicket: Ticket = 0
  #base: Zxid
  #entries: Entry<T>[]
  /** Running sum of bytes, one per entry; differences are what counts. */
  #bytes: number[] = []
  #committed: Zxid
  #durable: Zxid
  /** Appends on their way to the disk, oldest first; a truncation lowers what they will have written. */
  #pending: { readonly ticket: Ticket; last: Zxid }[] = []
  readonly #isDamaged: boolean
  readonly registry: RegistryLog

  /** @param committed  zxid of the state that the member starts with (its snapshot's end), 0 for none. */
  constructor(
    recovered: RecoveredLog<T>,
    committed: Zxid,
    journal: JournalWriter<ZabWrite<T>>,
    sizeOf: (txn: T) => number,
  ) {
    this.#journal = journal
    this.#sizeOf = sizeOf
    this.#meta = recovered.meta
    this.#isDamaged = recovered.damage !== undefined
    this.#base = recovered.base
    this.#entries = []
    this.registry = new RegistryLog(recovered.meta.registry)
    this.#push(recovered.entries)
    assert(committed <= this.lastZxid, 'a snapshot never holds more than the log')
    assert(committed >= this.#base, 'the log reaches back to the snapshot')
    this.#committed = committed
    this.#durable = this.lastZxid
    assert(epochOf(this.lastZxid) <= this.#meta.currentEpoch, 'a logged epoch was adopted')
    assert(this.#meta.currentEpoch <= this.#meta.acceptedEpoch, 'an adopted epoch was accepted')
  }

  get meta(): Meta {
    return this.#meta
  }

  /** Newest logged zxid, on disk or on its way there. */
  get lastZxid(): Zxid {
    return this.#entries.at(-1)?.zxid ?? this.#base
  }

  /** Newest zxid up to which the log is on disk. */
  get durableZxid(): Zxid {
    return this.#durable
  }

  /** Everything up to this zxid is decided, and has been delivered. */
  get committed(): Zxid {
    return this.#committed
  }

  /** The log begins after this zxid. */
  get base(): Zxid {
    return this.#base
  }

  get length(): number {
    return this.#entries.length
  }

  /** Approximate bytes of the log. */
  get logBytes(): number {
    return this.bytesBetween(this.#base, this.lastZxid)
  }

  /** The database may vote, and that is on disk. */
  get isVoter(): boolean {
    return this.#meta.voter && this.#journal.isDurable(this.#voterTicket)
  }

  /**
   * Holds no txn and no snapshot, and never lost any: may take part in a first formation. A database that
   * belongs to a cluster but has no vote is one that lost its data, and waits for a leader instead.
   */
  get isEmpty(): boolean {
    if (this.lastZxid !== 0 || this.#isDamaged) return false
    return this.#meta.clusterId === '' || this.#meta.voter
  }

  /** True once the durable variables, as they are now, are on disk. */
  get isMetaDurable(): boolean {
    return this.#journal.isDurable(this.#metaTicket)
  }

  setMeta(change: Partial<Meta>): Ticket {
    const meta = { ...this.#meta, ...change }
    assert(meta.currentEpoch <= meta.acceptedEpoch, 'an adopted epoch was accepted')
    this.#metaTicket = this.#journal.write({ kind: 'meta', meta })
    if (meta.voter && !this.#meta.voter) this.#voterTicket = this.#metaTicket
    this.#meta = meta
    if (change.registry !== undefined) this.registry.replace(change.registry)
    return this.#metaTicket
  }

  append(entries: readonly Entry<T>[]): Ticket {
    assert(entries.length > 0, 'an append has entries')
    this.#push(entries)
    const ticket = this.#journal.write({ kind: 'append', entries })
    const newest = this.#pending.at(-1)
    if (newest?.ticket === ticket) newest.last = this.lastZxid
    else this.#pending.push({ ticket, last: this.lastZxid })
    return ticket
  }

  /** Drops every entry above `after`, here and on disk. Never one that is decided. */
  truncate(after: Zxid): void {
    assert(after >= this.#committed, 'a decided txn is never truncated')
    assert(after >= this.#base, 'a truncation stays inside the log')
    if (after === this.lastZxid) return
    const length = this.indexAfter(after)
    assert(after === this.#base || this.#entries[length - 1]?.zxid === after, 'cut at an entry')
    this.#entries.length = length
    this.#bytes.length = length
    this.registry.truncate(after)
    this.#journal.write({ kind: 'truncate', after })
    this.#durable = Math.min(this.#durable, after)
    for (const pending of this.#pending) pending.last = Math.min(pending.last, after)
  }

  /** Replaces the whole log by what a snapshot from the leader is followed by. */
  reset(base: Zxid, entries: readonly Entry<T>[], committed: Zxid): void {
    assert(committed >= this.#committed, 'a snapshot never takes a decided txn back')
    this.#base = base
    this.#entries = []
    this.#bytes = []
    this.registry.truncate(0)
    const ticket = this.#journal.write({ kind: 'resetLog', base })
    this.#durable = Math.min(this.#durable, base)
    for (const pending of this.#pending) pending.last = Math.min(pending.last, base)
    // The snapshot counts as logged, also when no entry follows it: else nothing would ever be acknowledged.
    this.#pending.push({ ticket, last: base })
    if (entries.length > 0) this.append(entries)
    assert(committed <= this.lastZxid, 'the log reaches the end of the snapshot')
    this.#committed = committed
  }

  /** Forgets entries up to `upTo`, which a durable snapshot covers. The disk is told by whoever took it. */
  trim(upTo: Zxid): void {
    assert(upTo <= this.#committed, 'only decided entries are trimmed')
    if (upTo <= this.#base) return
    const count = this.indexAfter(upTo)
    // What the trimmed entries said of voters must outlive them: the same batch that trims the disk keeps it.
    this.setMeta({ registry: this.registry.fold(upTo) })
    this.#entries.splice(0, count)
    this.#bytes.splice(0, count)
    this.#base = upTo
  }

  /** Marks everything up to `zxid` as decided. Returns what was not decided before, oldest first. */
  commit(zxid: Zxid): readonly Entry<T>[] {
    assert(zxid <= this.lastZxid, 'what is decided is in the log')
    if (zxid <= this.#committed) return []
    const entries = this.between(this.#committed, zxid)
    this.#committed = zxid
    return entries
  }

  /** The disk has everything up to this ticket. */
  persisted(ticket: Ticket): void {
    while (true) {
      const oldest = this.#pending[0]
      if (oldest === undefined || oldest.ticket > ticket) break
      this.#durable = oldest.last
      this.#pending.shift()
    }
    assert(this.#durable <= this.lastZxid, 'no more is durable than logged')
  }

  /** Entries above `after`, up to and including `upTo`. */
  between(after: Zxid, upTo: Zxid): readonly Entry<T>[] {
    assert(after >= this.#base, 'the log reaches back that far')
    return this.#entries.slice(this.indexAfter(after), this.indexAfter(upTo))
  }

  /** Entries above `after`, at least one if there is any, until `bytesMax` are collected. */
  chunk(after: Zxid, bytesMax: number): readonly Entry<T>[] {
    assert(after >= this.#base, 'the log reaches back that far')
    const first = this.indexAfter(after)
    const sumBefore = this.#bytes[first - 1] ?? (this.#bytes[first] ?? 0) - this.#sizeAt(first)
    let end = first
    while (
      end < this.#entries.length &&
      (end === first || (this.#bytes[end] ?? 0) - sumBefore <= bytesMax)
    ) {
      end += 1
    }
    return this.#entries.slice(first, end)
  }

  bytesBetween(after: Zxid, upTo: Zxid): number {
    const first = this.indexAfter(after)
    const last = this.indexAfter(upTo) - 1
    if (last < first) return 0
    return (this.#bytes[last] ?? 0) - (this.#bytes[first] ?? 0) + this.#sizeAt(first)
  }

  has(zxid: Zxid): boolean {
    return zxid === this.#base || this.#entries[this.indexAfter(zxid) - 1]?.zxid === zxid
  }

  /** @param index  0-based, below `length`. */
  zxidAt(index: number): Zxid {
    const entry = this.#entries[index]
    assert(entry !== undefined, 'the index is inside the log')
    return entry.zxid
  }

  /** Number of entries at or below `zxid`: the index of the first one above it. */
  indexAfter(zxid: Zxid): number {
    // Nearly every question is about the end of the log.
    if (zxid >= this.lastZxid) return this.#entries.length
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.#entries[middle]
      assert(entry !== undefined, 'binary search stays inside')
      if (entry.zxid <= zxid) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Last zxid of each epoch in the log, ascending, the log's base first; the newest ones if there are many. */
  epochEnds(): Zxid[] {
    const ends: Zxid[] = []
    let zxid = this.lastZxid
    while (zxid > this.#base && ends.length < EPOCH_ENDS_MAX) {
      ends.push(zxid)
      const index = this.indexAfter(zxid - counterOf(zxid))
      zxid = this.#entries[index - 1]?.zxid ?? this.#base
    }
    if (ends.length < EPOCH_ENDS_MAX) ends.push(this.#base)
    return ends.reverse()
  }

  #push(entries: readonly Entry<T>[]): void {
    let last = this.lastZxid
    let bytes = this.#bytes.at(-1) ?? 0
    for (const entry of entries) {
      assert(follows(last, entry.zxid), 'the log has no gap')
      assert(
        counterOf(entry.zxid) > 0 && counterOf(entry.zxid) <= COUNTER_MAX,
        'a txn has a counter',
      )
      this.#entries.push(entry)
      bytes += this.#sizeOf(entry.txn)
      this.#bytes.push(bytes)
      if (entry.registration !== undefined) this.registry.add(entry.zxid, entry.registration)
      last = entry.zxid
    }
  }

  #sizeAt(index: number): number {
    const entry = this.#entries[index]
    return entry === undefined ? 0 : this.#sizeOf(entry.txn)
  }
}
