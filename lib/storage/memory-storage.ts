/**
 * Storage in memory: for ensembles that live and die with their process, and for tests. Not a simulator of
 * disk faults.
 *
 * A `MemoryDisk` is what survives; any number of storages may be opened on it, one after the other.
 */
import { assert, unreachable } from '../base/assert.js'
import { follows } from '../protocol/zxid.js'
import type { Zxid } from '../protocol/zxid.js'
import type { SnapshotTail, ZnodeRecord } from '../tree/record.js'
import type { Txn } from '../tree/txn.js'
import type { Entry, Meta } from '../zab/entry.js'
import { checkIdentity, mintDatabaseId } from './identity.js'
import { emptyMeta } from './meta-row.js'
import { StorageError, storageErrorOf } from './storage-error.js'
import type { Recovered, Storage, StorageIdentity, Write } from './storage.js'

interface CompleteSnapshot {
  readonly number: number
  readonly tail: SnapshotTail
  readonly batches: readonly (readonly ZnodeRecord[])[]
}

/** All that a disk holds; a transaction replaces it, but for entries that are only added. */
interface Contents {
  readonly identity: StorageIdentity
  readonly meta: Meta
  readonly incarnation: number
  readonly base: Zxid
  readonly entries: Entry<Txn>[]
  readonly snapshot: CompleteSnapshot | undefined
  /** Snapshots being written, and aborted ones never. */
  readonly open: ReadonlyMap<number, readonly (readonly ZnodeRecord[])[]>
  readonly nextSnapshot: number
}

/** What survives the closing of a `MemoryStorage`. */
export class MemoryDisk {
  contents: Contents | undefined
  /** A storage is open on it. */
  isOpen: boolean = false
}

const NAME = 'the disk in memory'

export class MemoryStorage implements Storage {
  readonly #disk: MemoryDisk
  readonly #identity: StorageIdentity
  readonly #random: () => number
  #contents: Contents | undefined
  #failed: StorageError | undefined

  /** @param random Source of random uint32s. */
  constructor(disk: MemoryDisk, identity: StorageIdentity, random: () => number) {
    this.#disk = disk
    this.#identity = identity
    this.#random = random
  }

  /** It takes no disk. */
  get bytes(): number {
    return 0
  }

  get failed(): StorageError | undefined {
    return this.#failed
  }

  open(): Recovered {
    assert(this.#contents === undefined && this.#failed === undefined, 'a storage is opened once')
    if (this.#disk.isOpen) {
      this.#failed = new StorageError('SLOT_TAKEN', `${NAME} is open already`)
      throw this.#failed
    }
    const found = this.#disk.contents ?? emptyContents(this.#identity, this.#random)
    try {
      checkIdentity(NAME, this.#identity, found.identity)
    } catch (error) {
      this.#failed = storageErrorOf(NAME, error)
      throw this.#failed
    }
    // Unfinished snapshots are gone, as they are on a real disk.
    const contents = { ...found, incarnation: found.incarnation + 1, open: new Map() }
    this.#disk.isOpen = true
    this.#disk.contents = contents
    this.#contents = contents
    return recoveredOf(contents, this.#random())
  }

  write(writes: readonly Write[]): void {
    if (this.#failed !== undefined) throw this.#failed
    const before = this.#contents
    assert(before !== undefined, 'a storage is open when it is written')
    const length = before.entries.length
    try {
      let contents = before
      for (const write of writes) contents = execute(contents, write)
      this.#contents = contents
      this.#disk.contents = contents
    } catch (error) {
      before.entries.length = length
      this.#failed = storageErrorOf(NAME, error)
      throw this.#failed
    }
  }

  maintain(_budgetMs: number): boolean {
    if (this.#failed !== undefined) throw this.#failed
    return false
  }

  close(): void {
    if (this.#contents === undefined) return
    this.#contents = undefined
    this.#disk.isOpen = false
  }
}

function emptyContents(identity: StorageIdentity, random: () => number): Contents {
  return {
    identity,
    meta: emptyMeta('', mintDatabaseId(random)),
    incarnation: 0,
    base: 0,
    entries: [],
    snapshot: undefined,
    open: new Map(),
    nextSnapshot: 1,
  }
}

function recoveredOf(contents: Contents, incarnationKey: number): Recovered {
  const { meta, incarnation, base, entries, snapshot, nextSnapshot } = contents
  return {
    meta,
    incarnation,
    incarnationKey,
    base,
    entries: entries.slice(),
    damage: undefined,
    snapshot: snapshot && { tail: snapshot.tail, nodes: snapshot.batches },
    nextSnapshot,
  }
}

function execute(contents: Contents, write: Write): Contents {
  const { base, entries, open } = contents
  switch (write.kind) {
    case 'meta':
      return { ...contents, meta: write.meta }
    case 'append':
      for (const entry of write.entries) {
        assert(follows(entries.at(-1)?.zxid ?? base, entry.zxid), 'a log has no holes')
        entries.push(entry)
      }
      return contents
    case 'truncate':
      assert(write.after >= base, 'a log is not truncated below its base')
      return { ...contents, entries: entries.filter(({ zxid }) => zxid <= write.after) }
    case 'resetLog':
      return { ...contents, base: write.base, entries: [] }
    case 'trim':
      return trim(contents, write.upTo)
    case 'snapshotNodes': {
      const batches = [...(open.get(write.snapshot) ?? []), write.nodes]
      return withOpen(contents, write.snapshot, batches)
    }
    case 'snapshotComplete': {
      const { snapshot: number, tail } = write
      const batches = open.get(number) ?? []
      return { ...withOpen(contents, number, undefined), snapshot: { number, tail, batches } }
    }
    case 'snapshotAbort':
      return withOpen(contents, write.snapshot, undefined)
    default:
      return unreachable(write)
  }
}

function trim(contents: Contents, upTo: Zxid): Contents {
  const { base, entries, snapshot } = contents
  if (upTo <= base) return contents
  assert(snapshot !== undefined, 'a log is trimmed behind a snapshot')
  assert(upTo <= (entries.at(-1)?.zxid ?? base), 'a log is trimmed within its extent')
  return { ...contents, base: upTo, entries: entries.filter(({ zxid }) => zxid > upTo) }
}

/** The same with other batches of an unfinished snapshot, or without it. */
function withOpen(
  contents: Contents,
  snapshot: number,
  batches: readonly (readonly ZnodeRecord[])[] | undefined,
): Contents {
  assert(snapshot > (contents.snapshot?.number ?? 0), 'numbers of snapshots ascend')
  const open = new Map(contents.open)
  if (batches === undefined) open.delete(snapshot)
  else open.set(snapshot, batches)
  return { ...contents, open, nextSnapshot: Math.max(contents.nextSnapshot, snapshot + 1) }
}
