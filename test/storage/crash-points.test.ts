/**
 * A crash at any point of a replica's life on its disk leaves one of the states that were written, whole: never new
 * epochs with an old log, a truncation without what follows it, or a snapshot without its end.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { makeZxid } from '../../lib/protocol/zxid.js'
import { MemoryDisk, MemoryStorage } from '../../lib/storage/memory-storage.js'
import type { Recovered, Storage, Write } from '../../lib/storage/storage.js'
import { StorageError } from '../../lib/storage/storage-error.js'
import type { Meta } from '../../lib/zab/entry.js'
import { IDENTITY, append, sqliteIn, tailOf, temporaryDirectory, znodes } from './support.js'

const WAL_HEADER_BYTES = 32
const FRAME_BYTES = 24 + 4096
/** Writes of a life. */
const WRITES = 17

/** What a replica writes in a long life: formation, txns, a deposed reign, snapshots of its own and of a leader. */
function life({ meta: first }: Recovered): readonly (readonly Write[])[] {
  let meta: Meta = first
  const metaWrite = (changes: Partial<Meta>): Write => {
    meta = { ...meta, ...changes }
    return { kind: 'meta', meta }
  }
  const z = makeZxid
  return [
    [metaWrite({ acceptedEpoch: 1 })],
    [metaWrite({ clusterId: 'c', voter: true, currentEpoch: 1 })],
    [append(1, 1, 3)],
    [append(1, 4, 9, 900)],
    [metaWrite({ acceptedEpoch: 2 })],
    // A new leader: what it never saw is cut, its own follows, and its epoch with them.
    [{ kind: 'truncate', after: z(1, 7) }, append(2, 1, 2), metaWrite({ currentEpoch: 2 })],
    [append(2, 3, 6)],
    // A snapshot of its own, while txns go on.
    [{ kind: 'snapshotNodes', snapshot: 1, nodes: znodes(0, 20) }],
    [{ kind: 'snapshotNodes', snapshot: 1, nodes: znodes(20, 20) }, append(2, 7, 8)],
    [{ kind: 'snapshotComplete', snapshot: 1, tail: tailOf(z(2, 6), z(2, 8)) }],
    [{ kind: 'trim', upTo: z(2, 4) }, append(2, 9, 9)],
    // A second one, given up.
    [{ kind: 'snapshotNodes', snapshot: 2, nodes: znodes(5, 20) }],
    [{ kind: 'snapshotAbort', snapshot: 2 }, append(2, 10, 12)],
    // A snapshot from a leader takes the place of all of it, also of a tail that nobody else has.
    [metaWrite({ acceptedEpoch: 5 })],
    [{ kind: 'snapshotNodes', snapshot: 3, nodes: znodes(90, 20) }],
    [
      { kind: 'snapshotComplete', snapshot: 3, tail: tailOf(z(2, 10), z(2, 10)) },
      { kind: 'resetLog', base: z(2, 10) },
      append(4, 1, 3),
      metaWrite({ currentEpoch: 5 }),
    ],
    [append(5, 1, 4)],
  ]
}

/** All that counts of what was found, comparable. */
function stateOf({ meta, base, entries, snapshot }: Recovered): string {
  const nodes = [...(snapshot?.nodes ?? [])].flat()
  return JSON.stringify([meta, base, entries, snapshot?.tail, nodes])
}

function opened(storage: Storage): { readonly state: string; readonly damage: string | undefined } {
  try {
    const recovered = storage.open()
    return { state: stateOf(recovered), damage: recovered.damage }
  } finally {
    storage.close()
  }
}

function copyFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of ['1.db', '1.db-wal']) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
  }
}

/** The same dice for the database and for the model of it, so that both have the same id. */
function dice(): () => number {
  let number = 0
  return () => (number += 1)
}

/** What must be found after the first `count` writes, by a storage that has no files to lose. */
function expectedAfter(count: number): string {
  const disk = new MemoryDisk()
  const storage = new MemoryStorage(disk, IDENTITY, dice())
  for (const writes of life(storage.open()).slice(0, count)) storage.write(writes)
  storage.close()
  return opened(new MemoryStorage(disk, IDENTITY, dice())).state
}

