// `vivarium serve` as a process: how it begins, what it says, how it ends; with options and with a zoo.cfg.
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import ava from 'ava'
import type { ExecutionContext } from 'ava'
import { Child, eventually, temporaryDirectory } from '../system/support.js'
import {
  COMMAND,
  ask,
  freePorts,
  jsonOf,
  serve,
  serving,
  startServer,
  vivarium,
} from './support.js'
import type { Server } from './support.js'

/** One at a time: how long a start takes is measured. */
const test = ava.serial

/** Ends it as a supervisor does. */
async function terminate({ child }: Server): Promise<number | null> {
  child.process.kill('SIGTERM')
  return (await child.end()).code
}

test('a server says one line when it serves, and how long that took', async (t) => {
  const before = performance.now()
  const server = await serve(t, ['--dir', temporaryDirectory(t)])
  const total = performance.now() - before
  t.log(
    `serving ${server.startMs} ms after the start of the process (${Math.round(total)} ms seen from outside)`,
  )
  t.like(server, { id: 1, size: 1, host: '127.0.0.1' })
  t.true(server.port > 0)
  t.is((await vivarium(['ls', '--connect', server.address])).stdout, 'zookeeper\n')
  t.is(await terminate(server), 0)
  const { stdout, stderr } = await server.child.ended
  t.is(stdout.trim().split('\n').length, 1)
  t.is(stderr, '')
})

test('the line is text without --json, and names the address', async (t) => {
  const args = ['serve', '--dir', temporaryDirectory(t), '--client-port', '0']
  const child = Child.start(t, COMMAND, args)
  await eventually('it says that it serves', () => child.lines.length > 0)
  const line = child.lines[0] ?? ''
  t.regex(
    line,
    /^vivarium: replica 1 of 1 serves clients on 127\.0\.0\.1:\d+, leading, \d+ ms after/,
  )
  const address = /127\.0\.0\.1:\d+/.exec(line)?.[0] ?? ''
  t.is((await vivarium(['ls', '--connect', address])).code, 0)
})

test('what was written is there after an end by signal and a new start', async (t) => {
  const dir = temporaryDirectory(t)
  const first = await serve(t, ['--dir', dir])
  await vivarium(['create', '--connect', first.address, '/kept', 'x'])
  first.child.process.kill('SIGINT')
  t.is((await first.child.end()).code, 0)
  const second = await serve(t, ['--dir', dir])
  t.is((await vivarium(['get', '--connect', second.address, '/kept'])).stdout, 'x\n')
  t.is(await terminate(second), 0)
})

test('an end that comes while it waits for others is clean', async (t) => {
  const dir = temporaryDirectory(t)
  const child = startServer(t, ['--dir', dir, '--size', '3', '--client-port', '0'])
  await eventually('it says whom it waits for', () => child.stderr.includes('waits for'))
  child.process.kill('SIGTERM')
  t.like(await child.end(), { code: 0, stdout: '' })
  t.true(readdirSync(dir).includes('1.db'))
})

test('a directory whose slots are all taken is refused', async (t) => {
  const dir = temporaryDirectory(t)
  await serve(t, ['--dir', dir])
  const { code, stderr } = await vivarium(['serve', '--dir', dir, '--client-port', '0'])
  t.is(code, 1)
  t.regex(stderr, /^vivarium: NO_SLOT: all 1 slots/)
})

test('a client port that is taken is refused, and the slot is free again', async (t) => {
  const dir = temporaryDirectory(t)
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const { code, stderr } = await vivarium(['serve', '--dir', dir, '--client-port', String(port)])
  t.is(code, 1)
  t.regex(stderr, /EADDRINUSE/)
  const server = await serve(t, ['--dir', dir])
  t.is(await terminate(server), 0)
})

test('an address that is open to the network needs a secret, or --insecure', async (t) => {
  const dir = temporaryDirectory(t)
  const [port = 0] = await freePorts(1)
  const address = `tcp://0.0.0.0:${port}`
  const args = ['--dir', dir, '--id', '1', '--listen', address, '--peers', `1=${address}`]
  const refused = await vivarium(['serve', ...args, '--client-port', '0'])
  t.is(refused.code, 1)
  t.regex(refused.stderr, /INSECURE.*--secret-file.*--insecure/)
  const secret = join(dir, 'secret')
  writeFileSync(secret, 'shared\n')
  chmodSync(secret, 0o600)
  const server = await serve(t, [...args, '--secret-file', secret])
  t.is(await terminate(server), 0)
})

const MISUSES: readonly (readonly [readonly string[], RegExp])[] = [
  [['--size', 'three'], /--size three/],
  [['--size', '0'], /'size' is an integer from 1/],
  [['--size', '3', '--id', '1'], /'size' is for a shared directory/],
  [['--id', '1', '--listen', 'tcp://a:1', '--peers', 'a:1'], /--peers a:1/],
  [['--client-port', '99999'], /--client-port 99999/],
  [['--session-timeout', 'long'], /--session-timeout long/],
  [['--four-letter-words', 'srvr,what'], /what/],
  [['--super-digest', 'nobody'], /superDigest/],
  [['--secret-file', '/nonexistent'], /nonexistent/],
]

for (const [args, message] of MISUSES) {
  test(`wrong usage ends with 2: vivarium serve ${args.join(' ')}`, async (t) => {
    const dir = join(temporaryDirectory(t), 'data')
    const port = args.includes('--client-port') ? [] : ['--client-port', '0']
    const { code, stderr } = await vivarium(['serve', '--dir', dir, ...port, ...args])
    t.is(code, 2, stderr)
    t.regex(stderr, message)
    t.false(existsSync(dir), 'nothing was made')
  })
}

