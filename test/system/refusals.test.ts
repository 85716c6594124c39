/** Directories, databases and options that must not be used: each a coded error, with nothing lost. */
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import Database from 'better-sqlite3'
import type { JoinOptions } from '../../lib/session/join-options.js'
import { listed } from './listed.js'
import { Remote, RemoteError, ensemble } from './remote.js'
import { eventually, temporaryDirectory } from './support.js'

/** Code and words of the refusal; the process that was refused must end by itself. */
async function refusalOf(t: ExecutionContext, options: JoinOptions): Promise<string> {
  const remote = Remote.start(t)
  const error = await t.throwsAsync(remote.join(options), { instanceOf: RemoteError })
  t.is(await remote.release(), 0)
  return `${error?.code}: ${error?.message}`
}

/** A directory with one replica's data, closed in good order. */
async function filled(t: ExecutionContext, size = 1): Promise<string> {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir, { size })
  await remotes[0]!.call('create', '/kept', 'kept')
  await Promise.all(remotes.map((remote) => remote.close()))
  return dir
}

async function expectKept(t: ExecutionContext, dir: string): Promise<void> {
  const remote = await Remote.join(t, { dir })
  t.is(await remote.call('data', '/kept'), 'kept')
  t.is(await remote.close(), 0)
}

const WRONG: readonly [string, unknown, RegExp][] = [
  ['no options', undefined, /options/],
  ['no directory', {}, /'dir'/],
  ['a directory that is no string', { dir: 7 }, /'dir'/],
  ['an empty directory', { dir: '' }, /'dir'/],
  ['an unknown option', { dir: 'x', sizes: 3 }, /sizes/],
  ['a size of nothing', { dir: 'x', size: 0 }, /'size'/],
  ['a size of one and a half', { dir: 'x', size: 1.5 }, /'size'/],
  ['a size beside peers', { dir: 'x', size: 3, id: 1, peers: { 1: 'unix:/x' } }, /'size'/],
  ['an id without peers', { dir: 'x', id: 1, listen: 'unix:/x' }, /'peers'/],
  ['peers without an id', { dir: 'x', listen: 'unix:/x', peers: { 1: 'unix:/x' } }, /'id'/],
  [
    'peers without this one',
    { dir: 'x', id: 2, listen: 'unix:/x', peers: { 1: 'unix:/x' } },
    /id 2/,
  ],
  [
    'an address of no kind',
    { dir: 'x', id: 1, listen: 'http://x', peers: { 1: 'unix:/x' } },
    /http/,
  ],
  ['a timeout of no time', { dir: 'x', sessionTimeout: -1 }, /'sessionTimeout'/],
  ['an empty secret', { dir: 'x', secret: '' }, /'secret'/],
  ['a superuser’s password', { dir: 'x', superDigest: 'super:admin' }, /'superDigest'/],
  ['a superuser that is no string', { dir: 'x', superDigest: 7 }, /'superDigest'/],
  ['a signal that is none', { dir: 'x', signal: 'stop' }, /signal/],
]

test('options that are wrong are refused by name before anything is touched', async (t) => {
  const remote = Remote.start(t)
  for (const [what, options, names] of WRONG) {
    const joining = remote.join(options as JoinOptions)
    const error = await t.throwsAsync(joining, { instanceOf: RemoteError }, what)
    t.is(error?.code, 'BAD_ARGUMENTS', what)
    t.regex(error?.message ?? '', names, what)
  }
  t.is(await remote.release(), 0)
})

test('a slot whose owner has read and closed its database is still its own, and is told from a free one', async (t) => {
  const dir = temporaryDirectory(t)
  const owner = await Remote.join(t, { dir })
  await owner.call('create', '/kept', 'kept')
  t.regex(await refusalOf(t, { dir }), /^NO_SLOT: .*1 slot/)
  // POSIX locks of a file vanish when its process closes any descriptor of it.
  await owner.call('readFile', join(dir, '1.db'))
  await owner.call('readFile', join(dir, '1.db-wal'))
  t.regex(await refusalOf(t, { dir }), /^NO_SLOT: /)
  await owner.call('setData', '/kept', 'kept')
  t.is(await owner.close(), 0)
  await expectKept(t, dir)
})

