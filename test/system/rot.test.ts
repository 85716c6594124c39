/**
 * What became of a replica's files while it was down. A replica that cannot trust what it finds has no vote
 * until a leader has refilled it; what it found is kept aside, and a majority that lost its data is refused.
 */
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import Database from 'better-sqlite3'
import { listed } from './listed.js'
import { Remote, agreed, ensemble, sorted } from './remote.js'
import { eventually, pause, temporaryDirectory } from './support.js'

function flipBit(path: string, offset: number): void {
  const bytes = readFileSync(path)
  bytes[offset] = bytes[offset]! ^ 1
  writeFileSync(path, bytes)
}

/** Changes a stored txn and leaves its checksum. */
function rotLogRow(path: string): void {
  const database = new Database(path)
  const zxid = database.prepare('SELECT max(zxid) FROM log').pluck().get()
  const txn = database.prepare('SELECT txn FROM log WHERE zxid = ?').pluck().get(zxid) as Buffer
  txn[txn.length - 1] = txn.at(-1)! ^ 1
  database.prepare('UPDATE log SET txn = ? WHERE zxid = ?').run(txn, zxid)
  database.close()
}

type Harm = readonly [what: string, harm: (path: string) => void, isKeptAside: boolean]

const HARMS: readonly Harm[] = [
  ['a log row with a wrong checksum', rotLogRow, true],
  [
    'a flipped bit in the middle of its WAL',
    (path) => flipBit(`${path}-wal`, walMiddle(path)),
    true,
  ],
  ['a database cut in half', (path) => truncateSync(path, statSync(path).size >> 1), true],
  ['a missing WAL', (path) => rmSync(`${path}-wal`), true],
  ['a missing database', (path) => rmSync(path), false],
]

function walMiddle(path: string): number {
  return statSync(`${path}-wal`).size >> 1
}

/** Three replicas with something to lose, and one of those that do not lead killed. */
async function withOneDown(
  t: ExecutionContext,
): Promise<{ dir: string; up: Remote[]; down: Remote }> {
  const dir = temporaryDirectory(t)
  const remotes = await Promise.all([1, 2, 3].map((id) => Remote.join(t, listed(dir, id))))
  const [leader, down, other] = await sorted(remotes)
  await leader.call('create', '/a', 'kept')
  await leader.call('createMany', '/a', 0, 100, 100)
  for (let index = 0; index < 20; index += 1) await leader.call('setData', '/a', String(index))
  await agreed(remotes)
  await down!.kill()
  return { dir, up: [leader, other!], down: down! }
}

for (const [what, harm, isKeptAside] of HARMS) {
  test(`a replica with ${what} gives up its vote, is refilled by a leader, and votes again`, async (t) => {
    const { dir, up, down } = await withOneDown(t)
    const path = join(listed(dir, down.id).dir, `${down.id}.db`)
    harm(path)
    const back = await Remote.join(t, listed(dir, down.id))
    await back.call('sync')
    await agreed([...up, back])
    t.is((await back.call('children', '/a')).length, 100)
    t.is(existsSync(`${path}.damaged`), isKeptAside)
    await eventually('it has its vote again', async () => {
      return (
        (await back.call('status')).voter && (await back.call('metrics'))['votesRegained'] === 1
      )
    })
    // It counts: with one of the others gone, what it acknowledges is a majority.
    await up[1]!.kill()
    await up[0]!.call('setData', '/a', 'by two')
    t.is(await up[0]!.call('data', '/a'), 'by two')
  })
}

test('a torn transaction at the end of the WAL vanishes by itself and costs no vote', async (t) => {
  const { dir, up, down } = await withOneDown(t)
  const path = join(listed(dir, down.id).dir, `${down.id}.db`)
  truncateSync(`${path}-wal`, statSync(`${path}-wal`).size - 1000)
  const back = await Remote.join(t, listed(dir, down.id))
  await back.call('sync')
  await agreed([...up, back])
  t.false(existsSync(`${path}.damaged`))
  t.is((await back.call('metrics'))['votesRegained'] ?? 0, 0)
})

test('a replica alone whose data is damaged is refused, says what to do, and keeps what it found', async (t) => {
  const dir = temporaryDirectory(t)
  const remote = await Remote.join(t, { dir })
  await remote.call('create', '/a', 'kept')
  t.is(await remote.close(), 0)
  rotLogRow(join(dir, '1.db'))
  for (const _ of ['once', 'and again']) {
    const error = await t.throwsAsync(Remote.join(t, { dir }))
    t.regex(error.message, /wrong checksum.*only voter.*remove it/)
  }
  const damaged = new Database(join(dir, '1.db'))
  t.true((damaged.prepare('SELECT count(*) FROM log').pluck().get() as number) > 2)
  damaged.close()
})

test('a majority that lost its data is refused for good, and the one that has it says who is missing', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir)
  await remotes[0]!.call('create', '/a', 'kept')
  await agreed(remotes)
  await Promise.all(remotes.map((remote) => remote.kill()))
  for (const id of [1, 2]) {
    for (const suffix of ['.db', '.db-wal']) rmSync(join(dir, id + suffix), { force: true })
  }
  const back = [1, 2, 3].map(() => Remote.start(t))
  const joining = back.map((remote) => remote.join({ dir, size: 3, readOnly: true }))
  await Promise.all(joining)
  await pause(3000)
  for (const remote of back) {
    const { role, established, waitingFor } = await remote.call('status')
    t.false(established)
    t.not(role, 'leading')
    t.log(remote.id, waitingFor)
  }
  const keeper = back.find(({ id }) => id === 3)
  t.regex((await keeper!.call('status')).waitingFor ?? '', /1.*2/)
  t.is((await keeper!.call('status')).lastLogged > 0, true)
})
