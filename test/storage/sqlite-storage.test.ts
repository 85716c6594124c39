/** Storage in SQLite keeps the contract of storage, and refuses what it cannot keep it with. */
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import test from 'ava'
import { makeZxid } from '../../lib/protocol/zxid.js'
import { FORMAT_VERSION } from '../../lib/storage/database-file.js'
import { StorageError } from '../../lib/storage/storage-error.js'
import { testConformance } from './conformance.js'
import {
  IDENTITY,
  append,
  metaOf,
  sqliteIn,
  tailOf,
  temporaryDirectory,
  znodes,
} from './support.js'

testConformance('sqlite', (t) => {
  const directory = temporaryDirectory(t)
  return (identity = IDENTITY) => sqliteIn(directory, { identity })
})

test('a database that cannot be trusted is moved aside, and an empty one without a vote begins', (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, '1.db')
  const storage = sqliteIn(directory)
  const before = storage.open()
  storage.write([
    append(1, 1, 50),
    metaOf(before, { clusterId: 'c', voter: true, acceptedEpoch: 4 }),
  ])
  storage.close()
  edit(path, 'UPDATE log SET crc = crc + 1 WHERE zxid = (SELECT max(zxid) FROM log)')
  const damaged = readFileSync(path)

  const next = sqliteIn(directory)
  const recovered = next.open()
  t.regex(recovered.damage ?? '', /1:50 has a wrong checksum/)
  t.like(recovered.meta, { clusterId: 'c', voter: false, acceptedEpoch: 0 })
  t.not(recovered.meta.databaseId, before.meta.databaseId)
  t.deepEqual(recovered.entries, [])
  t.is(recovered.snapshot, undefined)
  next.close()
  t.deepEqual(readFileSync(`${path}.damaged`), damaged)

  const later = sqliteIn(directory)
  const again = later.open()
  t.is(again.damage, recovered.damage, 'it stays in doubt until a leader has refilled it')
  t.is(again.meta.databaseId, recovered.meta.databaseId)
  later.write([append(1, 1, 60), metaOf(again, { voter: true })])
  later.close()
  const last = sqliteIn(directory)
  t.is(last.open().damage, undefined)
  last.close()
})

const DAMAGES: readonly (readonly [string, string])[] = [
  ['a row missing in the middle of the log', 'DELETE FROM log WHERE zxid = 4294967296 + 5'],
  ['a row missing at the end of the log', 'DELETE FROM log WHERE zxid = 4294967296 + 9'],
  ['all rows of the log missing', 'DELETE FROM log'],
  ['a log entry at the place of another', 'UPDATE log SET txn = (SELECT txn FROM log LIMIT 1)'],
  ['no durable variables', 'DELETE FROM meta'],
  ['a vote that nobody gave', 'UPDATE meta SET voter = 1'],
  ['an older epoch', 'UPDATE meta SET accepted_epoch = 0'],
  ['no positions', 'DELETE FROM position'],
  ['a missing table', 'DROP TABLE log'],
  ['a missing batch of the snapshot', 'DELETE FROM snapshot_node WHERE id = 4294967296'],
  ['a missing snapshot', 'DELETE FROM snapshot'],
  [
    'a batch at the place of another',
    'UPDATE snapshot_node SET nodes = (SELECT nodes FROM snapshot_node LIMIT 1)',
  ],
  ['a snapshot with a batch less', 'UPDATE snapshot SET batches = 1'],
]

for (const [what, sql] of DAMAGES) {
  test(`a database with ${what} is given up`, (t) => {
    const directory = temporaryDirectory(t)
    fill(directory)
    edit(join(directory, '1.db'), sql)
    const storage = sqliteIn(directory)
    const recovered = storage.open()
    t.is(typeof recovered.damage, 'string')
    t.false(recovered.meta.voter)
    t.deepEqual(recovered.entries, [])
    storage.close()
  })
}

test('a file that is no database of ours is refused and left as it is', (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, '1.db')
  const other = new Database(path)
  other.exec('CREATE TABLE theirs (x)')
  other.close()
  const sqlite = readFileSync(path)
  for (const content of [sqlite, Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(8192)]) {
    writeFileSync(path, content)
    t.throws(() => sqliteIn(directory).open(), {
      instanceOf: StorageError,
      code: 'DAMAGED',
      message: /1\.db.*expected.*found/,
    })
    t.deepEqual(readFileSync(path), content)
    t.false(existsSync(`${path}.damaged`))
  }
})