test('where even the lock was lost, the living owner keeps its slot, and what it writes then survives a kill', async (t) => {
  const dir = temporaryDirectory(t)
  const owner = await Remote.join(t, { dir })
  await owner.call('create', '/kept', 'before')
  // All locks of the files are gone: only the socket says that somebody lives here.
  for (const name of ['1.lock', '1.db', '1.db-wal']) await owner.call('readFile', join(dir, name))
  t.regex(await refusalOf(t, { dir }), /^NO_SLOT: /)
  for (let index = 0; index < 50; index += 1) await owner.call('setData', '/kept', String(index))
  await owner.call('setData', '/kept', 'kept')
  await owner.kill()
  await expectKept(t, dir)
})

test('a process beyond the size is refused, and takes the slot once one is free', async (t) => {
  const dir = temporaryDirectory(t)
  const remotes = await ensemble(t, dir)
  t.regex(await refusalOf(t, { dir, size: 3 }), /^NO_SLOT: .*3 slots/)
  const [first] = remotes
  await first!.kill()
  const next = await Remote.join(t, { dir, size: 3 })
  t.is(next.id, first!.id)
})

test('a directory of another size is refused and stays what it is', async (t) => {
  const dir = await filled(t)
  t.regex(await refusalOf(t, { dir, size: 3 }), /^FOREIGN_REPLICA: .*size 1.*size 3/)
  await expectKept(t, dir)
})

test('the data of another id, or of other voters, is refused and stays what it is', async (t) => {
  const base = temporaryDirectory(t)
  const own = listed(base, 1)
  const other = listed(base, 2)
  const remotes = await Promise.all([1, 2, 3].map((id) => Remote.join(t, listed(base, id))))
  await Promise.all(remotes.map((remote) => remote.close()))

  // The file of replica 1 under the name of replica 2.
  mkdirSync(join(base, 'copied'))
  writeFileSync(join(base, 'copied', '2.db'), readFileSync(join(base, '1', '1.db')))
  const copied = await refusalOf(t, { ...other, dir: join(base, 'copied') })
  t.regex(copied, /^FOREIGN_REPLICA: .*expected id 2, found 1/)
  const fewer = await refusalOf(t, { ...own, peers: { 1: own.peers![1]! } })
  t.regex(fewer, /^FOREIGN_REPLICA: /)
})

test('a file that is no database, or another program’s, is refused and not touched', async (t) => {
  const dir = temporaryDirectory(t)
  const path = join(dir, '1.db')
  const text = 'this is somebody’s diary\n'.repeat(100)
  writeFileSync(path, text)
  t.regex(await refusalOf(t, { dir }), /^DAMAGED: .*1\.db/)
  t.is(readFileSync(path, 'utf8'), text)

  const other = temporaryDirectory(t)
  const database = new Database(join(other, '1.db'))
  database.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)')
  database.close()
  const bytes = readFileSync(join(other, '1.db'))
  t.regex(await refusalOf(t, { dir: other }), /^DAMAGED: .*not a database of vivarium/)
  t.deepEqual(readFileSync(join(other, '1.db')), bytes)
})

test('a newer format is refused and not touched', async (t) => {
  const dir = await filled(t)
  const database = new Database(join(dir, '1.db'))
  const format = Number(database.pragma('user_version', { simple: true }))
  database.pragma(`user_version = ${format + 1}`)
  database.close()
  t.regex(await refusalOf(t, { dir }), new RegExp(`^NEWER_FORMAT: .*${format}.*${format + 1}`))
  const back = new Database(join(dir, '1.db'))
  back.pragma(`user_version = ${format}`)
  back.close()
  await expectKept(t, dir)
})

test('an ensemble file of a newer format, or one that was damaged, is refused by name', async (t) => {
  const dir = await filled(t)
  const path = join(dir, 'ensemble.json')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace('"version":1', '"version":2'))
  t.regex(await refusalOf(t, { dir }), /^NEWER_FORMAT: .*ensemble\.json/)
  truncateSync(path, 10)
  t.regex(await refusalOf(t, { dir }), /^DAMAGED: .*ensemble\.json/)
  writeFileSync(path, text)
  await expectKept(t, dir)
})