/** Writes a configuration file and gives its path. */
function zooCfg(t: ExecutionContext, lines: readonly string[]): { dir: string; path: string } {
  const dir = temporaryDirectory(t)
  const path = join(dir, 'zoo.cfg')
  writeFileSync(path, [`dataDir=${join(dir, 'data')}`, 'tickTime=2000', ...lines].join('\n'))
  return { dir, path }
}

test('a zoo.cfg of one server is served, and srvr answers as zkServer expects it', async (t) => {
  const { path } = zooCfg(t, [
    'clientPort=0',
    'clientPortAddress=127.0.0.1',
    'autopurge.purgeInterval=1',
    '4lw.commands.whitelist=ruok, mntr',
  ])
  const server = await serving(startServer(t, [path]))
  const answer = await ask(server.port, 'srvr')
  t.regex(
    answer,
    /^Zookeeper version: 3\.9\.0-vivarium, built on \d\d\/\d\d\/\d{4} \d\d:\d\d UTC$/m,
  )
  t.regex(answer, /^Mode: standalone$/m)
  t.is(await ask(server.port, 'ruok'), 'imok')
  t.regex(await ask(server.port, 'mntr'), /^zk_server_state\tstandalone$/m)
  t.regex(await ask(server.port, 'wchs'), /not in the whitelist/)
  t.is(await terminate(server), 0)
  const { stderr } = await server.child.ended
  t.deepEqual(jsonOf(stderr), [{ note: 'line 5: autopurge.purgeInterval is ignored' }])
})

test('without an address clients are served on loopback, and that is said', async (t) => {
  const { path } = zooCfg(t, ['clientPort=0'])
  const server = await serving(startServer(t, [path]))
  t.is(server.host, '127.0.0.1')
  t.is(await terminate(server), 0)
  t.regex((await server.child.ended).stderr, /clients are served on 127\.0\.0\.1:0 only/)
})

test('three servers of a zoo.cfg, each with its myid, are one ensemble', async (t) => {
  const quorum = await freePorts(3)
  const members = quorum.map((port, index) => `server.${index + 1}=127.0.0.1:${port}:${port + 1};0`)
  const children = members.map((_, index) => {
    const { dir, path } = zooCfg(t, ['initLimit=10', 'syncLimit=5', ...members])
    mkdirSync(join(dir, 'data'))
    writeFileSync(join(dir, 'data', 'myid'), `${index + 1}\n`)
    return startServer(t, [path])
  })
  const servers = await Promise.all(children.map(serving))
  t.deepEqual(
    servers.map(({ id, size }) => [id, size]),
    [1, 2, 3].map((id) => [id, 3]),
  )
  const [one, two] = servers
  await vivarium(['create', '--connect', one?.address ?? '', '/shared', 'x'])
  const all = servers.map(({ address }) => address).join(',')
  t.is((await vivarium(['get', '--connect', two?.address ?? '', '/shared'])).code, 0)
  const { code, stdout } = await vivarium(['status', '--json', '--connect', all])
  t.is(code, 0)
  const modes = jsonOf(stdout).map((each) => (each as { readonly mode: string }).mode)
  t.deepEqual(modes.sort(), ['follower', 'follower', 'leader'])
  // A clean end of each, also of those that are left without a majority.
  for (const server of servers) t.is(await terminate(server), 0)
})

test('a watch goes on at another server when its own is killed, and misses nothing', async (t) => {
  const dir = temporaryDirectory(t)
  const children = [1, 2, 3].map(() => {
    return startServer(t, ['--dir', dir, '--size', '3', '--client-port', '0'])
  })
  const [first, second, third] = await Promise.all(children.map(serving))
  if (first === undefined || second === undefined || third === undefined) return t.fail()
  const rest = `${second.address},${third.address}`
  await vivarium(['create', '--connect', rest, '/watched'])
  const args = ['watch', '--count', '2', '--connect', `${first.address},${rest}`, '/watched']
  const watch = Child.start(t, COMMAND, args)
  await eventually('the watch is set', () => watch.stderr.includes('watches /watched'))
  await vivarium(['set', '--connect', rest, '/watched', 'one'])
  await eventually('the first event', () => watch.lines.length === 1)
  await first.child.kill()
  await vivarium(['set', '--connect', rest, '/watched', 'two'])
  t.like(await watch.end(), { code: 0, stdout: 'NodeDataChanged /watched\n'.repeat(2) })
})

const BROKEN: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no client port', [], /clientPort is not set/],
  [
    'no myid',
    ['clientPort=0', 'initLimit=1', 'syncLimit=1', 'server.1=a:1:2', 'server.2=b:1:2'],
    /myid/,
  ],
  ['a bad server', ['clientPort=0', 'server.1=a'], /line 4: server\.1=a: /],
  ['another port', ['clientPort=1', 'server.1=a:1:2;2'], /clientPort is 1, and server\.1 has 2/],
]

for (const [what, lines, message] of BROKEN) {
  test(`a zoo.cfg is refused, by name: ${what}`, async (t) => {
    const { path } = zooCfg(t, lines)
    const { code, stderr } = await vivarium(['serve', path])
    t.is(code, 2)
    t.true(stderr.includes(path), stderr)
    t.regex(stderr, message)
  })
}

test('a zoo.cfg that is not there, or together with --dir, is wrong usage', async (t) => {
  const missing = await vivarium(['serve', '/nonexistent/zoo.cfg'])
  t.is(missing.code, 2)
  t.regex(missing.stderr, /nonexistent/)
  const { path } = zooCfg(t, ['clientPort=0'])
  t.is((await vivarium(['serve', path, '--dir', '/x'])).code, 2)
})