test('a database of a newer format is refused and left as it is', (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, '1.db')
  fill(directory)
  edit(path, `PRAGMA user_version = ${FORMAT_VERSION + 1}`)
  const before = readFileSync(path)
  t.throws(() => sqliteIn(directory).open(), {
    instanceOf: StorageError,
    code: 'NEWER_FORMAT',
    message: new RegExp(`expected at most ${FORMAT_VERSION}, found ${FORMAT_VERSION + 1}`),
  })
  t.deepEqual(readFileSync(path), before)
})

test('a database of an older format is refused, said to be no damage, and left as it is', (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, '1.db')
  fill(directory)
  edit(path, `PRAGMA user_version = ${FORMAT_VERSION - 1}`)
  const before = readFileSync(path)
  t.throws(() => sqliteIn(directory).open(), {
    instanceOf: StorageError,
    code: 'OLDER_FORMAT',
    message: /1\.db has an older format.*open it with the version that wrote it/,
  })
  t.deepEqual(readFileSync(path), before)
  t.false(existsSync(`${path}.damaged`))
})

test('a truncated database is given up', (t) => {
  for (const part of [0.3, 0.6, 0.9]) {
    const directory = temporaryDirectory(t)
    const path = join(directory, '1.db')
    fill(directory)
    truncateSync(path, Math.floor(statSync(path).size * part))
    const storage = sqliteIn(directory)
    t.is(typeof storage.open().damage, 'string')
    storage.close()
  }
})

test('a directory that cannot be written is refused', (t) => {
  const directory = temporaryDirectory(t)
  const file = join(directory, 'file')
  writeFileSync(file, '')
  t.throws(() => sqliteIn(join(file, 'below')).open(), {
    instanceOf: StorageError,
    code: 'STORAGE',
  })
})

test('a write-ahead log without its database does not leak into a new one', (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, '1.db')
  const storage = sqliteIn(directory)
  storage.open()
  storage.write([append(1, 1, 5)])
  const wal = readFileSync(`${path}-wal`)
  storage.close()
  writeFileSync(`${path}.gone`, readFileSync(path))
  const other = temporaryDirectory(t)
  writeFileSync(join(other, '1.db-wal'), wal)
  const fresh = sqliteIn(other)
  const recovered = fresh.open()
  t.like(recovered, { damage: undefined, incarnation: 1 })
  t.deepEqual(recovered.entries, [])
  fresh.close()
})

test('housekeeping keeps the write-ahead log short while a lot is written', (t) => {
  const directory = temporaryDirectory(t)
  const storage = sqliteIn(directory)
  storage.open()
  let size = 0
  for (let batch = 0; batch < 300; batch++) {
    storage.write([append(1, batch * 50 + 1, batch * 50 + 50, 1000)])
    storage.maintain(2)
    size = Math.max(size, statSync(join(directory, '1.db-wal')).size)
  }
  t.true(size < 8 * 1024 * 1024, `${size} bytes`)
  storage.close()
})

test('without housekeeping the write-ahead log is bounded all the same', (t) => {
  const directory = temporaryDirectory(t)
  const storage = sqliteIn(directory)
  storage.open()
  for (let batch = 0; batch < 120; batch++) {
    storage.write([append(1, batch * 10 + 1, batch * 10 + 10, 100_000)])
  }
  const { size } = statSync(join(directory, '1.db-wal'))
  t.true(size < 64 * 1024 * 1024, `${size} bytes`)
  storage.close()
})

/** A database with a log 1:1 … 1:9 and a complete snapshot of two batches, cleanly closed. */
function fill(directory: string): void {
  const storage = sqliteIn(directory)
  const recovered = storage.open()
  const z = (counter: number): number => makeZxid(1, counter)
  storage.write([append(1, 1, 9, 3000), metaOf(recovered, { acceptedEpoch: 1, currentEpoch: 1 })])
  storage.write([{ kind: 'snapshotNodes', snapshot: 1, nodes: znodes(0, 100) }])
  storage.write([{ kind: 'snapshotNodes', snapshot: 1, nodes: znodes(100, 50) }])
  storage.write([{ kind: 'snapshotComplete', snapshot: 1, tail: tailOf(z(3), z(5)) }])
  storage.close()
}

function edit(path: string, sql: string): void {
  const database = new Database(path)
  database.exec(sql)
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}
