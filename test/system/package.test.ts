/** The package as a stranger gets it: packed, installed beside nothing else, imported, required, compiled. */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import type { ExecutionContext } from 'ava'
import { Child, rootPath, temporaryDirectory } from './support.js'
import type { Ended } from './support.js'

const modules = rootPath('node_modules')

function isPackage(value: unknown): value is { readonly dependencies?: Record<string, string> } {
  return typeof value === 'object' && value !== null
}

/** A package and all that it depends on, as links to what is installed here: nothing else can be found. */
function link(name: string, into: string): void {
  const target = join(into, name)
  if (existsSync(target)) return
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(join(modules, name), target)
}

function dependenciesOf(path: string): string[] {
  const text: unknown = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  return isPackage(text) ? Object.keys(text.dependencies ?? {}) : []
}

let packed = ''

test.before(() => {
  const dir = mkdtempSync(join(tmpdir(), 'vivarium-package-'))
  // Without its scripts: they would build anew what these tests run from.
  const args = ['pack', '--ignore-scripts', '--pack-destination', dir]
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  const said = execFileSync('npm', args, { cwd: rootPath(), encoding: 'utf8', stdio: [...stdio] })
  execFileSync('tar', ['-xzf', said.trim().split('\n').at(-1) ?? ''], { cwd: dir })
  packed = dir
})

test.after.always(() => rmSync(packed, { recursive: true, force: true }))

/** An empty project with the packed package in it. */
function project(t: ExecutionContext, options: { readonly without?: string } = {}): string {
  const dir = temporaryDirectory(t)
  const own = join(dir, 'node_modules', 'vivarium')
  mkdirSync(dirname(own))
  cpSync(join(packed, 'package'), own, { recursive: true })
  for (const name of dependenciesOf(own)) {
    if (name !== options.without) link(name, join(dir, 'node_modules'))
  }
  writeFileSync(join(dir, 'package.json'), '{ "name": "stranger", "private": true }')
  return dir
}

function run(t: ExecutionContext, dir: string, name: string, source: string): Promise<Ended> {
  writeFileSync(join(dir, name), source)
  return Child.start(t, join(dir, name), [], { cwd: dir }).end()
}

/** What a first reader of the documentation does. */
const USE = `
  const zk = await join({ dir: './data' })
  await zk.create('/hello', 'world')
  const { data, stat } = await zk.getData('/hello', { encoding: 'utf8' })
  console.log(data, stat.version, zk instanceof Session, new ZooKeeperError('NO_NODE', 'x').code)
  await zk.multi([op.check('/hello', 0), op.setData('/hello', 'again')])
  console.log(zk.getDataSync('/hello', { encoding: 'utf8' }).data)
  await zk.close()
`

const SAID = 'world 0 true NO_NODE\nagain\n'

test.serial('the package holds what it needs and nothing else', (t) => {
  const own = join(project(t), 'node_modules', 'vivarium')
  t.deepEqual(readdirSync(join(own, 'dist')), ['lib'])
  t.true(existsSync(join(own, 'dist/lib/host/replica-thread.js')))
  t.true(existsSync(join(own, 'dist/lib/index.d.ts')))
})

test.serial('`import` and `require` both give a library that works', async (t) => {
  const dir = project(t)
  const names = '{ join, op, Session, ZooKeeperError }'
  const imported = await run(t, dir, 'a.mjs', `import ${names} from 'vivarium'\n${USE}`)
  t.is(imported.stderr, '')
  t.is(imported.stdout, SAID)
  rmSync(join(dir, 'data'), { recursive: true })
  const source = `const ${names} = require('vivarium')\nvoid (async () => {${USE}})()`
  const required = await run(t, dir, 'b.cjs', source)
  t.is(required.stdout, SAID, required.stderr)
  t.is(required.code, 0)
})

const TYPED = `
import { join, op, Session, ZooKeeperError } from 'vivarium'
import type { JoinOptions, OpResult, ReplicaHandle, Stat, Status, WatchEvent } from 'vivarium'

const secret: string | undefined = process.env['SECRET']
const options: JoinOptions = { dir: './data', size: 3, secret, sessionTimeout: undefined }
const zk: Session = await join(options)
const path: string = await zk.create('/a', 'data', { ephemeral: true, sequential: undefined })
const made: { path: string; stat: Stat } = await zk.create('/b', new Uint8Array(3), { stat: true })
const { data }: { data: Buffer } = await zk.getData(path)
const { data: text }: { data: string } = await zk.getData(made.path, { encoding: 'utf8' })
const stat: Stat | null = zk.existsSync('/a', { watch: (event: WatchEvent) => console.log(event.type) })
const results: OpResult[] = await zk.multi([op.create('/c', text), op.check('/c', 0), op.delete('/c')])
for await (const event of zk.watch('/', { recursive: true, signal: AbortSignal.timeout(10) })) {
  const { type, path: where, zxid }: WatchEvent = event
  console.log(type, where, zxid, data.length, stat?.version, results.length)
}
const replica: ReplicaHandle = zk.replica
const status: Status = replica.status()
replica.on('leader', (leader: number | undefined, epoch: number) => console.log(leader, epoch, status.error))
zk.on('state', (state: 'connected' | 'suspended' | 'expired' | 'closed' | 'failed', error?: Error) => {
  console.log(state, error)
})
const other = await replica.openSession({ timeout: 5000 })
await other.setData('/a', 'x', -1, { signal: undefined }).catch((error: unknown) => {
  if (error instanceof ZooKeeperError && error.code === 'BAD_VERSION') console.log(error.path, error.errno)
})
await zk.close({ timeout: 1000 })
export async function scoped(): Promise<void> {
  await using session = await join({ dir: './data' })
  await session.sync()
}
`

