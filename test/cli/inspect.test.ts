// The files of replicas that do not run: what is found in them, and that nothing in them is changed.
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { joinWith } from '../../lib/session/join.js'
import type { Session } from '../../lib/session/session.js'
import type { DatabaseInspection } from '../../lib/session/inspect.js'
import { temporaryDirectory } from '../system/support.js'
import { jsonOf, serve, serving, startServer, vivarium } from './support.js'

const NEEDLE = 'a needle in the log'

/** A replica of its own in this process. */
async function replica(dir: string, logBytesBeforeSnapshot?: number): Promise<Session> {
  const bounds = logBytesBeforeSnapshot === undefined ? {} : { logBytesBeforeSnapshot }
  return joinWith({ dir }, { bounds })
}

/** A directory in which a replica has lived, and ended in good order. */
async function left(t: ExecutionContext): Promise<string> {
  const dir = temporaryDirectory(t)
  const zk = await replica(dir)
  await zk.create('/a', NEEDLE)
  await zk.create('/a/b', 'x')
  await zk.create('/gone', '', { ephemeral: true })
  await zk.close()
  return dir
}

/** The same, ended by kill -9. */
async function killed(t: ExecutionContext): Promise<string> {
  const dir = temporaryDirectory(t)
  const server = await serve(t, ['--dir', dir])
  await vivarium(['create', '--connect', server.address, '/a', NEEDLE])
  await server.child.kill()
  return dir
}

/** Every file, what is in it, and when it was last changed. */
function stateOf(dir: string): Readonly<Record<string, string>> {
  const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).map((name) => {
    const path = join(dir, name)
    const found = statSync(path)
    const { mtimeMs, size } = found
    if (!found.isFile()) return [name, `${size} ${mtimeMs}`] as const
    const hash = createHash('sha256').update(readFileSync(path)).digest('hex')
    return [name, `${size} ${mtimeMs} ${hash}`] as const
  })
  return { '.': String(statSync(dir).mtimeMs), ...Object.fromEntries(files) }
}

async function inspect(
  dir: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly found: readonly DatabaseInspection[] }> {
  const { code, stdout } = await vivarium(['inspect', '--json', '--dir', dir, ...args])
  return { code, found: jsonOf(stdout) as DatabaseInspection[] }
}

function problemsOf({ checks = [] }: DatabaseInspection): string[] {
  return checks.flatMap(({ name, problem }) =>
    problem === undefined ? [] : [`${name}: ${problem}`],
  )
}

test('a database that was closed in good order is told, and sound', async (t) => {
  const dir = await left(t)
  const { code, found } = await inspect(dir, '--deep')
  t.is(code, 0)
  t.is(found.length, 1)
  const [one] = found
  t.like(one, { id: 1, voters: [1], voter: true, incarnation: 1, currentEpoch: 1, clean: true })
  t.like(one?.log, { base: 0, first: 2 ** 32 + 1 })
  t.is(one?.log?.count, (one?.log?.last ?? 0) - 2 ** 32)
  t.deepEqual(problemsOf(one ?? { id: 0, path: '' }), [])
  t.true(one?.checks?.some(({ name }) => name === 'state'))
  const { stdout } = await vivarium(['inspect', '--dir', dir])
  t.regex(stdout, /^ {2}closed +in good order$/m)
  t.regex(stdout, /^ {2}log +0x100000001 … 0x1[0-9a-f]{8}, \d+ txns$/m)
})

test('a database that was left by a crash is told, log and all, and opens again afterwards', async (t) => {
  const dir = await killed(t)
  const before = stateOf(dir)
  const { code, found } = await inspect(dir, '--deep')
  t.is(code, 0)
  t.like(found[0], { clean: false })
  t.true((found[0]?.walBytes ?? 0) > 0)
  t.is((await vivarium(['get', '--dir', dir, '/a'])).stdout, `${NEEDLE}\n`)
  t.deepEqual(stateOf(dir), before)
  const zk = await replica(dir)
  t.is(zk.getDataSync('/a', { encoding: 'utf8' }).data, NEEDLE)
  await zk.close()
})

test('looking changes no file, and leaves none behind', async (t) => {
  const dir = await left(t)
  const before = stateOf(dir)
  for (const args of [
    ['inspect', '--deep'],
    ['ls', '-R'],
    ['get', '/a'],
    ['stat', '/a'],
  ]) {
    const [command = '', ...rest] = args
    t.is((await vivarium([command, '--dir', dir, ...rest])).code, 0)
    t.deepEqual(stateOf(dir), before, command)
  }
})

test('the state in the files is read like that of a server', async (t) => {
  const dir = await left(t)
  const read = async (...args: readonly string[]): Promise<string> => {
    const [command = '', ...rest] = args
    const { code, stdout, stderr } = await vivarium([command, '--dir', dir, ...rest])
    t.is(stderr, '')
    t.is(code, 0)
    return stdout
  }
  t.is(await read('ls', '-R', '/a'), '/a\n/a/b\n')
  t.is(await read('ls'), 'a\nzookeeper\n')
  t.is(await read('get', '/a'), `${NEEDLE}\n`)
  t.regex(await read('stat', '/a'), /^numChildren {5}1$/m)
  const { code, stderr } = await vivarium(['get', '--dir', dir, '/none'])
  t.is(code, 1)
  t.regex(stderr, /NO_NODE/)
})