/** Lives the whole life; `afterEach` sees the files as a `kill -9` after so many writes leaves them. */
function live(t: ExecutionContext, afterEach: (directory: string, count: number) => void): void {
  const directory = temporaryDirectory(t)
  const storage = sqliteIn(directory, { random: dice() })
  const writes = life(storage.open())
  for (const [index, write] of writes.entries()) {
    storage.write(write)
    const crashed = join(directory, `after-${index + 1}`)
    copyFiles(directory, crashed)
    afterEach(crashed, index + 1)
  }
  storage.close()
}

test('killed after any write, a replica finds exactly what that write made', (t) => {
  live(t, (directory, count) => {
    const { state, damage } = opened(sqliteIn(directory))
    t.is(damage, undefined)
    t.is(state, expectedAfter(count), `after write ${count}`)
  })
})

test('without power after any page of any write, a replica finds one of the states that were written, whole', (t) => {
  // ZOOKEEPER-2307, 4269, 4643: epochs of one moment and a log of another.
  let last = ''
  live(t, (directory) => (last = directory))
  const states = Array.from({ length: WRITES + 1 }, (_, count) => expectedAfter(count))
  const bytes = readFileSync(join(last, '1.db-wal')).length
  const frames = Math.floor((bytes - WAL_HEADER_BYTES) / FRAME_BYTES)
  let reached = 0
  const seen = new Set<string>()
  for (let frame = 0; frame <= frames; frame++) {
    // At the end of a page, and within one.
    const end = WAL_HEADER_BYTES + frame * FRAME_BYTES + (frame % 2) * 100
    const cut = join(last, `cut-${frame}`)
    copyFiles(last, cut)
    truncateSync(join(cut, '1.db-wal'), Math.min(bytes, end))
    const { state, damage } = opened(sqliteIn(cut))
    t.is(damage, undefined)
    const count = states.indexOf(state)
    t.true(count >= reached, `${frame} frames: the state after write ${count}, after ${reached}`)
    reached = count
    seen.add(state)
  }
  t.is(reached, WRITES, 'and all of it with all frames')
  t.deepEqual([...seen], [...new Set(states)], 'each of them is reached')
})

test('a write that fails in its middle leaves nothing of itself, and ends the incarnation', (t) => {
  for (let count = 0; count <= WRITES; count++) {
    const directory = temporaryDirectory(t)
    const storage = sqliteIn(directory, { random: dice() })
    const recovered = storage.open()
    const writes = life(recovered)
    for (const write of writes.slice(0, count)) storage.write(write)
    const changed: Write = {
      kind: 'meta',
      meta: { ...recovered.meta, acceptedEpoch: 9, currentEpoch: 9 },
    }
    const hole = append(9, 5, 5)
    const failing = [changed, ...(writes[count] ?? []), hole]
    t.throws(() => storage.write(failing), { instanceOf: StorageError })
    t.throws(() => storage.write([]), { instanceOf: StorageError })
    storage.close()
    t.is(opened(sqliteIn(directory)).state, expectedAfter(count), `write ${count + 1}`)
  }
})

test('a log is trimmed only behind a snapshot that is whole', (t) => {
  // ZOOKEEPER-3231: the newest snapshots were kept, all of them broken, and the logs behind them deleted.
  for (const before of [
    [],
    [{ kind: 'snapshotNodes', snapshot: 1, nodes: znodes(0, 40) }],
  ] as const) {
    const directory = temporaryDirectory(t)
    const storage = sqliteIn(directory)
    storage.open()
    storage.write([append(1, 1, 9), ...before])
    t.throws(() => storage.write([{ kind: 'trim', upTo: makeZxid(1, 5) }]), {
      instanceOf: StorageError,
    })
    storage.close()
    const again = sqliteIn(directory)
    t.is(again.open().entries.length, 9)
    again.close()
  }
})

test('housekeeping, interrupted anywhere, takes nothing that a recovery needs', (t) => {
  const directory = temporaryDirectory(t)
  const storage = sqliteIn(directory, { random: dice() })
  const writes = life(storage.open())
  for (const [index, write] of writes.entries()) {
    storage.write(write)
    for (let pass = 0; pass < 4; pass++) {
      storage.maintain(0)
      const crashed = join(directory, `after-${index + 1}-${pass}`)
      copyFiles(directory, crashed)
      const { state, damage } = opened(sqliteIn(crashed))
      t.is(damage, undefined)
      t.is(state, expectedAfter(index + 1), `after write ${index + 1}, pass ${pass}`)
    }
  }
  storage.close()
})
