// Every command against a server, as processes: what it prints, what it changes, and how it ends.
import ava from 'ava'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, eventually, rootPath, temporaryDirectory } from '../system/support.js'
import { COMMAND, freePorts, jsonOf, serve, vivarium } from './support.js'
import type { Result, Server } from './support.js'

/** One at a time: each is a process or several, and they share a server. */
const test = ava.serial

const dir = mkdtempSync(join(tmpdir(), 'vivarium-cli-'))
const scope = { teardown: (): void => undefined }
let server: Server

ava.before(async () => {
  server = await serve(scope, ['--dir', dir])
})

ava.after.always(async () => {
  await server.child.kill()
  rmSync(dir, { recursive: true, force: true })
})

/** A command against the server of these tests. */
function run(command: string, ...args: readonly string[]): Promise<Result> {
  return vivarium([command, '--connect', server.address, ...args])
}

async function said(command: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, ...args)
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${stderr}`)
  return stdout
}

test('what is created can be listed, read, changed and deleted', async (t) => {
  t.is(await said('create', '/life', 'born'), '/life\n')
  t.is(await said('get', '/life'), 'born\n')
  t.is(await said('set', '/life', 'grown', '--version=0'), '')
  t.is(await said('get', '/life'), 'grown\n')
  t.is(await said('create', '/life/b'), '/life/b\n')
  t.is(await said('create', '/life/a'), '/life/a\n')
  t.is(await said('ls', '/life'), 'a\nb\n')
  t.is(await said('rm', '/life/b'), '')
  t.is(await said('ls', '-R', '/life'), '/life\n/life/a\n')
  t.is(await said('rm', '-r', '/life'), '')
  t.notRegex(await said('ls'), /life/)
})

test('a stat is one field per line, aligned', async (t) => {
  await said('create', '/stat', 'four')
  const lines = (await said('stat', '/stat')).trimEnd().split('\n')
  t.is(lines.length, 11)
  t.regex(lines[0] ?? '', /^czxid           0x[0-9a-f]+$/)
  t.is(lines[5], 'version         0')
  t.is(lines[8], 'ephemeralOwner  0x0')
  t.is(lines[9], 'dataLength      4')
})

test('with --json everything is one JSON value per line', async (t) => {
  const [made] = jsonOf(await said('create', '--json', '/json', 'x'))
  t.like(made, { path: '/json', stat: { version: 0, dataLength: 1 } })
  t.like(jsonOf(await said('get', '--json', '/json')), [
    { path: '/json', data: 'x', encoding: 'utf8', stat: { numChildren: 0 } },
  ] as unknown[])
  await said('create', '/json/b')
  await said('create', '/json/a')
  t.deepEqual(jsonOf(await said('ls', '--json', '/json')), [
    { path: '/json/a' },
    { path: '/json/b' },
  ])
  t.like(jsonOf(await said('set', '--json', '/json', 'y')), [
    { path: '/json', stat: { version: 1 } },
  ] as unknown[])
  t.deepEqual(jsonOf(await said('rm', '--json', '-r', '/json')), [{ path: '/json', deleted: 3 }])
  const { code, stderr } = await run('get', '--json', '/json')
  t.is(code, 1)
  t.like(jsonOf(stderr), [{ error: { code: 'NO_NODE', errno: -101 } }] as unknown[])
})

test('data comes from standard input, and out again, byte by byte', async (t) => {
  const bytes = Buffer.from([0, 0xff, 0x80, 10, 13])
  await said('create', '/bytes')
  const connect = ['--connect', server.address]
  t.is((await vivarium(['set', ...connect, '/bytes', '-'], bytes)).code, 0)
  t.is(await said('get', '--encoding', 'hex', '/bytes'), '00ff800a0d\n')
  t.is(await said('get', '--encoding', 'base64', '/bytes'), `${bytes.toString('base64')}\n`)
  const { code, stderr } = await run('get', '/bytes')
  t.is(code, 1)
  t.regex(stderr, /not UTF-8.*--encoding/)
  t.is((await vivarium(['create', ...connect, '/input', '-'], 'piped ä')).code, 0)
  t.is(await said('get', '--encoding', 'raw', '/input'), 'piped ä')
})

test('a list with stats is a table', async (t) => {
  await said('create', '/table')
  await said('create', '/table/long-name', 'data')
  const [titles = '', row = '', ...rest] = (await said('ls', '-s', '/table')).split('\n')
  t.regex(titles, /^VERSION {2}BYTES {2}CHILDREN {2}MODIFIED +OWNER {2}NAME$/)
  t.regex(row, /^ {6}0 {6}4 {9}0 {2}\S+Z {2}- {6}long-name$/)
  t.deepEqual(rest, [''])
})

test('sequential, container and TTL znodes are made as asked', async (t) => {
  await said('create', '/kinds')
  t.is(await said('create', '-s', '/kinds/n-'), '/kinds/n-0000000000\n')
  t.is(await said('create', '-s', '/kinds/n-'), '/kinds/n-0000000001\n')
  t.is(await said('create', '-c', '/kinds/box'), '/kinds/box\n')
  t.is(await said('create', '-t', '60000', '/kinds/brief'), '/kinds/brief\n')
  t.regex(await said('create', '-s', '-t', '60000', '/kinds/t-'), /^\/kinds\/t-\d{10}\n$/)
  t.is((await run('create', '-c', '-s', '/kinds/no')).code, 2)
})

test('an ephemeral lives as long as the command that holds it', async (t) => {
  const refused = await run('create', '-e', '/ephemeral')
  t.is(refused.code, 2)
  t.regex(refused.stderr, /--hold/)
  const args = ['create', '-e', '--hold', '--connect', server.address, '/ephemeral', 'here']
  const child = Child.start(t, COMMAND, args)
  await child.said('/ephemeral')
  t.is(await said('get', '/ephemeral'), 'here\n')
  child.process.kill('SIGINT')
  t.is((await child.end()).code, 0)
  t.is((await run('get', '/ephemeral')).code, 1)
})

test('a watch prints what happens until it has seen enough', async (t) => {
  await said('create', '/watched')
  const args = ['watch', '-r', '--count', '3', '--connect', server.address, '/watched']
  const child = Child.start(t, COMMAND, args)
  await eventually('the watch is set', () => child.stderr.includes('watches /watched'))
  await said('set', '/watched', 'x')
  await said('create', '/watched/child')
  await said('rm', '-r', '/watched')
  const { code, stdout } = await child.end()
  t.is(code, 0)
  const events = [
    'NodeDataChanged /watched',
    'NodeCreated /watched/child',
    'NodeDeleted /watched/child',
  ]
  t.is(stdout, `${events.join('\n')}\n`)
})

test('a watch ends cleanly when it is interrupted', async (t) => {
  await said('create', '/quiet')
  const child = Child.start(t, COMMAND, ['watch', '--json', '--connect', server.address, '/quiet'])
  await eventually('the watch is set', () => child.stderr.includes('watches /quiet'))
  child.process.kill('SIGTERM')
  t.like(await child.end(), { code: 0, signal: null, stdout: '' })
})

test('a chroot is the root of every path', async (t) => {
  await said('create', '/tenant')
  const tenant = ['--connect', `${server.address}/tenant`]
  t.is((await vivarium(['create', ...tenant, '/own', 'x'])).stdout, '/own\n')
  t.is((await vivarium(['ls', ...tenant, '-R', '/'])).stdout, '/\n/own\n')
  t.is(await said('get', '/tenant/own'), 'x\n')
})

test('the first server of a list that serves is asked', async (t) => {
  const [dead = 0] = await freePorts(1)
  const { code, stdout } = await vivarium([
    'ls',
    '--connect',
    `127.0.0.1:${dead},${server.address}`,
  ])
  t.is(code, 0)
  t.regex(stdout, /^zookeeper$/m)
})

test('who may not read is refused, and who proves to be somebody is not', async (t) => {
  const auth = ['--auth', 'digest:ann:secret']
  await said('create', ...auth, '--acl', 'auth::cdrwa', '/private', 'mine')
  const { code, stderr } = await run('get', '/private')
  t.is(code, 1)
  t.regex(stderr, /NO_AUTH \(-102\)/)
  t.is(await said('get', ...auth, '/private'), 'mine\n')
})

const REFUSALS: readonly (readonly [string, readonly string[]])[] = [
  ['NO_NODE', ['get', '/none']],
  ['NO_NODE', ['create', '/none/child']],
  ['NODE_EXISTS', ['create', '/zookeeper']],
  ['NOT_EMPTY', ['rm', '/refusing']],
  ['BAD_VERSION', ['set', '-v', '7', '/refusing', 'x']],
  ['NO_AUTH', ['get', '/refusing/closed']],
]

test('what ZooKeeper refuses ends with 1, and the code is printed', async (t) => {
  await said('create', '/refusing')
  await said('create', '--acl', 'digest:nobody:x:r', '/refusing/closed')
  for (const [expected, [command = '', ...args]] of REFUSALS) {
    const { code, stdout, stderr } = await run(command, ...args)
    t.is(code, 1, command)
    t.is(stdout, '', command)
    t.regex(stderr, new RegExp(`^vivarium: .*${expected}.*\\n$`), command)
  }
})

test('where nobody answers the end is 3', async (t) => {
  const [port = 0] = await freePorts(1)
  for (const command of ['ls', 'status']) {
    const { code, stderr, stdout } = await vivarium([command, '--connect', `127.0.0.1:${port}`])
    t.is(code, 3, command)
    t.regex(stdout + stderr, /ECONNREFUSED/)
  }
})

const MISUSES: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /Usage: vivarium <command>/],
  [['frobnicate'], /no command 'frobnicate'/],
  [['ls', '--frobnicate'], /frobnicate.*try vivarium ls --help/],
  [['get'], /too few arguments/],
  [['get', '/a', '/b'], /too many arguments/],
  [['get', 'a'], /a path starts with \//],
  [['get', '/a', '--encoding', 'ebcdic'], /--encoding ebcdic/],
  [['set', '/a', 'x', '--version=1.5'], /--version 1\.5/],
  [['rm', '-r', '/'], /refused/],
  [['rm', '-r', '-v', '1', '/a'], /does not go with/],
  [['create', '/a', '--acl', 'world:anyone'], /--acl world:anyone/],
  [['create', '/a', '--auth', 'nobody'], /--auth nobody/],
  [['watch', '/a', '--count', 'many'], /--count many/],
  [['ls', '--dir', '/x', '--auth', 'a:b'], /excludes/],
  [['ls', '--id', '1'], /--id is for --dir/],
  [['inspect'], /needs --dir/],
  [['serve'], /needs --dir/],
]

for (const [args, message] of MISUSES) {
  test(`wrong usage ends with 2: vivarium ${args.join(' ')}`, async (t) => {
    const [command = '', ...rest] = args
    const needsServer = ['get', 'set', 'rm', 'create', 'watch'].includes(command)
    const connect = needsServer ? ['--connect', server.address] : []
    const result = await vivarium(args.length === 0 ? [] : [command, ...connect, ...rest])
    t.is(result.code, 2, result.stderr)
    t.is(result.stdout, '')
    t.regex(result.stderr, message)
  })
}

test('a port that is no port is wrong usage', async (t) => {
  t.is((await vivarium(['ls', '--connect', '127.0.0.1:x'])).code, 2)
  t.is((await vivarium(['ls', '--connect', ''])).code, 2)
})

test('status tells of each server, and is 0 only if all of them serve', async (t) => {
  const [titles = '', row = ''] = (await said('status')).split('\n')
  t.regex(titles, /^SERVER +MODE +ZXID +ZNODES +CONNECTIONS +LATENCY +VERSION$/)
  t.regex(row, /^127\.0\.0\.1:\d+ +standalone +0x1[0-9a-f]{8} +\d+ +\d+ +\S+ +3\.9\.0-vivarium$/)
  const [dead = 0] = await freePorts(1)
  const both = await vivarium([
    'status',
    '--json',
    '--connect',
    `${server.address},127.0.0.1:${dead}`,
  ])
  t.is(both.code, 1)
  t.like(jsonOf(both.stdout), [
    { server: server.address, mode: 'standalone' },
    { mode: 'no answer', error: { code: 'ECONNREFUSED' } },
  ] as unknown[])
})

test('a pipe that is closed early is no error', async (t) => {
  const child = Child.start(t, COMMAND, ['ls', '-R', '--connect', server.address])
  child.process.stdout?.destroy()
  t.like(await child.end(), { code: 0, stderr: '' })
})

test('help and version need nobody', async (t) => {
  t.regex((await vivarium(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
  const { code, stdout } = await vivarium(['--help'])
  t.is(code, 0)
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = '']) => name)
  t.true(commands.length >= 10)
  for (const name of commands) {
    const help = await vivarium([name, '--help'])
    t.is(help.code, 0)
    t.regex(help.stdout, new RegExp(`^vivarium ${name}: `))
    t.regex(help.stdout, /--json/)
    for (const line of help.stdout.split('\n')) t.true(line.length <= 100, line)
  }
})

test('the command works through a link, as npm installs it', async (t) => {
  const text = readFileSync(rootPath('package.json'), 'utf8')
  const { bin, version } = JSON.parse(text) as { bin: { vivarium: string }; version: string }
  const target = rootPath(bin.vivarium)
  const link = join(temporaryDirectory(t), 'vivarium')
  chmodSync(target, 0o755)
  symlinkSync(target, link)
  t.is(execFileSync(link, ['--version'], { encoding: 'utf8' }), `${version}\n`)
})

test('nothing is left behind in a directory that was only asked for', async (t) => {
  const empty = temporaryDirectory(t)
  const { code, stderr } = await vivarium(['ls', '--dir', empty])
  t.is(code, 1)
  t.regex(stderr, /no database of a replica/)
})