test('a snapshot is told, and read with the log behind it', async (t) => {
  const dir = temporaryDirectory(t)
  const zk = await replica(dir, 20_000)
  await zk.create('/a', 'first')
  for (let index = 1; index <= 300; index++) await zk.setData('/a', `${index}`.padEnd(500, '.'))
  await zk.setData('/a', 'last')
  await zk.close()
  const { code, found } = await inspect(dir, '--deep')
  t.is(code, 0, JSON.stringify(found))
  const current = found[0]?.snapshots?.find(({ isCurrent }) => isCurrent)
  t.true((current?.end ?? 0) >= (current?.start ?? Infinity))
  t.true((current?.znodes ?? 0) >= 2)
  t.is((await vivarium(['get', '--dir', dir, '/a'])).stdout, 'last\n')
})

test('a database that a living process holds is not touched, and that is said', async (t) => {
  const dir = temporaryDirectory(t)
  const zk = await replica(dir)
  await zk.create('/a', 'x')
  const { code, found } = await inspect(dir)
  t.is(code, 1)
  t.deepEqual(Object.keys(found[0] ?? {}), ['id', 'path', 'held'])
  t.regex(found[0]?.held ?? '', /held by a living process/)
  const got = await vivarium(['get', '--dir', dir, '/a'])
  t.is(got.code, 1)
  t.regex(got.stderr, /^vivarium: SLOT_TAKEN.*held by a living process/)
  // It goes on as if nothing had happened.
  await zk.setData('/a', 'y')
  await zk.close()
  t.is((await vivarium(['get', '--dir', dir, '/a'])).stdout, 'y\n')
})

test('the lock alone tells that a replica lives, and so does its socket', async (t) => {
  const listed = temporaryDirectory(t)
  const listen = `unix:${join(listed, 'own.sock')}`
  const member = await joinWith({ dir: listed, id: 1, listen, peers: { 1: listen } }, {})
  t.regex((await inspect(listed)).found[0]?.held ?? '', /1\.lock is locked by a living process/)
  await member.close()
  t.is((await inspect(listed)).code, 0)

  const shared = temporaryDirectory(t)
  const zk = await replica(shared)
  rmSync(join(shared, '1.lock'))
  t.regex((await inspect(shared)).found[0]?.held ?? '', /which answers on .*1\.sock/)
  await zk.close()
})

test('a database without its lock and its socket, a copy, can be looked into', async (t) => {
  const dir = await left(t)
  const copy = temporaryDirectory(t)
  copyFileSync(join(dir, '1.db'), join(copy, '1.db'))
  t.is((await inspect(copy, '--deep')).code, 0)
  t.deepEqual(readdirSync(copy), ['1.db'])
})

test('a changed byte in the log is found, and named', async (t) => {
  const dir = await left(t)
  const path = join(dir, '1.db')
  const bytes = readFileSync(path)
  const at = bytes.indexOf(NEEDLE)
  t.true(at > 0)
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  writeFileSync(path, bytes)
  const { code, found } = await inspect(dir, '--deep')
  t.is(code, 1)
  const problems = problemsOf(found[0] ?? { id: 0, path: '' })
  t.regex(problems[0] ?? '', /^log: the log entry 1:\d+ has a wrong checksum$/)
  // The rest is told all the same.
  t.true((found[0]?.log?.count ?? 0) > 3)
  const got = await vivarium(['get', '--dir', dir, '/a'])
  t.is(got.code, 1)
  t.regex(got.stderr, /^vivarium: DAMAGED: .*wrong checksum/)
  // Nothing was given up or moved aside.
  t.false(existsSync(`${path}.damaged`))
})

test('a write-ahead log that is missing after a crash is found', async (t) => {
  const dir = await killed(t)
  rmSync(join(dir, '1.db-wal'))
  const { code, found } = await inspect(dir)
  t.is(code, 1)
  t.regex(problemsOf(found[0] ?? { id: 0, path: '' }).join(), /its WAL is missing/)
})

test('a flipped bit inside the write-ahead log is found', async (t) => {
  const dir = await killed(t)
  const path = join(dir, '1.db-wal')
  const bytes = readFileSync(path)
  const at = 32 + 24 + 2000
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
  writeFileSync(path, bytes)
  const { code, found } = await inspect(dir)
  t.is(code, 1)
  t.regex(problemsOf(found[0] ?? { id: 0, path: '' })[0] ?? '', /^write-ahead log: frame \d+/)
})

test('what is no database of a replica is told as such', async (t) => {
  const dir = temporaryDirectory(t)
  writeFileSync(join(dir, '1.db'), 'something else')
  const { code, found } = await inspect(dir)
  t.is(code, 1)
  t.regex(problemsOf(found[0] ?? { id: 0, path: '' })[0] ?? '', /^header: .*found other bytes/)
  writeFileSync(join(dir, '1.db'), '')
  t.is((await inspect(dir)).code, 1)
  t.is((await inspect(join(dir, 'missing'))).code, 1)
  t.is((await inspect(dir, '--id', '7')).code, 1)
})

test('of several replicas the one whose log goes farthest is read, with a word on what is undecided', async (t) => {
  const dir = temporaryDirectory(t)
  const children = [1, 2, 3].map(() => {
    return startServer(t, ['--dir', dir, '--size', '3', '--client-port', '0'])
  })
  const servers = await Promise.all(children.map(serving))
  const address = servers[0]?.address ?? ''
  t.is((await vivarium(['create', '--connect', address, '/a', 'of three'])).code, 0)
  await Promise.all(servers.map(({ child }) => child.kill()))
  const { code, stdout, stderr } = await vivarium(['get', '--dir', dir, '/a'])
  t.is(code, 0, stderr)
  t.is(stdout, 'of three\n')
  t.regex(stderr, /^vivarium: .*[123]\.db ends at 0x\S+; what is newer than 0x\S+ may never/)
  const { found } = await inspect(dir, '--deep')
  t.deepEqual(
    found.map(({ id, voters }) => [id, voters]),
    [1, 2, 3].map((id) => [id, [1, 2, 3]]),
  )
})
