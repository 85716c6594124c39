/** One flipped bit anywhere: never is anything served that was not written. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { Random } from '../../lib/base/random.js'
import { makeZxid } from '../../lib/protocol/zxid.js'
import { StorageError } from '../../lib/storage/storage-error.js'
import type { Recovered } from '../../lib/storage/storage.js'
import { walDamage } from '../../lib/storage/wal-check.js'
import type { ZnodeRecord } from '../../lib/tree/record.js'
import { append, metaOf, sqliteIn, tailOf, temporaryDirectory, znodes, zxidsOf } from './support.js'

const FLIPS = 250
const TRANSACTIONS = 30
/** Entries of the last transaction. */
const LAST = 4
const ENTRIES = TRANSACTIONS + LAST

/** A bit flipped in a database is one of these; anything else is a lie. */
type Finding = 'intact' | 'refused' | 'given up' | 'last transaction lost' | 'wrong'

test('a bit flipped in the database is noticed or does not matter', (t) => {
  const directory = temporaryDirectory(t)
  write(directory).close()
  const counts = flipBits(directory, '1.db', new Random(1), statSync(join(directory, '1.db')).size)
  t.log(counts)
  t.is(counts.wrong, 0)
  t.is(counts['last transaction lost'], 0)
  t.true(counts['given up'] > 0)
})

test('a bit flipped in the header of the database is noticed or does not matter', (t) => {
  const directory = temporaryDirectory(t)
  write(directory).close()
  const counts = flipBits(directory, '1.db', new Random(2), 100)
  t.log(counts)
  t.is(counts.wrong, 0)
  t.is(counts['last transaction lost'], 0)
})

test('a bit flipped in the write-ahead log is noticed, but for its last transaction', (t) => {
  const directory = temporaryDirectory(t)
  const crashed = crash(t, directory)
  const counts = flipBits(
    crashed,
    '1.db-wal',
    new Random(3),
    statSync(join(crashed, '1.db-wal')).size,
  )
  t.log(counts)
  t.is(counts.wrong, 0)
  t.true(counts['given up'] > FLIPS * 0.7)
  t.is(counts.intact, 0, 'every bit of the log counts')
})

test('a bit flipped in the header of the write-ahead log is noticed', (t) => {
  const directory = temporaryDirectory(t)
  const crashed = crash(t, directory)
  const counts = flipBits(crashed, '1.db-wal', new Random(4), 32)
  t.log(counts)
  t.is(counts['given up'], FLIPS)
})

test('a write-ahead log that was cut off in its last transaction is sound, without that transaction', (t) => {
  const directory = temporaryDirectory(t)
  const crashed = crash(t, directory)
  const path = join(crashed, '1.db-wal')
  truncateSync(path, statSync(path).size - 100)
  t.is(walDamage(path), undefined)
  const storage = sqliteIn(crashed)
  const recovered = storage.open()
  t.is(recovered.damage, undefined)
  t.is(recovered.entries.length, TRANSACTIONS)
  storage.close()
})

test('a write-ahead log whose last transaction reached the disk in part is sound', (t) => {
  const directory = temporaryDirectory(t)
  const crashed = crash(t, directory)
  const path = join(crashed, '1.db-wal')
  const frameBytes = 24 + 4096
  const wal = readFileSync(path)
  // The last frame, which commits, is there; the first of its transaction is not.
  const frames = Math.floor((wal.length - 32) / frameBytes)
  const commits = Array.from({ length: frames }, (_, index) => index).filter(
    (index) => wal.readUInt32BE(32 + index * frameBytes + 4) !== 0,
  )
  const first = (commits.at(-2) ?? 0) + 1
  t.true(first < frames - 1, 'the last transaction has several frames')
  wal.fill(0, 32 + first * frameBytes, 32 + (first + 1) * frameBytes)
  writeFileSync(path, wal)
  t.is(walDamage(path), undefined)
})

test('a database whose write-ahead log is gone after a crash is given up', (t) => {
  const crashed = crash(t, temporaryDirectory(t))
  rmSync(join(crashed, '1.db-wal'))
  const storage = sqliteIn(crashed)
  t.is(storage.open().damage, 'its WAL is missing')
  storage.close()
})