test('a directory that cannot be one is refused with what the system says', async (t) => {
  const base = temporaryDirectory(t)
  writeFileSync(join(base, 'file'), '')
  t.regex(await refusalOf(t, { dir: join(base, 'file') }), /^STORAGE: .*EEXIST|^STORAGE: .*ENOTDIR/)
  symlinkSync(join(base, 'nowhere'), join(base, 'dangling'))
  t.regex(await refusalOf(t, { dir: join(base, 'dangling') }), /^STORAGE: /)
  t.regex(await refusalOf(t, { dir: '/proc/nothing/here' }), /^STORAGE: .*ENOENT/)
  mkdirSync(join(base, 'occupied', '1.db'), { recursive: true })
  t.regex(await refusalOf(t, { dir: join(base, 'occupied') }), /^(STORAGE|DAMAGED): .*1\.db/)
  if (process.getuid?.() === 0)
    return t.log('root may write anywhere: a read-only directory is not shown')
  chmodSync(base, 0o500)
  t.regex(await refusalOf(t, { dir: join(base, 'new') }), /^STORAGE: .*EACCES/)
  chmodSync(base, 0o700)
})

test('an address in use, or one that others can reach without a secret, is refused', async (t) => {
  const base = temporaryDirectory(t)
  const peers = { 1: 'tcp://0.0.0.0:7001', 2: 'tcp://10.9.9.2:7001', 3: 'tcp://10.9.9.3:7001' }
  const insecure = await refusalOf(t, { dir: join(base, 'a'), id: 1, listen: peers[1], peers })
  t.regex(insecure, /^INSECURE: .*secret/)
  const first = await Remote.join(t, { ...listed(base, 1), peers: { 1: listed(base, 1).listen! } })
  const second = { ...listed(base, 1), dir: join(base, 'b'), peers: { 1: listed(base, 1).listen! } }
  t.regex(await refusalOf(t, second), /^SLOT_TAKEN: /)
  t.is(await first.close(), 0)
})

test('a path too long for a socket in its directory is no obstacle', async (t) => {
  const dir = join(temporaryDirectory(t), 'd'.repeat(80), 'e'.repeat(80))
  const remotes = await ensemble(t, dir)
  await remotes[0]!.call('create', '/a', '')
  await remotes[2]!.call('sync')
  t.true(await remotes[2]!.call('exists', '/a'))
  t.deepEqual(await Promise.all(remotes.map((remote) => remote.close())), [0, 0, 0])
})

test('requests that are wrong are refused one by one and disturb nobody', async (t) => {
  const remote = await Remote.join(t, { dir: temporaryDirectory(t) })
  const expectCode = async (code: string, promise: Promise<unknown>): Promise<void> => {
    t.is((await t.throwsAsync(promise, { instanceOf: RemoteError }))?.code, code)
  }
  for (const path of [
    '',
    'a',
    '/a/',
    '//',
    '/a/./b',
    '/a/../b',
    '/\0',
    '/\u0001',
    '/\ud800',
    '/a\ufff0',
  ]) {
    await expectCode('BAD_ARGUMENTS', remote.call('create', path, ''))
    await expectCode('BAD_ARGUMENTS', remote.call('exists', path))
  }
  await expectCode('BAD_ARGUMENTS', remote.call('create', `/${'x'.repeat(5000)}`, ''))
  await expectCode('BAD_ARGUMENTS', remote.call('create', 7 as unknown as string, ''))
  await expectCode('BAD_ARGUMENTS', remote.call('create', '/a', 7 as unknown as string))
  const unknown = { ephemral: true } as object
  await expectCode('BAD_ARGUMENTS', remote.call('create', '/a', '', unknown))
  await remote.call('create', '/a', '')
  await expectCode('BAD_VERSION', remote.call('setData', '/a', '', 7))
  await expectCode('BAD_VERSION', remote.call('setData', '/a', '', -2))
  await expectCode('BAD_ARGUMENTS', remote.call('setData', '/a', '', 1.5))
  await expectCode('DATA_TOO_LARGE', remote.call('setData', '/a', 'x'.repeat(2 ** 20 + 1)))
  await remote.call('setData', '/a', 'x'.repeat(2 ** 20))
  await expectCode('NODE_EXISTS', remote.call('create', '/a', ''))
  await expectCode('NO_NODE', remote.call('create', '/b/c', ''))
  await expectCode('BAD_ARGUMENTS', remote.call('delete', '/'))
  await eventually('it is connected still', async () => {
    return (await remote.call('state')).state === 'connected'
  })
  t.is(await remote.close(), 0)
})
