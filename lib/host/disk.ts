/**
 * The host's way to its disk: what the steps of a turn ask for becomes one transaction, and how long it took is counted
 * and, while somebody listens, told. The storage itself knows nothing of turns, tickets and clocks.
 */
import type { Ticket } from '../replica/input.js'
import type { Write } from '../replica/effect.js'
import { sizeOfTxn } from '../replica/size.js'
import type { FsyncTrace } from '../replica/view-message.js'
import type { Recovered, Storage } from '../storage/storage.js'
import { instant } from './clock.js'

/** Bytes of a znode in a snapshot beside its path and data, about. */
const ZNODE_BYTES = 100

export class Disk {
  /** Hears of every transaction, right after it is on the disk. */
  listener: ((trace: FsyncTrace) => void) | undefined
  readonly #create: () => Storage
  #storage: Storage
  #writes: Write[] = []
  #tickets: Ticket[] = []
  #fsyncs = 0
  #fsyncMs = 0
  #fsyncMsMax = 0

  /**
   * @param storage  Open.
   * @param create  Gives one that was never opened, for each load from the disk.
   */
  constructor(storage: Storage, create: () => Storage) {
    this.#storage = storage
    this.#create = create
  }

  /** Something is asked for that is not on the disk. */
  get hasWrites(): boolean {
    return this.#tickets.length > 0
  }

  get counters(): Readonly<Record<string, number>> {
    return {
      fsyncs: this.#fsyncs,
      fsyncMs: this.#fsyncMs,
      fsyncMsMax: this.#fsyncMsMax,
      databaseBytes: this.#storage.bytes,
    }
  }

  push(ticket: Ticket, writes: readonly Write[]): void {
    for (const write of writes) this.#writes.push(write)
    this.#tickets.push(ticket)
  }

  /**
   * One transaction for everything that was asked for since the last one.
   *
   * @returns The tickets that are on the disk now.
   * @throws StorageError
   */
  flush(): readonly Ticket[] {
    const tickets = this.#tickets
    if (tickets.length === 0) return tickets
    const writes = this.#writes
    this.#writes = []
    this.#tickets = []
    const begun = instant()
    this.#storage.write(writes)
    const durationMs = instant().mono - begun.mono
    this.#fsyncs += 1
    this.#fsyncMs += durationMs
    this.#fsyncMsMax = Math.max(this.#fsyncMsMax, durationMs)
    this.listener?.({
      kind: 'fsync',
      start: begun.wall,
      durationMs,
      writes: writes.length,
      bytes: bytesOf(writes),
    })
    return tickets
  }

  /** Housekeeping for so long; true if more remains. */
  maintain(budgetMs: number): boolean {
    return this.#storage.maintain(budgetMs)
  }

  /** What is not on the disk is forgotten, and what is there is read again. */
  reload(): Recovered {
    this.#writes = []
    this.#tickets = []
    this.#storage.close()
    this.#storage = this.#create()
    return this.#storage.open()
  }

  close(): void {
    this.#storage.close()
  }
}

function bytesOf(writes: readonly Write[]): number {
  let bytes = 0
  for (const write of writes) {
    if (write.kind === 'append') for (const { txn } of write.entries) bytes += sizeOfTxn(txn)
    if (write.kind !== 'snapshotNodes') continue
    for (const { path, data } of write.nodes)
      bytes += ZNODE_BYTES + path.length + (data?.length ?? 0)
  }
  return bytes
}
