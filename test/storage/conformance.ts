/** What every storage must do, whatever it keeps things in. */
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { makeZxid } from '../../lib/protocol/zxid.js'
import { StorageError } from '../../lib/storage/storage-error.js'
import type { Storage, StorageIdentity } from '../../lib/storage/storage.js'
import { IDENTITY, append, entriesOf, metaOf, tailOf, znodes, zxids, zxidsOf } from './support.js'

/** Makes storages on one and the same disk, one after the other. */
export type MakeStorages = (t: ExecutionContext) => (identity?: StorageIdentity) => Storage

const z = (counter: number): number => makeZxid(1, counter)

export function testConformance(name: string, makeStorages: MakeStorages): void {
  const conforms = (
    what: string,
    body: (t: ExecutionContext, next: () => Storage) => void,
  ): void => {
    test(`${name}: ${what}`, (t) => {
      const make = makeStorages(t)
      const opened: Storage[] = []
      body(t, () => {
        opened.at(-1)?.close()
        const storage = make()
        opened.push(storage)
        return storage
      })
      opened.at(-1)?.close()
    })
  }

  conforms('a new database has an id, no cluster, no vote, no promise and no log', (t, next) => {
    const recovered = next().open()
    t.regex(recovered.meta.databaseId, /^[0-9a-f]{32}$/)
    t.like(recovered.meta, { clusterId: '', voter: false, acceptedEpoch: 0, currentEpoch: 0 })
    t.deepEqual(recovered.meta.registry, { asOf: 0, voters: [] })
    t.like(recovered, { incarnation: 1, base: 0, damage: undefined, nextSnapshot: 1 })
    t.deepEqual(recovered.entries, [])
    t.is(recovered.snapshot, undefined)
  })

  conforms('each opening raises the incarnation of the same database', (t, next) => {
    const first = next().open()
    const second = next().open()
    const third = next().open()
    t.deepEqual(
      [first, second, third].map(({ incarnation }) => incarnation),
      [1, 2, 3],
    )
    t.is(second.meta.databaseId, first.meta.databaseId)
    t.is(third.meta.databaseId, first.meta.databaseId)
    t.not(second.incarnationKey, third.incarnationKey)
  })

  conforms('durable variables come back as they were last written', (t, next) => {
    const storage = next()
    const changes = {
      clusterId: 'c',
      voter: true,
      acceptedEpoch: 2 ** 21 - 1,
      currentEpoch: 7,
      registry: {
        asOf: z(4),
        voters: [{ replica: 1, databaseId: 'x', incarnation: 2, incarnationKey: 2 ** 32 - 1 }],
      },
    }
    const { meta } = storage.open()
    storage.write([metaOf({ meta }, { acceptedEpoch: 3 })])
    storage.write([metaOf({ meta }, changes)])
    t.deepEqual(next().open().meta, { ...meta, ...changes })
  })

  conforms('the log comes back entry by entry, over several epochs', (t, next) => {
    const storage = next()
    storage.open()
    storage.write([append(1, 1, 3)])
    storage.write([append(1, 4, 5), append(3, 1, 2)])
    const recovered = next().open()
    t.deepEqual(recovered.entries, [...entriesOf(1, 1, 5), ...entriesOf(3, 1, 2)])
    t.is(recovered.base, 0)
  })

  conforms('an entry that registers a member comes back with its registration', (t, next) => {
    const storage = next()
    storage.open()
    const incarnation = { databaseId: 'd', incarnation: 4, incarnationKey: 5 }
    const registration = { replica: 2, ...incarnation, vote: true }
    const body = {
      kind: 'register',
      replica: 2,
      incarnation,
      process: undefined,
      vote: true,
      closed: [],
    } as const
    const entry = { zxid: z(1), txn: { time: 1, origin: undefined, digest: 1, body }, registration }
    storage.write([{ kind: 'append', entries: [entry] }])
    t.deepEqual(next().open().entries, [entry])
  })

  conforms(
    'a truncation removes exactly what is above, and the log goes on from there',
    (t, next) => {
      const storage = next()
      storage.open()
      storage.write([append(1, 1, 9)])
      storage.write([{ kind: 'truncate', after: z(4) }, append(2, 1, 2)])
      t.deepEqual(zxidsOf(next().open()), [...zxids(1, 1, 4), ...zxids(2, 1, 2)])
    },
  )

  conforms('a truncation above the log changes nothing', (t, next) => {
    const storage = next()
    storage.open()
    storage.write([append(1, 1, 3), { kind: 'truncate', after: z(3) }])
    storage.write([{ kind: 'truncate', after: z(9) }, append(1, 4, 4)])
    t.deepEqual(zxidsOf(next().open()), zxids(1, 1, 4))
  })

  conforms('a snapshot comes back with its batches in order, once it is complete', (t, next) => {
    const storage = next()
    const { nextSnapshot: snapshot } = storage.open()
    storage.write([append(1, 1, 6)])
    storage.write([{ kind: 'snapshotNodes', snapshot, nodes: znodes(0, 50) }])
    storage.write([append(1, 7, 8), { kind: 'snapshotNodes', snapshot, nodes: znodes(50, 10) }])
    storage.write([{ kind: 'snapshotComplete', snapshot, tail: tailOf(z(5), z(8)) }])
    const recovered = next().open()
    t.deepEqual(recovered.snapshot?.tail, tailOf(z(5), z(8)))
    t.deepEqual([...(recovered.snapshot?.nodes ?? [])].flat(), znodes(0, 60))
    t.is(recovered.nextSnapshot, snapshot + 1)
    t.deepEqual(zxidsOf(recovered), zxids(1, 1, 8))
  })

  conforms('a snapshot without any znode is a snapshot', (t, next) => {
    const storage = next()
    storage.open()
    storage.write([
      append(1, 1, 1),
      { kind: 'snapshotComplete', snapshot: 1, tail: tailOf(z(1), z(1)) },
    ])
    t.deepEqual([...(next().open().snapshot?.nodes ?? ['none'])], [])
  })

  conforms('a snapshot that is not complete is gone at the next opening', (t, next) => {
    const storage = next()
    storage.open()
    storage.write([append(1, 1, 2), { kind: 'snapshotNodes', snapshot: 1, nodes: znodes(0, 5) }])
    const second = next()
    const recovered = second.open()
    t.is(recovered.snapshot, undefined)
    const snapshot = recovered.nextSnapshot
    second.write([{ kind: 'snapshotNodes', snapshot, nodes: znodes(70, 2) }])
    second.write([{ kind: 'snapshotComplete', snapshot, tail: tailOf(z(2), z(2)) }])
    while (second.maintain(1)) t.pass()
    t.deepEqual([...(next().open().snapshot?.nodes ?? [])].flat(), znodes(70, 2))
  })

  conforms('an aborted snapshot leaves the one before it in its place', (t, next) => {
    const storage = next()
    storage.open()
    storage.write([append(1, 1, 2), { kind: 'snapshotNodes', snapshot: 1, nodes: znodes(0, 3) }])
    storage.write([{ kind: 'snapshotComplete', snapshot: 1, tail: tailOf(z(1), z(2)) }])
    storage.write([{ kind: 'snapshotNodes', snapshot: 2, nodes: znodes(9, 3) }])
    storage.write([{ kind: 'snapshotAbort', snapshot: 2 }])
    while (storage.maintain(1)) t.pass()
    t.deepEqual([...(next().open().snapshot?.nodes ?? [])].flat(), znodes(0, 3))
  })

  conforms(
    'the newest complete snapshot counts, and old ones are deleted at leisure',
    (t, next) => {
      const storage = next()
      storage.open()
      storage.write([append(1, 1, 4), { kind: 'snapshotNodes', snapshot: 1, nodes: znodes(0, 3) }])
      storage.write([{ kind: 'snapshotComplete', snapshot: 1, tail: tailOf(z(1), z(2)) }])
      storage.write([{ kind: 'snapshotNodes', snapshot: 2, nodes: znodes(5, 4) }])
      storage.write([{ kind: 'snapshotComplete', snapshot: 2, tail: tailOf(z(3), z(4)) }])
      const second = next()
      t.deepEqual([...(second.open().snapshot?.nodes ?? [])].flat(), znodes(5, 4))
      while (second.maintain(1)) t.pass()
      const recovered = next().open()
      t.deepEqual([...(recovered.snapshot?.nodes ?? [])].flat(), znodes(5, 4))
      t.is(recovered.nextSnapshot, 3)
    },
  )

  conforms(
    'a trimmed log begins after its base, before and after the rows are deleted',
    (t, next) => {
      const storage = next()
      storage.open()
      storage.write([append(1, 1, 2000)])
      storage.write([{ kind: 'snapshotComplete', snapshot: 1, tail: tailOf(z(1500), z(1600)) }])
      storage.write([{ kind: 'trim', upTo: z(1500) }])
      const second = next()
      const recovered = second.open()
      t.is(recovered.base, z(1500))
      t.deepEqual(zxidsOf(recovered), zxids(1, 1501, 2000))
      while (second.maintain(1)) t.pass()
      second.write([append(1, 2001, 2001)])
      t.deepEqual(zxidsOf(next().open()), zxids(1, 1501, 2001))
    },
  )

  conforms('a snapshot from a leader replaces log and variables in one write', (t, next) => {
    const storage = next()
    const recovered = storage.open()
    storage.write([append(1, 1, 5), { kind: 'snapshotNodes', snapshot: 1, nodes: znodes(0, 3) }])
    const base = makeZxid(4, 10)
    storage.write([
      { kind: 'snapshotComplete', snapshot: 1, tail: tailOf(base, makeZxid(4, 12)) },
      { kind: 'resetLog', base },
      append(4, 11, 13),
      metaOf(recovered, { acceptedEpoch: 5, currentEpoch: 5 }),
    ])
    const after = next().open()
    t.is(after.base, base)
    t.deepEqual(zxidsOf(after), zxids(4, 11, 13))
    t.is(after.meta.currentEpoch, 5)
    t.is(after.snapshot?.tail.start, base)
  })

  conforms('a log is never written with a hole, and the attempt ends all writing', (t, next) => {
    const storage = next()
    storage.open()
    storage.write([append(1, 1, 2)])
    const error = t.throws(() => storage.write([append(1, 3, 3), append(1, 5, 5)]), {
      instanceOf: StorageError,
    })
    t.is(storage.failed, error)
    t.is(
      t.throws(() => storage.write([append(1, 3, 3)])),
      error,
    )
    t.is(
      t.throws(() => storage.maintain(1)),
      error,
    )
    t.deepEqual(zxidsOf(next().open()), zxids(1, 1, 2), 'nothing of the failed write is there')
  })

  conforms('closing twice is closing once', (t, next) => {
    const storage = next()
    storage.open()
    storage.close()
    storage.close()
    t.is(next().open().incarnation, 2)
  })

  test(`${name}: a disk of another replica or another ensemble is refused and left as it is`, (t) => {
    const make = makeStorages(t)
    const owner = make()
    const { meta } = owner.open()
    owner.write([append(1, 1, 3)])
    owner.close()
    const foreign = { instanceOf: StorageError, code: 'FOREIGN_REPLICA' }
    t.throws(() => make({ replicaId: 2, voterIds: [1, 2, 3] }).open(), foreign)
    t.throws(() => make({ replicaId: 1, voterIds: [1] }).open(), foreign)
    const again = make(IDENTITY)
    const recovered = again.open()
    again.close()
    t.is(recovered.meta.databaseId, meta.databaseId)
    t.is(recovered.incarnation, 2)
    t.deepEqual(zxidsOf(recovered), zxids(1, 1, 3))
  })

  test(`${name}: a second storage on a disk that is open is refused`, (t) => {
    const make = makeStorages(t)
    const owner = make()
    owner.open()
    const second = make()
    t.throws(() => second.open(), { instanceOf: StorageError, code: 'SLOT_TAKEN' })
    second.close()
    owner.write([append(1, 1, 1)])
    owner.close()
    const third = make()
    t.deepEqual(zxidsOf(third.open()), zxids(1, 1, 1))
    third.close()
  })
}