const MISUSED = `
import { join } from 'vivarium'
const zk = await join({ dir: './data' })
// @ts-expect-error no such option
await join({ dir: './data', sizes: 3 })
// @ts-expect-error a number is no data
await zk.create('/a', 7)
// @ts-expect-error no such event
zk.on('error', () => undefined)
// @ts-expect-error null where there is nothing
const version: number = (await zk.exists('/a')).version
// @ts-expect-error frozen
zk.existsSync('/a')!.version = version
`

/** What the compiler says of the files under those settings, '' if nothing. */
function compile(dir: string, settings: readonly string[]): string {
  const tsc = join(modules, 'typescript', 'bin', 'tsc')
  try {
    execFileSync(process.execPath, [tsc, ...settings], { cwd: dir, encoding: 'utf8' })
    return ''
  } catch (error) {
    const output = error instanceof Error && 'stdout' in error ? error.stdout : error
    return String(output)
  }
}

test.serial(
  'a TypeScript file that uses all of it compiles, under the settings that people have',
  (t) => {
    const dir = project(t)
    writeFileSync(join(dir, 'a.mts'), TYPED)
    writeFileSync(join(dir, 'b.mts'), MISUSED)
    const files = ['a.mts', 'b.mts', '--noEmit']
    t.is(compile(dir, files), '', 'the defaults')
    t.is(compile(dir, [...files, '--module', 'nodenext']), '', 'nodenext')
    t.is(compile(dir, [...files, '--strict', '--exactOptionalPropertyTypes']), '', 'exact')
    const all = ['--noUncheckedIndexedAccess', '--noPropertyAccessFromIndexSignature']
    const strictest = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', ...all]
    t.is(compile(dir, [...files, '--skipLibCheck', 'false', ...strictest]), '', 'all of it')
  },
)

test.serial('the declarations speak of nothing that has no types where they are installed', (t) => {
  const dir = project(t)
  const lib = join(dir, 'node_modules', 'vivarium', 'dist', 'lib')
  const declarations = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  const index = declarations.filter((name) => name.endsWith('.d.ts'))
  const typed = /^(node:|\.\.?\/)/
  for (const name of reachable(lib, 'index.d.ts')) {
    const text = readFileSync(join(lib, name), 'utf8')
    for (const [, from = ''] of text.matchAll(/from '([^']+)'/g)) t.regex(from, typed, name)
  }
  t.true(index.length > 10)
})

/** Declarations that one leads to. */
function reachable(lib: string, entry: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(entry)) return found
  found.add(entry)
  const text = readFileSync(join(lib, entry), 'utf8')
  for (const [, from = ''] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)) {
    reachable(lib, join(dirname(entry), `${from}.d.ts`), found)
  }
  return found
}

const ATTEMPT = `
  import { join } from 'vivarium'
  process.on('unhandledRejection', () => process.exit(99))
  await join({ dir: './data' }).then(() => console.log('JOINED'), (error) => console.log(error.code, error.message))
`

test.serial('a missing part of the installation is named, and what to do about it', async (t) => {
  const bundled = project(t)
  rmSync(join(bundled, 'node_modules/vivarium/dist/lib/host/replica-thread.js'))
  const entry = await run(t, bundled, 'a.mjs', ATTEMPT)
  t.regex(entry.stdout, /^INSTALLATION .*replica-thread\.js is missing.*external/)
  t.is(entry.code, 0, entry.stderr)

  const without = await run(t, project(t, { without: 'better-sqlite3' }), 'a.mjs', ATTEMPT)
  t.regex(without.stdout, /^INSTALLATION .*better-sqlite3/, without.stderr)
  t.is(without.code, 0, without.stderr)
})

test.serial(
  'an addon that was never built (installed without scripts) is named, and what to do about it',
  async (t) => {
    const dir = project(t, { without: 'better-sqlite3' })
    const copy = join(dir, 'node_modules', 'better-sqlite3')
    cpSync(join(modules, 'better-sqlite3'), copy, {
      recursive: true,
      filter: (path) => !/better-sqlite3\/(build|deps|prebuilds)/.test(path),
    })
    for (const name of ['bindings', 'file-uri-to-path']) link(name, join(dir, 'node_modules'))
    const ended = await run(t, dir, 'a.mjs', ATTEMPT)
    t.regex(ended.stdout, /^INSTALLATION .*npm rebuild better-sqlite3/s, ended.stderr)
    t.is(ended.code, 0)
  },
)
