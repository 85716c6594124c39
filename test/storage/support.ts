/** Txns, snapshots and directories for the tests of storage. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { makeZxid } from '../../lib/protocol/zxid.js'
import type { SqliteStorageOptions } from '../../lib/storage/sqlite-storage.js'
import { SqliteStorage } from '../../lib/storage/sqlite-storage.js'
import type { Recovered, Write } from '../../lib/storage/storage.js'
import type { SnapshotTail, ZnodeRecord } from '../../lib/tree/record.js'
import type { Txn } from '../../lib/tree/txn.js'
import { entryOf } from '../../lib/wire/entry.js'
import type { Entry, Meta } from '../../lib/zab/entry.js'

export const IDENTITY = { replicaId: 1, voterIds: [1, 2, 3] } as const

/** A directory of the test's own, removed when it ends. */
export function temporaryDirectory(t: ExecutionContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'vivarium-storage-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function sqliteIn(
  directory: string,
  options: Partial<SqliteStorageOptions> = {},
): SqliteStorage {
  const path = join(directory, '1.db')
  return new SqliteStorage({
    path,
    lockPath: join(directory, '1.lock'),
    identity: IDENTITY,
    ...options,
  })
}

export function setData(index: number, bytes: number = 20): Txn {
  return {
    time: 1_700_000_000_000 + index,
    origin: { session: 9, cxid: index, settled: index - 1 },
    digest: index,
    body: { kind: 'setData', path: '/a', data: new Uint8Array(bytes).fill(index), version: index },
  }
}

/** Entries `first` … `last` of one epoch. */
export function entriesOf(
  epoch: number,
  first: number,
  last: number,
  bytes?: number,
): Entry<Txn>[] {
  const entries: Entry<Txn>[] = []
  for (let counter = first; counter <= last; counter++) {
    entries.push(entryOf(makeZxid(epoch, counter), setData(counter, bytes)))
  }
  return entries
}

export function append(epoch: number, first: number, last: number, bytes?: number): Write {
  return { kind: 'append', entries: entriesOf(epoch, first, last, bytes) }
}

export function znodes(from: number, count: number, bytes: number = 100): ZnodeRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    path: `/node-${from + index}`,
    data: new Uint8Array(bytes).fill(from + index),
    czxid: makeZxid(1, from + index + 1),
    ctime: 1,
    mzxid: makeZxid(1, from + index + 1),
    mtime: 2,
    pzxid: makeZxid(1, from + index + 1),
    version: 0,
    created: 0,
    owner: 0,
  }))
}

export function tailOf(start: number, end: number): SnapshotTail {
  return {
    start,
    end,
    digest: 77,
    sessions: [],
    members: [
      {
        replica: 1,
        incarnation: { databaseId: 'd', incarnation: 1, incarnationKey: 5 },
        process: undefined,
      },
    ],
  }
}

export function metaOf(recovered: Pick<Recovered, 'meta'>, changes: Partial<Meta>): Write {
  return { kind: 'meta', meta: { ...recovered.meta, ...changes } }
}

/** zxids of the recovered log. */
export function zxidsOf(recovered: Recovered): number[] {
  return recovered.entries.map(({ zxid }) => zxid)
}

export function zxids(epoch: number, first: number, last: number): number[] {
  return entriesOf(epoch, first, last).map(({ zxid }) => zxid)
}