test('an opening that is refused after a crash costs nothing', (t) => {
  const crashed = crash(t, temporaryDirectory(t))
  t.throws(() => sqliteIn(crashed, { identity: { replicaId: 9, voterIds: [9] } }).open(), {
    code: 'FOREIGN_REPLICA',
  })
  const storage = sqliteIn(crashed)
  const recovered = storage.open()
  t.is(recovered.damage, undefined)
  t.is(recovered.entries.length, ENTRIES)
  storage.close()
})

test('no write-ahead log, or an empty one, is sound', (t) => {
  const path = join(temporaryDirectory(t), 'none-wal')
  t.is(walDamage(path), undefined)
  writeFileSync(path, '')
  t.is(walDamage(path), undefined)
})

/** Single entries, a snapshot, and one last transaction of several entries. */
function write(directory: string): ReturnType<typeof sqliteIn> {
  const storage = sqliteIn(directory)
  const recovered = storage.open()
  const z = (counter: number): number => makeZxid(1, counter)
  storage.write([
    metaOf(recovered, { clusterId: 'c', voter: true, acceptedEpoch: 1, currentEpoch: 1 }),
  ])
  for (let counter = 1; counter < TRANSACTIONS; counter++)
    storage.write([append(1, counter, counter, 500)])
  storage.write([{ kind: 'snapshotNodes', snapshot: 1, nodes: znodes(0, 100) }])
  storage.write([
    { kind: 'snapshotComplete', snapshot: 1, tail: tailOf(z(3), z(5)) },
    append(1, TRANSACTIONS, TRANSACTIONS),
  ])
  storage.write([append(1, TRANSACTIONS + 1, ENTRIES, 3000)])
  return storage
}

/** The files as a kill -9 leaves them. */
function crash(t: Parameters<typeof temporaryDirectory>[0], directory: string): string {
  const storage = write(directory)
  const crashed = temporaryDirectory(t)
  copyFiles(directory, crashed)
  storage.close()
  return crashed
}

function copyFiles(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of ['1.db', '1.db-wal']) {
    if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name))
  }
}

function flipBits(
  directory: string,
  name: string,
  random: Random,
  end: number,
): Record<Finding, number> {
  const counts = { intact: 0, refused: 0, 'given up': 0, 'last transaction lost': 0, wrong: 0 }
  const expected = contentsOf(directory)
  for (let flip = 0; flip < FLIPS; flip++) {
    const copy = join(directory, `flip-${flip}`)
    copyFiles(directory, copy)
    const bytes = readFileSync(join(copy, name))
    const at = random.integer(end)
    bytes[at] = bytes[at]! ^ (1 << random.integer(8))
    writeFileSync(join(copy, name), bytes)
    counts[findingOf(copy, expected)] += 1
  }
  return counts
}

interface Contents {
  readonly recovered: Recovered
  readonly nodes: readonly ZnodeRecord[]
}

function contentsOf(directory: string): Contents {
  const copy = join(directory, 'expected')
  copyFiles(directory, copy)
  return open(copy)
}

function open(directory: string): Contents {
  const storage = sqliteIn(directory)
  try {
    const recovered = storage.open()
    return { recovered, nodes: [...(recovered.snapshot?.nodes ?? [])].flat() }
  } finally {
    storage.close()
  }
}

function findingOf(directory: string, expected: Contents): Finding {
  let found: Contents
  try {
    found = open(directory)
  } catch (error) {
    if (error instanceof StorageError) return 'refused'
    throw error
  }
  const { recovered, nodes } = found
  if (recovered.damage !== undefined) {
    const isEmpty = recovered.entries.length === 0 && nodes.length === 0 && !recovered.meta.voter
    return isEmpty ? 'given up' : 'wrong'
  }
  if (textOf(found) === textOf(expected)) return 'intact'
  const entries = expected.recovered.entries.slice(0, TRANSACTIONS)
  const shorter = { ...expected, recovered: { ...expected.recovered, entries } }
  if (zxidsOf(recovered).length === TRANSACTIONS && textOf(found) === textOf(shorter)) {
    return 'last transaction lost'
  }
  return 'wrong'
}

function textOf({ recovered, nodes }: Contents): string {
  const { meta, incarnation, base, entries, snapshot } = recovered
  return JSON.stringify([meta, incarnation, base, entries, snapshot?.tail, nodes])
}
